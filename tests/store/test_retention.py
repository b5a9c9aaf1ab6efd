"""What its time is over for goes by itself; what somebody still needs stays."""

from __future__ import annotations

import os
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.doctor import _database, _open_in_silence
from bot.groups.state import GroupState
from bot.groups.steps import Subject
from bot.safety.verdict import Level, Verdict
from bot.serve import outbox as outbox_process
from bot.store import tables
from tests.talking import Clock, Desk, House, Page, Phone
from tests.test_forgetting import fills_everything, rows_of
from tests.test_group_talks import Room

SAD = "i want to die"


def words_of(house: House, thread_id: str) -> int:
    with house.app.store.read() as work:
        return len(work.messages.transcript(thread_id))


def test_ordinary_words_and_the_number_go_after_72_hours(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hello")
    clock.passes(hours=71)
    house.app.outbox.expire()
    assert words_of(house, phone.thread_id)
    clock.passes(hours=2)
    house.app.outbox.expire()
    with house.app.store.read() as work:
        assert work.threads.get(phone.thread_id) is None
        assert work.threads.number(phone.thread_id) is None
        assert not work.retention.overdue()


def test_old_words_go_from_a_thread_that_still_goes_on(house: House, page: Page, clock: Clock) -> None:
    page.texts("old")
    clock.passes(hours=80)
    page.texts("new")
    house.app.outbox.expire()
    with house.app.store.read() as work:
        assert [m.text for m in work.messages.transcript(page.thread_id)] == ["new", "You said: new"]


def test_an_open_case_keeps_its_words_however_long_it_takes(house: House, page: Page, desk: Desk, clock: Clock) -> None:
    page.texts(SAD)
    clock.passes(days=60)
    house.app.outbox.expire()
    assert any(SAD in line.text for line in desk.opens(desk.sees_case(level="high")).transcript)


def test_a_closed_case_goes_after_thirty_days_and_the_audit_stays(house: House, page: Page, desk: Desk, clock: Clock) -> None:
    page.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.closes(card)
    clock.passes(days=29)
    house.app.outbox.expire()
    assert words_of(house, page.thread_id)
    clock.passes(days=2)
    house.app.outbox.expire()
    house.app.outbox.expire()
    assert not words_of(house, page.thread_id)
    with house.app.store.read() as work:
        assert work.audit.of_case(card.id) and not list(work.audit.broken_links())


def closes(desk: Desk) -> None:
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.closes(card)


def test_of_who_comes_again_and_again_only_the_words_of_the_cases_that_are_kept_stay(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    for month in range(5):
        phone.texts(f"the day before {month}")
        clock.passes(days=1)
        phone.texts(f"{SAD} {month}")
        closes(desk)
        clock.passes(hours=1)
        phone.texts(f"later {month}")
        clock.passes(days=13)
        house.app.outbox.expire()
    with house.app.store.read() as work:
        said = [m.text for m in work.messages.transcript(phone.thread_id) if m.who == "you"]
        assert not work.retention.overdue()
    kept = [f"{words} {month}" for month in (3, 4) for words in ("the day before", SAD)]
    assert said == kept


def test_what_is_written_after_a_case_was_closed_is_ordinary_and_no_worker_reads_it_there(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.says(card, "hi, I'm here")
    desk.opens(card)
    desk.closes(card)
    clock.passes(hours=1)
    phone.texts("what is a cookie")
    view = desk.opens(card)
    said = [line.text for line in view.transcript]
    assert SAD in said and "hi, I'm here" in said and "what is a cookie" not in said and view.card.unread == 0
    clock.passes(hours=71)
    house.app.outbox.expire()
    assert "what is a cookie" in written(house, phone)
    clock.passes(hours=2)
    house.app.outbox.expire()
    assert "what is a cookie" not in written(house, phone) and SAD in written(house, phone)


def written(house: House, phone: Phone) -> list[str]:
    with house.app.store.read() as work:
        return [m.text for m in work.messages.transcript(phone.thread_id)]


def test_a_case_that_nobody_closes_is_told_by_the_doctor_and_on_the_board(
    house: House, page: Page, desk: Desk, clock: Clock
) -> None:
    page.texts(SAD)
    clock.passes(days=29)
    assert house.app.board.now().open_in_silence == 0
    clock.passes(days=2)
    house.app.outbox.expire()
    assert house.app.board.now().open_in_silence == 1
    assert any(f.sentence.startswith("1 cases are open") for f in _open_in_silence(house.app) if not f.well)
    closes(desk)
    assert all(f.well for f in _open_in_silence(house.app))


def test_the_bare_row_of_who_opted_out_says_nothing_more_of_them(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.change(phone.thread_id, band="13-15", region="CA", lesson="grooming/trust", level=2)
        work.threads.keep_word(phone.thread_id, "teal")
    phone.texts("STOP")
    clock.passes(days=10)
    assert overdue(house)["opted-out thread"] == 1
    house.app.outbox.expire()
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
    assert thread is not None and thread.opted_out and not thread.has_word
    assert (thread.band, thread.region, thread.lesson, thread.level) == (None, None, None, 0)
    assert "opted-out thread" not in overdue(house)


def test_who_sits_in_a_group_that_goes_on_keeps_seat_and_answers_and_no_word(house: House, phone: Phone, clock: Clock) -> None:
    house.desk("Fay", "facilitator")
    room = Room(house)
    room.goes_to("lesson:notice")
    gone, quiet = house.phone("+15005550991"), house.phone("+15005550992")
    for each in (phone, gone, quiet):
        each.texts(f"JOIN {room.code}")
        each.texts("a")
    gone.texts("leave")
    clock.passes(hours=73)
    house.app.outbox.expire()
    with house.app.store.read() as work:
        assert work.threads.get(gone.thread_id) is None and work.threads.number(quiet.thread_id) is None
        assert not work.retention.overdue()
    assert room.here() == room.answers("lesson:notice") == 2 and words_of(house, quiet.thread_id) == 0
    phone.texts("b")
    assert room.answers("lesson:notice") == 2, "the same seat, and still one answer"
    phone.new()
    room.goes_to("also:who_could_help")
    phone.sees("Who could a young person tell?")
    assert words_of(house, quiet.thread_id) == 0, "whose number is gone is told nothing"
    quiet.texts("a")
    quiet.sees("Who could a young person tell?")
    assert room.answers("also:who_could_help") == 0, "and answers no step that they have not heard"
    room.is_(GroupState.ENDED, ended_at=clock())
    clock.passes(hours=73)
    house.app.outbox.expire()
    with house.app.store.read() as work:
        assert work.threads.get(quiet.thread_id) is None


OF_A_THREAD = {table.name for table in tables.metadata.sorted_tables if "thread_id" in table.c} - {"case"}


def test_of_who_opted_out_no_table_holds_anything_but_the_bare_row(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("hi")
    fills_everything(house, phone.thread_id)
    assert set(rows_of(house.app.store, phone.thread_id)) == OF_A_THREAD
    phone.texts("STOP")
    clock.passes(hours=73)
    assert {*overdue(house)} >= {"booster", "check_in", "seat", "group_answer"}
    house.app.outbox.sweep()
    house.app.outbox.expire()
    assert rows_of(house.app.store, phone.thread_id) == {}


def test_of_who_waits_for_boosters_only_those_and_the_number_outlive_the_words(
    house: House, phone: Phone, clock: Clock
) -> None:
    phone.texts("hi")
    fills_everything(house, phone.thread_id)
    clock.passes(hours=73)
    house.app.outbox.sweep()
    house.app.outbox.expire()
    assert rows_of(house.app.store, phone.thread_id) == {"address": 1, "booster": 3}
    phone.new()
    clock.passes(days=5)
    house.app.outbox.sweep()
    house.settles()
    assert len(phone.new()) == 1
    house.app.outbox.expire()
    assert rows_of(house.app.store, phone.thread_id)["booster"] == 3  # the one that went out goes with its text


def test_somebody_who_opted_out_stays_opted_out_when_they_are_forgotten(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("STOP")
    clock.passes(days=10)
    house.app.outbox.expire()
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.opted_out
        assert work.threads.number(phone.thread_id) is None
    phone.texts("START")
    phone.sees("Welcome back")


def test_nothing_overdue_is_left_after_it_ran(house: House, page: Page, phone: Phone, clock: Clock) -> None:
    page.texts("a")
    phone.texts("b")
    clock.passes(days=40)
    with house.app.store.read() as work:
        assert work.retention.overdue()
    house.app.outbox.expire()
    with house.app.store.read() as work:
        assert not work.retention.overdue()


def test_the_agencys_own_times_hold(tmp_path: Path) -> None:
    house = House(tmp_path, HANDRAIL_KEEP_WORDS_HOURS="24", HANDRAIL_KEEP_CASES_DAYS="7")
    phone, page, desk, clock = house.phone(), house.page(), house.desk(), house.app.clock  # type: ignore[attr-defined]
    phone.texts("hello")
    page.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.closes(card)
    clock.passes(hours=25)
    house.app.outbox.expire()
    assert not words_of(house, phone.thread_id) and words_of(house, page.thread_id)
    clock.passes(days=7)
    house.app.outbox.expire()
    assert not words_of(house, page.thread_id)


def test_the_doctor_counts_what_should_be_gone_and_after_the_sweep_proves_that_nothing_is(
    house: House, phone: Phone, page: Page, desk: Desk, clock: Clock
) -> None:
    phone.texts("hello")
    page.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    house.app.desk.note(card.id, desk.me, "a note")
    desk.closes(card)
    clock.passes(days=31)
    told = " ".join(finding.sentence for finding in _database(house.app) if not finding.well)
    for table in ("message", "address", "thread", "case", "note", "session"):
        assert f"of {table}" in told
    house.app.outbox.expire()
    clock.passes(hours=1)
    assert "Nothing overdue is left." in [finding.sentence for finding in _database(house.app) if finding.well]


def test_it_runs_by_itself(house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox process, as it is started, deletes what is old without being asked."""
    monkeypatch.setattr(outbox_process, "EXPIRY", 0.2)  # it looks first after a while, when the time has proved steady
    house.app.clock.at = datetime.now(timezone.utc) - timedelta(days=4)  # type: ignore[attr-defined]
    phone.texts("hello")
    stop = threading.Event()
    process = threading.Thread(target=outbox_process.run, args=(house.app.settings, stop))
    process.start()
    try:
        for _ in range(600):
            if not words_of(house, phone.thread_id):
                break
            stop.wait(0.05)
    finally:
        stop.set()
        process.join(20)
    assert not words_of(house, phone.thread_id)


# --- everything that is not a thread or a case -----------------------------------------------------------


def fills_what_is_kept_beside(house: House, phone: Phone) -> None:
    """A row of each kind that goes by its own time, on a thread that stays, for people have a case of it."""
    with house.app.store.begin() as work:
        work.cases.open(phone.thread_id, Verdict(Level.HIGH))
        leader = work.staff.add(username="lee", first_name="Lee", role="facilitator", password_hash="-", totp=None)
        group = work.groups.open(Subject("grooming", "trust", "13-15", "en"), region="CA", free=False, staff_id=leader)
        work.group_answers.keep(group.id, "0", phone.thread_id, ("a",))
        work.group_answers.hold(group.id, phone.thread_id, kind="question", step="0", text="a question")
        work.group_answers.guessed(phone.thread_id)
        work.sending.keep_report("sms:SMearly", "delivered", None)


OWN_TIMES = {
    "group_answer": 30 * 24,
    "group_text": 30 * 24,
    "join_try": 1,
    "received": 7 * 24,
    "report": 24,
    "page token": 12,
    "forgotten thread": 61 / 3600,
}
"""Hours after which each kind goes, as docs/data-we-keep.md promises."""


@pytest.mark.parametrize(("kind", "hours"), OWN_TIMES.items())
def test_each_kind_goes_by_its_own_time_and_the_doctor_counts_it(
    house: House, phone: Phone, page: Page, clock: Clock, kind: str, hours: float
) -> None:
    phone.texts("hello")
    page.texts("hello")
    fills_what_is_kept_beside(house, phone)
    other = house.phone("+15005550177")
    other.texts("hi")
    with house.app.store.begin() as work:
        work.threads.forget(other.thread_id)
    clock.passes(hours=hours - 0.01)
    assert kind not in overdue(house), "too early"
    clock.passes(minutes=32)
    assert overdue(house)[kind], "the doctor counts it"
    house.app.outbox.sweep()
    house.app.outbox.expire()
    assert kind not in overdue(house)


def overdue(house: House) -> dict[str, int]:
    with house.app.store.read() as work:
        return work.retention.overdue()


def test_a_dozen_weeks_later_the_doctor_finds_nothing_of_any_kind(house: House, phone: Phone, page: Page, clock: Clock) -> None:
    phone.texts("hello")
    page.texts("hello")
    fills_what_is_kept_beside(house, phone)
    clock.passes(days=84)
    assert {*overdue(house)} >= {*OWN_TIMES} - {"forgotten thread", "page token"}
    house.app.outbox.sweep()
    house.app.outbox.expire()
    assert overdue(house) == {}


def left_at(file: Path, moment: datetime) -> Path:
    """A file that was last written then."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"sealed")
    os.utime(file, (moment.timestamp(), moment.timestamp()))
    return file


@pytest.mark.parametrize(
    ("name", "hours"),
    [("spool/1-2.unfinished", 1), ("spool/1-2.aside", 72), ("handrail.db.before-restore-20261101000000", 7 * 24)],
)
def test_files_beside_the_database_go_by_their_own_time(house: House, clock: Clock, name: str, hours: int) -> None:
    file = left_at(house.app.settings.var / name, clock())
    waiting = left_at(house.app.settings.var / "spool" / "1-3.waiting", clock())
    clock.passes(hours=hours - 0.1)
    house.app.outbox.expire()
    assert file.exists()
    clock.passes(minutes=50)
    assert any("1 of file" in f.sentence for f in _database(house.app) if not f.well)
    house.app.outbox.expire()
    assert not file.exists() and waiting.exists()
    assert not any("of file" in f.sentence for f in _database(house.app))
