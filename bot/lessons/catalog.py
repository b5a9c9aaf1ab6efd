"""The lessons as files: structure once in ``module.yml``, words in ``<lang>.yml``. Pure, strict.

A key that does not exist, a branch that leads nowhere or a choice without feedback refuses to load: a
young person must never be the one who finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.lessons.render import RenderError, unknown_placeholders

BANDS = ("9-12", "13-15", "16-18")
KINDS = ("hook", "scenario", "choose", "practise", "keep", "plan")
MODULE_KEYS = {"module", "aim", "status", "evidence", "reviewed_on", "review_by", "lessons"}
STEP_KEYS = {"id", "kind", "options", "goto"}
WORD_KEYS = {"say", "options", "after"}
END = "end"


class LessonError(Exception):
    """A lesson cannot be used; the sentence names file and step, what is wrong, and the mend."""


@dataclass(frozen=True)
class Step:
    """One step. ``options`` maps an option to the step it leads to (None: the one below)."""

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
class Lesson:
    """A lesson: its steps by band."""

    id: str
    steps: Mapping[str, tuple[Step, ...]]


@dataclass(frozen=True)
class Module:
    """A topic: its lessons, and where its claims come from."""

    id: str
    aim: str
    status: str
    evidence: tuple[str, ...]
    reviewed_on: date
    review_by: date
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True)
class Catalog:
    """All modules, and their words by module, language, lesson, band and step."""

    modules: tuple[Module, ...]
    words: Mapping[tuple[str, str, str, str, str], StepWords]
    titles: Mapping[tuple[str, str, str], str]

    @classmethod
    def load(cls, folder: Path) -> Catalog:
        """Read every module in ``folder``; raises LessonError."""
        files = sorted(folder.glob("*/module.yml"))
        if not files:
            raise LessonError(f"{folder} holds no module: restore it from the repository.")
        words: dict[tuple[str, str, str, str, str], StepWords] = {}
        titles: dict[tuple[str, str, str], str] = {}
        modules = []
        for file in files:
            module = _module(file)
            for translation in sorted(file.parent.glob("??.yml")):
                _add_words(translation, module, words, titles)
            if (module.id, module.lessons[0].id, "en") not in titles:
                raise LessonError(f"{file.parent}/en.yml is missing: write the words of {module.id}.")
            modules.append(module)
        return cls(tuple(modules), words, titles)

    def steps(self, *, module: str, lesson: str, band: str) -> tuple[Step, ...]:
        """The steps of a lesson in a band; raises KeyError when there is no such lesson."""
        found = next((m for m in self.modules if m.id == module), None)
        chosen = next((item for item in found.lessons if item.id == lesson), None) if found else None
        if chosen is None:
            raise KeyError(f"{module}/{lesson}")
        return chosen.steps[band]

    def say(self, *, module: str, lesson: str, band: str, step: str, lang: str) -> StepWords:
        """The words of a step; a language without them falls back to English."""
        return self.words.get((module, lang, lesson, band, step)) or self.words[(module, "en", lesson, band, step)]

    def title(self, module: str, lesson: str, lang: str) -> str:
        """The title of a lesson."""
        return self.titles.get((module, lesson, lang)) or self.titles[(module, lesson, "en")]


def read(file: Path) -> dict[str, Any]:
    """A YAML file as a dict; raises LessonError."""
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise LessonError(f"{file} is not readable YAML: {error}. Mend the line it names.") from error
    if not isinstance(data, dict):
        raise LessonError(f"{file} is empty or not a list of keys: see docs/authoring.md.")
    return data


def _only(where: str, found: Mapping[str, Any], allowed: set[str]) -> None:
    unknown = sorted(str(k) for k in set(found) - allowed)
    if unknown:
        raise LessonError(f"{where}: {', '.join(unknown)} is not a key; use {', '.join(sorted(allowed))}.")


def _module(file: Path) -> Module:
    data = read(file)
    _only(str(file), data, MODULE_KEYS)
    missing = [k for k in sorted(MODULE_KEYS) if not data.get(k)]
    if missing:
        raise LessonError(f"{file}: {missing[0]} is missing; add it.")
    return Module(
        id=str(data["module"]),
        aim=str(data["aim"]),
        status=str(data["status"]),
        evidence=tuple(data["evidence"]),
        reviewed_on=_date(file, data["reviewed_on"]),
        review_by=_date(file, data["review_by"]),
        lessons=tuple(_lesson(file, name, bands) for name, bands in data["lessons"].items()),
    )


def _date(file: Path, value: object) -> date:
    if isinstance(value, date):
        return value
    raise LessonError(f"{file}: {value} is not a date; write it as YYYY-MM-DD without quotes.")


def _lesson(file: Path, name: str, bands: Mapping[str, Any]) -> Lesson:
    if set(bands) != set(BANDS):
        raise LessonError(f"{file}, {name}: it needs steps for each band, {', '.join(BANDS)}.")
    return Lesson(name, {band: _steps(f"{file}, {name} {band}", steps) for band, steps in bands.items()})


def _steps(where: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    steps = []
    for row in rows:
        at = f"{where}, {row.get('id', 'a step without id')}"
        _only(at, row, STEP_KEYS)
        if row.get("kind") not in KINDS or not row.get("id"):
            raise LessonError(f"{at}: kind must be one of {', '.join(KINDS)}, and id a short word.")
        options = {str(o): (str(g) if g else None) for o, g in (row.get("options") or {}).items()}
        if (row["kind"] == "choose") != bool(options):
            raise LessonError(f"{at}: a choose step needs options, and only a choose step has them.")
        steps.append(Step(str(row["id"]), str(row["kind"]), options, str(row["goto"]) if row.get("goto") else None))
    _check_branches(where, steps)
    return tuple(steps)


def _check_branches(where: str, steps: Sequence[Step]) -> None:
    """Every branch leads to a step or the end, and every step can be reached."""
    ids = [s.id for s in steps]
    if len(set(ids)) != len(ids):
        raise LessonError(f"{where}: two steps have the same id; give each its own.")
    reached = {ids[0]} if ids else set()
    for number, step in enumerate(steps):
        following = ids[number + 1] if number + 1 < len(ids) else END
        targets = [t or step.goto or following for t in step.options.values()] or [step.goto or following]
        lost = [t for t in targets if t != END and t not in ids[number + 1 :]]
        if lost:
            raise LessonError(
                f"{where}, {step.id}: it leads to {lost[0]}, which is no later step; name one below it, or {END}."
            )
        reached.update(targets if step.id in reached else ())
    unreached = [i for i in ids if i not in reached]
    if unreached:
        raise LessonError(f"{where}, {unreached[0]}: nothing leads to it; lead a choice there, or take it out.")


def _add_words(
    file: Path,
    module: Module,
    words: dict[tuple[str, str, str, str, str], StepWords],
    titles: dict[tuple[str, str, str], str],
) -> None:
    data, lang = read(file), file.stem
    for lesson in module.lessons:
        written = data.get(lesson.id)
        if not isinstance(written, dict) or not written.get("title"):
            raise LessonError(f"{file}: the words of {lesson.id}, with a title, are missing; write them.")
        titles[(module.id, lesson.id, lang)] = str(written["title"])
        for band, steps in lesson.steps.items():
            for step in steps:
                said = (written.get(band) or {}).get(step.id)
                where = f"{file}, {lesson.id} {band}, {step.id}"
                words[(module.id, lang, lesson.id, band, step.id)] = _step_words(where, step, said)


def _step_words(where: str, step: Step, said: object) -> StepWords:
    if not isinstance(said, dict) or not said.get("say"):
        raise LessonError(f"{where}: there are no words; write `say`.")
    _only(where, said, WORD_KEYS)
    options = said.get("options") or {}
    if set(options) != set(step.options):
        raise LessonError(f"{where}: options must be exactly {', '.join(sorted(step.options)) or 'none'}, as in module.yml.")
    made = {name: _option(f"{where} option {name}", option) for name, option in options.items()}
    for text in (said["say"], said.get("after") or "", *(o.feedback for o in made.values())):
        _check_placeholders(where, str(text))
    return StepWords(str(said["say"]), made, str(said["after"]) if said.get("after") else None)


def _option(where: str, option: object) -> OptionWords:
    if not isinstance(option, dict) or set(option) != {"label", "feedback"}:
        raise LessonError(f"{where}: it needs a label and feedback, and nothing else.")
    return OptionWords(str(option["label"]), str(option["feedback"]))


def _check_placeholders(where: str, text: str) -> None:
    try:
        unknown = unknown_placeholders(text)
    except RenderError as error:
        raise LessonError(f"{where}: the words are not a valid template: {error}.") from error
    if unknown:
        raise LessonError(f"{where}: {{{{ {sorted(unknown)[0]} }}}} is no placeholder; docs/authoring.md lists them.")
