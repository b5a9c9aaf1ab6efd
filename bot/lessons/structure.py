"""Reads ``module.yml``: the structure of a module, written once for all languages. Pure, strict.

A key that does not exist, a branch that leads nowhere or a step that nothing leads to refuses to load: a
young person must never be the one who finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.lessons.model import (
    BANDS_OF,
    CONSTRUCTS,
    END,
    KINDS,
    Evidence,
    Lesson,
    LessonError,
    Module,
    Step,
    keys_in,
    only,
    read,
    rows_in,
)

NEEDED = ("module", "audience", "aim", "status", "objectives", "evidence", "reviewed_on", "review_by", "lessons")
MODULE_KEYS = {*NEEDED, "items"}
STEP_KEYS = {"id", "kind", "options", "goto"}
OPTIONS = (2, 3)
"""Least and most options of a choice: more than three do not fit a text, and one is none."""


def read_module(file: Path) -> Module:
    """A module as ``module.yml`` says; raises LessonError."""
    data = read(file)
    only(str(file), data, MODULE_KEYS)
    missing = [k for k in NEEDED if not data.get(k)]
    if missing:
        raise LessonError(f"{file}: {missing[0]} is missing; add it.")
    if data["module"] != file.parent.name:
        raise LessonError(f"{file}: module says {data['module']}, its folder {file.parent.name}; make them the same.")
    bands = BANDS_OF.get(str(data["audience"]))
    if bands is None:
        raise LessonError(f"{file}: audience must be one of {', '.join(BANDS_OF)}.")
    return Module(
        id=str(data["module"]),
        audience=str(data["audience"]),
        aim=" ".join(str(data["aim"]).split()),
        status=" ".join(str(data["status"]).split()),
        objectives=_objectives(file, data["objectives"], bands),
        evidence=tuple(_evidence(file, row) for row in rows_in(f"{file}, evidence", data["evidence"])),
        reviewed_on=_date(file, data["reviewed_on"]),
        review_by=_date(file, data["review_by"]),
        lessons=tuple(_lesson(file, str(n), steps, bands) for n, steps in keys_in(f"{file}, lessons", data["lessons"]).items()),
        items=_items(file, keys_in(f"{file}, items", data.get("items"))),
    )


def _date(file: Path, value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise LessonError(f"{file}: {value} is not a date; write it as YYYY-MM-DD without quotes.")


def _objectives(file: Path, written: object, bands: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if not isinstance(written, dict) or set(written) != set(bands):
        raise LessonError(f"{file}, objectives: it needs a list for each band, {', '.join(bands)}.")
    return {band: tuple(str(o) for o in rows_in(f"{file}, objectives {band}", written[band])) for band in bands}


def _evidence(file: Path, row: object) -> Evidence:
    if not isinstance(row, dict) or set(row) != {"claim", "source"}:
        raise LessonError(f"{file}, evidence: each entry needs a claim and a source, and nothing else.")
    if not str(row["source"]).startswith(("https://", "http://")):
        raise LessonError(f"{file}, evidence: {row['source']} is not an address; write where it can be read.")
    return Evidence(str(row["claim"]), str(row["source"]))


def _items(file: Path, written: Mapping[str, Any]) -> dict[str, str]:
    """None yet, or one item for each construct, so that before and after can be compared with published results."""
    if written and sorted(map(str, written.values())) != sorted(CONSTRUCTS):
        raise LessonError(f"{file}, items: it needs one item for each of {', '.join(CONSTRUCTS)}.")
    return {str(item): str(construct) for item, construct in written.items()}


def _lesson(file: Path, name: str, by_band: object, bands: Sequence[str]) -> Lesson:
    if not isinstance(by_band, dict) or set(by_band) != set(bands):
        raise LessonError(f"{file}, {name}: it needs steps for each band, {', '.join(bands)}.")
    return Lesson(name, {band: _steps(f"{file}, {name} {band}", by_band[band]) for band in bands})


def _steps(where: str, rows: object) -> tuple[Step, ...]:
    if not isinstance(rows, list) or not rows:
        raise LessonError(f"{where}: there are no steps; write at least a hook, a choice and one thing to keep.")
    steps = tuple(_step(where, row) for row in rows)
    _check_branches(where, steps)
    return steps


def _step(where: str, row: object) -> Step:
    if not isinstance(row, dict) or not row.get("id"):
        raise LessonError(f"{where}: a step has no id; give it a short word.")
    at = f"{where}, {row['id']}"
    only(at, row, STEP_KEYS)
    if row.get("kind") not in KINDS:
        raise LessonError(f"{at}: kind must be one of {', '.join(KINDS)}.")
    options = {str(o): (str(g) if g else None) for o, g in keys_in(f"{at}, options", row.get("options")).items()}
    if (row["kind"] == "choose") != bool(options):
        raise LessonError(f"{at}: a choose step needs options, and only a choose step has them.")
    if options and not OPTIONS[0] <= len(options) <= OPTIONS[1]:
        raise LessonError(f"{at}: it has {len(options)} options; give it {OPTIONS[0]} or {OPTIONS[1]}.")
    return Step(str(row["id"]), str(row["kind"]), options, str(row["goto"]) if row.get("goto") else None)


def _check_branches(where: str, steps: Sequence[Step]) -> None:
    """Every branch leads on, to a later step or the end, so that every path ends; every step can be reached."""
    ids = [s.id for s in steps]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise LessonError(f"{where}, {twice[0]}: two steps have this id; give each its own.")
    reached = {ids[0]}
    for number, step in enumerate(steps):
        targets = set(_targets(step, ids[number + 1] if number + 1 < len(ids) else END))
        lost = sorted(targets - {END, *ids[number + 1 :]})
        if lost:
            raise LessonError(
                f"{where}, {step.id}: it leads to {lost[0]}, which is no later step; name one below it, or {END}."
            )
        reached.update(targets if step.id in reached else ())
    unreached = [i for i in ids if i not in reached]
    if unreached:
        raise LessonError(f"{where}, {unreached[0]}: nothing leads to it; lead a choice there, or take it out.")


def _targets(step: Step, below: str) -> Iterator[str]:
    """Where a step can lead; skipping it is a way too."""
    onward = step.goto or below
    yield onward
    yield from (target or onward for target in step.options.values())
