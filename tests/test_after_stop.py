"""After STOP, whoever asked for it: no text of any kind goes out, whatever was under way. Only danger is still answered."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime

import pytest

from bot.channels.base import Delivery, SendRefused, SendUnknown
from bot.engine import Answer, Reply
from bot.groups.state import GroupState
from bot.groups.steps import Subject
from bot.store.groups import Group
from tests.talking import Clock, Desk, House, Phone, ScriptedEngine, settle

SAD = "i want to die"


def state_of(house: House, phone: Phone, part: str) -> str:
    """How the text that holds this went."""
    with house.app.store.read() as work:
        return next(m.state for m in work.messages.transcript(phone.thread_id) if m.direction == "out" and part in m.text)


def stops_while_the_engine_thinks(house: House, phone: Phone, engine: ScriptedEngine, answer: Answer) -> None:
    """STOP is taken in between the engine's question and its answer."""

    def thinks(_turn: object) -> Answer:
        phone.quickly_texts("STOP")
        return answer

    engine.answers = thinks
    asyncio.run(house.app.conversation.reply())
    engine.answers = lambda turn: Answer((Reply(f"You said: {turn.text}"),))
    settle(house.app)


def test_an_answer_that_was_under_way_when_stop_came_is_not_sent(house: House, phone: Phone, engine: ScriptedEngine) -> None:
    phone.texts("hi")
    phone.new()
    phone.quickly_texts("what is grooming")
    stops_while_the_engine_thinks(house, phone, engine, Answer((Reply("a long answer"),)))
    said = phone.new()
    assert len(said) == 1 and "START" in said[0]


def test_the_same_with_the_engine_down(house: House, phone: Phone, engine: ScriptedEngine) -> None:
    phone.texts("hi")
    phone.new()
    engine.down = True
    phone.quickly_texts("what is grooming")
    phone.texts("STOP")
    assert len(phone.new()) == 1


def test_what_they_wished_before_stop_is_still_done_without_a_word(
    house: House, phone: Phone, engine: ScriptedEngine, desk: Desk
) -> None:
    phone.texts("hi")
    phone.new()
    phone.quickly_texts("person")
    wish = Answer((Reply("A person is asked."),), ({"effect": "case", "event": "consent"},))
    stops_while_the_engine_thinks(house, phone, engine, wish)
    assert len(phone.new()) == 1
    desk.sees_case(level="elevated")


def test_person_is_heard_and_answered_after_stop(phone: Phone, desk: Desk) -> None:
    phone.texts("hi")
    phone.texts("STOP")
    phone.new()
    phone.texts("what now")
    assert phone.new() == []
    phone.texts("PERSON")
    assert len(phone.new()) == 1
    desk.sees_case(level="elevated")


@pytest.mark.parametrize("down", [False, True])
def test_forget_me_and_then_stop_forgets_and_stops(house: House, phone: Phone, engine: ScriptedEngine, down: bool) -> None:
    phone.texts("purple giraffe")
    phone.new()
    engine.down = down
    engine.answers = lambda turn: Answer((Reply("Deleted."),), ({"effect": "forget"},))
    phone.quickly_texts("forget me")
    phone.texts("STOP")
    assert len(phone.new()) <= 1
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.opted_out
        assert "giraffe" not in " ".join(m.text for m in work.messages.transcript(phone.thread_id))


