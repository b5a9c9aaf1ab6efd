"""Files that hold something of young people beside the database, all of them sealed, and how long each kind is left.

Backups are not among them: where those lie and how long is the agency's own matter (docs/operating.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot import spool
from bot.store import backup

UNFINISHED = timedelta(hours=1)
"""A text whose writing was cut off. The provider never heard that we have it, and brings it again."""

PUT_ASIDE = timedelta(days=7)
"""The database that ``handrail restore`` put aside."""

GRACE = timedelta(minutes=30)
"""How late the doctor lets the sweep be, which runs every ten minutes."""


class Leftovers:
    """Finds and deletes what is overdue. ``folder`` is the spool's; ``database`` is SQLite's file, None elsewhere."""

    def __init__(self, *, folder: Path, database: Path | None, keep: timedelta) -> None:
        self._folder = folder
        self._database = database
        self._keep = keep

    def expire(self, now: datetime) -> int:
        """Delete what is overdue; returns how many files went."""
        gone = list(self._overdue(now))
        for file in gone:
            file.unlink(missing_ok=True)
        return len(gone)

    def overdue(self, now: datetime) -> list[Path]:
        """What should have gone by now, for the doctor."""
        return list(self._overdue(now - GRACE))

    def _overdue(self, now: datetime) -> Iterator[Path]:
        yield from _older(self._folder, f"*{spool.UNFINISHED}", now - UNFINISHED)
        yield from _older(self._folder, f"*{spool.ASIDE}", now - self._keep)  # the doctor names these from the first minute
        if self._database is not None:
            yield from _older(self._database.parent, f"{self._database.name}.{backup.ASIDE}-*", now - PUT_ASIDE)


def _older(folder: Path, pattern: str, moment: datetime) -> Iterator[Path]:
    for file in sorted(folder.glob(pattern)) if folder.is_dir() else ():
        try:
            written = file.stat().st_mtime
        except FileNotFoundError:
            continue  # another outbox was quicker
        if written < moment.timestamp():
            yield file
