"""FORGET ME with a case in the way: the wish is kept and comes true; and a number that became somebody else's."""

from __future__ import annotations

import pytest

from bot.channels.base import Delivery
from bot.effects import Effects
from bot.engine import Answer, Reply
from bot.forgetting import FORGOTTEN
from tests.talking import Clock, Desk, House, Page, Phone, ScriptedEngine, Talker, settle

SAD = "i want to die"
MARKER = "purple giraffe"


@pytest.fixture(autouse=True)
def answers_as_the_dialogue_does(engine: ScriptedEngine) -> None:
    """FORGET ME asks the gateway to forget, and the gateway decides (actions/privacy.py)."""

    def answer(turn) -> Answer:  # type: ignore[no-untyped-def]
        if str(turn.choice or "").startswith("/forget_me"):
            return Answer((Reply("About being forgotten."),), ({"effect": "forget"},))
        return Answer((Reply(f"You said: {turn.text}"),))

    engine.answers = answer


def words(house: House, thread_id: str) -> str:
    with house.app.store.read() as work:
        return " ".join(m.text for m in work.messages.transcript(thread_id))


def wishes(house: House, somebody: Talker, *events: str) -> None:
    """Move the open case as the young person wished."""
    effects = Effects(directory=house.app.directory, languages=("en",), redaction=house.app.redaction)
    with house.app.store.begin() as work:
        thread = work.threads.get(somebody.thread_id)
        assert thread is not None
        for event in events:
            effects.apply(work, thread, {"effect": "case", "event": event})


@pytest.mark.parametrize("engine_is_down", [False, True])
def test_a_wish_while_a_case_waits_comes_true_when_the_desk_closes_it(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine, engine_is_down: bool
) -> None:
    phone.texts(f"{SAD} {MARKER}")
    card = desk.sees_case(level="high")
    engine.down = engine_is_down
    phone.texts("forget me")
    assert MARKER in words(house, phone.thread_id)  # a person may still have to act on it
    assert any("asked to be forgotten" in what for _, _, what in desk.opens(card).log)
    engine.down = False
    desk.accepts(card)
    house.app.desk.note(card.id, desk.me, MARKER)
    phone.new()
    desk.closes(card)
    phone.sees("deleted")
    assert MARKER not in words(house, phone.thread_id)
    with house.app.store.read() as work:
        closed = work.cases.get(card.id)
        assert (closed.reasons, closed.summary, work.cases.notes(card.id)) == ((), None, [])


def test_a_wish_to_the_person_who_holds_the_case_comes_true_when_they_close_it(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    phone.texts(f"{SAD} {MARKER}")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.texts("forget me")
    phone.sees("when they close it")
    desk.closes(card)
    phone.sees("deleted")
    clock.passes(minutes=5)
    house.app.outbox.sweep()
    assert words(house, phone.thread_id) == ""
    with house.app.store.read() as work:
        assert work.threads.number(phone.thread_id) is None


def test_after_stop_the_wish_comes_true_without_a_word(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(f"{SAD} {MARKER}")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.texts("STOP")
    phone.texts("forget me")
    phone.new()
    desk.closes(card)
    phone.sees_nothing()
    assert MARKER not in words(house, phone.thread_id)


def test_who_said_no_to_a_person_is_forgotten_at_once(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(f"{SAD} {MARKER}")
    wishes(house, phone, "offer", "decline")
    card = desk.sees_case(level="high", state="declined")
    phone.texts("forget me")
    assert MARKER not in words(house, phone.thread_id)
    desk.sees_no_case()
    with house.app.store.read() as work:
        closed = work.cases.get(card.id)
        assert (closed.state.value, closed.outcome, closed.reasons) == ("closed", FORGOTTEN, ())
        assert work.audit.of_case(card.id) and not list(work.audit.broken_links())


def test_a_page_that_was_left_with_a_case_waiting_is_erased_when_the_desk_closes_it(
    house: House, page: Page, desk: Desk
) -> None:
    page.texts(f"{SAD} {MARKER}")
    wishes(house, page, "consent")
    house.app.chat.forget(page.thread_id)
    card = desk.sees_case(level="high", state="dropped")
    assert MARKER in words(house, page.thread_id)
    desk.accepts(card)
    desk.closes(card)
    assert MARKER not in words(house, page.thread_id)


def test_without_the_wish_the_words_stay_for_the_agencys_own_time(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(f"{SAD} {MARKER}")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.closes(card)
    assert MARKER in words(house, phone.thread_id)


# --- a number that is somebody else's by now -----------------------------------------------------------


@pytest.mark.parametrize(("code", "gone"), [("30005", True), ("21211", True), ("30007", False)])
def test_a_number_that_is_nobodys_is_forgotten_when_its_case_is_closed(
    house: House, phone: Phone, desk: Desk, code: str, gone: bool
) -> None:
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    with house.app.store.begin() as work:
        work.boosters.plan(phone.thread_id, "grooming")
        work.threads.keep_word(phone.thread_id, "tangerine")
    house.app.intake.report(Delivery(f"sms:{house.app.network.sent[-1][0]}", "failed", code))
    phone.new()
    desk.closes(card)
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert (thread is None) is gone
        assert (work.threads.number(phone.thread_id) is None) == gone
        assert (work.boosters.waiting(phone.thread_id) == 0) == gone
    settle(house.app)
    assert (phone.new() == []) == gone


def test_a_text_that_arrived_after_the_failed_one_says_that_the_number_is_theirs(
    house: House, phone: Phone, desk: Desk
) -> None:
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    house.app.intake.report(Delivery(f"sms:{house.app.network.sent[0][0]}", "failed", "30005"))
    desk.closes(card)
    with house.app.store.read() as work:
        assert work.threads.number(phone.thread_id) == phone.number
