"""How far a stream of events was delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from bot.store.once import insert_once
from bot.store.tables import cursor

LEASE = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=10)
"""No stream waits longer before it is tried again."""


@dataclass(frozen=True)
class Cursor:
    """A place in a stream, and how often the next step was tried."""

    value: int
    attempts: int


class CursorRows:
    """One row a stream; claimed for a while, so that two processes do not send the same event."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def place(self, name: str) -> int | None:
        """How far a stream is; None for a new one."""
        value: int | None = self._connection.execute(select(cursor.c.value).where(cursor.c.name == name)).scalar()
        return value

    def waits(self, name: str) -> bool:
        """Whether a stream waits, or somebody has it.

        A look without a lock: on PostgreSQL a lock counts as a change, every change is told, and outboxes would wake each other
        for as long as it waits.
        """
        due_at = self._connection.execute(select(cursor.c.due_at).where(cursor.c.name == name)).scalar()
        return due_at is not None and self._now < due_at <= self._now + LONGEST_WAIT

    def claim(self, name: str, *, start: int) -> Cursor | None:
        """The place, claimed; None while it waits or somebody else has it. A new stream begins at ``start``."""
        row = self._connection.execute(select(cursor).where(cursor.c.name == name).with_for_update()).first()
        if row is None:
            insert_once(self._connection, cursor, name=name, value=start, attempts=0, due_at=self._now)
            return None
        if self._now < row.due_at <= self._now + LONGEST_WAIT:  # further off: set before the clock went back
            return None
        self._set(name, due_at=self._now + LEASE)
        return Cursor(row.value, row.attempts)

    def release(self, name: str) -> None:
        """Nothing was to be sent."""
        leased = (cursor.c.name == name, cursor.c.attempts == 0)
        self._connection.execute(update(cursor).where(*leased).values(due_at=self._now))

    def advance(self, name: str, value: int) -> None:
        """One more was delivered."""
        self._set(name, value=value, attempts=0, due_at=self._now)

    def wait(self, name: str, until: datetime) -> None:
        """It was not taken: try again at ``until``."""
        self._connection.execute(
            update(cursor).where(cursor.c.name == name).values(attempts=cursor.c.attempts + 1, due_at=until)
        )

    def _set(self, name: str, **values: object) -> None:
        self._connection.execute(update(cursor).where(cursor.c.name == name).values(**values))
