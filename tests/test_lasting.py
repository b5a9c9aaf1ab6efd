"""What waits for the disk: every text that comes in, and an answer that does more than speak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.engine import Answer, Reply
from bot.store.unit_of_work import UnitOfWork
from tests.talking import House, Phone, ScriptedEngine


@pytest.fixture
def waits(house: House, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each transaction that writes, whether it waits for the disk."""
    begun, begin = list[bool](), house.app.store.begin

    @contextmanager
    def noted(*, lasting: bool = True) -> Iterator[UnitOfWork]:
        begun.append(lasting)
        with begin(lasting=lasting) as work:
            yield work

    monkeypatch.setattr(house.app.store, "begin", noted)
    return begun


def test_a_text_waits_for_the_disk_and_words_that_answer_it_do_not(phone: Phone, waits: list[bool]) -> None:
    phone.quickly_texts("what is grooming?")
    assert waits == [True]
    waits.clear()
    phone.texts("and what is consent?")
    assert waits[:5] == [True, False, False, False, False]  # kept; each of the two claimed and answered


def test_an_answer_to_danger_waits_for_the_disk(phone: Phone, waits: list[bool]) -> None:
    phone.texts("i want to die")
    assert waits[:3] == [True, False, True]


def test_an_answer_that_brings_something_about_waits_for_the_disk(
    phone: Phone, engine: ScriptedEngine, waits: list[bool]
) -> None:
    engine.answers = lambda _: Answer((Reply("Somebody is told."),), ({"effect": "case", "event": "consent"},))
    phone.texts("can i talk to somebody")
    assert waits[:3] == [True, False, True]


@pytest.mark.parametrize(
    ("effect", "waits_for_it"),
    [
        ({"effect": "answered", "answer": "grooming_what"}, False),
        ({"effect": "set", "lesson": "grooming"}, False),
        ({"effect": "set", "lesson": None}, False),
        ({"effect": "set", "lesson": "grooming", "band": "9-12"}, True),
        ({"effect": "set", "band": "9-12"}, True),
        ({"effect": "forget"}, True),
        ({"effect": "case", "event": "offer"}, True),
    ],
)
def test_which_answer_it_was_and_the_lesson_come_again_with_the_words(
    phone: Phone, engine: ScriptedEngine, waits: list[bool], effect: dict[str, str], waits_for_it: bool
) -> None:
    engine.answers = lambda _: Answer((Reply("Here you are."),), (effect,))
    phone.texts("what is grooming?")
    assert waits[:3] == [True, False, waits_for_it]
