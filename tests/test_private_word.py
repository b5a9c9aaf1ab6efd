"""A phone that was silent for long: who may erase, and how often somebody may guess the word."""

from __future__ import annotations

import pytest

from tests.talking import Clock, Desk, House, Phone

MARKER = "purple giraffe"


def waits(house: House, phone: Phone) -> None:
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "teal")
        work.threads.change(phone.thread_id, waits_since=work.now)
    phone.new()


def is_waiting(house: House, phone: Phone) -> bool:
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        return thread is not None and thread.waits


def words(house: House, phone: Phone) -> str:
    with house.app.store.read() as work:
        return " ".join(m.text for m in work.messages.transcript(phone.thread_id))


@pytest.mark.parametrize("wish", ["FORGET ME", "please delete my messages"])
def test_whoever_holds_the_phone_may_erase_before_the_word_is_said(house: House, phone: Phone, wish: str) -> None:
    phone.texts(MARKER)
    waits(house, phone)
    phone.texts(wish)
    phone.sees("deleted what you wrote")
    assert MARKER not in words(house, phone) and not is_waiting(house, phone)


def test_of_an_open_case_they_hear_nothing_and_the_wish_comes_true_when_it_is_closed(
    house: House, phone: Phone, desk: Desk
) -> None:
    phone.texts("i want to die")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.texts(MARKER)
    waits(house, phone)
    phone.texts("FORGET ME")
    said = phone.new()
    assert len(said) == 1 and "case" not in said[0] and desk.me.first_name not in said[0]
    assert is_waiting(house, phone) and MARKER in words(house, phone)
    desk.closes(card)
    assert MARKER not in words(house, phone)


def test_after_five_wrong_words_the_right_one_waits_a_quarter_of_an_hour_as_they_are_told(
    house: House, phone: Phone, clock: Clock
) -> None:
    phone.texts("hi")
    waits(house, phone)
    for guess in ("blue", "green", "mauve", "amber", "coral"):
        phone.texts(guess)
        phone.sees("text your word")
    phone.texts("teal")
    phone.sees("many tries", "15 minutes")
    assert is_waiting(house, phone) and "teal" not in words(house, phone)
    clock.passes(minutes=15)
    phone.texts("teal")
    assert not is_waiting(house, phone)


def test_new_and_danger_pass_however_many_were_wrong(house: House, phone: Phone, desk: Desk) -> None:
    other = house.phone("+15005550124")
    for somebody in (phone, other):
        somebody.texts("hi")
        waits(house, somebody)
        for n in range(7):
            somebody.texts(f"guess{n}")
    phone.new()
    phone.texts("NEW")
    phone.sees("this is Handrail")
    other.texts("my stepdad hits me")
    desk.sees_case(level="high")
    assert not is_waiting(house, phone) and not is_waiting(house, other)
