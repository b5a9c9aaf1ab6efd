"""Which lessons are written in which language, and which of those have fallen behind the English. Pure but for two files.

A translated file says under ``made_from`` which English words each lesson was made from, as a short digest.
When the English changes, the digest does too, and the lesson is stale until somebody has read it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.lessons.catalog import Catalog
from bot.lessons.model import LessonError, Module, StepWords
from bot.lessons.translation import Translation

MADE_FROM = "made_from"
DIGEST = 12
"""Hexadecimal digits of a digest: enough to notice a change, short enough to read."""


@dataclass(frozen=True)
class Standing:
    """How one lesson stands in one language: "fresh", "stale", "unmarked" or "missing"."""

    module: str
    lesson: str
    lang: str
    state: str


def standings(catalog: Catalog, langs: tuple[str, ...]) -> Iterator[Standing]:
    """How every lesson stands in each language other than English."""
    for module in (*catalog.modules, *catalog.for_adults):
        for lang in langs:
            for lesson in module.lessons:
                yield Standing(module.id, lesson.id, lang, _state(catalog, module, lesson.id, lang))


def digest_of(words: Translation, lesson: str) -> str:
    """A short digest of everything a lesson says in one language."""
    said = [words.titles[lesson]]
    for (of, band, step), entry in sorted(words.steps.items()):
        if of == lesson:
            said += [band, step, *_texts(entry)]
    return hashlib.sha256("\x00".join(said).encode()).hexdigest()[:DIGEST]


def mark(catalog: Catalog, folder: Path, *, module: str, lang: str) -> list[str]:
    """Write into ``<lang>.yml`` that its lessons say what the English says now; returns the lessons marked.

    Raises LessonError when there is no such file or module.
    """
    file = folder / module / f"{lang}.yml"
    if (module, lang) not in catalog.words or lang == "en":
        raise LessonError(f"{file} does not exist: write it first; `handrail translations start {module} {lang}` makes one.")
    lessons = list(catalog.words[module, lang].titles)
    english = catalog.words[module, "en"]
    block = "".join(f'  {lesson}: "{digest_of(english, lesson)}"\n' for lesson in lessons)
    text = re.sub(rf"^{MADE_FROM}:\n(?:  .*\n)*", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file.write_text(f"{text.rstrip()}\n{MADE_FROM}:\n{block}", encoding="utf-8")
    return lessons


def start(catalog: Catalog, folder: Path, *, module: str, lang: str) -> Path:
    """Write ``<lang>.yml.draft``: the English file to be written over, which nothing reads until it is renamed.

    Raises LessonError when there is no such module, or words in that language exist already.
    """
    if (module, "en") not in catalog.words:
        raise LessonError(f"There is no module {module!r} under {folder}.")
    if (module, lang) in catalog.words:
        raise LessonError(f"{folder / module / lang}.yml is there already; write into it.")
    draft = folder / module / f"{lang}.yml.draft"
    if draft.exists():
        raise LessonError(f"{draft} is there already; write into it, or take it away first.")
    english = (folder / module / "en.yml").read_text(encoding="utf-8")
    head = (
        f"# A draft in {lang}. Write every text over, or take a whole lesson out; leave the keys as they are. Then rename\n"
        f"# this file to {lang}.yml, run `handrail lint`, and `handrail translations mark {module} {lang}`.\n"
    )
    draft.write_text(head + english, encoding="utf-8")
    return draft


def _state(catalog: Catalog, module: Module, lesson: str, lang: str) -> str:
    translation = catalog.words.get((module.id, lang))
    if translation is None or lesson not in translation.titles:
        return "missing"
    if lesson not in translation.made_from:
        return "unmarked"
    return "fresh" if translation.made_from[lesson] == digest_of(catalog.words[module.id, "en"], lesson) else "stale"


def _texts(words: StepWords) -> list[str]:
    options = [text for _, option in sorted(words.options.items()) for text in (option.label, option.feedback)]
    return [words.say, *options, words.after or ""]
