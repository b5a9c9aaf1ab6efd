"""Rows whose thread, case or group is gone, as hands and their tools leave them: the doctor finds them, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.doctor import _contradictions
from bot.store.consistency import BELONGS_TO
from bot.store.tables import metadata
from tests.talking import Desk, House, Phone

DANGER = "my stepdad hits me and he's coming home now"


@pytest.fixture
def house(tmp_path: Path, database: str) -> Iterator[House]:
    made = House(tmp_path, HANDRAIL_DATABASE_URL=database)
    yield made
    made.app.store.close()


def by_hand(database: str, statement: str) -> None:
    """As SQLite's own tool does it, which opens a file with foreign keys off; PostgreSQL's does when a copy is put back so."""
    engine = create_engine(database, future=True)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))
    engine.dispose()


def told(house: House) -> str:
    return "\n".join(f.sentence for f in _contradictions(house.app) if not f.well)


@pytest.fixture
def busy(house: House, phone: Phone, desk: Desk) -> None:
    """A case that was taken, and a note on it."""
    phone.texts(DANGER)
    card = desk.sees_case(level="imminent")
    desk.accepts(card)
    desk.says(card, "I am here")
    house.app.desk.note(card.id, desk.me, "rings back at six")
    assert told(house) == ""


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    ("statement", "sentences"),
    [
        ("DELETE FROM thread", ["rows of message belong to a thread that is gone", "1 rows of address belong to a thread", "1 rows of case belong to a thread"]),
        ('DELETE FROM "case"', ["1 rows of note belong to a case that is gone"]),
        ("DELETE FROM message", ["rows of attempt belong to a text that is gone"]),
        ("DELETE FROM staff", ["1 rows of session belong to a member of staff who is gone", "1 cases are held by nobody"]),
        (
            "INSERT INTO page (case_id, staff_id, place, way, token_hash, sealed_token, state, at, due_at, attempts) SELECT 99, 1, "
            "'on call', 'text', 'x', sealed_reasons, 'sent', opened_at, opened_at, 1 FROM \"case\"",
            ["1 rows of page belong to a case that is gone"],
        ),
        (
            "INSERT INTO seat (group_id, thread_id, nickname, step, told, joined_at) SELECT 99, id, 'Otter', 0, '', created_at FROM thread",
            ["1 rows of seat belong to a group that is gone"],
        ),
    ],
)  # fmt: skip
def test_rows_that_belong_to_nothing_are_found_and_it_is_said_what_to_do(
    house: House, database: str, statement: str, sentences: list[str]
) -> None:
    by_hand(database, statement)
    found = told(house)
    for sentence in sentences:
        assert sentence in found, found


def test_whatever_a_row_may_point_to_has_a_sentence() -> None:
    assert {key.column.table.name for table in metadata.sorted_tables for key in table.foreign_keys} <= set(BELONGS_TO)
