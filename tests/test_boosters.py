"""Boosters: three texts that somebody asked for, which name no topic, and stop when they say so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.effects import Effects
from tests.talking import Clock, Desk, House, Phone

ON = {"effect": "boosters", "answer": "yes", "module": "grooming"}
OFF = {"effect": "boosters", "answer": "no"}


@pytest.fixture
def asked(house: House, phone: Phone) -> Phone:
    phone.texts("hi")
    tell(phone, ON)
    phone.new()
    return phone


def tell(phone: Phone, effect: dict[str, str]) -> None:
    effects = Effects(directory=phone.app.directory, languages=("en",), redaction=phone.app.redaction)
    with phone.app.store.begin() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None
        effects.apply(work, thread, effect)


def waiting(phone: Phone) -> int:
    with phone.app.store.read() as work:
        return work.boosters.waiting(phone.thread_id)


def after(house: House, clock: Clock, days: float) -> None:
    clock.passes(seconds=timedelta(days=days).total_seconds())
    house.app.outbox.sweep()
    house.app.outbox.expire()
    house.settles()


def test_they_come_after_a_week_a_month_and_three_months_and_name_no_topic(house: House, asked: Phone, clock: Clock) -> None:
    start = len(asked.everything())
    for days, count in ((6.9, 0), (0.2, 1), (22.8, 1), (0.2, 2), (60, 2), (1.1, 3), (200, 3)):
        after(house, clock, days)
        assert len(asked.everything()) - start == count, days
    told = " ".join(asked.everything()[start:]).lower()
    assert "groom" not in told and "no more of these" in told and waiting(asked) == 0


def test_asked_for_twice_means_one_series(house: House, asked: Phone, clock: Clock) -> None:
    clock.passes(seconds=3600)
    tell(asked, ON)
    assert waiting(asked) == 3


def test_no_more_of_them_is_heard(house: House, asked: Phone, clock: Clock) -> None:
    tell(asked, OFF)
    after(house, clock, 8)
    asked.sees_nothing()
    assert waiting(asked) == 0


def test_after_stop_none_comes(house: House, asked: Phone, clock: Clock) -> None:
    asked.texts("STOP")
    asked.new()
    after(house, clock, 8)
    asked.sees_nothing()


def test_while_a_person_is_with_them_it_waits(house: House, asked: Phone, desk: Desk, clock: Clock) -> None:
    asked.texts("my stepdad hits me and hes coming home now")
    case = desk.queue()[0]
    desk.accepts(case)
    asked.new()
    clock.passes(seconds=timedelta(days=7, hours=1).total_seconds())
    house.app.outbox.sweep()
    house.settles()
    assert not any("No more of these" in text for text in asked.new()) and waiting(asked) == 3


def test_their_words_go_in_the_ordinary_time_while_the_number_waits(house: House, asked: Phone, clock: Clock) -> None:
    clock.passes(seconds=timedelta(days=5).total_seconds())
    house.app.outbox.expire()
    with house.app.store.read() as work:
        assert work.threads.number(asked.thread_id) == asked.number
        assert not work.messages.transcript(asked.thread_id)


def test_forget_me_takes_them_too(house: House, asked: Phone, clock: Clock) -> None:
    tell(asked, {"effect": "forget"})
    asked.new()
    after(house, clock, 8)
    asked.sees_nothing()
