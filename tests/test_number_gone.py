"""A number that became nobody's, and then somebody else's: two people who have nothing of each other."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.channels.base import Delivery
from bot.store.tables import metadata
from tests.talking import Clock, Desk, House, Phone

GIRAFFE = "i want to die purple giraffe"


def nobodys(house: House) -> None:
    house.app.intake.report(Delivery(f"sms:{house.app.network.sent[-1][0]}", "failed", "30005"))


def closed_case(phone: Phone, desk: Desk) -> int:
    phone.texts(GIRAFFE)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.closes(card)
    phone.new()
    return card.id


def test_the_next_owner_is_welcomed_and_nothing_of_the_one_before_holds_for_them(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    closed_case(phone, desk)
    nobodys(house)
    clock.passes(days=20)
    phone.texts("hi who is this number")
    phone.sees("this is Handrail")
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        said = [m.text for m in work.messages.transcript(phone.thread_id) if m.who == "you"]
    assert thread is not None and thread.level.word == "none" and said == ["hi who is this number"]


def test_a_worker_sees_each_persons_words_with_their_own_case_only(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    first = closed_case(phone, desk)
    nobodys(house)
    clock.passes(hours=20)
    phone.texts("my stepdad hits me")
    second = desk.sees_case(level="high")
    desk.accepts(second)
    now = " ".join(line.text for line in desk.opens(second).transcript)
    before = " ".join(line.text for line in house.app.desk.view(first, desk.me).transcript)
    assert "giraffe" not in now and "stepdad" in now
    assert "giraffe" in before and "stepdad" not in before


def test_stop_of_the_one_before_does_not_hold_for_the_next(house: House, phone: Phone) -> None:
    phone.texts("hi")
    phone.texts("STOP")
    phone.new()
    nobodys(house)
    phone.texts("hello what is this")
    phone.sees("this is Handrail")


def test_no_row_of_any_table_names_the_old_id_any_more(house: House, phone: Phone, desk: Desk) -> None:
    closed_case(phone, desk)
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "tangerine")
        work.boosters.plan(phone.thread_id, "grooming")
    nobodys(house)
    with house.app.store.engine.connect() as connection:
        everything = [repr(tuple(row)) for t in metadata.sorted_tables for row in connection.execute(select(t))]
        assert len(everything) > 10 and not [row for row in everything if phone.thread_id in row]
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_what_is_left_of_who_said_stop_goes_in_its_time(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("STOP")
    nobodys(house)
    clock.passes(days=4)
    house.app.outbox.expire()
    with house.app.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM thread").scalar() == 0


@pytest.mark.parametrize("wish", ["", "forget me"])
def test_closing_the_case_of_a_number_that_is_nobodys_parts_the_two(house: House, phone: Phone, desk: Desk, wish: str) -> None:
    phone.texts(GIRAFFE)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    if wish:
        phone.texts(wish)
    nobodys(house)
    desk.closes(card)
    shown = " ".join(line.text for line in house.app.desk.view(card.id, desk.me).transcript)
    assert ("giraffe" in shown) is not bool(wish)
    phone.new()
    phone.texts("hello?")
    phone.sees("this is Handrail")


def test_an_answer_under_way_to_the_one_before_is_not_given_to_the_next(house: House, phone: Phone) -> None:
    phone.texts("hi")
    phone.quickly_texts("secret giraffe")

    def moves_on(turn: object) -> object:
        house.app.engine.answers = usual
        with house.app.store.begin() as work:
            work.threads.number_gone(phone.thread_id)
        phone.quickly_texts("hello")
        return usual(turn)  # type: ignore[arg-type]

    usual = house.app.engine.answers
    house.app.engine.answers = moves_on  # type: ignore[assignment]
    phone.new()
    house.settles()
    assert not [text for text in phone.new() if "giraffe" in text]
