"""`handrail doctor` finds what is inconsistent or overdue, and says what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.app import App
from bot.doctor import Finding, _content, _contradictions, _database
from tests.talking import Desk, House, Phone

DANGER = "my stepdad hits me and he's coming home now"


def findings(app: App) -> list[Finding]:
    return list(_database(app))


def to_mend(app: App) -> list[str]:
    return [finding.sentence for finding in findings(app) if not finding.well]


def test_a_house_in_order_has_nothing_to_mend(house: House, phone: Phone) -> None:
    phone.texts("hi")
    assert to_mend(house.app) == [] and len(findings(house.app)) == 5


def test_an_audit_entry_changed_by_hand_is_found(house: House, desk: Desk, phone: Phone) -> None:
    phone.texts(DANGER)
    with house.app.store.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'nobody' WHERE id = 1"))
    assert "changed the database by hand" in " ".join(to_mend(house.app))


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
        ("UPDATE \"case\" SET state = 'live', staff_id = NULL", "held by nobody"),
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
