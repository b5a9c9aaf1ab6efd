"""How a group ends: by its facilitator, or by itself when nobody has touched it for half a day.

Promises: every poll of an ended group is closed, and how many took part is kept in fives, so that nothing of its summary
changes when the threads of those who sat there are gone.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.groups.state import GroupState
from bot.groups.steps import GroupLessons, GroupStep, LessonGone, left_of
from bot.store.database import Store, StoreDown
from bot.store.groups import Group
from bot.store.unit_of_work import UnitOfWork

log = structlog.get_logger()

UNTOUCHED = timedelta(hours=12)
"""A group in which nobody has come, answered, asked or gone on for so long is over: somebody forgot to end it."""


def end_group(work: UnitOfWork, lessons: GroupLessons, group: Group) -> None:
    """End a group that the caller holds: its door is shut and its polls are closed."""
    work.groups.change(group.id, state=GroupState.ENDED.value, step_at=work.now, ended_at=work.now, door_open=False)
    for step in _polls(work, lessons, group):
        work.group_answers.publish(group.id, step, close=True)
    work.seats.keep_takers(group.id)


def _polls(work: UnitOfWork, lessons: GroupLessons, group: Group) -> list[GroupStep]:
    """All polls of a group; of a lesson that is gone those of which anything was published."""
    try:
        return [step for step in lessons.steps(group.subject) if step.counted]
    except LessonGone:
        return [left_of(*each) for each in work.group_answers.published(group.id).items()]


class GroupEnding:
    """Ends groups that were forgotten."""

    def __init__(self, *, store: Store, lessons: GroupLessons) -> None:
        self._store = store
        self._lessons = lessons

    def sweep(self) -> int:
        """End every group that nobody has touched for long; returns how many. Nobody is texted: it may be night."""
        with self._store.read() as work:
            forgotten = work.groups.untouched(UNTOUCHED)
        return sum(self._end(group_id) for group_id in forgotten)

    def _end(self, group_id: int) -> bool:
        try:
            with self._store.begin() as work:
                work.alone()
                group = work.groups.hold(group_id)
                if group_id not in work.groups.untouched(UNTOUCHED):
                    return False
                end_group(work, self._lessons, group)
                work.seats.empty(group_id)
                work.audit.add(actor="outbox", what="group ended untouched", detail=str(group_id))
        except StoreDown:
            raise  # then none can be ended, and the next sweep tries again
        except Exception as error:  # noqa: BLE001 - the edge: one that cannot be ended keeps no other from its end
            log.error("group not ended", group_id=group_id, kind=type(error).__name__)
            return False
        return True
