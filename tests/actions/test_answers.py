"""Answers, fallback, privacy and what somebody tells about themselves, action by action."""

from __future__ import annotations

import pytest

from actions.answers import ActionAnswer, ActionFallback
from actions.parts import answers, places
from actions.privacy import ActionForgetMe, ActionLines, ActionPrivacy, ActionSetBand, ActionSetRegion, band_in
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
    ("text", "band"),
    [
        ("im 12", "9-12"),
        ("i'm 14 yrs old", "13-15"),
        ("16-18", "16-18"),
        ("i am 17", "16-18"),
        ("im 8", None),
        ("13 or 14", None),
        ("hi", None),
    ],
)
def test_an_age_becomes_a_band_and_nothing_else_is_kept(text: str, band: str | None) -> None:
    assert band_in(text) == band
    effects = run(ActionSetBand(), text=text).effects
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
        ("vivo en los ángeles", None),
        ("im from nyc lol", "US"),
        ("bc he said so", None),
    ],
)
def test_a_place_becomes_a_region(text: str, region: str | None) -> None:
    assert places().region_in(text) == region
    assert run(ActionSetRegion(), text=text).effects == ([{"effect": "set", "region": region}] if region else [])
