"""Texts that never came are asked for; what was taken in before, or erased since, is not taken in again."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.channels.base import Inbound, SendUnknown
from tests.talking import Clock, Desk, House, Phone, settle


def at_provider(house: House, phone: Phone, words: str, *, ago: float = 60) -> Inbound:
    """A text that Twilio has and that never reached us."""
    at = house.app.clock() - timedelta(seconds=ago)
    found = Inbound("sms", f"sms:SM-{words}", words, address=phone.number, number=phone.number, at=at)
    house.app.network.texts_in.append(found)
    return found


def heard(house: House, phone: Phone) -> list[str]:
    with house.app.store.read() as work:
        return [m.text for m in work.messages.transcript(phone.thread_id) if m.who == "you"]


@pytest.fixture
def looked(house: House, clock: Clock) -> None:
    """The installation has looked before."""
    house.app.catch_up.look()
    clock.passes(minutes=30)


@pytest.mark.usefixtures("looked")
def test_a_text_whose_webhook_never_came_is_taken_in_and_answered(house: House, phone: Phone, desk: Desk) -> None:
    at_provider(house, phone, "i want to die")
    assert house.app.catch_up.look() == 1
    settle(house.app)
    desk.sees_case(level="high")
    phone.sees("You said: i want to die")


@pytest.mark.usefixtures("looked")
def test_missed_texts_are_taken_in_oldest_first_and_once(house: House, phone: Phone, clock: Clock) -> None:
    for words in ("one", "two", "three"):
        at_provider(house, phone, words)
    assert [house.app.catch_up.look() for _ in range(3)] == [3, 0, 0]
    clock.passes(hours=50)
    assert house.app.catch_up.look() == 0 and heard(house, phone) == ["one", "two", "three"]


@pytest.mark.usefixtures("looked")
def test_a_webhook_that_comes_after_the_catch_up_changes_nothing(house: House, phone: Phone) -> None:
    text = at_provider(house, phone, "late")
    house.app.catch_up.look()
    house.app.intake.text(text)
    assert heard(house, phone) == ["late"]


@pytest.mark.usefixtures("looked")
def test_a_text_whose_webhook_may_still_come_is_left_to_it(house: House, phone: Phone) -> None:
    at_provider(house, phone, "just now", ago=5)
    assert house.app.catch_up.look() == 0


@pytest.mark.usefixtures("looked")
def test_what_was_forgotten_is_not_brought_back(house: House, phone: Phone, clock: Clock) -> None:
    house.app.intake.text(at_provider(house, phone, "my secret"))
    with house.app.store.begin() as work:
        work.threads.forget(phone.thread_id)
    clock.passes(minutes=5)
    house.app.outbox.sweep()
    assert house.app.catch_up.look() == 0 and heard(house, phone) == []


@pytest.mark.usefixtures("looked")
@pytest.mark.parametrize(("words", "kept"), [("my secret", []), ("i want to die", ["i want to die"])])
def test_what_was_said_before_forget_me_and_comes_after_it_is_dropped_unless_it_shows_danger(
    house: House, phone: Phone, clock: Clock, words: str, kept: list[str]
) -> None:
    at_provider(house, phone, words, ago=120)
    house.app.engine.down = True  # the gateway knows the wish by itself
    phone.texts("forget me")
    clock.passes(minutes=2)
    house.app.outbox.sweep()
    phone.new()
    assert house.app.catch_up.look() == 1
    settle(house.app)
    assert heard(house, phone) == kept and bool(phone.new()) == bool(kept)
    phone.texts("hi")
    assert heard(house, phone) == [*kept, "hi"]


@pytest.mark.usefixtures("looked")
@pytest.mark.parametrize(("old", "new", "stopped"), [("STOP", "START", False), ("START", "STOP", True)])
def test_an_older_stop_or_start_that_comes_late_never_undoes_a_newer_one(
    house: House, phone: Phone, clock: Clock, old: str, new: str, stopped: bool
) -> None:
    if new == "START":
        phone.texts("STOP")
    clock.passes(minutes=1)
    at_provider(house, phone, old, ago=30)
    phone.texts(new)
    clock.passes(minutes=5)
    house.app.catch_up.look()
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.opted_out is stopped


@pytest.mark.usefixtures("looked")
def test_stop_said_twice_is_as_new_as_the_second(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("STOP")
    clock.passes(minutes=2)
    at_provider(house, phone, "START", ago=60)
    phone.texts("STOP")
    clock.passes(minutes=5)
    house.app.catch_up.look()
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.opted_out


@pytest.mark.usefixtures("looked")
def test_what_was_said_after_forget_me_is_kept_however_late_both_come(house: House, phone: Phone, clock: Clock) -> None:
    house.app.engine.down = True
    at_provider(house, phone, "forget me", ago=300)
    house.app.catch_up.look()
    settle(house.app)
    clock.passes(minutes=1)
    at_provider(house, phone, "can you help me", ago=200)
    house.app.catch_up.look()
    assert heard(house, phone) == ["can you help me"]


@pytest.mark.usefixtures("looked")
def test_stop_that_was_said_before_forget_me_holds(house: House, phone: Phone, clock: Clock) -> None:
    at_provider(house, phone, "STOP", ago=120)
    house.app.engine.down = True
    phone.texts("forget me")
    clock.passes(minutes=2)
    house.app.catch_up.look()
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.opted_out


def test_what_came_before_the_installation_is_not_taken_in(house: House, phone: Phone, clock: Clock) -> None:
    at_provider(house, phone, "to whoever had this number before")
    for _ in range(3):
        assert house.app.catch_up.look() == 0
        clock.passes(minutes=5)


@pytest.mark.usefixtures("looked")
def test_a_provider_that_cannot_be_asked_is_asked_again_from_the_same_place(house: House, phone: Phone, clock: Clock) -> None:
    at_provider(house, phone, "hello")
    really = house.app.network.received_since

    def no_answer(_since: object) -> list[Inbound]:
        raise SendUnknown("timeout")

    house.app.network.received_since = no_answer  # type: ignore[assignment]
    assert house.app.catch_up.look() == 0
    house.app.network.received_since = really
    clock.passes(hours=8)
    assert house.app.catch_up.look() == 1


@pytest.mark.usefixtures("looked")
def test_one_text_that_cannot_be_taken_in_does_not_keep_the_others_waiting(
    house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in ("bad", "good"):
        at_provider(house, phone, words)
    really = house.app.conversation.receive

    def receive(inbound: Inbound) -> object:
        if inbound.text == "bad":
            raise RuntimeError
        return really(inbound)

    with monkeypatch.context() as patch:
        patch.setattr(house.app.conversation, "receive", receive)
        assert house.app.catch_up.look() == 1
    house.app.clock.passes(seconds=31)
    assert house.app.catch_up.look() == 1 and heard(house, phone) == ["good", "bad"]


@pytest.mark.usefixtures("looked")
def test_an_old_answer_to_a_page_does_not_answer_a_newer_one(house: House, desk: Desk) -> None:
    number = "+15005550199"
    house.app.staff.set_contact(desk.me.username, phone=number, email=None)
    at = house.app.clock() - timedelta(minutes=2)
    with house.app.store.begin() as work:
        house.app.pager.test_page(work, desk.me.id)
    house.app.intake.missed(Inbound("sms", "sms:SMold", "1", address=number, number=number, at=at))
    with house.app.store.read() as work:
        assert work.pages.recent()[0].state != "acknowledged"


# --- twice, at once, in any order -------------------------------------------------------------------------


def test_the_same_text_forty_eight_hours_apart_is_one(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi", provider_id="sms:SM1")
    clock.passes(hours=48)
    phone.texts("hi", provider_id="sms:SM1")
    assert heard(house, phone) == ["hi"] and len(phone.everything()) == 3


def test_the_same_text_after_forget_me_is_not_heard_again(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi", provider_id="sms:SM1")
    with house.app.store.begin() as work:
        work.threads.forget(phone.thread_id)
    phone.texts("hi", provider_id="sms:SM1")
    assert heard(house, phone) == []


def test_two_texts_of_a_new_number_in_the_same_moment_are_one_thread_and_one_danger(house: House, desk: Desk) -> None:
    phone, start = house.phone(), threading.Barrier(8)

    def text(number: int) -> None:
        start.wait()
        phone.quickly_texts("i want to die" if number % 2 else "hello", provider_id=f"sms:SM{number // 2}")

    texts = [threading.Thread(target=text, args=(n,)) for n in range(8)]
    for one in texts:
        one.start()
    for one in texts:
        one.join()
    assert len(heard(house, phone)) == 4  # each id once
    assert len(desk.queue()) <= 1
    house.settles()
    assert sum("this is Handrail" in text for text in phone.everything()) == 1
