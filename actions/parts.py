"""The reviewed files that actions speak from, each read once a process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.answers.catalog import Answers
from bot.directory.places import Places
from bot.lessons.catalog import Catalog
from bot.words import Words

LANGUAGES = ("en", "es", "fr")
CONTENT = Path(__file__).resolve().parents[1] / "content"


@lru_cache(maxsize=1)
def words() -> Words:
    """The messages."""
    return Words.load(CONTENT / "messages")


@lru_cache(maxsize=4)
def answers(lang: str) -> Answers:
    """The answers of a language; each in English where nobody has written it yet."""
    base, folder = Answers.load(CONTENT / "answers" / "en"), CONTENT / "answers" / lang
    return base if lang == "en" or not folder.is_dir() else Answers.load(folder, lang).over(base)


@lru_cache(maxsize=1)
def lessons() -> Catalog:
    """The lessons."""
    return Catalog.load(CONTENT / "lessons")


@lru_cache(maxsize=1)
def places() -> Places:
    """The names of places."""
    return Places.load(CONTENT / "places.yml")


def read_all() -> None:
    """Read everything now, so that nobody waits for it and a broken file shows at start.

    Raises WordsError, AnswerError, LessonError or PlacesError.
    """
    words()
    for lang in LANGUAGES:
        answers(lang)
    lessons()
    places()
