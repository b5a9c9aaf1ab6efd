"""Sending: in order, again when it can help, never twice, and loudly when it cannot."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import deliveries
from bot.channels.base import Delivery, SendRefused, SendUnknown
from bot.channels.refusals import meaning
from bot.deliveries import pause
from bot.serve.outbox import SteadyClock
from bot.store.messages import LONGEST_PAUSE
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
    phone.texts("two")
    phone.sees_nothing()
    house.app.network.refuse.clear()
    clock.passes(minutes=1)
    house.settles()
    assert [t for t in phone.new() if t.startswith("You said")] == ["You said: one", "You said: two"]


def test_the_holders_list_says_that_a_line_they_had_seen_did_not_arrive(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts("my stepdad hits me")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.texts("are you there")
    desk.says(card, "yes, I am")
    desk.opens(card)
    reports(house, house.app.network.sent[-1][0], "failed", "30007")
    (held,) = house.app.desk.mine(desk.me)
    assert held.not_delivered and held.unread == 0
    house.desk("Noor").opens(card)
    assert house.app.desk.mine(desk.me)[0].not_delivered
    assert desk.opens(card).transcript[-1].delivery == "failed"
    assert not house.app.desk.mine(desk.me)[0].not_delivered


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


# --- every failure kept, and what follows from it ------------------------------------------------------


def tries(house: House, phone: Phone) -> list[tuple[str, str | None]]:
    """Every attempt at the first text to a phone."""
    with house.app.store.read() as work:
        first = next(m for m in work.messages.transcript(phone.thread_id) if m.direction == "out")
        return [(a.state, a.code) for a in work.sending.attempts([first.id]).get(first.id, [])]


def states(house: House, phone: Phone) -> list[str]:
    with house.app.store.read() as work:
        return [m.state for m in work.messages.transcript(phone.thread_id) if m.direction == "out"]


def reports(house: House, sid: str, state: str, code: str | None = None) -> None:
    house.app.intake.report(Delivery(f"sms:{sid}", state, code))


def test_every_failed_attempt_is_kept_with_its_code_and_told_to_staff_in_a_sentence(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    house.app.network.refuse[phone.number] = SendRefused("20429", "busy", final=False)
    phone.texts("i want to die")
    clock.passes(minutes=1)
    house.app.network.refuse[phone.number] = SendRefused("30007", "spam", final=True)
    house.settles()
    assert tries(house, phone) == [("refused", "20429"), ("refused", "30007")]
    noted = [line.delivery_note for line in desk.opens(desk.sees_case(level="high")).transcript if line.delivery_note]
    assert noted[0] == "The carrier took the text for spam: tell Twilio which number sends. (code 30007, tried 2 times)"


@pytest.mark.parametrize(
    ("code", "then"),
    [
        ("21610", "opted out"), ("21211", "nobody"), ("21614", "nobody"), ("30003", "again"), ("30004", "final"),
        ("30005", "nobody"), ("30006", "nobody"), ("30007", "final"), ("30008", "again"), ("20429", "again"), ("99999", "final"),
    ],
)  # fmt: skip
def test_each_code_has_one_meaning_and_a_sentence(code: str, then: str) -> None:
    assert meaning(code).then.value == then and len(meaning(code).sentence) > 15


@pytest.mark.parametrize(("status", "then"), [(429, "again"), (500, "again"), (503, "again"), (400, "final"), (404, "final")])
def test_without_a_known_code_the_status_decides(status: int, then: str) -> None:
    assert meaning(None, status=status).then.value == then


def test_pauses_double_are_never_over_a_quarter_of_an_hour_and_differ() -> None:
    assert all(pause(n) <= LONGEST_PAUSE for n in range(1, 40))
    assert pause(1).total_seconds() < 3 < pause(3).total_seconds()
    assert len({pause(5) for _ in range(20)}) > 10


def test_a_provider_that_asks_for_rest_gets_it_for_every_text(house: House, phone: Phone, clock: Clock) -> None:
    other = house.phone("+15005550124")
    house.app.network.refuse[phone.number] = SendRefused("20429", "busy", final=False, wait=timedelta(seconds=40))
    phone.texts("hi")
    house.app.network.refuse.clear()
    other.texts("hi")
    other.sees_nothing()
    assert 38 < house.app.outbox.rest() <= 40
    clock.passes(seconds=41)
    house.settles()
    assert len(other.new()) == 3


def test_a_number_never_sends_faster_than_it_may(tmp_path: Path) -> None:
    house = House(tmp_path, HANDRAIL_TWILIO_PER_SECOND="2")
    phones = [house.phone(f"+1500555{n:04d}") for n in range(8)]
    for phone in phones:
        phone.quickly_texts("hi")
    house.settles()
    at_once = len(house.app.network.sent)
    for _ in range(5):
        house.app.clock.passes(seconds=1)
        house.settles()
    assert at_once <= 3 and len(house.app.network.sent) - at_once == 10  # 2 a second
    house.app.store.close()


def test_who_is_in_danger_is_sent_to_before_a_long_queue(tmp_path: Path) -> None:
    house = House(tmp_path, HANDRAIL_TWILIO_PER_SECOND="1")
    for n in range(10):
        house.phone(f"+1500555{n:04d}").quickly_texts("hi")
    house.phone("+15005559999").quickly_texts("he has a knife and he is coming up the stairs to kill me")
    house.settles()
    assert house.app.network.sent[0][1] == "+15005559999"
    house.app.store.close()


# --- what became of it ----------------------------------------------------------------------------------


def test_a_report_that_comes_before_our_own_commit_is_not_lost(house: House, phone: Phone, desk: Desk) -> None:
    really_send = house.app.network.send

    def reported_at_once(*, to: str, body: str) -> str:
        sid = really_send(to=to, body=body)
        reports(house, sid, "failed", "30007")
        return sid

    house.app.network.send = reported_at_once
    phone.texts("i want to die")
    assert desk.sees_case(level="high").not_delivered
    assert set(states(house, phone)) == {"failed"}


def test_reports_out_of_order_leave_the_last_word_that_counts(house: House, phone: Phone) -> None:
    phone.texts("hi")
    first, second, third = (sid for sid, _, _ in house.app.network.sent)
    for state in ("delivered", "sent", "failed"):
        reports(house, first, state, "30003" if state == "failed" else None)
    for state in ("failed", "delivered"):
        reports(house, second, state, "30007" if state == "failed" else None)
    reports(house, third, "sent")
    assert states(house, phone) == ["delivered", "failed", "sent"]


def test_a_phone_that_is_off_is_tried_again_and_at_once_when_they_write(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    phone.new()
    for sid, _, _ in list(house.app.network.sent):
        reports(house, sid, "failed", "30003")
    house.settles()
    phone.sees_nothing()
    phone.texts("i am back")
    assert len(phone.new()) == 4  # three that were missed, in their order, and the new answer
    assert phone.everything()[:3] == phone.everything()[3:6]


def tries_again(house: House, clock: Clock, times: int) -> None:
    """So many tries more, each after the longest that its pause can be."""
    for tried in range(1, times + 1):
        clock.passes(seconds=max(21.0, 1.3 * min(600, 2**tried)))
        house.settles()


def puts_off(house: House, phone: Phone, clock: Clock, times: int) -> None:
    """The provider refuses what they are to hear, so often."""
    house.app.network.refuse[phone.number] = SendRefused("20500", "down", final=False)
    phone.texts("hi")
    tries_again(house, clock, times - 1)
    house.app.network.refuse.clear()
    phone.sees_nothing()


@pytest.mark.parametrize(("tries", "words"), [(3, "are you there"), (11, "i want to die")])
def test_when_they_write_nothing_put_off_stands_in_the_way_of_what_they_hear(
    house: House, phone: Phone, clock: Clock, tries: int, words: str
) -> None:
    puts_off(house, phone, clock, tries)
    phone.texts(words)
    phone.sees(f"You said: {words}")


@pytest.mark.parametrize(
    "fault", [SendRefused("20500", "down", final=False, unsure=True), SendUnknown("timeout")], ids=["fault", "timeout"]
)
@pytest.mark.parametrize(("tries", "words"), [(5, "are you there"), (11, "i want to die")])
def test_what_may_have_gone_out_is_asked_about_soon_when_they_write_and_what_they_hear_follows(
    house: House, phone: Phone, clock: Clock, tries: int, words: str, fault: Exception
) -> None:
    """Whatever Twilio breaks at leaves a text in doubt: danger must not wait out the ten minutes of its pause."""
    house.app.network.refuse[phone.number] = fault  # type: ignore[assignment]
    phone.texts("hi")
    tries_again(house, clock, tries - 1)
    house.app.network.refuse.clear()
    phone.texts(words)
    phone.sees_nothing()
    clock.passes(seconds=21)
    house.settles()
    assert len(phone.everything()) == len(set(phone.everything()))
    phone.sees(f"You said: {words}")


def test_what_went_out_after_all_is_asked_about_and_not_sent_twice_because_they_write(
    house: House, phone: Phone, clock: Clock
) -> None:
    really_send = house.app.network.send

    def breaks_after_taking(*, to: str, body: str) -> str:
        really_send(to=to, body=body)
        raise SendUnknown("timeout")

    house.app.network.send = breaks_after_taking
    phone.texts("hi")
    house.app.network.send = really_send
    phone.texts("i want to die")
    clock.passes(seconds=21)
    house.settles()
    assert len(phone.everything()) == len(set(phone.everything()))
    phone.sees("You said: i want to die")


def test_whoever_writes_much_while_the_provider_is_away_uses_up_no_tries(house: House, phone: Phone, clock: Clock) -> None:
    puts_off(house, phone, clock, 7)
    phone.texts("hello?")
    phone.sees_nothing()


def test_whoever_is_forgotten_while_a_text_is_on_its_way_breaks_nothing(house: House) -> None:
    with house.app.store.begin() as work:
        deliveries.sent(work, 12345, "sms:SM1")


def test_a_phone_that_stays_off_is_given_up_and_the_case_says_so(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    phone.texts("i want to die")
    for _ in range(6):
        for sid, _, _ in list(house.app.network.sent):
            reports(house, sid, "failed", "30003")
        clock.passes(minutes=6)
        house.settles()
    sent = [body for _, to, body in house.app.network.sent if to == phone.number and body.startswith("You said")]
    assert len(sent) == 3 and desk.sees_case(level="high").not_delivered


def test_a_text_that_arrived_after_all_is_not_sent_again(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    sid = house.app.network.sent[-1][0]
    reports(house, sid, "failed", "30008")
    reports(house, sid, "delivered")  # the carrier changes its mind
    clock.passes(minutes=10)
    house.settles()
    assert len(phone.everything()) == 3 and states(house, phone)[-1] == "delivered"


def test_a_number_that_is_nobodys_is_forgotten_and_who_gets_it_next_is_a_stranger(house: House, phone: Phone) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "tangerine")
        work.boosters.plan(phone.thread_id, "grooming")
    reports(house, house.app.network.sent[-1][0], "failed", "30005")
    with house.app.store.read() as work:
        assert work.threads.number(phone.thread_id) is None and work.boosters.due() == []
        assert work.threads.get(phone.thread_id) is None


def test_with_an_open_case_people_decide_about_a_number_that_seems_gone(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts("i want to die")
    reports(house, house.app.network.sent[-1][0], "failed", "30005")
    with house.app.store.read() as work:
        assert work.threads.number(phone.thread_id) == phone.number
    assert desk.sees_case(level="high").not_delivered


def test_stop_reported_late_marks_them_as_opted_out(house: House, phone: Phone) -> None:
    phone.texts("hi")
    reports(house, house.app.network.sent[-1][0], "failed", "21610")
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
    assert thread is not None and thread.opted_out


def test_a_text_in_doubt_is_never_sent_while_the_provider_cannot_be_asked(house: House, phone: Phone, clock: Clock) -> None:
    """It took the text, the answer was lost, and then it is too busy to say so."""
    really_send, really_find = house.app.network.send, house.app.network.find_sent

    def answer_is_lost(*, to: str, body: str) -> str:
        really_send(to=to, body=body)
        raise SendUnknown("timeout")

    def busy(*, to: str, body: str, since: datetime) -> list[str]:
        raise SendRefused("20429", "busy", final=False)

    house.app.network.send, house.app.network.find_sent = answer_is_lost, busy
    phone.texts("hi")
    house.app.network.send = really_send
    for _ in range(3):
        clock.passes(minutes=1)
        house.settles()
    assert len(phone.everything()) == 1  # still only the one that went out
    house.app.network.find_sent = really_find
    for _ in range(3):
        clock.passes(minutes=10)
        house.settles()
    assert len(phone.everything()) == len(set(phone.everything())) == 3


def test_a_fault_of_the_provider_after_which_it_may_have_the_text_is_settled_by_asking(
    house: House, phone: Phone, clock: Clock
) -> None:
    really_send = house.app.network.send

    def breaks_after_taking(*, to: str, body: str) -> str:
        really_send(to=to, body=body)
        raise SendRefused("20500", "fault", final=False, unsure=True)

    house.app.network.send = breaks_after_taking
    phone.texts("hi")
    house.app.network.send = really_send
    for _ in range(3):
        clock.passes(minutes=1)
        house.settles()
    assert len(phone.everything()) == len(set(phone.everything())) == 3


# --- a clock that jumps -----------------------------------------------------------------------------------


def test_nothing_waits_for_hours_because_the_clock_went_back(house: House, phone: Phone, clock: Clock) -> None:
    phone.quickly_texts("hi")
    clock.passes(hours=-5)
    house.settles()
    assert len(phone.everything()) == 3


def test_a_claim_from_before_the_clock_went_back_runs_out(house: House, phone: Phone, clock: Clock) -> None:
    def dies(*, to: str, body: str) -> str:
        raise KeyboardInterrupt

    really_send, house.app.network.send = house.app.network.send, dies
    phone.quickly_texts("hi")
    with pytest.raises(KeyboardInterrupt):
        house.app.outbox.send_next()
    house.app.network.send = really_send
    clock.passes(hours=-5)
    house.settles()
    assert len(phone.everything()) == 3


def test_the_clock_of_a_case_goes_on_when_the_machines_time_goes_back(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    phone.texts("he has a knife and he is coming up the stairs to kill me")
    house.app.outbox.sweep()
    clock.passes(hours=-5)
    for _ in range(5):
        house.app.outbox.sweep()
        clock.passes(minutes=1)
    told = [what for _, _, what in desk.opens(desk.sees_case(level="imminent")).log if what.startswith("told")]
    assert told == ["told: on call", "told: second on call", "told: supervisor", "told: outside line"]


def test_after_a_jump_nothing_is_deleted_before_the_clock_was_steady_for_a_while() -> None:
    now, elapsed = [datetime(2026, 1, 1)], [0.0]
    clock = SteadyClock(lambda: now[0], lambda: elapsed[0])
    assert not clock.is_steady()  # nobody knows yet
    now[0], elapsed[0] = now[0] + timedelta(minutes=10), 600.0
    assert clock.is_steady()
    now[0], elapsed[0] = now[0] + timedelta(days=400), 1200.0
    assert not clock.is_steady()
    now[0], elapsed[0] = now[0] + timedelta(minutes=10), 1800.0
    assert clock.is_steady()
