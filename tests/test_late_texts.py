"""A text that came hours late is no text of now: somebody else may hold the phone, and people hear of danger all the same.

And the other way round: what waited here for over an hour is not sent at some other hour.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.base import Inbound
from bot.choices import Choice
from tests.talking import Clock, Desk, House, Phone, ScriptedEngine, settle

DANGER = "my stepdad hits me"
NOW = "he has a knife and he is coming up the stairs to kill me"


def comes_late(house: House, phone: Phone, words: str, *, hours: float = 8) -> None:
    """A text of last night, brought by the catch-up or from the disk."""
    at = house.app.clock() - timedelta(hours=hours)
    house.app.intake.missed(Inbound("sms", f"sms:SM-{words}", words, address=phone.number, number=phone.number, at=at))
    settle(house.app)


def gone(house: House, phone: Phone) -> list[str]:
    """What became of the texts to a phone."""
    with house.app.store.read() as work:
        return [m.state for m in work.messages.transcript(phone.thread_id) if m.direction == "out"]


@pytest.mark.parametrize("words", ["what is grooming", "i feel hopeless", DANGER, NOW])
def test_a_text_of_last_night_is_answered_with_one_line_that_names_no_topic(
    house: House, phone: Phone, engine: ScriptedEngine, words: str
) -> None:
    comes_late(house, phone, words)
    phone.sees("came to us late", "just write back")
    comes_late(house, phone, f"{words}, again")
    phone.sees_nothing()
    assert engine.turns == []


@pytest.mark.parametrize(("words", "level"), [(DANGER, "high"), (NOW, "imminent")])
def test_danger_of_last_night_waits_for_people_and_its_clock_runs(
    house: House, phone: Phone, desk: Desk, clock: Clock, words: str, level: str
) -> None:
    comes_late(house, phone, words)
    phone.new()
    card = desk.sees_case(level=level, state="queued")
    clock.passes(minutes=30)
    house.app.outbox.sweep()
    house.settles()
    phone.sees_nothing()
    with house.app.store.read() as work:
        assert work.cases.get(card.id).step > 0


def test_who_writes_back_hears_who_this_is_and_then_the_answer_to_both(
    house: House, phone: Phone, engine: ScriptedEngine
) -> None:
    comes_late(house, phone, "what is grooming")
    phone.new()
    phone.texts("is that normal")
    said = phone.new()
    assert "I'm a bot" in said[0] and "private" in said[1]
    assert [turn.text for turn in engine.turns] == ["what is grooming", "is that normal"]
    phone.texts("ok")
    assert phone.new() == ["You said: ok"]


def test_with_a_word_it_is_asked_for_and_then_last_night_is_answered(
    house: House, phone: Phone, clock: Clock, engine: ScriptedEngine
) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "teal")
    clock.passes(hours=20)
    phone.new()
    comes_late(house, phone, "what is grooming")
    phone.sees("text your word")
    engine.turns.clear()
    phone.texts("what was that")
    phone.sees("Text your word")
    assert engine.turns == []
    phone.texts("teal")
    assert [turn.text for turn in engine.turns] == ["what is grooming"]


def test_the_word_itself_said_last_night_opens_nothing_now(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "teal")
        work.threads.change(phone.thread_id, waits_since=work.now)
    clock.passes(hours=20)
    comes_late(house, phone, "teal")
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.waits
        assert "teal" not in [m.text for m in work.messages.transcript(phone.thread_id)]


def test_a_worker_who_accepts_asks_the_phone_first_and_reads_when_it_was_said(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    said_at = clock() - timedelta(hours=8)
    comes_late(house, phone, DANGER)
    card = desk.sees_case(level="high")
    phone.new()
    desk.accepts(card)
    phone.sees("is here, a real person", "just write back")
    line = next(line for line in desk.opens(card).transcript if line.text == DANGER)
    assert line.at == said_at


def test_a_person_who_was_asked_for_last_night_is_called(house: House, phone: Phone, desk: Desk) -> None:
    comes_late(house, phone, "PERSON")
    desk.sees_case(level="elevated", state="queued")
    phone.sees("person")


def test_yes_to_a_person_that_comes_hours_late_calls_one(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.offer(phone.thread_id, [Choice(label="A person here", payload="/want_person", key="A")])
    clock.passes(hours=9)
    phone.new()
    comes_late(house, phone, "A")
    desk.sees_case(level="elevated", state="queued")
    phone.sees("person")


def test_while_a_worker_has_the_case_a_phone_that_was_silent_for_hours_is_not_welcomed(
    house: House, phone: Phone, desk: Desk
) -> None:
    comes_late(house, phone, DANGER)
    desk.accepts(desk.sees_case(level="high"))
    phone.new()
    comes_late(house, phone, "what is grooming")
    phone.sees_nothing()


def test_danger_of_who_has_a_word_is_answered_when_they_have_said_it(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "teal")
        work.threads.change(phone.thread_id, waits_since=work.now)
    clock.passes(hours=20)
    comes_late(house, phone, "i feel hopeless")
    phone.new()
    phone.texts("teal")
    phone.sees("You said: i feel hopeless")


def test_two_halves_that_were_kept_somewhere_are_read_in_both_orders(house: House, phone: Phone, desk: Desk) -> None:
    """What waited on the disk, or in Twilio's list, is taken in together, and may have been turned round before."""
    comes_late(house, phone, "die", hours=1 / 6)
    comes_late(house, phone, "i want to", hours=1 / 6)
    desk.sees_case(level="high")


def test_to_be_forgotten_is_done_however_late_it_comes(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("a secret")
    clock.passes(hours=9)
    comes_late(house, phone, "forget me")
    with house.app.store.read() as work:
        assert "a secret" not in [m.text for m in work.messages.transcript(phone.thread_id)]


def test_in_the_middle_of_a_talk_a_text_that_was_missed_is_answered(house: House, phone: Phone) -> None:
    phone.texts("hi")
    phone.new()
    comes_late(house, phone, "what is grooming", hours=2)
    phone.sees("You said: what is grooming")


def test_ten_minutes_late_is_not_late_but_the_silence_begins_when_it_was_said(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    comes_late(house, phone, DANGER, hours=1 / 6)
    phone.sees(f"You said: {DANGER}")
    card = desk.sees_case(level="high")
    clock.passes(minutes=25)
    desk.accepts(card)
    phone.sees("is here, a real person", "just write back")


# --- the other way round -----------------------------------------------------------------------------------


def test_what_waited_while_nothing_went_out_is_not_sent_in_the_morning_and_the_case_says_so(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    phone.quickly_texts("i want to die")
    clock.passes(hours=8)
    while house.app.outbox.send_next():
        pass
    phone.sees_nothing()
    assert set(gone(house, phone)) == {"failed"}
    card = desk.sees_case(level="high")
    assert card.not_delivered
    assert any("over an hour" in (line.delivery_note or "") for line in desk.opens(card).transcript)


def test_what_waited_for_less_than_an_hour_is_sent(house: House, phone: Phone, clock: Clock) -> None:
    phone.quickly_texts("hi")
    clock.passes(minutes=59)
    house.settles()
    phone.sees("Handrail")
