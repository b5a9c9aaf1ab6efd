"""Inserts a row that may be there already, on either database, without failing the transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


def insert_once(connection: Connection, table: Table, **values: Any) -> bool:
    """Whether this was the first; of two at the same moment, one waits for the other and hears False."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return bool(connection.execute(dialect.insert(table).values(**values).on_conflict_do_nothing()).rowcount)
