"""`handrail doctor` finds what is inconsistent or overdue, and says what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.app import App
from bot.channels.base import Inbound
from bot.doctor import Finding, _content, _contradictions, _database, _safely, examine
from bot.store.database import StoreError
from tests.talking import Desk, House, Phone

DANGER = "my stepdad hits me and he's coming home now"


def findings(app: App) -> list[Finding]:
    return list(_database(app))


def to_mend(app: App) -> list[str]:
    return [finding.sentence for finding in findings(app) if not finding.well]


def test_a_house_in_order_has_nothing_to_mend(house: House, phone: Phone) -> None:
    phone.texts("hi")
    assert to_mend(house.app) == [] and len(findings(house.app)) == 8


def test_an_audit_entry_changed_by_hand_is_found(house: House, desk: Desk, phone: Phone) -> None:
    phone.texts(DANGER)
    with house.app.store.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'nobody' WHERE id = 1"))
    assert "changed the database by hand" in " ".join(to_mend(house.app))


@pytest.mark.parametrize("goes_on", [False, True])
def test_an_audit_trail_that_was_cut_off_is_found_also_when_it_went_on(
    house: House, desk: Desk, phone: Phone, goes_on: bool
) -> None:
    phone.texts(DANGER)
    desk.accepts(desk.sees_case(level="imminent"))
    with house.app.store.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)"))
    if goes_on:
        house.phone("+15005550124").texts(DANGER)
    assert "before its last entry" in " ".join(to_mend(house.app))


def test_an_audit_trail_without_its_mark_is_found(house: House, phone: Phone) -> None:
    phone.texts(DANGER)
    with house.app.store.engine.begin() as connection:
        connection.execute(text("DELETE FROM mark WHERE name = 'audit end'"))
    assert "before its last entry" in " ".join(to_mend(house.app))


def with_keys(app: App, *keys: str) -> App:
    return App(replace(app.settings, secret_keys=keys))


def test_a_key_that_is_missing_from_the_middle_of_the_ring_is_found(house: House, phone: Phone) -> None:
    oldest = house.app.settings.secret_keys[-1]
    middle = "a-key-of-at-least-32-letters-1234!"
    turned = with_keys(house.app, middle, oldest)
    with turned.store.begin() as work:
        work.threads.find_or_create("t1", channel="sms", number="+15005550199")
    assert "No key at hand opens 1 sealed values" in " ".join(to_mend(house.app)) and to_mend(turned) == []


def test_a_start_with_another_oldest_key_is_refused_with_what_to_do(house: House) -> None:
    other = with_keys(house.app, "another-key-of-at-least-32-letters-Q!")
    with pytest.raises(StoreError, match="put that key back at the end"):
        other.store.migrate()
    assert any("put that key back" in f.sentence for f in _safely(_database, other) if not f.well)
    with_keys(house.app, "another-key-of-at-least-32-letters-Q!", *house.app.settings.secret_keys).store.migrate()


def test_a_case_moved_by_hand_is_found(house: House, phone: Phone) -> None:
    phone.texts(DANGER)
    with house.app.store.engine.begin() as connection:
        connection.execute(text("UPDATE \"case\" SET state = 'closed', closed_at = opened_at"))
    assert "not where the audit trail left them" in " ".join(f.sentence for f in _contradictions(house.app) if not f.well)


def test_cases_that_went_their_way_do_not_contradict_their_trail(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(DANGER)
    card = desk.sees_case(level="imminent")
    for act in (lambda: None, lambda: desk.accepts(card), lambda: desk.says(card, "hi"), lambda: desk.closes(card)):
        act()
        assert all(f.well for f in _contradictions(house.app))


def test_a_report_that_the_outbox_left_lying_is_found_and_one_of_nobodys_text_is_told(house: House, phone: Phone) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.sending.keep_report("sms:SMpage", "delivered", None)
    house.app.clock.passes(minutes=11)  # type: ignore[attr-defined]
    assert to_mend(house.app) == [] and "1 reports" in " ".join(f.sentence for f in findings(house.app))
    with house.app.store.begin() as work:
        work.sending.keep_report(f"sms:{house.app.sms.sent[-1][0]}", "failed", "30007")  # type: ignore[attr-defined]
    house.app.clock.passes(minutes=11)  # type: ignore[attr-defined]
    assert "1 reports of deliveries were not taken in" in " ".join(to_mend(house.app))


def test_a_damaged_file_is_found(house: House, phone: Phone) -> None:
    phone.texts("hi")
    file = house.app.store.file
    assert file is not None and house.app.store.damage() == ""
    house.app.store.close()
    with closing(sqlite3.connect(file)) as raw, raw:  # a row that its own table does not allow
        raw.execute("PRAGMA writable_schema=ON")
        raw.execute("UPDATE sqlite_master SET sql = replace(sql, 'band VARCHAR(8)', 'band VARCHAR(8) NOT NULL')")
    found = " ".join(to_mend(house.app))
    assert "damaged" in found and "handrail restore" in found


def test_a_clock_that_nobody_moved_is_found(house: House, phone: Phone) -> None:
    phone.texts(DANGER)
    house.app.clock.passes(hours=2)  # type: ignore[attr-defined]
    assert "past their deadline" in " ".join(to_mend(house.app))


def test_a_message_that_nobody_answered_is_found(house: House, phone: Phone) -> None:
    phone.quickly_texts("hi")
    house.app.clock.passes(hours=2)  # type: ignore[attr-defined]
    assert "wait for more than 10 minutes" in " ".join(to_mend(house.app))


def test_what_should_be_gone_is_found(house: House, phone: Phone) -> None:
    phone.texts("hi")
    house.app.clock.passes(days=90)  # type: ignore[attr-defined]
    assert "should be deleted by now" in " ".join(to_mend(house.app))


def test_what_an_older_key_sealed_is_told_and_is_no_fault(house: House, phone: Phone) -> None:
    phone.texts("hi")
    turned = App(
        replace(house.app.settings, secret_keys=("a-new-key-of-at-least-32-letters!", *house.app.settings.secret_keys))
    )
    assert "handrail keys rotate" in " ".join(f.sentence for f in findings(turned) if f.well)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ('DELETE FROM "case"', "show danger and have no case"),
        ("UPDATE \"case\" SET heartbeat_at = NULL, state = 'queued'", "have no clock"),
        ("UPDATE \"case\" SET deadline_at = NULL, step = 0, heartbeat_at = queued_at, state = 'queued'", "have no clock"),
        ("UPDATE \"case\" SET state = 'live', staff_id = NULL", "held by nobody"),
        ("UPDATE thread SET last_seq = 0", "lost count of their texts"),
        ("UPDATE message SET state = 'queued' WHERE direction = 'out'", "a number that is not kept"),
        (
            'INSERT INTO "case" (thread_id, designation, level, category, subject, state, sealed_reasons, opened_at, step, '
            "seen_seq) SELECT thread_id, designation, level, category, subject, 'detected', sealed_reasons, opened_at, 0, 0 "
            'FROM "case"',
            "two open cases",
        ),
    ],
)
def test_rows_that_contradict_each_other_are_found_and_explained(house: House, phone: Phone, statement: str, told: str) -> None:
    phone.texts(DANGER)
    assert [f.sentence for f in _contradictions(house.app)] == ["No rows contradict each other."]
    with house.app.store.engine.begin() as connection:
        if "message" in statement:
            connection.execute(text("DELETE FROM address"))
        connection.execute(text(statement))
    assert told in " ".join(f.sentence for f in _contradictions(house.app) if not f.well)


def test_content_in_order_is_said(house: House) -> None:
    assert [finding.well for finding in _content(house.app)] == [True]


# --- when the database itself is what is wrong ---------------------------------------------------------


def the_doctor_says(app: App) -> list[str]:
    """What it tells to mend when it is run as people run it."""
    return [f.sentence for f in examine(app.settings) if not f.well]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Content and models are looked at elsewhere."""
    for look in ("_content", "_models"):
        monkeypatch.setattr(f"bot.doctor.{look}", lambda _app: iter([Finding(True, "well")]))