def test_danger_after_stop_is_still_answered(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts("STOP")
    phone.new()
    phone.texts(SAD)
    phone.sees("You said")
    assert desk.sees_case(level="high").opted_out


def test_closing_the_case_of_somebody_who_said_stop_texts_nobody(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.texts("STOP")
    phone.new()
    desk.closes(card)
    phone.sees_nothing()


def test_handing_over_after_stop_texts_nobody(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    other = house.desk("Kim")
    other.is_here()
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.texts("STOP")
    phone.new()
    desk.offers(card, to=other)
    other.takes_over(other.is_offered(card))
    house.app.team.go_away(other.me)  # hands everything back
    clock.passes(minutes=10)
    house.app.outbox.sweep()
    settle(house.app)
    phone.sees_nothing()


def test_stop_with_a_picture_gets_one_answer_and_a_picture_after_stop_none(house: House, phone: Phone) -> None:
    phone.texts("hi")
    phone.new()
    phone.quickly_texts("STOP", media=True)
    settle(house.app)
    assert len(phone.new()) == 1
    phone.quickly_texts("look", media=True)
    phone.quickly_texts("", media=True)
    settle(house.app)
    phone.sees_nothing()


def test_a_picture_after_stop_to_the_person_who_holds_the_case_is_not_answered(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(SAD)
    desk.accepts(desk.sees_case(level="high"))
    phone.texts("STOP")
    phone.new()
    phone.quickly_texts("look", media=True)
    settle(house.app)
    phone.sees_nothing()


def test_who_was_forgotten_after_stop_and_writes_at_once_is_not_welcomed(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    phone.texts("STOP")
    phone.texts("forget me")
    phone.new()
    clock.passes(seconds=20)
    phone.texts("hello?")
    phone.sees_nothing()


def test_asking_for_another_person_after_stop_is_done_without_a_word(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(SAD)
    desk.accepts(desk.sees_case(level="high"))
    phone.texts("STOP")
    phone.new()
    phone.texts("someone else please")
    phone.sees_nothing()
    assert desk.sees_case(level="high", state="queued")


@pytest.mark.parametrize("text", ["who is this", "new", "teal"])
def test_nobody_is_asked_for_their_word_after_stop(house: House, phone: Phone, text: str) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "teal")
        work.threads.change(phone.thread_id, waits_since=work.now)
    phone.texts("STOP")
    phone.new()
    phone.texts(text)
    phone.sees_nothing()


# --- what was on its way ------------------------------------------------------------------------------


def lost_answers(house: House, *, taken: bool) -> None:
    """The provider's answer never comes; whether it took the text or not."""
    really_send = house.app.network.send

    def send(*, to: str, body: str) -> str:
        if taken:
            really_send(to=to, body=body)
        house.app.network.send = really_send
        raise SendUnknown("timeout")

    house.app.network.send = send


@pytest.mark.parametrize(("taken", "ended"), [(True, "sent"), (False, "opted out")])
def test_a_text_in_doubt_when_stop_came_is_asked_about_and_never_sent(
    house: House, phone: Phone, clock: Clock, taken: bool, ended: str
) -> None:
    phone.texts("hi")
    phone.new()
    lost_answers(house, taken=taken)
    phone.texts("one more")
    clock.passes(seconds=2)
    phone.texts("STOP")
    for _ in range(3):
        clock.passes(minutes=5)
        house.settles()
    said = phone.new()
    assert sum("one more" in text for text in said) == (1 if taken else 0)
    assert sum("START" in text for text in said) == 1  # the confirmation is not swallowed with it
    assert state_of(house, phone, "one more") == ended


def test_a_text_that_the_provider_refuses_while_stop_comes_is_not_tried_again(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    phone.new()
    really_send = house.app.network.send

    def stops_meanwhile(*, to: str, body: str) -> str:
        house.app.network.send = really_send
        clock.passes(seconds=1)
        phone.quickly_texts("STOP")
        raise SendRefused("20500", "fault", final=False)

    house.app.network.send = stops_meanwhile
    phone.texts("one more")
    for _ in range(3):
        clock.passes(minutes=5)
        house.settles()
    said = phone.new()
    assert len(said) == 1 and "START" in said[0]
    assert state_of(house, phone, "one more") == "opted out"


def test_a_text_that_did_not_arrive_before_stop_is_not_sent_again_after_it(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    sid = house.app.network.sent[-1][0]
    clock.passes(seconds=5)
    phone.texts("STOP")
    phone.new()
    house.app.intake.report(Delivery(f"sms:{sid}", "failed", "30003"))
    clock.passes(minutes=20)
    house.settles()
    phone.sees_nothing()


# --- STOP that only the carrier was told -----------------------------------------------------------------


def joined(house: House, phone: Phone) -> Group:
    with house.app.store.begin() as work:
        leader = work.staff.add(username="lee", first_name="Lee", role="facilitator", password_hash="-", totp=None)
        group = work.groups.open(Subject("grooming", "trust", "13-15", "en"), region="CA", free=False, staff_id=leader)
    phone.texts(f"JOIN {group.code}")
    return group


def test_a_block_at_the_carrier_is_a_stop_and_brings_nothing_more(house: House, phone: Phone, clock: Clock) -> None:
    """What was queued behind it, the seat in a group, boosters and check-ins all end, and the log says so."""
    group = joined(house, phone)
    phone.new()
    with house.app.store.begin() as work:
        work.boosters.plan(phone.thread_id, "grooming")
        work.messages.queue(phone.thread_id, "one")
        work.messages.queue(phone.thread_id, "two")
    house.app.network.refuse[phone.number] = SendRefused("21610", "Blocked.", final=True)
    tried: list[str] = []
    really_send = house.app.network.send

    def send(*, to: str, body: str) -> str:
        tried.append(body)
        return really_send(to=to, body=body)

    house.app.network.send = send
    house.settles()
    assert tried == ["one"] and state_of(house, phone, "two") == "opted out"
    with house.app.store.begin() as work:
        assert work.seats.here(group.id) == 0 and work.boosters.waiting(phone.thread_id) == 0
        assert work.audit.since(datetime.min.replace(tzinfo=work.now.tzinfo), ["opted out"])
        work.groups.change(group.id, state=GroupState.RUNNING.value)
    while house.app.group_telling.tell_some():
        pass
    for _ in range(5):
        clock.passes(days=30)
        house.app.outbox.sweep()
        house.settles()
    assert tried == ["one"]


def test_a_group_tells_a_phone_that_opted_out_nothing(house: House, phone: Phone) -> None:
    """Also where a mark from before this version left the seat taken."""
    group = joined(house, phone)
    phone.new()
    with house.app.store.begin() as work:
        work.threads.change(phone.thread_id, opted_out_at=work.now)
        work.groups.change(group.id, state=GroupState.RUNNING.value)
    while house.app.group_telling.tell_some():
        pass
    house.settles()
    phone.sees_nothing()


def test_stop_ends_boosters_and_is_in_the_log_without_a_case_too(house: House, phone: Phone) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.boosters.plan(phone.thread_id, "grooming")
    phone.texts("STOP")
    with house.app.store.read() as work:
        assert work.boosters.waiting(phone.thread_id) == 0
        noted = work.audit.since(datetime.min.replace(tzinfo=work.now.tzinfo), ["opted out"])
    assert [(e.actor, e.case_id) for e in noted] == [("young person", None)]
    assert phone.number not in str(noted) and phone.thread_id not in str(noted)


def test_nothing_is_texted_on_a_clock_to_a_phone_that_has_not_said_its_word(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    """A waiting word, or that nobody came, would tell whoever holds the phone now that a person was asked for."""
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    house.app.desk.hand_back(card.id, desk.me)
    settle(house.app)
    with house.app.store.begin() as work:
        work.threads.change(phone.thread_id, waits_since=work.now)
    phone.new()
    for _ in range(20):
        clock.passes(minutes=2)
        house.app.outbox.sweep()
        settle(house.app)
    phone.sees_nothing()


def test_the_same_stop_twice_is_one_line_in_the_log(house: House, phone: Phone) -> None:
    phone.texts("STOP", provider_id=f"sms:{secrets.token_hex(8)}")
    phone.texts("STOP", provider_id=f"sms:{secrets.token_hex(8)}")
    with house.app.store.read() as work:
        assert len(work.audit.since(datetime.min.replace(tzinfo=work.now.tzinfo), ["opted out"])) == 1
