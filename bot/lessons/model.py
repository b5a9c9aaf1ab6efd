"""What a lesson is made of, and the one error that says why it cannot be used. Pure.

A module is a topic with lessons; a lesson has steps for every band; the words of a step stand apart from
it, by language, so that structure is written once.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.yaml_files import LOADER

BANDS = ("9-12", "13-15", "16-18")
BANDS_OF = {"young people": BANDS, "adults": ("adult",)}
"""The bands a module must have, by its audience."""

KINDS = ("hook", "scenario", "choose", "practise", "keep", "plan")
CONSTRUCTS = ("awareness", "no_blame", "help_seeking", "safety_plan", "friend_action")
"""What the five items before and after a module ask about; the trials of Not a Number and My Life My Choice
measured the same, so that results compare (https://sage.cnpereading.com/doi/10.1177/08862605251336355)."""

BOOSTERS = ("1 week", "1 month", "3 months")
"""When a booster may come, to somebody who asked for it."""

END = "end"


class LessonError(Exception):
    """A lesson cannot be used; the sentence names file and step, what is wrong, and the mend."""


@dataclass(frozen=True)
class Step:
    """One step. ``options`` maps an option to the step it leads to (None: ``goto``, else the one below)."""

    id: str
    kind: str
    options: Mapping[str, str | None]
    goto: str | None


@dataclass(frozen=True)
class OptionWords:
    """The label of a choice and what is said after it."""

    label: str
    feedback: str


@dataclass(frozen=True)
class StepWords:
    """What a step says; ``after`` is said when a practised sentence was typed or read."""

    say: str
    options: Mapping[str, OptionWords]
    after: str | None


@dataclass(frozen=True)
class ItemWords:
    """A question before and after a module: what it says, and its answers. None of them is wrong."""

    say: str
    options: Mapping[str, str]


@dataclass(frozen=True)
class Lesson:
    """A lesson: its steps by band."""

    id: str
    steps: Mapping[str, tuple[Step, ...]]


@dataclass(frozen=True)
class Evidence:
    """What the module relies on, and the address where it was seen."""

    claim: str
    source: str


@dataclass(frozen=True)
class Module:
    """A topic: its lessons, what they are for, and where their claims come from.

    ``items`` are ids of the questions before and after it, by what they ask about (see CONSTRUCTS).
    """

    id: str
    audience: str
    aim: str
    status: str
    objectives: Mapping[str, tuple[str, ...]]
    evidence: tuple[Evidence, ...]
    reviewed_on: date
    review_by: date
    lessons: tuple[Lesson, ...]
    items: Mapping[str, str] = field(default_factory=dict)

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands it is written for."""
        return BANDS_OF[self.audience]


class _Strict(LOADER):  # type: ignore[misc]
    """YAML in which a key that stands twice is an error: the first one's words would be lost unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(k) for k in keys if keys.count(k) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(problem=f"{twice[0]} stands twice", problem_mark=node.start_mark)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def read(file: Path) -> dict[str, Any]:
    """A YAML file as a dict; raises LessonError."""
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=_Strict)  # plain values only
    except OSError as error:
        raise LessonError(f"{file} cannot be read: restore it from the repository.") from error
    except yaml.YAMLError as error:
        raise LessonError(f"{file} is not readable YAML: {_problem(error)}. Mend the line it names.") from error
    if not isinstance(data, dict):
        raise LessonError(f"{file} is empty or not a list of keys: see docs/authoring.md.")
    return data


def _problem(error: yaml.YAMLError) -> str:
    """What the reader of YAML stumbled over, and where, on one line."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    return f"line {mark.line + 1}, {problem}" if mark and problem else " ".join(str(error).split())


def keys_in(where: str, value: object) -> dict[Any, Any]:
    """What was written as keys with values, empty for nothing; raises LessonError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise LessonError(f"{where}: it must be keys with values, such as `a: ...`; see docs/authoring.md.")
    return value


def rows_in(where: str, value: object) -> list[Any]:
    """What was written as a list; raises LessonError for anything else, or for an empty one."""
    if not isinstance(value, list) or not value:
        raise LessonError(f"{where}: it must be a list with a dash before each entry; see docs/authoring.md.")
    return value


def only(where: str, found: Mapping[str, Any], allowed: set[str]) -> None:
    """Refuse a key that does not exist; raises LessonError."""
    unknown = sorted(str(k) for k in set(found) - allowed)
    if unknown:
        raise LessonError(f"{where}: {', '.join(unknown)} is not a key; use {', '.join(sorted(allowed))}.")
