"""Boosters: up to three short texts after a lesson, only for somebody who asked for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from bot.store.tables import booster

WAITING, SENT, ENDED = "waiting", "sent", "ended"

AFTER = {"1 week": timedelta(days=7), "1 month": timedelta(days=30), "3 months": timedelta(days=91)}
"""When each of them goes out, by the name it has in the lesson's words (bot.lessons.model.BOOSTERS)."""


@dataclass(frozen=True)
class Booster:
    """One text to come: of which module, and which of the three."""

    id: int
    thread_id: str
    module: str
    which: str


class BoosterRows:
    """Keeps who wants to hear again, of what, and when."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def plan(self, thread_id: str, module: str) -> None:
        """Three texts from now on. What was planned before ends: nobody gets two series at once."""
        self.end(thread_id)
        rows = [
            {"thread_id": thread_id, "module": module, "which": which, "state": WAITING, "due_at": self._now + wait}
            for which, wait in AFTER.items()
        ]
        self._connection.execute(insert(booster), rows)

    def due(self) -> list[Booster]:
        """Those whose time has come, oldest first."""
        wanted = select(booster).where(booster.c.state == WAITING, booster.c.due_at <= self._now).order_by(booster.c.id)
        return [Booster(row.id, row.thread_id, row.module, row.which) for row in self._connection.execute(wanted)]

    def waiting(self, thread_id: str) -> int:
        """How many are still to come for a thread."""
        wanted = select(booster.c.id).where(booster.c.thread_id == thread_id, booster.c.state == WAITING)
        return len(self._connection.execute(wanted).all())

    def put_off(self, booster_id: int, wait: timedelta) -> None:
        """Not now: a person is with them."""
        self._connection.execute(update(booster).where(booster.c.id == booster_id).values(due_at=self._now + wait))

    def settle(self, booster_id: int, state: str) -> None:
        """Write how one went on."""
        self._connection.execute(update(booster).where(booster.c.id == booster_id).values(state=state))

    def end(self, thread_id: str) -> None:
        """No more of them."""
        open_ones = (booster.c.thread_id == thread_id, booster.c.state == WAITING)
        self._connection.execute(update(booster).where(*open_ones).values(state=ENDED))
