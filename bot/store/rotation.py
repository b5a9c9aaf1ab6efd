"""Everything sealed, under the newest key: what `handrail keys rotate` does, and what `handrail doctor` looks at.

It works in small transactions while the service runs, may be stopped anywhere and run again, and touches what is
already under the newest key no more.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Table, and_, or_, select, update
from sqlalchemy.engine import Row

from bot.privacy import Vault
from bot.store.database import Store
from bot.store.opening import unhurried
from bot.store.tables import metadata

BATCH = 200
"""Rows in one transaction: a webhook never waits longer than these take."""


def sealed_columns() -> dict[Table, list[Column[bytes]]]:
    """Every encrypted column, by table."""
    found = {table: [c for c in table.columns if c.name.startswith("sealed_")] for table in metadata.sorted_tables}
    return {table: columns for table, columns in found.items() if columns}


def rotate(store: Store, vault: Vault) -> int:
    """Seal everything with the newest key; how many values changed. Raises PrivacyError when no key opens a value."""
    return sum(_rotate_table(store, vault, table, columns) for table, columns in sealed_columns().items())


def under_older_keys(store: Store, vault: Vault) -> tuple[int, int]:
    """How many values only an older key opens, and how many no key at hand."""
    with store.engine.connect() as connection:
        unhurried(connection)
        older = [
            vault.opens(value)
            for table, columns in sealed_columns().items()
            for row in connection.execute(select(*columns))
            for value in row
            if value is not None and not vault.is_newest(value)
        ]
    return sum(older), len(older) - sum(older)


def _rotate_table(store: Store, vault: Vault, table: Table, columns: list[Column[bytes]]) -> int:
    return sum(_rotate_rows(store, vault, table, columns, keys) for keys in _batches(store, table))


def _batches(store: Store, table: Table) -> Iterator[list[Row[tuple[object, ...]]]]:
    with store.engine.connect() as connection:
        unhurried(connection)
        keys = list(connection.execute(select(*table.primary_key.columns)))
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def _rotate_rows(
    store: Store, vault: Vault, table: Table, columns: list[Column[bytes]], keys: list[Row[tuple[object, ...]]]
) -> int:
    """Read and write in one transaction, so that nothing written in between is put back."""
    key_columns, changed = list(table.primary_key.columns), 0
    with store.engine.connect() as connection:
        connection.execution_options(handrail_writes=True)
        with connection.begin():
            these = or_(*(and_(*(c == v for c, v in zip(key_columns, key, strict=True))) for key in keys))
            query = select(*key_columns, *columns).where(these)
            for row in connection.execute(query if store.is_sqlite else query.with_for_update()).all():
                values = dict(zip((c.name for c in columns), row[len(key_columns) :], strict=True))
                fresh = {n: vault.rotate(bytes(v)) for n, v in values.items() if v is not None and not vault.is_newest(v)}
                if fresh:
                    key = and_(*(c == v for c, v in zip(key_columns, row, strict=False)))
                    connection.execute(update(table).where(key).values(**fresh))
                    changed += len(fresh)
    return changed
