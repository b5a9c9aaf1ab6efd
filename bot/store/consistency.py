"""Looks for rows that contradict each other: what no sequence of steps of ours leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, exists, func, not_, select
from sqlalchemy.engine import Connection

from bot.handoff.cases import ENDED, HELD, TRANSITIONS, State
from bot.privacy import UNREADABLE
from bot.safety.verdict import Level
from bot.store.tables import address, audit, case, message, thread

OPEN = not_(case.c.state.in_([s.value for s in ENDED]))


def contradictions(connection: Connection) -> Iterator[tuple[int, str]]:
    """How many of each kind there are, with a sentence on what it means and what to do."""
    has_case = exists(select(case.c.id).where(case.c.thread_id == message.c.thread_id))
    has_number = exists(select(address.c.thread_id).where(address.c.thread_id == message.c.thread_id))
    on_a_phone = message.c.thread_id.in_(select(thread.c.id).where(thread.c.channel == "sms"))
    several = select(case.c.thread_id).where(OPEN).group_by(case.c.thread_id).having(func.count() > 1).subquery()
    looks = (
        (
            select(message.c.thread_id).where(message.c.level >= int(Level.HIGH), message.c.direction == "in", ~has_case),
            "texts show danger and have no case: rows were deleted by hand; put the newest copy back",
        ),
        (
            select(case.c.id).where(case.c.state == State.QUEUED.value, case.c.heartbeat_at.is_(None)),
            "waiting cases have no clock: take them from the desk now, because nobody will be called",
        ),
        (
            select(case.c.id).where(case.c.state.in_([s.value for s in HELD]), case.c.staff_id.is_(None)),
            "cases are held by nobody: hand them back to the queue on the desk",
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
    for wanted, sentence in looks:
        found = int(connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one())
        if found:
            yield found, sentence
    strayed = _cases_beside_their_trail(connection)
    if strayed:
        yield (
            strayed,
            "cases are not where the audit trail left them: somebody changed the database by hand; put the newest copy back",
        )


def _cases_beside_their_trail(connection: Connection) -> int:
    """How many cases are in another state than their last step led to."""
    leads_to = {event.value: state.value for (_, event), state in TRANSITIONS.items()}
    steps = select(func.max(audit.c.id).label("id")).where(audit.c.what.in_(leads_to)).group_by(audit.c.case_id).subquery()
    last = select(audit.c.case_id, audit.c.what).join(steps, steps.c.id == audit.c.id).subquery()
    wanted = select(case.c.state, last.c.what).select_from(case).outerjoin(last, last.c.case_id == case.c.id)
    return sum(row.state != leads_to.get(row.what, State.DETECTED.value) for row in connection.execute(wanted))
