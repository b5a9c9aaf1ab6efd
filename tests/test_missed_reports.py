"""What became of a text of which nobody told is asked for: danger first, with growing pauses, and not without end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot import missed_reports
from bot.channels.base import Delivery, SendRefused, SendUnknown
from bot.store.messages import Message
from tests.talking import Clock, Desk, House, Phone


def last(house: House, phone: Phone) -> Message:
    with house.app.store.read() as work:
        return work.messages.transcript(phone.thread_id)[-1]


def became(house: House, phone: Phone, state: str, code: str | None = None) -> str:
    """What Twilio would say of the newest text to a phone; returns its id."""
    sid = next(sid for sid, number, _ in reversed(house.app.network.sent) if number == phone.number)
    house.app.network.became[f"sms:{sid}"] = Delivery(f"sms:{sid}", state, code)
    return f"sms:{sid}"


def asked(house: House) -> list[str]:
    """Whom Twilio was asked about since we last looked."""
    found, house.app.network.asked = house.app.network.asked, []
    return found


def answers_with(house: House, error: Exception) -> None:
    def report_of(provider_id: str) -> Delivery | None:
        house.app.network.asked.append(provider_id)
        raise error

    house.app.network.report_of = report_of  # type: ignore[assignment, method-assign]


def test_an_undelivered_text_whose_report_was_lost_is_noticed_and_said_on_the_case(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    phone.texts("i want to die")
    became(house, phone, "failed", "30007")
    clock.passes(minutes=5)
    assert house.app.missed_reports.look() == 1
    assert (last(house, phone).state, last(house, phone).error_code) == ("failed", "30007")
    with house.app.store.read() as work:
        case = work.cases.open_for(phone.thread_id)
        assert case is not None and "not delivered" in [entry.what for entry in work.audit.of_case(case.id)]


def test_a_phone_that_was_off_is_texted_again_as_after_a_report(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    became(house, phone, "failed", "30003")
    words = phone.everything()[-1]
    clock.passes(minutes=6)
    house.app.missed_reports.look()
    clock.passes(minutes=2)
    house.settles()
    assert phone.everything().count(words) == 2


def test_hours_later_it_is_not_texted_again_but_said(house: House, phone: Phone, clock: Clock) -> None:
    """It would come at some other hour, to a phone that somebody else may hold."""
    phone.texts("hi")
    became(house, phone, "failed", "30003")
    clock.passes(hours=3)
    house.app.missed_reports.look()
    assert last(house, phone).state == "failed"


def test_one_that_arrived_is_delivered_and_not_asked_about_again(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    sid = became(house, phone, "delivered")
    clock.passes(minutes=5)
    house.app.missed_reports.look()
    assert last(house, phone).state == "delivered" and sid in asked(house)
    clock.passes(hours=10)
    house.app.missed_reports.look()
    assert sid not in asked(house)


def test_a_text_that_is_new_or_reported_is_not_asked_about(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    clock.passes(minutes=4)
    house.app.missed_reports.look()
    assert asked(house) == []
    for sid, _, _ in house.app.network.sent:
        house.app.intake.report(Delivery(f"sms:{sid}", "delivered"))
    clock.passes(hours=1)
    house.app.missed_reports.look()
    assert asked(house) == []


def test_pauses_grow_and_after_three_days_nobody_asks(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    sid, minutes = became(house, phone, "sent"), []
    for minute in range(0, 80 * 60, 5):
        house.app.missed_reports.look()
        minutes += [minute] * asked(house).count(sid)
        clock.passes(minutes=5)
    assert minutes == [5 * 2**n for n in range(10)]


def test_threads_in_danger_are_asked_about_first_and_only_so_many_at_once(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed_reports, "MOST_ASKED", 3)
    calm, danger = house.phone("+15005550130"), house.phone("+15005550131")
    calm.texts("hi")
    clock.passes(seconds=1)
    danger.texts("i want to die")
    of_danger = {f"sms:{sid}" for sid, number, _ in house.app.network.sent if number == danger.number}
    clock.passes(minutes=6)
    house.app.missed_reports.look()
    first = asked(house)
    assert len(first) == 3 and set(first[: len(of_danger)]) <= of_danger
    house.app.missed_reports.look()
    assert set(asked(house)).isdisjoint(first), "the next look goes on with the others"


@pytest.mark.parametrize(
    ("error", "questions"),
    [
        (SendUnknown("timeout"), missed_reports.MOST_UNANSWERED),
        (SendRefused("20003", "our account", final=False), missed_reports.MOST_UNANSWERED),
        (SendRefused("20429", "too fast", final=False, wait=timedelta(seconds=9)), 1),
    ],
)
def test_while_twilio_cannot_be_asked_little_is_asked_and_nothing_is_lost(
    house: House, clock: Clock, error: Exception, questions: int
) -> None:
    phones = [house.phone(f"+1500555014{n}") for n in range(4)]
    for phone in phones:
        phone.texts("hi")
        became(house, phone, "failed", "30007")
    clock.passes(hours=8)
    really = house.app.network.report_of
    answers_with(house, error)
    house.app.missed_reports.look()
    assert len(asked(house)) == questions
    house.app.network.report_of = really  # type: ignore[method-assign]
    clock.passes(minutes=5)
    assert house.app.missed_reports.look() == 4
    assert {last(house, phone).state for phone in phones} == {"failed"}


def test_a_text_that_twilio_does_not_have_keeps_no_other_from_its_turn(house: House, clock: Clock) -> None:
    gone, there = house.phone("+15005550150"), house.phone("+15005550151")
    gone.texts("hi")
    clock.passes(seconds=1)
    there.texts("hi")
    lost, found = became(house, gone, "sent"), became(house, there, "delivered")
    really: Callable[[str], Delivery | None] = house.app.network.report_of

    def report_of(provider_id: str) -> Delivery | None:
        if provider_id == lost:
            raise SendRefused("20404", "not found", final=True)
        return really(provider_id)

    house.app.network.report_of = report_of  # type: ignore[assignment, method-assign]
    clock.passes(minutes=6)
    house.app.missed_reports.look()
    assert found in asked(house) and last(house, there).state == "delivered"
    assert last(house, gone).state == "sent"


def test_after_the_clock_went_back_it_is_asked_about_once_and_not_without_end(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    sid = became(house, phone, "sent")
    clock.passes(hours=-9)
    house.app.missed_reports.look()
    assert asked(house).count(sid) == 1
    house.app.missed_reports.look()
    assert sid not in asked(house)


def test_no_number_and_no_word_is_logged(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("my secret words")
    became(house, phone, "failed", "30007")
    clock.passes(minutes=6)
    with capture_logs() as logs:
        house.app.missed_reports.look()
        answers_with(house, SendUnknown("timeout"))
        clock.passes(minutes=9)
        house.app.missed_reports.look()
    assert logs and phone.number not in str(logs) and "secret" not in str(logs)
