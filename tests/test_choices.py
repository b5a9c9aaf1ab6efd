"""Choices are read exactly, so that a quiz cannot swallow what somebody tells us."""

from __future__ import annotations

import pytest

from bot.choices import Choice, as_text, intent_and_entities, keyed, payload, read_choice

OFFERED = keyed(
    [
        Choice("Tell someone", "/a"),
        Choice("Wait and see", "/b"),
        Choice("Skip", "/skip", key="SKIP", aside=True),
        Choice("A person", "/want_person", key="PERSON", aside=True),
    ]
)


@pytest.mark.parametrize(("text", "chosen"), [("a", "/a"), ("B", "/b"), ("b)", "/b"), ("2", "/b"), ("tell someone", "/a"), ("Wait and see!", "/b"),
                                              ("skip", "/skip"), ("person", "/want_person"), ("3", None), ("", None), ("c", None),
                                              ("b he is here", None), ("a because he hurts me", None)])  # fmt: skip
def test_a_choice_is_read_from_its_key_number_or_label_and_from_nothing_longer(text: str, chosen: str | None) -> None:
    found = read_choice(text, OFFERED)
    assert (found.payload if found else None) == chosen


def test_letters_are_given_in_order_and_never_twice() -> None:
    assert [c.key for c in OFFERED] == ["A", "B", "SKIP", "PERSON"]


def test_a_phone_shows_choices_as_lines_and_asides_as_words() -> None:
    assert as_text("What now?", OFFERED) == "What now?\nA Tell someone\nB Wait and see\nOr: SKIP, PERSON"


def test_a_payload_survives_the_way_there_and_back() -> None:
    assert intent_and_entities(payload("lesson_choice", option="b", step="x")) == (
        "lesson_choice",
        {"option": "b", "step": "x"},
    )
    assert intent_and_entities("/next") == ("next", {})


def test_a_choice_survives_storage() -> None:
    assert [Choice.from_json(c.to_json()) for c in OFFERED] == list(OFFERED)


@pytest.mark.parametrize("typed", ["mis límites", "Mis limites", "MIS LIMITES", "A"])
def test_a_label_is_read_with_its_accents_or_as_a_phone_shows_it(typed: str) -> None:
    offered = keyed([Choice("Mis límites", "/start_lesson"), Choice("Que pasa", "/x")])
    assert read_choice(typed, offered) == offered[0]


def test_an_apostrophe_may_be_a_curly_one() -> None:
    offered = keyed([Choice("Ça m'arrive à moi", "/happening_to_me")])
    assert read_choice("ca m\u2019arrive a moi", offered) == offered[0]


def test_what_a_phone_shows_to_be_typed_is_read_and_so_is_the_key() -> None:
    me = Choice("Ça m'arrive à moi", "/happening_to_me", key="ME", aside=True, word="MOI")
    assert as_text("Ton corps est à toi.", [me]) == "Ton corps est à toi.\nMOI"
    assert read_choice("moi", [me]) == read_choice("ME", [me]) == me
    assert Choice.from_json(me.to_json()) == me
