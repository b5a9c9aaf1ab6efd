"""Checks all content that young people will read. Every finding names file and place, and the mend. Pure.

What can be measured is measured (segments, alphabet, reading level, dates, banned words); what cannot is
for readers, and docs/authoring.md says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.answers.catalog import AnswerError, Answers
from bot.choices import as_text
from bot.directory import Directory, DirectoryError, stale_entries
from bot.lessons import player
from bot.lessons.catalog import BANDS, Catalog, LessonError, Module
from bot.lessons.player import Place
from bot.reading import grade, mean_sentence
from bot.text import not_gsm, segments
from bot.words import Words, WordsError

MOST_SEGMENTS = 2
MOST_GRADE = {"9-12": 4.0, "13-15": 6.0, "16-18": 7.0}
MOST_WORDS_A_SENTENCE = 12.0
RESERVED = frozenset(
    ["STOP", "STOPALL", "END", "CANCEL", "QUIT", "UNSUBSCRIBE", "REVOKE", "OPTOUT", "HELP", "INFO", "START", "YES", "UNSTOP"]
)
SCREEN_WORDS = "page_"
"""Messages of the web page: a screen is not an SMS."""


@dataclass(frozen=True)
class Banned:
    """A phrase that may not be said, why, and sentences in which it may."""

    phrase: re.Pattern[str]
    word: str
    why: str
    allow: tuple[str, ...]


def lint(content: Path, *, today: date) -> list[str]:
    """Every finding, as a sentence; empty when all is in order."""
    try:
        banned = _banned(content / "lessons" / "banned_words.yml")
        catalog = Catalog.load(content / "lessons")
    except (LessonError, OSError, yaml.YAMLError, KeyError) as error:
        return [str(error)]
    return [
        *_lessons(catalog, banned, today),
        *_messages(content / "messages", banned),
        *_directory(content / "directory", today),
        *_answers(content / "answers", banned),
    ]


def _banned(file: Path) -> list[Banned]:
    rows: list[Mapping[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [
        Banned(re.compile(rf"\b{re.escape(r['word'])}\b", re.IGNORECASE), r["word"], r["why"], tuple(r.get("allow", ())))
        for r in rows
    ]


def banned_in(text: str, banned: list[Banned]) -> Iterator[str]:
    """What a text says that it may not."""
    for rule in banned:
        left = text
        for allowed in rule.allow:
            left = left.replace(allowed, "")
        if rule.phrase.search(left):
            yield f'it says "{rule.word}", which {rule.why}; say it another way.'


def _lessons(catalog: Catalog, banned: list[Banned], today: date) -> Iterator[str]:
    for module in catalog.modules:
        where = f"content/lessons/{module.id}"
        if module.review_by < today:
            yield f"{where}/module.yml: review_by {module.review_by} is past; have it read again and set a new date."
        for lesson in module.lessons:
            for band in BANDS:
                yield from _band(catalog, module, lesson.id, band, banned)


def _band(catalog: Catalog, module: Module, lesson: str, band: str, banned: list[Banned]) -> Iterator[str]:
    said: list[str] = []
    for step in catalog.steps(module=module.id, lesson=lesson, band=band):
        where = f"content/lessons/{module.id}/en.yml, {lesson} {band}, {step.id}"
        words = catalog.say(module=module.id, lesson=lesson, band=band, step=step.id, lang="en")
        turn = player.show(catalog, Place(module.id, lesson, band, "en", step.id))
        texts = [as_text(turn.says[0], turn.choices), *(o.feedback for o in words.options.values()), words.after or ""]
        said += [words.say, *(o.feedback for o in words.options.values()), words.after or ""]
        for choice in turn.choices:
            if choice.key.upper() in RESERVED or choice.label.upper() in RESERVED:
                yield f"{where}: {choice.label!r} is a word of the carriers; use another label."
        for text in texts:
            yield from (f"{where}: {finding}" for finding in (*_fits(text), *banned_in(text, banned)))
    yield from _readable(f"content/lessons/{module.id}/en.yml, {lesson} {band}", " ".join(said), MOST_GRADE[band])


def _fits(text: str) -> Iterator[str]:
    odd = not_gsm(text)
    if odd:
        yield f"{' '.join(sorted(odd))} is not in the phone alphabet; write it plainly."
    elif segments(text) > MOST_SEGMENTS:
        yield f"it takes {segments(text)} text segments with its choices ({len(text)} characters); cut it to 306 characters."


def _readable(where: str, text: str, most: float) -> Iterator[str]:
    if grade(text) > most:
        yield f"{where}: reading level is grade {grade(text):.1f}, at most {most:.0f}; use shorter words and sentences."
    if mean_sentence(text) > MOST_WORDS_A_SENTENCE:
        yield f"{where}: {mean_sentence(text):.1f} words a sentence, at most 12; cut sentences in two."


def _messages(folder: Path, banned: list[Banned]) -> Iterator[str]:
    try:
        Words.load(folder)
    except WordsError as error:
        yield str(error)
        return
    for message_id, text in yaml.safe_load((folder / "en.yml").read_text(encoding="utf-8")).items():
        where = f"content/messages/en.yml, {message_id}"
        odd = not_gsm(re.sub(r"\{[{%].*?[%}]\}", "", text, flags=re.DOTALL))
        if odd and not message_id.startswith(SCREEN_WORDS):
            yield f"{where}: {' '.join(sorted(odd))} is not in the phone alphabet; write it plainly."
        yield from (f"{where}: {finding}" for finding in banned_in(text, banned))


def _directory(folder: Path, today: date) -> Iterator[str]:
    try:
        directory = Directory.load(folder, today=today, production=False)
    except DirectoryError as error:
        yield str(error)
        return
    yield from stale_entries(directory.everything(), today)


def _answers(folder: Path, banned: list[Banned]) -> Iterator[str]:
    for language in sorted(p for p in folder.iterdir() if p.is_dir()):
        try:
            answers = Answers.load(language)
        except AnswerError as error:
            yield str(error)
            continue
        for answer in answers:
            where = f"content/answers/{language.name}, {answer.id}"
            for text in (*answer.say.values(), *answer.in_region.values()):
                yield from (f"{where}: {finding}" for finding in (*_fits(text), *banned_in(text, banned)))
