"""When a part that listens nowhere was last at work, so that others can tell that it goes on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from bot.store.once import insert_once
from bot.store.tables import beat

OUTBOX = "outbox"


class BeatRows:
    """One row a part: the newest sign of life of any of its processes."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def beats(self, part: str) -> None:
        """It is at work now."""
        if not insert_once(self._connection, beat, part=part, at=self._now):
            self._connection.execute(update(beat).where(beat.c.part == part).values(at=self._now))

    def age(self, part: str) -> float | None:
        """Seconds since then; None for one that never was."""
        at = self._connection.execute(select(beat.c.at).where(beat.c.part == part)).scalar()
        return (self._now - at).total_seconds() if at else None
