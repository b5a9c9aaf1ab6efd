"""Looks for rows that contradict each other: what no sequence of steps of ours leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, and_, exists, func, not_, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ClauseElement

from bot.handoff.cases import ENDED, HELD, TRANSITIONS, State
from bot.privacy import UNREADABLE
from bot.safety.verdict import Level
from bot.store.tables import address, audit, case, message, metadata, page, staff, thread

OPEN = not_(case.c.state.in_([s.value for s in ENDED]))

BELONGS_TO = {
    "thread": "a thread that is gone, so that neither FORGET ME nor the end of its time reaches them: threads were deleted by "
    "hand; put the newest copy back, or delete these rows too",
    "message": "a text that is gone: texts were deleted by hand; these tell nothing any more, delete them too",
    "case": "a case that is gone, so that nobody sees or deletes them: put the newest copy back, or delete them too",
    "group_session": "a group that is gone, so that its end does not reach them: put the newest copy back, or delete them too",
    "staff": "a member of staff who is gone: `handrail staff disable` ends access and deletes nobody; delete these rows too",
}
"""What rows may point to, and what it means and what to do when that is not there. Both databases hold it by themselves, but
not against tools that are used by hand: SQLite's own opens a file with foreign keys off, and a copy can be put back into
PostgreSQL with them disabled."""


def contradictions(connection: Connection) -> Iterator[tuple[int, str]]:
    """How many of each kind there are, with a sentence on what it means and what to do."""
    has_case = exists(select(case.c.id).where(case.c.thread_id == message.c.thread_id))
    has_number = exists(select(address.c.thread_id).where(address.c.thread_id == message.c.thread_id))
    on_a_phone = message.c.thread_id.in_(select(thread.c.id).where(thread.c.channel == "sms"))
    several = select(case.c.thread_id).where(OPEN).group_by(case.c.thread_id).having(func.count() > 1).subquery()
    never_begun = and_(case.c.deadline_at.is_(None), case.c.step == 0)  # later steps end with nobody left to call
    newest = select(message.c.thread_id, func.max(message.c.seq).label("seq")).group_by(message.c.thread_id).subquery()
    looks = (
        (
            select(message.c.thread_id).where(message.c.level >= int(Level.HIGH), message.c.direction == "in", ~has_case),
            "texts show danger and have no case: rows were deleted by hand; put the newest copy back",
        ),
        (
            select(case.c.id).where(case.c.state == State.QUEUED.value, or_(case.c.heartbeat_at.is_(None), never_begun)),
            "waiting cases have no clock: take them from the desk now, because nobody will be called",
        ),
        (
            select(case.c.id).where(
                case.c.state.in_([s.value for s in HELD]), _points_nowhere(case.c.staff_id, staff.c.id, none=True)
            ),
            "cases are held by nobody: hand them back to the queue on the desk",
        ),
        (
            select(thread.c.id).join(newest, newest.c.thread_id == thread.c.id).where(thread.c.last_seq < newest.c.seq),
            "threads have lost count of their texts, so that no further one can be kept: put the newest copy back",
        ),
        (select(several), "threads have two open cases: close the older one on the desk"),
        (
            select(message.c.id).where(
                and_(message.c.state.in_(("queued", "sending")), message.c.direction == "out", on_a_phone, ~has_number)
            ),
            "texts wait for a number that is not kept: the outbox gives them up when it runs",
        ),
        (
            select(message.c.id).where(message.c.error_code == UNREADABLE),
            "texts were given up because no key opens them: is one missing from HANDRAIL_SECRET_KEY, or is the disk failing?",
        ),
    )
    for wanted, sentence in (*looks, *_left_behind()):
        found = int(connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one())
        if found:
            yield found, sentence
    strayed = _cases_beside_their_trail(connection)
    if strayed:
        yield (
            strayed,
            "cases are not where the audit trail left them: somebody changed the database by hand; put the newest copy back",
        )


def _left_behind() -> Iterator[tuple[ClauseElement, str]]:
    """Rows that point to something which is not there: by every foreign key, and pages, whose case goes after them."""
    points = [(key.parent, key.column) for table in metadata.sorted_tables for key in table.foreign_keys]
    for column, to in (*points, (page.c.case_id, case.c.id)):
        what = f"rows of {column.table.name} belong to {BELONGS_TO[to.table.name]}"
        yield select(column).where(_points_nowhere(column, to)), what


def _points_nowhere(column: Column, to: Column, *, none: bool = False) -> ClauseElement:
    """Whether a column names a row that is not there; with ``none`` also whether it names none."""
    nowhere = and_(column.is_not(None), ~exists(select(to).where(to == column)))
    return or_(column.is_(None), nowhere) if none else nowhere


def _cases_beside_their_trail(connection: Connection) -> int:
    """How many cases are in another state than their last step led to."""
    leads_to = {event.value: state.value for (_, event), state in TRANSITIONS.items()}
    steps = select(func.max(audit.c.id).label("id")).where(audit.c.what.in_(leads_to)).group_by(audit.c.case_id).subquery()
    last = select(audit.c.case_id, audit.c.what).join(steps, steps.c.id == audit.c.id).subquery()
    wanted = select(case.c.state, last.c.what).select_from(case).outerjoin(last, last.c.case_id == case.c.id)
    return sum(row.state != leads_to.get(row.what, State.DETECTED.value) for row in connection.execute(wanted))
