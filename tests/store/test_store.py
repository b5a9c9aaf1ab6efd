"""The one database: all or nothing, in order, once, and unreadable without the key."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import update

from bot.handoff.cases import CannotHappen, Event
from bot.safety.verdict import Level, Reason, Verdict
from bot.store import database
from bot.store.cases import CaseConflict
from bot.store.database import Store, StoreError
from bot.store.tables import metadata, tracker
from bot.store.trackers import StaleTracker, TrackerRow
from tests.talking import Clock, House

HIGH = Verdict(Level.HIGH, "abuse_at_home", "self", (Reason("pattern:x", "SECRETWORDS"),))
WORDS = "SECRETWORDS in a message"


def thread(house: House) -> str:
    with house.app.store.begin() as work:
        work.threads.find_or_create("t1", channel="sms", number="+15005550123")
    return "t1"


def test_the_migrations_make_exactly_the_tables(house: House) -> None:
    with house.app.store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_of_a_newer_version_is_refused_in_a_sentence(house: House) -> None:
    with house.app.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version"):
        house.app.store.migrate()


def test_a_migration_twice_is_the_same_as_once(house: House) -> None:
    house.app.store.migrate()
    house.app.store.migrate()


def test_a_failure_inside_keeps_nothing(house: House) -> None:
    thread(house)
    with pytest.raises(ZeroDivisionError), house.app.store.begin() as work:
        work.messages.queue("t1", "half")
        raise ZeroDivisionError
    with house.app.store.read() as work:
        assert work.messages.transcript("t1") == []


def test_a_schema_that_is_current_is_left_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.app.store, "upgrade", lambda *_: pytest.fail("It was migrated again."))
    house.app.store.migrate()


def test_a_migration_is_numbered_as_its_file() -> None:
    files = sorted(Path(database.MIGRATIONS, "versions").glob("[0-9]*.py"))
    assert files
    for file in files:
        assert f"revision = '{file.name.partition('_')[0]}'" in file.read_text(encoding="utf-8")


def test_what_lasts_waits_for_the_disk_also_after_what_need_not(house: House) -> None:
    def waits(**how: bool) -> bool:
        with house.app.store.begin(**how) as work:
            return work._connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2

    assert [waits(), waits(lasting=False), waits(), waits()] == [True, False, True, True]


def test_no_word_and_no_number_can_be_read_in_the_file(house: House, tmp_path: Path) -> None:
    thread(house)
    with house.app.store.begin() as work:
        work.messages.keep_inbound("t1", provider_id="sms:1", text=WORDS, verdict=HIGH, state="kept")
        case = work.cases.open("t1", HIGH)
        work.cases.add_note(case.id, 1, WORDS)
        work.trackers.save("t1", expected_version=0, message_id=1, blob=WORDS.encode(), answered={"replies": [WORDS]})
    written = b"".join(f.read_bytes() for f in tmp_path.rglob("handrail.db*"))
    assert b"SECRETWORDS" not in written and b"5550123" not in written


def test_messages_of_many_threads_at_once_have_their_places_without_gaps(house: House) -> None:
    thread(house)

    def write() -> None:
        for _ in range(20):
            with house.app.store.begin() as work:
                work.messages.queue("t1", "x")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with house.app.store.read() as work:
        assert [m.seq for m in work.messages.transcript("t1")] == list(range(1, 81))


def test_a_claimed_message_is_not_claimed_again_until_its_lease_is_over(house: House, clock: Clock) -> None:
    thread(house)
    with house.app.store.begin() as work:
        work.messages.queue("t1", "one")
        work.messages.queue("t1", "two")

    def claim() -> str | None:
        with house.app.store.begin() as work:
            found = work.messages.claim(direction="out", states=("queued", "sending"), into="sending")
            return found.text if found else None

    assert claim() == "one"
    assert claim() is None
    clock.passes(seconds=31)
    assert claim() == "one"


def test_two_workers_accept_in_the_same_second_and_one_wins(house: House) -> None:
    thread(house)
    with house.app.store.begin() as work:
        found = work.cases.open("t1", HIGH)
    with house.app.store.begin() as work:
        work.cases.move(found, Event.ACCEPT, staff_id=1)
    with pytest.raises(CaseConflict), house.app.store.begin() as work:
        work.cases.move(found, Event.ACCEPT, staff_id=2)


def test_a_case_moves_only_along_the_table(house: House) -> None:
    thread(house)
    with pytest.raises(CannotHappen), house.app.store.begin() as work:
        work.cases.move(work.cases.open("t1", HIGH), Event.CLOSE)


def test_a_tracker_that_no_key_opens_can_be_written_over(house: House) -> None:
    thread(house)
    with house.app.store.begin() as work:
        work.trackers.save("t1", expected_version=0, message_id=1, blob=b"a", answered={"replies": []})
    with house.app.store.begin() as work:
        work.trackers._connection.execute(update(tracker).values(sealed_events=b"damaged"))
        assert work.trackers.load("t1") == TrackerRow(1, None, None, None)
        work.trackers.save("t1", expected_version=1, message_id=2, blob=b"b", answered=None)
    with house.app.store.read() as work:
        assert work.trackers.load("t1") == TrackerRow(2, 2, b"b", None)


def test_a_stale_tracker_is_refused(house: House) -> None:
    thread(house)
    with house.app.store.begin() as work:
        work.trackers.save("t1", expected_version=0, message_id=1, blob=b"a", answered=None)
        work.trackers.save("t1", expected_version=1, message_id=2, blob=b"b", answered=None)
    with pytest.raises(StaleTracker), house.app.store.begin() as work:
        work.trackers.save("t1", expected_version=1, message_id=3, blob=b"c", answered=None)
    with pytest.raises(StaleTracker), house.app.store.begin() as work:
        work.trackers.save("t1", expected_version=0, message_id=3, blob=b"c", answered=None)


def test_every_change_of_a_case_has_its_audit_row_and_the_chain_holds(house: House) -> None:
    thread(house)
    with house.app.store.begin() as work:
        case = work.cases.open("t1", HIGH)
        case = work.cases.move(case, Event.QUEUE)
        work.cases.move(case, Event.ACCEPT, actor="sam", staff_id=1)
    with house.app.store.read() as work:
        assert [e.what for e in work.audit.of_case(case.id)] == ["opened", "queue", "accept"]
        assert list(work.audit.broken_links()) == []


def test_a_change_by_hand_breaks_the_chain_and_is_found(house: House, tmp_path: Path) -> None:
    test_every_change_of_a_case_has_its_audit_row_and_the_chain_holds(house)
    with sqlite3.connect(tmp_path / "handrail.db") as by_hand:
        by_hand.execute("UPDATE audit SET actor = 'nobody' WHERE what = 'accept'")
    by_hand.close()
    with house.app.store.read() as work:
        assert list(work.audit.broken_links())


def test_a_database_that_cannot_be_reached_is_one_sentence(house: House) -> None:
    away = Store("postgresql://u:secret@127.0.0.1:1/none", house.app.vault, house.app.now)
    with pytest.raises(StoreError, match="check HANDRAIL_DATABASE_URL") as refused:
        away.migrate()
    assert "secret" not in str(refused.value)
