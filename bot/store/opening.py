"""Opens either kind of database, and sets how long anything of it is waited for.

PostgreSQL waits for ever by itself: for a lock that somebody forgot, and for a machine that lost its power in the middle of
a transaction. Nobody may wait that long, for a young person hears nothing meanwhile.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.pool import QueuePool

LONGEST_CONNECT = 5
"""Seconds to wait for PostgreSQL to answer: well inside the 15 that Twilio waits for a webhook."""

LONGEST_WAIT = 8
"""Seconds to wait for a free connection, for a lock, or for another process of this machine that writes to SQLite."""

LONGEST_STATEMENT = 10
"""Seconds that one statement may take."""

LONGEST_THOUGHT = 15
"""Seconds that a transaction may be left lying: a process that is gone must not keep its locks."""

FIRST_ASK, NEXT_ASK, MOST_ASKS = 10, 5, 3
"""Seconds of silence after which the other machine is asked whether it is there, between two such questions, and how many go
unanswered until it counts as gone."""

SQLITE_CONNECTIONS = 50
"""As many as a process has threads that ask at once: one that waits for another's connection, or opens its own and closes it
again, takes longer than to ask."""


def opened(url: str) -> Engine:
    """An engine for a database; connects to nothing yet."""
    parsed = make_url(url)
    return _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)


def unhurried(connection: Connection) -> None:
    """To the end of this transaction our own work may take as long as it takes: for what nobody waits for on a phone."""
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")


def _postgresql(parsed: URL) -> Engine:
    asks = {"keepalives_idle": FIRST_ASK, "keepalives_interval": NEXT_ASK, "keepalives_count": MOST_ASKS}
    engine = create_engine(
        parsed,
        future=True,
        hide_parameters=True,
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=True,
        pool_timeout=LONGEST_WAIT,
        connect_args={"connect_timeout": LONGEST_CONNECT, "tcp_user_timeout": LONGEST_WAIT * 1000, **asks},
    )
    event.listen(engine, "connect", _limit_postgresql)
    return engine


def _limit_postgresql(raw: Any, _record: object) -> None:
    """Said to the server, and not as ``options`` of the connection, which PgBouncer refuses."""
    limits = {
        "statement_timeout": LONGEST_STATEMENT * 1000,
        "lock_timeout": LONGEST_WAIT * 1000,
        "idle_in_transaction_session_timeout": LONGEST_THOUGHT * 1000,
        "tcp_keepalives_idle": FIRST_ASK,
        "tcp_keepalives_interval": NEXT_ASK,
        "tcp_keepalives_count": MOST_ASKS,
    }
    with raw.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in limits.items()))
    raw.commit()


def _sqlite(parsed: URL) -> Engine:
    engine = create_engine(
        parsed,
        future=True,
        hide_parameters=True,  # an error of the database does not quote what was to be written
        poolclass=QueuePool,  # without it each unit of work would open the file anew
        pool_size=SQLITE_CONNECTIONS,
        max_overflow=0,
        pool_timeout=LONGEST_WAIT,
        connect_args={"timeout": LONGEST_WAIT, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, _record: object) -> None:
    """WAL lets readers go on while one writes; FULL makes a commit survive a power cut."""
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: taking it half-way through would deadlock two writers."""
    options = connection.get_execution_options()
    writes = options.get("handrail_writes")
    sync = "FULL" if options.get("handrail_lasts", True) else "NORMAL"
    if writes and connection.info.get("sync", "FULL") != sync:
        connection.exec_driver_sql(f"PRAGMA synchronous={sync}")
        connection.info["sync"] = sync
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
