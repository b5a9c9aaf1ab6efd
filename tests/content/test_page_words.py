"""What the page says of regions is what the directory knows of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.directory import Directory
from bot.words import Words

CONTENT = Path(__file__).resolve().parents[2] / "content"


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.load(CONTENT / "messages")


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory.load(CONTENT / "directory", today=date(2026, 11, 25), production=False)


def ids(words: Words, start: str, lang: str = "en") -> set[str]:
    return {name.removeprefix(start) for name in words.ids(lang) if name.startswith(start)}


def test_the_rules_of_a_region_are_said_only_where_the_directory_has_them_with_a_source(words, directory):
    said = ids(words, "page_law_") - {"any"}
    sourced = {country.region for country in directory.everything() if country.limits and country.limits.source}
    assert said and said <= sourced


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_every_region_has_its_name_in_every_language(words, directory, lang):
    assert ids(words, "page_region_", lang) - {"none"} == {region for region, _ in directory.regions()}


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_a_week_has_seven_days_in_every_language(words, lang):
    assert len(words.say("page_days", lang).split()) == 7


@pytest.mark.parametrize(("lang", "expected"), [("en", "call or text 988"), ("fr", "appelle ou texte le 988")])
def test_a_line_is_said_in_the_language_of_the_page(words, lang, expected):
    line = words.say("page_line", lang, name="9-8-8", call="988", text="988", web=None, hours="24/7")
    assert line == f"9-8-8: {expected} (24/7)."
