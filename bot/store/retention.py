"""Deletes what its time is over for. Running it twice is the same as once; running it late deletes more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, func, or_, select
from sqlalchemy.engine import Connection

from bot.handoff.cases import ENDED
from bot.store.boosters import WAITING
from bot.store.tables import address, booster, case, message, note, page, session, thread, tracker

ORDINARY = timedelta(hours=72)
"""How long the words of a thread without a case are kept (design: what we keep)."""

CASES = timedelta(days=30)
"""How long a case and its transcript are kept after it was closed, unless the agency says otherwise."""

SESSIONS = timedelta(days=1)


class RetentionRows:
    """Finds and deletes what is overdue."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def expire(self) -> int:
        """Delete everything that is overdue; returns how many rows went."""
        ended = [c.id for c in self._connection.execute(select(case.c.id).where(self._case_over()))]
        gone = self._delete(note, note.c.case_id.in_(ended)) + self._delete(case, case.c.id.in_(ended))
        for table in (message, tracker):
            gone += self._delete(table, table.c.thread_id.in_(self._silent()))
        gone += self._delete(address, and_(address.c.thread_id.in_(self._silent()), ~self._awaited(address.c.thread_id)))
        bare = and_(thread.c.id.in_(self._silent()), thread.c.opted_out_at.is_(None), ~self._awaited(thread.c.id))
        gone += self._delete(thread, bare)
        gone += self._delete(message, self._old_words())
        gone += self._delete(page, page.c.at < self._now - CASES)
        return gone + self._delete(session, session.c.created_at < self._now - SESSIONS)

    def overdue(self) -> int:
        """How many rows should have gone already, for the doctor."""
        words = select(func.count()).select_from(message).where(or_(self._old_words(), message.c.thread_id.in_(self._silent())))
        cases = select(func.count()).select_from(case).where(self._case_over())
        return int(self._connection.execute(words).scalar_one()) + int(self._connection.execute(cases).scalar_one())

    def _case_over(self) -> Any:
        return and_(case.c.state.in_([s.value for s in ENDED]), case.c.closed_at < self._now - CASES)

    def _silent(self) -> Any:
        """Threads without a case in which nothing was said for the ordinary time.

        Somebody who opted out keeps a bare row, so that the wish is still honoured when they are forgotten.
        """
        has_case = exists(select(case.c.id).where(case.c.thread_id == thread.c.id))
        return select(thread.c.id).where(thread.c.last_at < self._now - ORDINARY, ~has_case).scalar_subquery()

    def _awaited(self, thread_id: Any) -> Any:
        """Whether somebody asked for texts that are still to come: their number is kept for those, their words are not."""
        return exists(select(booster.c.id).where(booster.c.thread_id == thread_id, booster.c.state == WAITING))

    def _old_words(self) -> Any:
        """Old words of a thread that still goes on, and has no case."""
        has_case = exists(select(case.c.id).where(case.c.thread_id == message.c.thread_id))
        return and_(message.c.created_at < self._now - ORDINARY, ~has_case)

    def _delete(self, table: Any, which: Any) -> int:
        return int(self._connection.execute(delete(table).where(which)).rowcount)
