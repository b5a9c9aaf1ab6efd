"""A schema that changes: from every version that was ever released, with data in it, and interrupted half-way."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import datetime, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.privacy import Vault
from bot.settings import child_environment
from bot.store.database import Store
from bot.store.tables import metadata
from tests.talking import ROOT, Clock

VAULT = Vault(["a-key-of-at-least-32-letters-long!"])
AT = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
VERSIONS = sorted(
    revision.revision for revision in ScriptDirectory(str(ROOT / "bot" / "store" / "migrations")).walk_revisions()
)


@pytest.fixture
def store(database: str) -> Any:
    made = Store(database, VAULT, Clock())
    yield made
    made.close()


def upgrade(store: Store, revision: str) -> None:
    with store.engine.connect() as connection:
        store.upgrade(connection, revision)


def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as it is."""
    found, tables = {}, sa.MetaData()
    tables.reflect(store.engine)
    with store.engine.connect() as connection:
        for table in tables.sorted_tables:
            rows = [dict(row._mapping) for row in connection.execute(sa.select(table))]
            found[table.name] = sorted(rows, key=repr)
    return found


def fill(store: Store) -> None:
    """Two rows in every table, with something in every column."""
    tables = sa.MetaData()
    tables.reflect(store.engine)
    with store.engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            for number in (1, 2):
                connection.execute(table.insert().values({c.name: value(c, number) for c in table.columns}))


def value(column: Any, number: int) -> Any:
    kind = column.type
    if isinstance(kind, sa.LargeBinary):
        return VAULT.seal(f"{column.name} {number}")
    if isinstance(kind, sa.Boolean):
        return number == 1
    if isinstance(kind, sa.DateTime):
        return AT
    if isinstance(kind, sa.Integer):
        return number
    words = f"thread{number}" if column.name == "thread_id" or str(column) == "thread.id" else f"{number}-{column.name}"
    return words[: kind.length]


@pytest.mark.parametrize("version", VERSIONS)
def test_from_every_version_with_data_in_it_nothing_is_lost_and_the_schema_is_todays(store: Store, version: str) -> None:
    upgrade(store, version)
    fill(store)
    before = contents(store)
    assert all(len(rows) == 2 for name, rows in before.items() if name != "alembic_version")
    store.migrate()
    after = contents(store)
    marks = before.pop("mark", [])
    assert all(mark in after["mark"] for mark in marks)  # a start adds the two of its own
    for name, rows in before.items():
        if name != "alembic_version":
            assert [{k: row[k] for k in old} for old, row in zip(rows, after[name], strict=True)] == rows, name
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


KILLED = """
import os, signal, sys
from alembic.ddl.impl import DefaultImpl
from bot.privacy import Vault
from bot.store.database import Store
from datetime import datetime, timezone
done, real = [], DefaultImpl.create_table
def counted(self, *args, **kwargs):
    done.append(1)
    if len(done) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *args, **kwargs)
DefaultImpl.create_table = counted
Store(sys.argv[1], Vault(["a-key-of-at-least-32-letters-long!"]), lambda: datetime.now(timezone.utc)).migrate()
"""


@pytest.mark.parametrize("at", [2, 9, 14])
def test_a_process_killed_in_the_middle_of_a_migration_leaves_a_database_that_the_next_start_finishes(
    database: str, at: int
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, database, str(at)], cwd=ROOT, env=child_environment(), capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-500:]
    store = Store(database, VAULT, Clock())
    store.migrate()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


@pytest.mark.parametrize("at", [1, 4])
def test_a_process_killed_while_it_upgrades_a_filled_older_version_loses_nothing_of_it(store: Store, at: int) -> None:
    upgrade(store, "0005")
    fill(store)
    before = contents(store)
    url = store.engine.url.render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(at)], cwd=ROOT, env=child_environment(), capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-500:]
    assert contents(store) == before
    store.migrate()
    after = contents(store)
    for name, rows in before.items():
        if name != "alembic_version":
            assert [{k: row[k] for k in old} for old, row in zip(rows, after[name], strict=True)] == rows, name
