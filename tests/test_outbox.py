"""Sending: in order, again when it can help, never twice, and loudly when it cannot."""

from __future__ import annotations

from datetime import datetime

from bot.channels.base import SendRefused, SendUnknown
from tests.talking import Clock, Desk, House, Phone


def test_a_refusal_that_may_pass_is_tried_again_later(house: House, phone: Phone, clock: Clock) -> None:
    house.app.network.refuse[phone.number] = SendRefused("20429", "busy", final=False)
    phone.texts("hi")
    phone.sees_nothing()
    house.app.network.refuse.clear()
    house.settles()
    phone.sees_nothing()
    clock.passes(minutes=1)
    house.settles()
    assert len(phone.new()) == 3


def test_order_is_kept_when_the_first_of_two_is_refused(house: House, phone: Phone, clock: Clock) -> None:
    house.app.network.refuse[phone.number] = SendRefused("20500", "down", final=False)
    phone.texts("one")
    house.app.network.refuse.clear()
    phone.texts("two")
    phone.sees_nothing()
    clock.passes(minutes=1)
    house.settles()
    assert [t for t in phone.new() if t.startswith("You said")] == ["You said: one", "You said: two"]


def test_a_final_refusal_gives_up_and_the_case_says_not_delivered(house: House, phone: Phone, desk: Desk) -> None:
    house.app.network.refuse[phone.number] = SendRefused("21211", "bad number", final=True)
    phone.texts("i want to die")
    card = desk.sees_case(level="high")
    assert card.not_delivered
    assert any("not delivered: 21211" in what for _, _, what in desk.opens(card).log)


def test_somebody_who_opted_out_at_the_carrier_is_marked_and_gets_nothing_more(house: House, phone: Phone) -> None:
    house.app.network.refuse[phone.number] = SendRefused("21610", "opted out", final=True)
    phone.texts("hi")
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
    assert thread is not None and thread.opted_out


def test_trying_ends_after_a_while(house: House, phone: Phone, clock: Clock) -> None:
    house.app.network.refuse[phone.number] = SendRefused("20500", "down", final=False)
    phone.texts("hi")
    for _ in range(60):
        clock.passes(minutes=11)
        house.settles()
    with house.app.store.read() as work:
        assert {m.state for m in work.messages.transcript(phone.thread_id) if m.direction == "out"} == {"failed"}


def test_a_send_whose_outcome_is_unknown_is_settled_by_asking_first(house: House, phone: Phone, clock: Clock) -> None:
    """The provider took the text, but its answer never reached us: nobody may get it twice."""
    really_send = house.app.network.send

    def answer_is_lost(*, to: str, body: str) -> str:
        really_send(to=to, body=body)
        raise SendUnknown("timeout")

    house.app.network.send = answer_is_lost
    phone.texts("hi")
    house.app.network.send = really_send
    for _ in range(5):
        clock.passes(minutes=1)
        house.settles()
    assert len(phone.everything()) == len(set(phone.everything())) == 3


def test_the_same_words_sent_before_are_not_mistaken_for_the_unknown_one(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    really_send, lost = house.app.network.send, []

    def nothing_happens(*, to: str, body: str) -> str:
        lost.append(body)
        raise SendUnknown("timeout")

    house.app.network.send = nothing_happens
    phone.texts("hi")
    house.app.network.send = really_send
    clock.passes(minutes=1)
    house.settles()
    assert phone.everything().count("You said: hi") == 2


def test_a_killed_sender_loses_nothing(house: House, phone: Phone, clock: Clock) -> None:
    def dies(*, to: str, body: str) -> str:
        raise KeyboardInterrupt

    really_send = house.app.network.send
    phone.quickly_texts("hi")
    house.app.network.send = dies
    for _ in range(2):
        try:
            house.app.outbox.send_next()
        except KeyboardInterrupt:
            clock.passes(seconds=31)
    house.app.network.send = really_send
    house.settles()
    assert len(phone.everything()) == 3


def test_find_sent_is_asked_with_the_time_the_message_was_written(house: House, phone: Phone, clock: Clock) -> None:
    asked: list[datetime] = []

    def find(*, to: str, body: str, since: datetime) -> list[str]:
        asked.append(since)
        return []

    house.app.network.find_sent = find
    written = clock()
    test_a_killed_sender_loses_nothing(house, phone, clock)
    assert asked and asked[0] == written
