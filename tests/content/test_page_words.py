"""The words of page and phone: regions that the directory knows, and keywords that are understood."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from bot.answers.catalog import Answers
from bot.directory import Directory
from bot.groups.codes import asked_to_join, asks_to_leave
from bot.groups.reading import Matter, Reading, read
from bot.threads import KEYWORDS
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


WORDS_TO_TEXT = {"STOP", "START"} | {word.upper() for word in KEYWORDS}
LEARNED = {"fr": {"SUIVANT", "LIGNES", "SOUTIEN", "NOUVEAU"}, "es": {"SIGUIENTE", "LINEAS", "APOYO", "NUEVO"}}
"""Words that the engine learned, or that the gateway reads in one place (bot/threads.py, data/nlu)."""
GROUP = {"fr": ("QUESTION", "SORTIR", "REJOINDRE"), "es": ("PREGUNTA", "SALIR", "UNIRME")}


@pytest.mark.parametrize("lang", ["fr", "es"])
def test_a_word_to_text_is_one_of_the_language_and_one_that_is_understood(words, lang):
    ask, leave, join = GROUP[lang]
    assert read(f"{ask} is it ok", step=None, labels={}, offered=(), free=False) == Reading(Matter.QUESTION, words="is it ok")
    assert asks_to_leave(leave) and asked_to_join(f"{join} 4F7KM") == "4F7KM"
    understood = WORDS_TO_TEXT | LEARNED[lang] | set(GROUP[lang])
    said = (CONTENT / "messages" / f"{lang}.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w-])[A-ZÀ-Ü]{4,}(?:-MOI)?(?![\w-])", said))
    assert named <= understood | {"PERSONNE", "PERSONA"}, sorted(named - understood)
    assert "PERSON" not in named and words.say("page_opening", lang).count("PERSON") == 1


@pytest.mark.parametrize(("lang", "word"), [("en", "PERSON"), ("fr", "PERSONNE"), ("es", "PERSONA")])
def test_a_group_is_told_the_word_for_a_person_in_its_own_language(lang, word):
    said = (CONTENT / "groups" / f"{lang}.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\bPERSON\w*", said)) == {word}


def test_the_answer_about_the_way_out_calls_it_as_the_page_does(words: Words) -> None:
    answer = next(a for a in Answers.load(CONTENT / "answers" / "en") if a.id == "about_safe_word")
    assert words.say("page_exit") in answer.words(band="13-15", channel="web")
