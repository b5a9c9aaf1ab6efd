"""Checks all content that young people will read. Every finding names file and place, and the mend. Pure.

What can be measured is measured (segments, alphabet, reading level, dates, banned words); what cannot is
for readers, and docs/authoring.md says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from pathlib import Path

from bot.answers.catalog import AnswerError, Answers
from bot.directory import Directory, DirectoryError, lint_directory
from bot.lessons.catalog import Catalog, LessonError
from bot.lessons.lint import Rules, lint_lessons
from bot.lessons.wording import MOST_CHARACTERS, Banned, BannedWordsError, fits_a_phone, read_banned, says_banned
from bot.text import for_sms, not_gsm
from bot.words import Words, WordsError

SCREEN_WORDS = ("page_", "wall_")
"""Messages of the web page: a screen is not an SMS."""

LONGEST_NAME = "Maximiliana"
"""Stands for the first name of a worker where a message says one."""

LONGEST_SUMMARY = "You wrote that someone uses you or pushes you to do things, and want to talk to a person."
"""Stands for what would be passed on; a test holds it to the longest that is written."""


def lint(content: Path, *, today: date) -> list[str]:
    """Every finding, as a sentence; empty when all is in order."""
    try:
        banned = read_banned(content / "lessons" / "banned_words.yml")
    except BannedWordsError as error:
        return [str(error)]
    found: list[str] = []
    directory = None
    try:
        directory = Directory.load(content / "directory", today=today, production=False)
        found += lint_directory(directory, today=today)
    except DirectoryError as error:
        found.append(str(error))
    line = _longest_line(directory)
    titles: Sequence[str] = ()
    modules: set[str] | None = None
    try:
        catalog = Catalog.load(content / "lessons")
        said_in = [(m, lang) for m in catalog.modules for lang in catalog.languages(m.id)]
        titles = [catalog.title(m.id, lesson.id, lang) for m, lang in said_in for lesson in m.lessons]
        modules = {module.id for module in catalog.modules}
        found += lint_lessons(catalog, Rules(banned=banned, today=today, line=line))
    except LessonError as error:
        found.append(str(error))
    found += _messages(content / "messages", banned, line=line, title=max(titles, key=len, default=""))
    found += _answers(content / "answers", banned, modules)
    return found


def _longest_line(directory: Directory | None) -> str:
    """The longest sentence that the directory could put into another one."""
    said = [line.say() for country in directory.everything() for line in country.lines] if directory else []
    return max(said, key=len, default="")


def _messages(folder: Path, banned: Sequence[Banned], *, line: str, title: str) -> Iterator[str]:
    try:
        words = Words.load(folder)
    except WordsError as error:
        yield str(error)
        return
    for file in sorted(folder.glob("*.yml")):
        lang = file.stem
        for message_id in sorted(words.ids(lang)):
            where = f"content/messages/{file.name}, {message_id}"
            try:
                said = _all_ways(words, message_id, lang, line=line, title=title)
            except WordsError as error:
                yield f"{where}: {error}"
                continue
            found = [finding for text in said for finding in _message(message_id, text, banned)]
            yield from (f"{where}: {finding}" for finding in dict.fromkeys(found))


def _all_ways(words: Words, message_id: str, lang: str, *, line: str, title: str) -> set[str]:
    """A message as it reads with and without people, a line and an emergency number."""
    return {
        words.say(
            message_id, lang,
            people_here=people, line=known, lines=(known,) * 3 if known else (), emergency=emergency,
            service="Handrail", name=LONGEST_NAME, lesson=title, number="0800 000 000",
            call=known, text=known, web=known, hours="24/7", step=3, steps=10, word="otter 482 716",
            day=1, month="January", year=2026,
            has_word=people, days=3, nickname="Tortuga 27", code="4F7KM", count=10,
            opens="Wednesday 16:00" if known else None, summary=LONGEST_SUMMARY,
        )
        for people, known, emergency in product((True, False), (line, None), ("999", None))
    }  # fmt: skip


def _message(message_id: str, text: str, banned: Sequence[Banned]) -> Iterator[str]:
    yield from says_banned(text, banned)
    if message_id.startswith(SCREEN_WORDS):
        return
    if not_gsm(for_sms(text)):
        yield from fits_a_phone(text)
    elif len(text) > MOST_CHARACTERS:
        yield f"it has up to {len(text)} characters; cut it to {MOST_CHARACTERS}."


def _answers(folder: Path, banned: Sequence[Banned], modules: set[str] | None) -> Iterator[str]:
    """``modules`` are those an answer may lead on to; None when the lessons could not be read."""
    for language in sorted(p for p in folder.iterdir() if p.is_dir()):
        try:
            answers = Answers.load(language, language.name)
        except AnswerError as error:
            yield str(error)
            continue
        for answer in answers:
            where = f"content/answers/{language.name}, {answer.id}"
            if modules is not None and answer.lesson and answer.lesson not in modules:
                known = ", ".join(sorted(modules))
                yield f"{where}: it leads to the lesson {answer.lesson}, which is not there; name one of {known}."
            for text in (*answer.say.values(), *answer.in_region.values()):
                yield from (f"{where}: {finding}" for finding in (*fits_a_phone(text), *says_banned(text, banned)))
