"""A case that was closed in a silence asks for nothing: what they text next is answered, with a word or without one."""

from __future__ import annotations

import pytest

from bot.desk.views import CaseCard
from tests.talking import Clock, Desk, House, Phone, ScriptedEngine

DANGER = "i want to die"
ALONE = "i feel hopeless"


def closed_in_a_silence(
    house: House,
    phone: Phone,
    desk: Desk,
    clock: Clock,
    *,
    word: str | None = None,
    then: str | None = None,
    check_in_hours: int | None = None,
) -> CaseCard:
    """Danger, a talk with a worker, an hour of silence, and the case is closed; then a night."""
    phone.texts(DANGER)
    card = desk.sees_case(level="high")
    if word:
        with house.app.store.begin() as work:
            work.threads.keep_word(phone.thread_id, word)
    desk.accepts(card)
    phone.texts("ok")
    clock.passes(hours=1)
    phone.new()
    desk.closes(card, then=then, check_in_hours=check_in_hours)
    phone.sees_nothing()
    clock.passes(hours=12)
    return card


def waits(house: House, phone: Phone) -> bool:
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        return thread is not None and thread.waits


# --- no word was chosen -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["PERSON", ALONE, "hi", "is it normal to be sad"])
def test_without_a_word_the_next_text_is_answered_itself(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine, text: str
) -> None:
    closed_in_a_silence(house, phone, desk, clock)
    engine.turns.clear()
    phone.texts(text)
    assert not waits(house, phone) and not any("good to hear from you" in said for said in phone.new())
    assert {turn.text for turn in engine.turns if not (turn.choice or "").startswith("/person_left")} == {text}
    assert any((turn.choice or "").startswith("/person_left") for turn in engine.turns)


def test_without_a_word_person_and_care_are_what_is_answered_last(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine
) -> None:
    """Else what they are asked then would be taken away by a question of ours; after a hello ours stays."""
    closed_in_a_silence(house, phone, desk, clock, check_in_hours=48)
    phone.texts(ALONE)
    assert engine.turns[-1].text == ALONE and engine.turns[-1].metadata["screening"]["level"] == "elevated"
    other = house.phone("+15005550124")
    closed_in_a_silence(house, other, desk, clock, check_in_hours=48)
    other.texts("hi")
    assert engine.turns[-1].choice == "/person_left" and engine.turns[-1].metadata["check_in"]


def test_without_a_word_a_code_for_a_group_is_read(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    closed_in_a_silence(house, phone, desk, clock)
    phone.texts("JOIN 4F7KM")
    assert any("code" in said for said in phone.new()) and not waits(house, phone)


def test_without_a_word_a_worker_who_holds_the_case_reads_it(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    closed_in_a_silence(house, phone, desk, clock)
    phone.texts(DANGER)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.texts("PERSON")
    assert desk.opens(card).transcript[-1].text == "PERSON"


def test_without_a_word_whoever_erases_hears_of_no_case(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    phone.texts(DANGER)
    desk.accepts(desk.sees_case(level="high"))
    with house.app.store.begin() as work:
        work.threads.change(phone.thread_id, waits_since=work.now)
    phone.new()
    phone.texts("FORGET ME")
    assert not any("person" in said or desk.me.first_name in said for said in phone.new())


# --- a word is kept -----------------------------------------------------------------------------------


def test_with_a_word_a_person_is_called_and_nothing_else_opens(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine
) -> None:
    closed_in_a_silence(house, phone, desk, clock, word="teal", then="grooming")
    engine.turns.clear()
    phone.texts("PERSON")
    (said,) = phone.new()
    assert "person" in said and "word" not in said
    assert desk.sees_case(level="elevated", state="queued")
    assert engine.turns == [] and waits(house, phone)


def test_with_a_word_care_comes_in_words_that_know_nothing(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine
) -> None:
    closed_in_a_silence(house, phone, desk, clock, word="teal", then="grooming")
    engine.turns.clear()
    phone.texts(ALONE)
    (said,) = phone.new()
    assert "I believe you" in said and "PERSON" in said and "text your" not in said.lower()
    assert engine.turns == [] and waits(house, phone)
    phone.texts("person")
    assert desk.sees_case(level="elevated", state="queued")


def test_with_a_word_care_says_nothing_of_an_open_case(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(DANGER)
    phone.texts("PERSON")
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "teal")
        work.threads.change(phone.thread_id, waits_since=work.now)
    phone.new()
    phone.texts(ALONE)
    (said,) = phone.new()
    assert "I believe you" in said and "I've asked" not in said


def test_with_a_word_other_texts_are_asked_for_it_once_kindly_and_then_again(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine
) -> None:
    closed_in_a_silence(house, phone, desk, clock, word="teal", then="grooming")
    phone.texts("hi")
    phone.sees("Hi, this is Handrail", "private word first")
    phone.texts("what word")
    phone.sees("OK. Text your word")
    phone.texts("Teal")
    phone.sees("good to hear from you")
    assert engine.turns[-1].choice == '/person_left{"then": "grooming"}'


def test_after_stop_a_person_is_called_without_the_word(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    closed_in_a_silence(house, phone, desk, clock, word="teal")
    phone.texts("STOP")
    phone.new()
    phone.texts("PERSON")
    assert desk.sees_case(level="elevated", state="queued")
