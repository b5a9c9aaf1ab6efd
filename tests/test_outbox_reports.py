"""Reports that come late, twice or in between, and senders that stall: nothing goes out twice for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot import deliveries, outbox
from bot.channels.base import Delivery, SendRefused, SendUnknown
from bot.store.messages import LEASE
from tests.talking import Clock, House, Phone


def reports(house: House, sid: str, state: str, code: str | None = None) -> None:
    house.app.intake.report(Delivery(f"sms:{sid}", state, code))


def once_then(house: House, after: Callable[[str], None]) -> None:
    """The next text is taken by the provider, and then something happens before we hear so."""
    really_send = house.app.network.send

    def send(*, to: str, body: str) -> str:
        house.app.network.send = really_send
        sid = really_send(to=to, body=body)
        after(sid)
        return sid

    house.app.network.send = send


def raises(error: BaseException) -> Callable[[str], None]:
    def fail(sid: str) -> None:
        raise error

    return fail


def settles_for_long(house: House, clock: Clock) -> None:
    for _ in range(5):
        clock.passes(minutes=6)
        house.settles()


def state(house: House, phone: Phone) -> str:
    with house.app.store.read() as work:
        return work.messages.transcript(phone.thread_id)[-1].state


def undelivered(house: House, phone: Phone, clock: Clock) -> tuple[str, str]:
    """Id and words of a text that did not arrive at first, two minutes later."""
    phone.texts("hi")
    sid, _, body = house.app.network.sent[-1]
    reports(house, sid, "failed", "30003")
    clock.passes(minutes=2)
    return sid, body


def test_a_failure_told_twice_leaves_the_next_try_in_doubt(house: House, phone: Phone, clock: Clock) -> None:
    sid, body = undelivered(house, phone, clock)
    once_then(house, raises(SendUnknown("timeout")))
    house.settles()
    reports(house, sid, "failed", "30003")
    settles_for_long(house, clock)
    assert phone.everything().count(body) == 2


def test_a_failure_told_again_while_the_next_try_is_under_way_does_not_start_another(
    house: House, phone: Phone, clock: Clock
) -> None:
    first, body = undelivered(house, phone, clock)

    def told_again_and_dies(sid: str) -> None:
        reports(house, first, "failed", "30003")
        raise KeyboardInterrupt

    once_then(house, told_again_and_dies)
    with pytest.raises(KeyboardInterrupt):
        house.settles()
    settles_for_long(house, clock)
    assert phone.everything().count(body) == 2


def test_who_hears_during_the_next_try_that_the_first_arrived_does_not_try_again(
    house: House, phone: Phone, clock: Clock
) -> None:
    first, body = undelivered(house, phone, clock)

    def arrives_after_all(sid: str) -> None:
        reports(house, first, "delivered")
        raise SendRefused("20429", "busy", final=False)

    once_then(house, arrives_after_all)
    house.settles()
    settles_for_long(house, clock)
    assert phone.everything().count(body) == 2 and state(house, phone) == "delivered"


@pytest.mark.parametrize("order", [("failed", "delivered"), ("delivered", "failed")])
def test_of_early_reports_delivered_stands_whichever_comes_first(
    house: House, phone: Phone, clock: Clock, order: tuple[str, str]
) -> None:
    phone.texts("hi")
    seen = len(phone.everything())
    once_then(house, lambda sid: [reports(house, sid, s, "30003" if s == "failed" else None) for s in order] and None)
    phone.texts("again")
    settles_for_long(house, clock)
    assert len(phone.everything()) == seen + 1 and state(house, phone) == "delivered"


def test_of_two_early_failures_the_last_word_counts(house: House, phone: Phone) -> None:
    once_then(house, lambda sid: [reports(house, sid, "failed", code) for code in ("30003", "30007")] and None)
    phone.texts("hi")
    with house.app.store.read() as work:
        first = next(m for m in work.messages.transcript(phone.thread_id) if m.direction == "out")
    assert (first.state, first.error_code) == ("failed", "30007")


def test_a_report_that_crossed_our_own_commit_is_taken_in_by_the_next_sweep(house: House, phone: Phone) -> None:
    """On PostgreSQL neither sees the other's transaction, so the report was kept beside a text that is known."""
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.sending.keep_report(f"sms:{house.app.network.sent[-1][0]}", "failed", "30007")
    house.app.outbox.sweep()
    with house.app.store.read() as work:
        assert work.sending.claimable_reports() == []
    assert state(house, phone) == "failed"


# --- a sender that stalls --------------------------------------------------------------------------------


def test_who_stalls_after_claiming_leaves_the_text_to_whoever_asks_next(
    house: House, phone: Phone, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another may have asked, and sent, while this one stood still."""
    times = iter([0.0, outbox.SENDS_BY.total_seconds() + 1])
    monkeypatch.setattr(outbox, "monotonic", lambda: next(times))
    phone.quickly_texts("hi")
    assert house.app.outbox.send_next() and phone.everything() == []
    with house.app.store.read() as work:
        assert "sending" in [m.state for m in work.messages.transcript(phone.thread_id)]
    monkeypatch.undo()
    clock.passes(seconds=LEASE.total_seconds() + 1)
    house.settles()
    assert len(phone.everything()) == len(set(phone.everything())) == 3


def test_a_refusal_that_comes_after_another_claimed_the_text_changes_nothing(house: House, phone: Phone, clock: Clock) -> None:
    phone.quickly_texts("hi")

    def another_sends_it(sid: str) -> None:
        clock.passes(seconds=LEASE.total_seconds() + 1)
        house.app.outbox.send_next()
        raise SendRefused("20429", "busy", final=False)

    once_then(house, another_sends_it)
    house.settles()
    settles_for_long(house, clock)
    assert len(phone.everything()) == len(set(phone.everything())) == 3


def test_what_begins_in_time_ends_within_the_lease() -> None:
    asking_or_sending = timedelta(seconds=12)
    assert asking_or_sending < outbox.SENDS_BY and outbox.SENDS_BY + asking_or_sending < LEASE


def test_a_report_of_a_forgotten_text_goes_without_a_word(house: House, phone: Phone) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.forget(phone.thread_id)
        deliveries.note(work, Delivery(f"sms:{house.app.network.sent[-1][0]}", "failed", "30005"))
    house.app.outbox.sweep()
    with house.app.store.read() as work:
        assert work.sending.unclaimed_reports(older_than=timedelta(seconds=-1)) == (0, 1)
