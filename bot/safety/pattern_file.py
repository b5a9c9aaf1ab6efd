"""Read a pattern file strictly: content/safety/<lang>.yml, or one sentence that says what is wrong with it.

It promises: a file that is missing, misspelt or half-written raises PatternError with the file, the place and
how to mend it. It knows nothing of how patterns are matched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.safety.spelling import folded
from bot.safety.verdict import CATEGORIES, Level
from bot.yaml_files import plain

FILE_KEYS = {"language", "about", "common", "rewrites", "fillers", "sets", "cues", "patterns", "harmless"}
PATTERN_KEYS = {
    "id", "level", "category", "subject", "why", "match", "with", "unless", "imminent_with",
    "must_match", "must_be_imminent", "must_not_match", "reviewer", "stands",
}  # fmt: skip
REQUIRED_KEYS = {"id", "level", "category", "why", "match", "must_match", "must_not_match", "reviewer"}


class PatternError(Exception):
    """A pattern file cannot be used; the message is one sentence: file, place, what is wrong."""


@dataclass(frozen=True)
class Pattern:
    """One reviewed pattern. ``imminent_with`` names cues that raise the level to imminent; one that ``stands`` holds whatever
    the classifier makes of the text."""

    id: str
    level: Level
    category: str
    subject: str
    why: str
    match: tuple[Any, ...]
    needs: tuple[str, ...]
    unless: tuple[str, ...]
    imminent_with: tuple[str, ...]
    must_match: tuple[str, ...]
    must_be_imminent: tuple[str, ...]
    must_not_match: tuple[str, ...]
    reviewer: str
    stands: bool = False


@dataclass(frozen=True)
class Book:
    """A pattern file as read, before it is compiled."""

    file: Path
    language: str
    rewrites: Mapping[str, str]
    fillers: frozenset[str]
    sets: Mapping[str, tuple[str, ...]]
    cues: Mapping[str, tuple[Any, ...]]
    patterns: tuple[Pattern, ...]
    harmless: tuple[str, ...]
    common: frozenset[str]


def read(file: Path) -> Book:
    """The file as a Book; raises PatternError when anything in it is not understood."""
    try:
        data = plain(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise PatternError(f"The pattern file {file} is missing: restore it, or take its language out.") from error
    except yaml.YAMLError as error:
        raise PatternError(f"{file} is not readable YAML ({' '.join(str(error).split())}): mend that line.") from error
    if not isinstance(data, dict):
        raise PatternError(f"{file} is empty: it needs at least `language` and `patterns`.")
    _refuse_unknown(data, FILE_KEYS, {"language", "patterns"}, str(file))
    patterns = tuple(_pattern(file, entry) for entry in data["patterns"] or ())
    _refuse_repeats(file, patterns)
    book = Book(
        file=file,
        language=data["language"],
        rewrites={folded(str(k)): folded(str(v or "")) for k, v in (data.get("rewrites") or {}).items()},
        fillers=frozenset(folded(str(word)) for word in data.get("fillers") or ()),
        sets={k: tuple(folded(str(v)) for v in _words(values)) for k, values in (data.get("sets") or {}).items()},
        cues={k: tuple(values) for k, values in (data.get("cues") or {}).items()},
        patterns=patterns,
        harmless=tuple(data.get("harmless") or ()),
        common=frozenset(folded(word) for word in _words(data.get("common") or ())),
    )
    _refuse_unknown_cues(book)
    return book


def _words(values: Any) -> list[str]:
    """A set is a list, or one string of words parted by commas."""
    return [word.strip() for word in values.split(",")] if isinstance(values, str) else list(values)


def _pattern(file: Path, entry: Any) -> Pattern:
    where = f"{file}, pattern {entry.get('id', '?')!r}" if isinstance(entry, dict) else f"{file}, a pattern"
    if not isinstance(entry, dict):
        raise PatternError(f"{where} is not a list of keys: write it as `- id: ...`.")
    _refuse_unknown(entry, PATTERN_KEYS, REQUIRED_KEYS, where)
    if entry["level"] not in {"elevated", "high", "imminent"}:
        raise PatternError(f"{where}: level {entry['level']!r} is not elevated, high or imminent.")
    if entry["category"] not in CATEGORIES:
        raise PatternError(f"{where}: category {entry['category']!r} is not one of {', '.join(CATEGORIES)}.")
    if not isinstance(entry.get("stands", False), bool):
        raise PatternError(f"{where}: stands is true or false, not {entry['stands']!r}.")
    if entry.get("subject", "self") not in {"self", "other"}:
        raise PatternError(f"{where}: subject {entry['subject']!r} is not self or other.")
    return Pattern(
        id=str(entry["id"]),
        level=Level.of(entry["level"]),
        category=entry["category"],
        subject=entry.get("subject", "self"),
        why=entry["why"],
        needs=_names(entry.get("with"), where),
        **{key: _names(entry.get(key), where) for key in ("unless", "imminent_with")},
        **{
            key: _texts(entry.get(key, []), key, where) for key in ("match", "must_match", "must_be_imminent", "must_not_match")
        },
        reviewer=entry["reviewer"],
        stands=entry.get("stands", False),
    )


def _names(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise PatternError(f"{where}: with, unless and imminent_with are lists of cue names.")
    return tuple(value)


def _texts(value: Any, key: str, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or (not value and key != "must_be_imminent"):
        raise PatternError(f"{where}: {key} needs at least one entry.")
    if key != "match" and not all(isinstance(text, str) for text in value):
        raise PatternError(f"{where}: {key} is a list of texts; put quotes round each.")
    return tuple(value)


def _refuse_unknown(data: Mapping[str, Any], allowed: set[str], required: set[str], where: str) -> None:
    unknown = sorted(set(data) - allowed)
    if unknown:
        raise PatternError(f"{where}: unknown key {unknown[0]!r}; allowed are {', '.join(sorted(allowed))}.")
    missing = sorted(required - set(data))
    if missing:
        raise PatternError(f"{where}: the key {missing[0]!r} is missing; add it.")


def _refuse_repeats(file: Path, patterns: Sequence[Pattern]) -> None:
    ids = [pattern.id for pattern in patterns]
    for name in ids:
        if ids.count(name) > 1:
            raise PatternError(f"{file}: the id {name!r} is used twice; rename one.")
    if not ids:
        raise PatternError(f"{file} holds no pattern: without patterns nobody is watched over.")


def _refuse_unknown_cues(book: Book) -> None:
    for pattern in book.patterns:
        for name in (*pattern.needs, *pattern.unless, *pattern.imminent_with):
            if name not in book.cues:
                raise PatternError(f"{book.file}, pattern {pattern.id!r}: there is no cue {name!r}; add it under `cues`.")