@pytest.mark.usefixtures("quick")
def test_with_the_database_down_it_says_so_and_what_waits_on_disk(house: House) -> None:
    gone = App(replace(house.app.settings, database_url="postgresql://nobody:x@127.0.0.1:1/none"))
    gone.intake.text(Inbound("sms", "sms:SM1", "hello", address="+15005550123", number="+15005550123"))
    told = " ".join(the_doctor_says(gone))
    assert "1 texts wait on disk" in told and "cannot be opened" in told


@pytest.mark.usefixtures("quick")
def test_with_a_file_that_is_no_database_any_more_it_says_what_to_put_back(house: House, phone: Phone) -> None:
    phone.texts("hi")
    house.app.store.close()
    assert house.app.store.file is not None
    house.app.store.file.write_bytes(b"\x93" * 8192)
    assert "damaged" in " ".join(the_doctor_says(house.app))


@pytest.mark.usefixtures("quick")
def test_a_look_that_breaks_off_hides_nothing_of_the_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_app: App) -> Iterator[Finding]:
        yield Finding(False, "one thing")
        raise PermissionError

    monkeypatch.setattr("bot.doctor._spool", breaks)
    found = list(examine(house.app.settings))
    assert "broke off (PermissionError)" in " ".join(f.sentence for f in found) and len(found) > 8
