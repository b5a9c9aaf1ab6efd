"""The outbox process goes on whatever one part of it, or one row, meets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import update

from bot.channels.base import Delivery
from bot.handoff.cases import State
from bot.serve import outbox
from bot.store.tables import message
from bot.threads import Thread
from tests.talking import Desk, House, Phone

DANGER_NOW = "he has a knife and he is coming up the stairs to kill me"


@contextmanager
def running(house: House) -> Iterator[None]:
    """The outbox's own loop, beside the test."""
    stop = threading.Event()
    thread = threading.Thread(target=outbox.run, args=(house.app.settings, stop, lambda _settings: house.app), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive(), "it ends when it is asked to"


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.05)
    return condition()


def clock_moved(house: House) -> bool:
    """Whether the clock of the only case took its first step."""
    with house.app.store.read() as work:
        return any(entry.what == "told" for entry in work.audit.of_case(1))


def breaks(*_: object) -> bool:
    raise KeyError("a lesson that is gone")


@pytest.mark.parametrize(
    "part", ["group_telling.tell_some", "pager.send_next", "case_events.send_next", "catch_up.look", "missed_reports.look"]
)
def test_one_part_that_always_breaks_stops_neither_texts_nor_clocks(
    house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    whole, name = part.split(".")
    monkeypatch.setattr(getattr(house.app, whole), name, breaks)
    phone.quickly_texts(DANGER_NOW)
    with running(house):
        assert within(5, lambda: bool(phone.everything()) and clock_moved(house))


def test_texts_that_always_break_stop_neither_pages_nor_clocks(
    house: House, phone: Phone, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.app.staff.set_contact(desk.me.username, phone="+15005550199", email=None)
    monkeypatch.setattr(house.app.outbox, "send_next", breaks)
    phone.quickly_texts(DANGER_NOW)
    with running(house):
        assert within(5, lambda: any(to == "+15005550199" for _, to, _ in house.app.network.sent) and clock_moved(house))


def test_a_case_that_cannot_be_moved_does_not_stop_the_others_clocks(
    house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = house.phone("+15005550124")
    for each in (other, phone):
        each.quickly_texts(DANGER_NOW)
    really = house.app.pager.page

    def page(work: object, case: object, place: str) -> int:
        return really(work, case, place) if case.id != 1 else int(breaks())  # type: ignore[arg-type,attr-defined]

    monkeypatch.setattr(house.app.pager, "page", page)
    house.app.outbox.sweep()
    with house.app.store.read() as work:
        assert any(entry.what == "told" for entry in work.audit.of_case(2))


def test_a_booster_that_cannot_be_sent_stops_neither_other_boosters_nor_what_else_is_due(
    house: House, phone: Phone, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case whose worker is gone, somebody who is to be forgotten, and another's booster are due in the same sweep."""
    well, left = house.phone("+15005550124"), house.phone("+15005550125")
    for each in (phone, well, left):
        each.texts("hi")
    left.texts(DANGER_NOW)
    desk.accepts(desk.sees_case(level="imminent"))
    with house.app.store.begin() as work:
        for each in (phone, well):
            work.boosters.plan(each.thread_id, "grooming")
    really = house.app.voice.booster

    def booster(work: object, thread: Thread, words: str) -> None:
        really(work, thread, words) if thread.id != phone.thread_id else breaks()  # type: ignore[arg-type,func-returns-value]

    monkeypatch.setattr(house.app.voice, "booster", booster)
    house.app.clock.passes(days=8)  # type: ignore[attr-defined]
    house.app.outbox.sweep()
    with house.app.store.read() as work:
        assert work.boosters.waiting(phone.thread_id) == 3 and work.boosters.waiting(well.thread_id) == 2
        case = work.cases.open_for(left.thread_id)
        assert case is not None and case.state is State.QUEUED


# --- rows that no key opens -----------------------------------------------------------------------------


def damage(house: House, phone: Phone, *, direction: str) -> int:
    """The disk wrote something else over the words of somebody's newest text; its id."""
    with house.app.store.read() as work:
        newest = max(m.id for m in work.messages.transcript(phone.thread_id) if m.direction == direction)
    with house.app.store.begin() as work:
        work._connection.execute(update(message).where(message.c.id == newest).values(sealed_body=b"not sealed by any key"))
    return newest


def test_a_text_that_no_key_opens_is_given_up_and_the_others_go_out(house: House, desk: Desk) -> None:
    broken, well = house.phone("+15005550124"), house.phone("+15005550125")
    broken.quickly_texts("i want to die")
    card = desk.sees_case(level="high")
    damage(house, broken, direction="out")
    well.quickly_texts("hello")
    house.settles()
    well.sees("You said: hello")
    with house.app.store.read() as work:
        lost = [m for m in work.messages.transcript(broken.thread_id) if m.error_code == "unreadable"]
    assert [m.state for m in lost] == ["failed"]
    view = desk.opens(card)
    assert view.card.not_delivered and any("HANDRAIL_SECRET_KEY" in (line.delivery_note or "") for line in view.transcript)


def test_a_text_of_theirs_that_no_key_opens_keeps_nobody_waiting_for_an_answer(house: House, desk: Desk) -> None:
    broken, well = house.phone("+15005550124"), house.phone("+15005550125")
    broken.quickly_texts("i want to die")
    damage(house, broken, direction="in")
    well.texts("hello")
    well.sees("You said: hello")
    assert any(
        line.text == "(This cannot be read: no key opens it.)" for line in desk.opens(desk.sees_case(level="high")).transcript
    )
    broken.texts("are you there")  # and the damaged one is no reason to lose the next
    broken.sees("You said: are you there")


def test_a_number_that_no_key_opens_stops_nobody_else(house: House) -> None:
    broken, well = house.phone("+15005550124"), house.phone("+15005550125")
    broken.quickly_texts("hello")
    with house.app.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE address SET sealed_number = X'00'")
    well.texts("hello")
    well.sees("You said: hello")


def test_words_of_a_case_that_no_key_opens_do_not_stop_its_clock(house: House, phone: Phone) -> None:
    phone.quickly_texts(DANGER_NOW)
    with house.app.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE \"case\" SET sealed_reasons = X'00'")
        connection.exec_driver_sql("UPDATE thread SET sealed_choices = X'00'")
    house.app.outbox.sweep()
    assert clock_moved(house)


def test_what_became_of_texts_without_a_report_is_asked_for_from_the_start(house: House, phone: Phone) -> None:
    phone.texts("hi")
    for sid, _, _ in house.app.network.sent:
        house.app.network.became[f"sms:{sid}"] = Delivery(f"sms:{sid}", "delivered")
    house.app.clock.passes(minutes=10)

    def arrived() -> bool:
        with house.app.store.read() as work:
            ours = [m for m in work.messages.transcript(phone.thread_id) if m.direction == "out"]
        return {m.state for m in ours} == {"delivered"}

    with running(house):
        assert within(10, arrived)
