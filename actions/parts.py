"""The reviewed files that actions speak from, each read once a process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.answers.catalog import Answers
from bot.lessons.catalog import Catalog
from bot.words import Words

CONTENT = Path(__file__).resolve().parents[1] / "content"


@lru_cache(maxsize=1)
def words() -> Words:
    """The messages."""
    return Words.load(CONTENT / "messages")


@lru_cache(maxsize=4)
def answers(lang: str) -> Answers:
    """The answers of a language; English where nobody has written them yet."""
    folder = CONTENT / "answers" / lang
    return Answers.load(folder if folder.is_dir() else CONTENT / "answers" / "en")


@lru_cache(maxsize=1)
def lessons() -> Catalog:
    """The lessons."""
    return Catalog.load(CONTENT / "lessons")


def read_all() -> None:
    """Read everything now, so that nobody waits for it and a broken file shows at start.

    Raises WordsError, AnswerError or LessonError.
    """
    words()
    answers("en")
    lessons()
