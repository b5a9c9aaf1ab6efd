"""Every example in content/safety is a test: what must match does, what must not does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.safety.patterns import Patterns
from bot.safety.screening import LANGUAGES
from bot.safety.verdict import Level
from bot.yaml_files import plain

CONTENT = Path(__file__).parents[2] / "content/safety"
FILES = {language: plain((CONTENT / f"{language}.yml").read_text(encoding="utf-8")) for language in LANGUAGES}


def examples(key: str) -> list[tuple[str, str, str]]:
    return [
        (language, entry["id"], text)
        for language, data in FILES.items()
        for entry in data["patterns"]
        for text in entry.get(key, ())
    ]


def fired(books: dict[str, Patterns], language: str, text: str) -> dict[str, Level]:
    return {hit.pattern.id: hit.level for hit in books[language].hits(text)}


@pytest.mark.parametrize(("language", "name", "text"), examples("must_match"))
def test_a_text_the_pattern_must_match_fires_it(books: dict[str, Patterns], language: str, name: str, text: str) -> None:
    assert name in fired(books, language, text)


@pytest.mark.parametrize(("language", "name", "text"), examples("must_be_imminent"))
def test_a_text_that_must_be_imminent_is(books: dict[str, Patterns], language: str, name: str, text: str) -> None:
    assert fired(books, language, text).get(name) is Level.IMMINENT


@pytest.mark.parametrize(("language", "name", "text"), examples("must_not_match"))
def test_a_look_alike_does_not_fire_the_pattern(books: dict[str, Patterns], language: str, name: str, text: str) -> None:
    assert name not in fired(books, language, text)


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, data in FILES.items() for text in data["harmless"]]
)
def test_a_harmless_text_fires_no_pattern(books: dict[str, Patterns], language: str, text: str) -> None:
    assert fired(books, language, text) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_says_why_and_names_a_reviewer(language: str) -> None:
    assert all(entry["why"] and entry["reviewer"] for entry in FILES[language]["patterns"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pattern_speaks_of_sex_or_method_in_graphic_words(language: str) -> None:
    text = (CONTENT / f"{language}.yml").read_text(encoding="utf-8").lower()
    assert not any(word in text.split() for word in ("penis", "vagina", "cum", "blowjob", "verga"))
