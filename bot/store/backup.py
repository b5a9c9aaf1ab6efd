"""Copies of the SQLite database, taken while the service runs, and put back. PostgreSQL has its own tools (docs/operating.md).

A copy holds what the database holds: words and numbers stay sealed, and without HANDRAIL_SECRET_KEY it opens nothing.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.store.database import Store, StoreError

ASIDE = "before-restore"
BESIDE = ("-wal", "-shm")
"""What SQLite may keep beside a database."""

WHAT_MAY_HAVE_HAPPENED = (
    "UPDATE message SET state = 'sending', claimed_until = NULL WHERE direction = 'out' AND state = 'queued'",
    "UPDATE message SET state = 'noted', claimed_until = NULL WHERE direction = 'in' AND state = 'kept'",
)
"""What waited when the copy was taken may have gone out since: of what was to be sent the provider is asked first, and what
was to be answered is not answered again."""


@dataclass(frozen=True)
class Restored:
    """What became of a copy that was put back: where the database before it is now, and what waited in the copy."""

    aside: Path | None
    in_doubt: int
    unanswered: int


def back_up(store: Store, to: Path) -> int:
    """A whole and checked copy at ``to``; its size in bytes. Raises StoreError."""
    source = _file(store)
    if to.exists():
        raise StoreError(f"{to} is there already: name a new file, so that no older copy is lost.")
    if not source.exists():
        raise StoreError(f"There is no database at {source} yet: nothing to copy.")
    to.parent.mkdir(parents=True, exist_ok=True)
    half = to.with_name(f"{to.name}.part")
    try:
        _copy(source, half)
        _check(half)
        half.replace(to)
    finally:
        half.unlink(missing_ok=True)
    return to.stat().st_size


def restore(store: Store, from_: Path, *, now: datetime) -> Restored:
    """Put a copy back in place of the database, which is put aside if there is one. Nothing is sent or answered twice.

    Raises StoreError when the copy is not whole, or when something still uses the database.
    """
    target = _file(store)
    if not from_.exists():
        raise StoreError(f"{from_} is not there: name the file that `handrail backup` wrote.")
    _check(from_)
    store.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f"{target.name}.part")
    try:
        _remove(half)
        _copy(from_, half)
        with closing(sqlite3.connect(half)) as copied, copied:
            in_doubt, unanswered = (copied.execute(statement).rowcount for statement in WHAT_MAY_HAVE_HAPPENED)
        aside = _put_aside(target, now) if target.exists() else None  # only now: a full disk has left it where it was
        half.replace(target)
    finally:
        _remove(half)
    return Restored(aside, in_doubt, unanswered)


def _file(store: Store) -> Path:
    if not store.is_sqlite or not store.engine.url.database:
        raise StoreError("This is for SQLite. For PostgreSQL use pg_dump and pg_restore, as docs/operating.md says.")
    return Path(store.engine.url.database)


def _put_aside(target: Path, now: datetime) -> Path:
    """Its week there begins now, however long ago it was written last (``bot.leftovers``)."""
    _must_be_unused(target)
    aside = target.with_name(f"{target.name}.{ASIDE}-{now:%Y%m%d%H%M%S}")
    target.replace(aside)
    os.utime(aside, (now.timestamp(), now.timestamp()))
    for ending in BESIDE:
        Path(f"{target}{ending}").unlink(missing_ok=True)
    return aside


def _remove(file: Path) -> None:
    for ending in ("", *BESIDE):
        Path(f"{file}{ending}").unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """SQLite's own online copy: consistent, whatever is written meanwhile."""
    target.touch(mode=0o600, exist_ok=True)
    with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
            well = opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            tables = {name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{file} is not a database that can be read: use another copy.") from error
    if not well or not {"thread", "message", "case", "alembic_version"} <= tables:
        raise StoreError(f"{file} is damaged or not one of Handrail's: use another copy.")


def _must_be_unused(target: Path) -> None:
    """A process that still has the file open would go on writing into the one that was put aside."""
    try:
        with closing(sqlite3.connect(target, timeout=2)) as opened:
            opened.execute("PRAGMA locking_mode = EXCLUSIVE")
            opened.execute("BEGIN EXCLUSIVE")
            opened.execute("COMMIT")
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise StoreError(f"{target} is in use: stop `handrail serve` first, then restore.") from error
