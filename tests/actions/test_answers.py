"""Answers, fallback, privacy and what somebody tells about themselves, action by action."""

from __future__ import annotations

from typing import Any

import pytest

from actions.answers import ActionAnswer, ActionFallback
from actions.parts import answers, places, words
from actions.privacy import ActionForgetMe, ActionLines, ActionPrivacy, ActionSetBand, ActionSetRegion
from bot.choices import Choice, as_text, keyed
from tests.actions.speaking import run


def test_an_answer_is_said_in_the_words_of_the_band() -> None:
    entities = {"answer": "grooming_what"}
    older, younger = run(ActionAnswer(), entities=entities), run(ActionAnswer(), entities=entities, band="9-12")
    assert older.texts != younger.texts
    assert older.effects == [{"effect": "answered", "answer": "grooming_what", "topic": "grooming", "sure": "sure"}]


def test_on_a_screen_an_answer_can_be_said_differently_and_a_person_is_one_tap_away() -> None:
    entities = {"answer": "grooming_what"}
    on_a_phone, on_a_screen = run(ActionAnswer(), entities=entities), run(ActionAnswer(), entities=entities, channel="web")
    assert on_a_screen.choices == [*on_a_phone.choices, "Say it differently", "Talk to a person"]


def test_every_answer_fits_a_text_message_with_its_choices() -> None:
    for answer in answers("en"):
        for band in (None, "9-12", "16-18"):
            said = run(ActionAnswer(), entities={"answer": answer.id}, band=band)
            choices = keyed([Choice(title, "/ask") for title in said.choices])
            assert len(as_text(said.texts[0], choices)) <= 306, answer.id


def test_unsure_offers_the_two_nearest_and_a_person() -> None:
    said = run(ActionAnswer(), entities={"answer": "grooming_what", "answer_2": "grooming_signs", "sure": "unsure"})
    assert said.choices == ["What grooming is", "Signs of grooming", "Talk to a person"]


def test_an_answer_that_an_edit_took_away_is_not_silence() -> None:
    assert run(ActionAnswer(), entities={"answer": "gone"}).texts


def test_outside_is_said_kindly_once_and_then_differently() -> None:
    first = run(ActionFallback(), intent="out_of_scope")
    second = run(ActionFallback(), intent="out_of_scope", slots={"misses": 1})
    assert first.text != second.text and {"effect": "answered", "topic": "out_of_scope"} in first.effects
    assert "Talk to a person" in second.choices


def test_privacy_names_its_limits() -> None:
    assert "may have to tell someone" in run(ActionPrivacy()).text


def test_forget_me_is_passed_on_and_told_honestly_where_a_person_has_the_case() -> None:
    free, held = run(ActionForgetMe()), run(ActionForgetMe(), case={"state": "live", "level": "high"})
    assert {"effect": "forget"} in free.effects and "case" not in free.text
    assert {"effect": "forget"} in held.effects and "case" in held.text  # the gateway keeps the wish until it is closed


def test_lines_are_those_that_are_open() -> None:
    assert "686868" in run(ActionLines()).text
    assert "where you live" in run(ActionLines(), lines=[]).text


@pytest.mark.parametrize(
    ("text", "lang", "band"),
    [("im 12", "en", "9-12"), ("u didnt ask but im ten", "en", "9-12"), ("tengo quince", "es", "13-15"), ("hi", "en", None)],
)
def test_an_age_becomes_a_band_and_nothing_else_is_kept(text: str, lang: str, band: str | None) -> None:
    effects = run(ActionSetBand(), text=text, lang=lang).effects
    assert effects == ([{"effect": "set", "band": band}] if band else [])


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("i live in canada", "CA"),
        ("im in texas", "US"),
        ("i live in the uk", "GB"),
        ("somewhere", None),
        ("canada or the us", None),
        ("ontario", "CA"),
        ("je vis au québec", "CA"),
        ("jreste a rimouski", "CA"),
        ("vivo en tejas", "US"),
        ("near salt lake city", "US"),
        ("vivo en los ángeles", "US"),
        ("im from nyc lol", "US"),
        ("bc he said so", None),
    ],
)
def test_a_place_becomes_a_region(text: str, region: str | None) -> None:
    assert places().region_in(text) == region
    assert run(ActionSetRegion(), text=text).effects == ([{"effect": "set", "region": region}] if region else [])


IN_DANGER = {"case": {"state": "queued", "level": "imminent", "category": "abuse_at_home"}}


@pytest.mark.parametrize("sure", ["likely", "unsure"])
@pytest.mark.parametrize("where", [{"loop": "handoff_form"}, IN_DANGER])
def test_who_goes_on_telling_in_danger_is_heard_and_gets_no_guess(sure: str, where: dict[str, Any]) -> None:
    """ "ok im in the bathroom" once brought three sentences about washing."""
    found = {"answer": "consent_body", "answer_2": "consent_doctor", "sure": sure}
    said = run(ActionAnswer(), entities=found, text="ok im in the bathroom", **where)
    assert said.texts == [words().say("heard_1")] and not said.choices


@pytest.mark.parametrize("intent", ["out_of_scope", "nlu_fallback"])
def test_what_was_not_understood_in_danger_is_heard_as_well(intent: str) -> None:
    said = run(ActionFallback(), intent=intent, text="hes gone down the stairs", **IN_DANGER)
    assert said.texts == [words().say("heard_1")]


def test_a_question_in_danger_is_answered() -> None:
    found = {"answer": "getting_help_emergency", "answer_2": "getting_help_police", "sure": "likely"}
    said = run(ActionAnswer(), entities=found, text="what happens if i call 911", **IN_DANGER)
    assert said.texts and said.texts != [words().say("heard_1")]


def test_where_nothing_is_open_a_guess_is_said() -> None:
    found = {"answer": "consent_body", "answer_2": "consent_doctor", "sure": "likely"}
    assert run(ActionAnswer(), entities=found, text="ok im in the bathroom").texts != [words().say("heard_1")]
