"""What waits, as numbers: for the metrics. No row's own id, name or word leaves here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.engine import Connection

from bot.handoff.cases import State
from bot.safety.verdict import Level
from bot.store.beats import OUTBOX, BeatRows
from bot.store.staff import StaffRows
from bot.store.tables import case, message

DAY = timedelta(hours=24)
NO_LONGER_OPEN = (State.CLOSED.value,)


@dataclass(frozen=True)
class Gauges:
    """Counts by fixed names, and ages in seconds. ``cases`` is by level and state, ``oldest`` by direction.

    ``outbox_beat`` is the age of the newest sign of life of any outbox; None where none ever ran.
    """

    messages: dict[str, float]
    oldest: dict[str, float]
    cases: dict[tuple[str, str], int]
    waits: dict[str, float]
    overdue: int
    staff_here: int
    failed: int
    outbox_beat: float | None


class GaugeRows:
    """Counts what is there now."""

    def __init__(self, connection: Connection, staff: StaffRows, beats: BeatRows, now: datetime) -> None:
        self._connection = connection
        self._staff = staff
        self._beats = beats
        self._now = now

    def now(self) -> Gauges:
        """Everything at once, in one transaction."""
        waiting = self.waiting()
        return Gauges(
            messages={name: waiting.get(name, 0) for name in ("in", "out")},
            oldest={"in": self._oldest("kept"), "out": self._oldest("queued", "sending")},
            cases=self._cases(),
            waits=self._waits(),
            overdue=self._count(
                select(func.count()).where(case.c.state == State.QUEUED.value, case.c.deadline_at <= self._now)
            ),
            staff_here=len(self._staff.here()),
            failed=self._count(
                select(func.count()).where(message.c.state == "failed", message.c.created_at >= self._now - DAY)
            ),
            outbox_beat=self._beats.age(OUTBOX),
        )

    def waiting(self) -> dict[str, int]:
        """How many messages wait to be answered (``in``) or sent (``out``), however long; nothing for none."""
        wanted = select(message.c.direction, func.count()).where(message.c.state.in_(("kept", "queued", "sending")))
        return {direction: count for direction, count in self._connection.execute(wanted.group_by(message.c.direction))}

    def came_in(self) -> tuple[int, int]:
        """How many texts came in, and how many of those are there twice under one provider's id."""
        mine = (message.c.direction == "in") & (message.c.who == "you")
        count, different = self._connection.execute(
            select(func.count(), func.count(message.c.provider_id.distinct())).where(mine)
        ).one()
        return int(count), int(count) - int(different)

    def _oldest(self, *states: str) -> float:
        due = or_(message.c.due_at.is_(None), message.c.due_at <= self._now)
        wanted = select(func.min(message.c.id)).where(message.c.state.in_(states), due)
        number = self._connection.execute(wanted).scalar()
        at = self._connection.execute(select(message.c.created_at).where(message.c.id == number)).scalar() if number else None
        return (self._now - at).total_seconds() if at else 0.0

    def _cases(self) -> dict[tuple[str, str], int]:
        counted = select(case.c.level, case.c.state, func.count()).where(case.c.state.not_in(NO_LONGER_OPEN))
        rows = self._connection.execute(counted.group_by(case.c.level, case.c.state))
        return {(Level(level).word, state): int(count) for level, state, count in rows}

    def _waits(self) -> dict[str, float]:
        """The longest wait by level; 0 where nobody waits, so that an alert has something to compare with."""
        longest = {level.word: 0.0 for level in Level if level is not Level.NONE}
        queued = select(case.c.level, case.c.queued_at).where(case.c.state == State.QUEUED.value)
        for level, since in self._connection.execute(queued):
            if since is not None and Level(level).word in longest:
                longest[Level(level).word] = max(longest[Level(level).word], (self._now - since).total_seconds())
        return longest

    def _count(self, wanted: object) -> int:
        return int(self._connection.execute(wanted).scalar() or 0)
