"""How a case can end, as data: outcomes and Child Helpline categories. Pure.

Promises: a file that cannot be used is one clear sentence at start, and only what the file lists is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.yaml_files import plain

KEYS = {"outcomes", "categories", "suggested"}


class ClosingError(Exception):
    """The closing list cannot be used; the message names the file, what is wrong and the mend."""


@dataclass(frozen=True)
class Outcome:
    """One way a case can end."""

    id: str
    label: str


@dataclass(frozen=True)
class CategoryGroup:
    """A top category with its parts; the stored word is ``group: part``."""

    label: str
    parts: tuple[str, ...]

    def words(self) -> tuple[str, ...]:
        """Every category of the group as it is stored."""
        return tuple(f"{self.label}: {part}" for part in self.parts)


@dataclass(frozen=True)
class Closing:
    """What the close dialog offers. ``suggested`` maps a screening category to a stored word."""

    outcomes: tuple[Outcome, ...]
    groups: tuple[CategoryGroup, ...]
    suggested: Mapping[str, str]
    modules: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path, modules: Mapping[str, str] | None = None) -> Closing:
        """Read the list; ``modules`` are lessons the bot can bring afterwards, by id with title. Raises ClosingError."""
        data = _read(file)
        closing = cls(
            outcomes=tuple(Outcome(id=str(k), label=str(v)) for k, v in _mapping(file, data, "outcomes").items()),
            groups=tuple(_group(file, label, parts) for label, parts in _mapping(file, data, "categories").items()),
            suggested={str(k): str(v) for k, v in (data.get("suggested") or {}).items()},
            modules=dict(modules or {}),
        )
        for source, word in closing.suggested.items():
            if not closing.has_category(word):
                raise ClosingError(f"{file}, suggested, {source}: {word!r} is not in the categories. Use one of them.")
        return closing

    def has_outcome(self, outcome: str) -> bool:
        """Whether the list has this outcome id."""
        return any(o.id == outcome for o in self.outcomes)

    def has_category(self, word: str) -> bool:
        """Whether the list has this category, written ``group: part``."""
        return any(word in g.words() for g in self.groups)

    def label(self, outcome: str) -> str:
        """The outcome in words; an id that is no longer listed stands for itself."""
        return next((o.label for o in self.outcomes if o.id == outcome), outcome)


def _read(file: Path) -> dict[str, Any]:
    try:
        data = plain(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ClosingError(f"{file} is missing: restore it from the repository.") from None
    except yaml.YAMLError as error:
        raise ClosingError(f"{file} is not readable YAML: {error}. Mend the line it names.") from error
    if not isinstance(data, dict) or set(data) - KEYS:
        raise ClosingError(f"{file} may hold only these headings: {', '.join(sorted(KEYS))}.")
    return data


def _mapping(file: Path, data: Mapping[str, Any], heading: str) -> Mapping[str, Any]:
    value = data.get(heading)
    if not isinstance(value, dict) or not value:
        raise ClosingError(f"{file}: {heading} is empty. Write at least one, as `name: words`.")
    return value


def _group(file: Path, label: str, parts: object) -> CategoryGroup:
    if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
        raise ClosingError(f"{file}, categories, {label}: write its parts as a list.")
    return CategoryGroup(label=str(label), parts=tuple(str(p) for p in parts))
