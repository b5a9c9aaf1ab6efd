"""Which country a young person means by the name of a place. Pure, but for reading its file.

It promises never to guess: a text that names no known place, or places of two countries, gives None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from bot.safety.spelling import folded
from bot.yaml_files import plain

ELSEWHERE = "elsewhere"
"""Under this stand places that hold one of our names and lie in none of our countries: "baja california"."""


class PlacesError(Exception):
    """The file of places cannot be used; the sentence says what to do."""


class Places:
    """Names of places by region."""

    def __init__(self, names: Mapping[str, Sequence[str]]) -> None:
        self._region = {_bare(name): region for region, given in names.items() for name in given}
        longest_first = sorted(self._region, key=len, reverse=True)
        self._any = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    @classmethod
    def load(cls, file: Path) -> Places:
        """Read ``content/places.yml``; raises PlacesError."""
        try:
            data = plain(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise PlacesError(f"{file} cannot be read: restore it from the repository.") from error
        if not isinstance(data, dict) or not all(
            isinstance(v, list) and all(isinstance(n, str) for n in v) for v in data.values()
        ):
            raise PlacesError(f"{file} must hold a list of names for each region; put a name that is not a word in quotes.")
        return cls(data)

    def region_in(self, text: str) -> str | None:
        """The region a text names, or None. A longer name wins over one inside it."""
        found = {self._region[match] for match in self._any.findall(_bare(text))}
        return found.pop() if len(found) == 1 and ELSEWHERE not in found else None


def _bare(text: str) -> str:
    return folded(text).replace("-", " ")
