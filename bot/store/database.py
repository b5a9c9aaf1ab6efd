"""Opens the database, keeps its schema current, and hands out units of work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from bot.privacy import Vault
from bot.store.marks import KEY
from bot.store.opening import LONGEST_WAIT, opened, unhurried
from bot.store.retention import Keep
from bot.store.unit_of_work import UnitOfWork

if TYPE_CHECKING:  # only who brings the schema up to date needs it
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
"""The schema's versions; each file begins with its number."""

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


NEWER = (
    "This database was made by a newer version of Handrail: install that one again, or put an older copy back with "
    "`handrail restore`."
)


class StoreError(Exception):
    """The database cannot be used; the sentence says what to do."""


class StoreDown(StoreError):
    """The database cannot be read or written just now: gone, full, locked or broken. Nothing of the unit of work was kept,
    or, when the connection broke at the very commit, all of it."""


DOWN = (OperationalError, InterfaceError, InternalError, NoConnectionFree)
"""What the libraries raise when the database, and not our statement, is what is wrong."""


class Store:
    """The one database. Safe to share between threads; one per process."""

    def __init__(self, url: str, vault: Vault, clock: Callable[[], datetime], keep: Keep = Keep()) -> None:  # noqa: B008 - frozen
        self.url = url
        self._keep = keep
        self._vault = vault
        self._clock = clock
        self.engine = opened(url)
        self._writing = threading.Lock()

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
        with down_is_said(), self._writers_turn(), self.engine.connect() as connection:
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
        with down_is_said(), self.engine.connect() as connection, connection.begin():
            yield self._work(connection)

    @property
    def file(self) -> Path | None:
        """SQLite's file; None for another database, or one in memory."""
        return Path(self.engine.url.database) if self.is_sqlite and self.engine.url.database else None

    def migrate(self) -> None:
        """Bring the schema to this version. Raises StoreError when the database cannot be reached or read, is of a newer
        version, or was made with another key than the oldest one at hand."""
        if self.is_sqlite and self.engine.url.database:
            Path(self.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        try:
            with _damage_is_said(), self.engine.connect() as connection:
                if not _is_current(connection):
                    with _newer_is_said():
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
        with down_is_said(), self.engine.connect() as connection:
            found = str(connection.execute(text("PRAGMA integrity_check(1)")).scalar())
        return "" if found == "ok" else found

    def upgrade(self, connection: Connection, revision: str) -> None:
        """Bring the schema to a version, whole or not at all; two processes do it one after the other.

        SQLite changes a table by making it anew and dropping the old one, and with foreign keys on, dropping a table
        deletes what belongs to its rows. They can only be switched outside a transaction.
        """
        from alembic import command

        if not self.is_sqlite:
            with connection.begin():
                unhurried(connection)
                connection.execute(text("SET LOCAL lock_timeout = 0"))  # whoever upgrades may take minutes
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

    @contextmanager
    def _writers_turn(self) -> Iterator[None]:
        """SQLite lets one write at a time and has who waits sleep and ask again, up to a tenth of a second: this process's own
        writers stand in line instead. Raises StoreDown after the time that SQLite would wait."""
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=LONGEST_WAIT):
            raise StoreDown("The database does not answer (another writer holds it).")
        try:
            yield
        finally:
            self._writing.release()

    def _work(self, connection: Connection) -> UnitOfWork:
        return UnitOfWork(connection, self._vault, self._clock, self._keep)


@contextmanager
def down_is_said() -> Iterator[None]:
    """A database that is gone is one kind of error, whichever of the libraries noticed it, and quotes no statement."""
    try:
        with _damage_is_said():
            yield
    except DOWN as error:
        raise StoreDown(f"The database does not answer ({type(error).__name__}).") from error


@contextmanager
def _damage_is_said() -> Iterator[None]:
    """A damaged file is a database that is down: what comes meanwhile is kept on disk."""
    try:
        yield
    except DatabaseError as error:
        if type(error) is DatabaseError:  # a file that is damaged or no database; the kinds below it are our own mistakes
            raise StoreDown("The database file is damaged: put a copy back with `handrail restore`.") from error
        raise


@contextmanager
def _newer_is_said() -> Iterator[None]:
    """A schema that this version does not know was made by a later one."""
    from alembic.util import CommandError

    try:
        yield
    except CommandError as error:
        raise StoreError(NEWER) from error


def _is_current(connection: Connection) -> bool:
    """Whether the schema is this version's; looked up without alembic, which most starts then need not import."""
    newest = max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    with connection.begin():
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest]


def _alembic(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
