"""Replies a worker can send with one click: reviewed words with placeholders. Pure.

A reply that needs what is not known here (a line, a number) is left out rather than sent with a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

from bot.yaml_files import plain

PLACEHOLDERS = ("name", "service", "emergency", "line")


class CannedError(Exception):
    """The replies cannot be used; the message names the file, the reply and the mend."""


@dataclass(frozen=True)
class Reply:
    """One reply; ``needs`` are the placeholders that stand in it."""

    title: str
    words: Template
    needs: frozenset[str]


class Canned:
    """All replies, in the order of the file."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self._replies = tuple(replies)

    @classmethod
    def load(cls, file: Path) -> Canned:
        """Read the file; raises CannedError."""
        environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
        try:
            entries = plain(file.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise CannedError(f"{file} cannot be read: {error}. Mend it, or restore it from the repository.") from error
        if not isinstance(entries, list):
            raise CannedError(f"{file} must be a list of replies, each with title and text.")
        return cls([_reply(file, entry, environment) for entry in entries])

    def said(self, **known: str | None) -> list[tuple[str, str]]:
        """Title and text of every reply whose placeholders are all known."""
        have = {name: value for name, value in known.items() if value is not None}
        return [(r.title, r.words.render(**have)) for r in self._replies if r.needs <= set(have)]


def _reply(file: Path, entry: object, environment: Environment) -> Reply:
    if not isinstance(entry, dict) or set(entry) != {"title", "text"}:
        raise CannedError(f"{file}: {entry!r} must have title and text, and nothing else.")
    try:
        needs = frozenset(meta.find_undeclared_variables(environment.parse(entry["text"])))
        unknown = sorted(needs - set(PLACEHOLDERS))
        if unknown:
            known = ", ".join(PLACEHOLDERS)
            raise CannedError(f"{file}, {entry['title']}: {unknown[0]} is no placeholder. Use one of {known}.")
        return Reply(str(entry["title"]), environment.from_string(entry["text"]), needs)
    except TemplateError as error:
        raise CannedError(f"{file}, {entry['title']}: {error}. Check its braces.") from error
