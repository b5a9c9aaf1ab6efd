"""Reads ``<lang>.yml``: the words of a module in one language. Pure, strict.

Words for a step that does not exist, a step without words, a choice without feedback or a placeholder
nobody fills refuses to load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.lessons.model import BOOSTERS, ItemWords, LessonError, Module, OptionWords, Step, StepWords, keys_in, only, read
from bot.lessons.render import RenderError, unknown_placeholders

WORD_KEYS = {"say", "options", "after"}
ASIDES_FILE = "labels.yml"
LABEL_KEYS = ("SKIP", "ME", "FRIEND", "PERSON", "NEXT")
TYPED = "typed"
"""Beside the labels of a language: what a phone shows to be typed there instead of an English key."""


@dataclass(frozen=True)
class Translation:
    """The words of a module in one language, by lesson, band and step; titles by lesson.

    ``made_from`` says, by lesson, which English words a translation was made from (bot/lessons/translating.py).
    """

    steps: Mapping[tuple[str, str, str], StepWords]
    titles: Mapping[str, str]
    items: Mapping[str, ItemWords]
    boosters: Mapping[str, str]
    made_from: Mapping[str, str]


def read_translation(file: Path, module: Module) -> Translation:
    """The words in ``file``; raises LessonError.

    English must have all of them. Another language may leave out a whole lesson, never a part of one.
    """
    data = read(file)
    names = {lesson.id for lesson in module.lessons}
    only(str(file), data, {*names, "items", "boosters", "made_from"})
    steps: dict[tuple[str, str, str], StepWords] = {}
    titles: dict[str, str] = {}
    for lesson in module.lessons:
        written = data.get(lesson.id)
        if written is None and file.stem != "en":
            continue
        if not isinstance(written, dict) or not written.get("title"):
            raise LessonError(f"{file}: the words of {lesson.id}, with a title, are missing; write them.")
        only(f"{file}, {lesson.id}", written, {"title", *module.bands})
        titles[lesson.id] = str(written["title"])
        for band, structure in lesson.steps.items():
            said = _band(f"{file}, {lesson.id} {band}", written.get(band), structure)
            steps.update({(lesson.id, band, step): words for step, words in said.items()})
    items = _items(file, module, keys_in(f"{file}, items", data.get("items")))
    boosters = _boosters(file, keys_in(f"{file}, boosters", data.get("boosters")))
    made_from = keys_in(f"{file}, made_from", data.get("made_from"))
    only(f"{file}, made_from", made_from, set(titles))
    return Translation(steps, titles, items, boosters, {str(lesson): str(digest) for lesson, digest in made_from.items()})


def read_labels(folder: Path) -> dict[str, dict[str, str]]:
    """The labels that every step carries, by language and key; raises LessonError."""
    file = folder / ASIDES_FILE
    labels = read(file)
    for lang, written in labels.items():
        missing = [k for k in LABEL_KEYS if not (isinstance(written, dict) and written.get(k))]
        if missing:
            raise LessonError(f"{file}, {lang}: the label for {missing[0]} is missing; write it.")
        only(f"{file}, {lang}", written, {*LABEL_KEYS, TYPED})
        only(f"{file}, {lang}, {TYPED}", written.get(TYPED) or {}, set(LABEL_KEYS))
    if "en" not in labels:
        raise LessonError(f"{file}: the labels in en are missing; write them.")
    return {str(lang): {k: str(written[k]) for k in LABEL_KEYS} for lang, written in labels.items()}


def read_typed(folder: Path) -> dict[str, dict[str, str]]:
    """The words that are typed instead of a key, by language and key; ``read_labels`` has looked at the file."""
    return {
        str(lang): {str(k): str(v) for k, v in (written.get(TYPED) or {}).items()}
        for lang, written in read(folder / ASIDES_FILE).items()
    }


def _band(where: str, written: object, steps: tuple[Step, ...]) -> dict[str, StepWords]:
    if not isinstance(written, dict):
        raise LessonError(f"{where}: there are no words for this band; write them.")
    only(where, written, {step.id for step in steps})
    return {step.id: _step(f"{where}, {step.id}", step, written.get(step.id)) for step in steps}


def _step(where: str, step: Step, said: object) -> StepWords:
    if not isinstance(said, dict) or not said.get("say"):
        raise LessonError(f"{where}: there are no words; write `say`.")
    only(where, said, WORD_KEYS)
    options = {str(o): option for o, option in keys_in(f"{where}, options", said.get("options")).items()}
    if set(options) != set(step.options):
        raise LessonError(f"{where}: options must be exactly {', '.join(sorted(step.options)) or 'none'}, as in module.yml.")
    if (step.kind == "practise") != bool(said.get("after")):
        raise LessonError(f"{where}: a practise step needs `after`, a kind word once it is said; only a practise step has it.")
    made = {step_option: _option(f"{where} option {step_option}", options[step_option]) for step_option in step.options}
    for text in (said["say"], said.get("after") or "", *(o.feedback for o in made.values())):
        _check_placeholders(where, str(text))
    return StepWords(str(said["say"]), made, str(said["after"]) if said.get("after") else None)


def _option(where: str, option: object) -> OptionWords:
    if not isinstance(option, dict) or set(option) != {"label", "feedback"} or not all(option.values()):
        raise LessonError(f"{where}: it needs a label and feedback, and nothing else.")
    return OptionWords(str(option["label"]), str(option["feedback"]))


def _items(file: Path, module: Module, written: Mapping[str, Any]) -> dict[str, ItemWords]:
    if set(written) != set(module.items) and (written or file.stem == "en"):
        raise LessonError(f"{file}, items: they must be exactly {', '.join(sorted(module.items)) or 'none'}, as in module.yml.")
    for name, item in written.items():
        if not isinstance(item, dict) or set(item) != {"say", "options"} or not item["say"] or not item["options"]:
            raise LessonError(f"{file}, items, {name}: it needs `say` and options, and nothing else.")
    made = {str(name): (item["say"], item["options"]) for name, item in written.items()}
    return {name: ItemWords(str(say), _replies(f"{file}, items, {name}", replies)) for name, (say, replies) in made.items()}


def _replies(where: str, written: object) -> dict[str, str]:
    return {str(key): str(label) for key, label in keys_in(where, written).items()}


def _boosters(file: Path, written: Mapping[str, Any]) -> dict[str, str]:
    if written and set(written) != set(BOOSTERS):
        raise LessonError(f"{file}, boosters: there is one for each of {', '.join(BOOSTERS)}; write them, or none.")
    for text in written.values():
        _check_placeholders(f"{file}, boosters", str(text))
    return {str(when): str(text) for when, text in written.items()}


def _check_placeholders(where: str, text: str) -> None:
    try:
        unknown = unknown_placeholders(text)
    except RenderError as error:
        raise LessonError(f"{where}: the words are not a valid template: {error}.") from error
    if unknown:
        raise LessonError(f"{where}: {{{{ {sorted(unknown)[0]} }}}} is no placeholder; docs/authoring.md lists them.")
