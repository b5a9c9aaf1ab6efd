"""Deletes what its time is over for. Running it twice is the same as once; running it late deletes more.

What goes is one list of rules: ``expire`` deletes by it, and ``overdue`` counts by the same list for the doctor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Interval, Table, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.engine import Connection

from bot.handoff.cases import ENDED
from bot.store.boosters import WAITING
from bot.store.check_ins import AGREED
from bot.store.group_answers import ANSWERS, TRIES
from bot.store.groups import GroupRows
from bot.store.seats import SeatRows
from bot.store.sending import EARLY, REMEMBERED
from bot.store.tables import (
    address,
    booster,
    case,
    check_in,
    group_answer,
    group_session,
    group_text,
    join_try,
    message,
    note,
    page,
    received,
    report,
    seat,
    session,
    thread,
    tracker,
    typing,
)
from bot.store.threads import BARE, FAREWELL, token_is_over


@dataclass(frozen=True)
class Keep:
    """How long things are kept; an agency may set both (docs/settings.md)."""

    words: timedelta = timedelta(hours=72)
    """The words, tracker and number of a thread without a case, after its last message."""

    cases: timedelta = timedelta(days=30)
    """A case and its transcript, after it was closed."""


SESSIONS = timedelta(days=1)
TYPING = timedelta(minutes=5)
ADRIFT = timedelta(hours=1)
"""A tracker whose thread is gone was written by an engine that answered too late."""

GRACE = timedelta(minutes=30)
"""How late the doctor lets the sweep be, which runs every ten minutes."""


class RetentionRows:
    """Finds and deletes what is overdue."""

    def __init__(self, connection: Connection, now: datetime, keep: Keep) -> None:
        self._connection = connection
        self._now = now
        self._keep = keep

    def expire(self) -> int:
        """Delete everything that is overdue; returns how many rows went."""
        SeatRows(self._connection, GroupRows(self._connection, self._now), self._now).keep_takers_of_all()
        gone = sum(
            int(self._connection.execute(delete(table).where(which)).rowcount) for table, which in self._rules(self._now)
        )
        self._connection.execute(update(thread).where(self._more_than_bare(self._now)).values(**BARE))
        return gone

    def open_in_silence(self) -> int:
        """Open cases in whose thread nothing was said for as long as a closed case is kept: nobody deletes those."""
        still = select(thread.c.id).where(thread.c.last_at < self._now - self._keep.cases)
        wanted = case.c.state.not_in([s.value for s in ENDED]) & case.c.thread_id.in_(still.scalar_subquery())
        return int(self._connection.execute(select(func.count()).select_from(case).where(wanted)).scalar_one())

    def overdue(self) -> dict[str, int]:
        """How many rows of each table should have gone by now; tables without any are left out."""
        late = self._now - GRACE
        found: dict[str, int] = {}
        for name, table, which in [*((t.name, t, which) for t, which in self._rules(late)), *self._swept_elsewhere(late)]:
            count = int(self._connection.execute(select(func.count()).select_from(table).where(which)).scalar_one())
            if count:
                found[name] = found.get(name, 0) + count
        return found

    def _swept_elsewhere(self, now: datetime) -> Iterator[tuple[str, Table, Any]]:
        """What no rule deletes: tokens are taken back, the rest of a forgotten thread goes after its farewell, and of
        somebody who opted out a bare row stays."""
        yield "page token", thread, and_(thread.c.token_hash.is_not(None), token_is_over(now))
        yield "forgotten thread", thread, thread.c.forgotten_at < now - FAREWELL
        yield "opted-out thread", thread, self._more_than_bare(now)

    def _rules(self, now: datetime) -> Iterator[tuple[Table, Any]]:
        """What goes, in the order in which it goes: a thread only after everything of it."""
        over, silent = self._case_over(now), self._silent(now)
        yield note, note.c.case_id.in_(select(case.c.id).where(over).scalar_subquery())
        yield case, over
        yield message, or_(message.c.thread_id.in_(silent), self._old_words(now))
        yield tracker, or_(tracker.c.thread_id.in_(silent), self._adrift(now))
        yield address, and_(address.c.thread_id.in_(silent), ~self._awaited(address.c.thread_id))
        # Who opted out, or waits for texts to come, keeps a row: what belongs to it goes here, with no thread to go with.
        yield booster, and_(booster.c.thread_id.in_(silent), booster.c.state != WAITING)
        yield check_in, and_(check_in.c.thread_id.in_(silent), check_in.c.state != AGREED)
        answer_goes = and_(group_answer.c.thread_id.in_(silent), ~self._sits(group_answer.c.thread_id))
        yield group_answer, or_(answer_goes, group_answer.c.at < now - ANSWERS)
        yield seat, and_(seat.c.thread_id.in_(silent), ~self._sits(seat.c.thread_id))
        yield group_text, or_(group_text.c.thread_id.in_(silent), group_text.c.at < now - ANSWERS)
        # Somebody who opted out keeps a bare row, so that the wish is still honoured when they are forgotten.
        stays = self._awaited(thread.c.id) | self._sits(thread.c.id)
        yield thread, and_(thread.c.id.in_(silent), thread.c.opted_out_at.is_(None), ~stays)
        yield page, page.c.at < now - self._keep.cases
        yield session, session.c.created_at < now - SESSIONS
        yield typing, typing.c.until < now - TYPING
        yield join_try, join_try.c.at < now - TRIES
        yield received, received.c.at < now - REMEMBERED
        yield report, report.c.at < now - EARLY

    def _case_over(self, now: datetime) -> Any:
        return and_(case.c.state.in_([s.value for s in ENDED]), case.c.closed_at < now - self._keep.cases)

    def _silent(self, now: datetime) -> Any:
        """Threads without a case in which nothing was said for the ordinary time."""
        has_case = exists(select(case.c.id).where(case.c.thread_id == thread.c.id))
        return select(thread.c.id).where(thread.c.last_at < now - self._keep.words, ~has_case).scalar_subquery()

    def _more_than_bare(self, now: datetime) -> Any:
        """Threads that stay for the sake of STOP alone, and still say more of somebody."""
        says = or_(*(thread.c[name].is_distinct_from(value) for name, value in BARE.items()))
        return and_(thread.c.id.in_(self._silent(now)), thread.c.opted_out_at.is_not(None), says)

    def _awaited(self, thread_id: Any) -> Any:
        """Whether somebody asked for texts that are still to come: their number is kept for those, their words are not."""
        return exists(select(booster.c.id).where(booster.c.thread_id == thread_id, booster.c.state == WAITING))

    def _sits(self, thread_id: Any) -> Any:
        """Whether somebody sits in a group that has not ended: their seat and what was counted stay as long, their words and
        number do not. Else its next result would take the place of one with more answers, and show who had gone."""
        sits = seat.alias()
        goes_on = and_(sits.c.group_id == group_session.c.id, group_session.c.ended_at.is_(None))
        return exists(select(sits.c.id).where(sits.c.thread_id == thread_id, sits.c.left_at.is_(None), goes_on))

    def _old_words(self, now: datetime) -> Any:
        """Old words of a thread that still goes on, and of no case of it: those lie further before each case that is kept
        than ordinary words would have been kept when it was opened, or after it was closed."""
        still_open = or_(case.c.closed_at.is_(None), message.c.created_at <= case.c.closed_at)
        of_a_case = and_(message.c.created_at >= self._words_before(case.c.opened_at), still_open)
        has_case = exists(select(case.c.id).where(case.c.thread_id == message.c.thread_id, of_a_case))
        return and_(message.c.created_at < now - self._keep.words, ~has_case)

    def _words_before(self, moment: Any) -> Any:
        """A stored time less the time for words, as each database reckons."""
        if self._connection.dialect.name == "sqlite":
            return func.datetime(moment, f"-{int(self._keep.words.total_seconds())} seconds")
        return moment - bindparam(None, self._keep.words, type_=Interval)

    def _adrift(self, now: datetime) -> Any:
        has_thread = exists(select(thread.c.id).where(thread.c.id == tracker.c.thread_id))
        return and_(tracker.c.updated_at < now - ADRIFT, ~has_thread)
