"""Opens the database, keeps its schema current, and hands out units of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.pool import QueuePool

from bot.privacy import Vault
from bot.store.marks import KEY
from bot.store.retention import Keep
from bot.store.unit_of_work import UnitOfWork

CHANGED = "handrail_changed"
"""The PostgreSQL channel on which every commit tells the other processes."""

TELL = f"SELECT pg_notify('{CHANGED}', '') WHERE txid_current_if_assigned() IS NOT NULL"
"""Said at a commit that changed something. A look into an empty queue is no news: it would wake everybody to look again."""

SCHEMA_LOCK = 7_246_002
"""PostgreSQL advisory lock of whoever brings the schema up to date: of many processes that start together one does."""


OTHER_KEY = (
    "HANDRAIL_SECRET_KEY ends in another key than the one this database was made with: put that key back at the end of the "
    "list. Without it nobody would be known again, and who said STOP would be texted."
)


class StoreError(Exception):
    """The database cannot be used; the sentence says what to do."""


class StoreDown(StoreError):
    """The database cannot be read or written just now: gone, full, locked or broken. Nothing of the unit of work was kept,
    or, when the connection broke at the very commit, all of it."""


DOWN = (OperationalError, InterfaceError, InternalError, NoConnectionFree)
"""What the libraries raise when the database, and not our statement, is what is wrong."""

LONGEST_CONNECT = 5
"""Seconds to wait for PostgreSQL to answer: well inside the 15 that Twilio waits for a webhook."""

LONGEST_WAIT = 8
"""Seconds to wait for a free connection, or for another process of this machine that writes to SQLite."""


class Store:
    """The one database. Safe to share between threads; one per process."""

    def __init__(self, url: str, vault: Vault, clock: Callable[[], datetime], keep: Keep = Keep()) -> None:  # noqa: B008 - frozen
        self.url = url
        self._keep = keep
        self._vault = vault
        self._clock = clock
        self.engine = _engine(url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the default one-machine database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[UnitOfWork]:
        """One transaction that writes: all of it is kept, or none. Raises StoreDown.

        What is not ``lasting`` may be undone by a power cut as long as nothing that lasts was written after it: for a step
        that is then simply taken again. It spares the wait for the disk (SQLite only).
        """
        with _down_is_said(), self.engine.connect() as connection:
            connection.execution_options(handrail_writes=True, handrail_lasts=lasting)
            with connection.begin():
                work = self._work(connection)
                yield work
                work.audit.write()
                if not self.is_sqlite:
                    connection.execute(text(TELL))

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """One transaction that only reads. Raises StoreDown."""
        with _down_is_said(), self.engine.connect() as connection, connection.begin():
            yield self._work(connection)

    @property
    def file(self) -> Path | None:
        """SQLite's file; None for another database, or one in memory."""
        return Path(self.engine.url.database) if self.is_sqlite and self.engine.url.database else None

    def migrate(self) -> None:
        """Bring the schema to this version. Raises StoreError when the database cannot be reached, or was made with another
        key than the oldest one at hand."""
        if self.is_sqlite and self.engine.url.database:
            Path(self.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        try:
            with self.engine.connect() as connection:
                self.upgrade(connection, "head")
        except OperationalError as error:
            raise StoreError(
                f"The database at {make_url(self.url).render_as_string()} cannot be opened: "
                "check HANDRAIL_DATABASE_URL and that it is running."
            ) from error
        with self.read() as work:
            key_fits = work.marks.fits(KEY)
        if key_fits is None:
            with self.begin() as work:
                work.marks.begin(KEY)
                work.audit.begin()
        if key_fits is False:
            raise StoreError(OTHER_KEY)

    def fold_in(self) -> None:
        """Fold SQLite's log of changes into the file, so that nothing deleted is left in it; later where somebody is busy."""
        if not self.is_sqlite:
            return
        raw = self.engine.raw_connection()
        try:
            for pragma in ("busy_timeout=200", "wal_checkpoint(TRUNCATE)", "busy_timeout=10000"):
                raw.cursor().execute(f"PRAGMA {pragma}").close()
        finally:
            raw.close()

    def damage(self) -> str:
        """What SQLite finds wrong with its file; nothing for a whole one, and PostgreSQL has tools of its own."""
        if not self.is_sqlite:
            return ""
        with _down_is_said(), self.engine.connect() as connection:
            found = str(connection.execute(text("PRAGMA integrity_check(1)")).scalar())
        return "" if found == "ok" else found

    def upgrade(self, connection: Connection, revision: str) -> None:
        """Bring the schema to a version, whole or not at all; two processes do it one after the other.

        SQLite changes a table by making it anew and dropping the old one, and with foreign keys on, dropping a table
        deletes what belongs to its rows. They can only be switched outside a transaction.
        """
        if not self.is_sqlite:
            with connection.begin():
                connection.execute(text(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})"))
                command.upgrade(_alembic(connection), revision)
            return
        raw = connection.connection
        raw.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            connection.execution_options(handrail_writes=True)
            command.upgrade(_alembic(connection), revision)
        finally:
            connection.rollback()
            raw.cursor().execute("PRAGMA foreign_keys=ON")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _work(self, connection: Connection) -> UnitOfWork:
        return UnitOfWork(connection, self._vault, self._clock, self._keep)


@contextmanager
def _down_is_said() -> Iterator[None]:
    """A database that is gone is one kind of error, whichever of the libraries noticed it, and quotes no statement."""
    try:
        yield
    except DOWN as error:
        raise StoreDown(f"The database does not answer ({type(error).__name__}).") from error
    except DatabaseError as error:
        if type(error) is DatabaseError:  # a file that is damaged or no database; the kinds below it are our own mistakes
            raise StoreDown("The database file is damaged: put a copy back with `handrail restore`.") from error
        raise


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed,
            future=True,
            hide_parameters=True,
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
            pool_timeout=LONGEST_WAIT,
            connect_args={"connect_timeout": LONGEST_CONNECT, "tcp_user_timeout": LONGEST_WAIT * 1000},
        )
    engine = create_engine(
        parsed,
        future=True,
        hide_parameters=True,  # an error of the database does not quote what was to be written
        poolclass=QueuePool,  # without it each unit of work would open the file anew
        pool_size=10,
        max_overflow=10,
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
    sync = "FULL" if options.get("handrail_lasts", True) else "NORMAL"
    if connection.info.get("sync", "FULL") != sync:
        connection.exec_driver_sql(f"PRAGMA synchronous={sync}")
        connection.info["sync"] = sync
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("handrail_writes") else "BEGIN")
