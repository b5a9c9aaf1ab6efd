"""Inserts a row that may be there already, on either database, without failing the transaction."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.sql import Executable


def insert_once(connection: Connection, table: Table, **values: Any) -> bool:
    """Whether this was the first; of two at the same moment, one waits for the other and hears False."""
    return bool(connection.execute(_once(connection.dialect.name, table), values).rowcount)


@lru_cache
def _once(dialect: str, table: Table) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing()
