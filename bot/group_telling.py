"""Tells phones in a group where it is now: a few at a time, so that a large group never holds up a message.

Promises: each phone is told each step once, also when a process dies in between (the mark and the message are one
transaction); who is with a person, or waits for one, is not disturbed, and who said STOP is not texted.
"""

from __future__ import annotations

import structlog

from bot.group_talk import GroupTalk, marker
from bot.groups.state import GroupState
from bot.handoff.cases import HELD, WAITING
from bot.store.database import Store
from bot.store.groups import Group, Seat
from bot.store.unit_of_work import UnitOfWork

log = structlog.get_logger()

AT_ONCE = 20
"""Phones told in one transaction: about 20 ms of the database's one writer."""


class GroupTelling:
    """Sweeps groups whose phones have something to hear."""

    def __init__(self, *, store: Store, talk: GroupTalk) -> None:
        self._store = store
        self._talk = talk

    def tell_some(self) -> bool:
        """Tell the next few; False when everybody knows who can be told."""
        with self._store.read() as work:
            waiting = [group.id for group in work.groups.live() if _next(work, group)]
        return any(self._is_told(group_id) for group_id in waiting)

    def _is_told(self, group_id: int) -> bool:
        """Tell a few of one group. One that cannot be told, because its lesson is gone, keeps no other waiting."""
        try:
            with self._store.begin() as work:
                work.alone()  # another outbox may be telling the same
                group = work.groups.get(group_id)
                for seat in _next(work, group):
                    self._tell(work, seat, group)
        except Exception as error:  # noqa: BLE001 - the edge: it is tried again, and the others are told
            log.error("group not told", group_id=group_id, kind=type(error).__name__)
            return False
        return True

    def _tell(self, work: UnitOfWork, seat: Seat, group: Group) -> None:
        thread = work.threads.get(seat.thread_id)
        case = work.cases.open_for(seat.thread_id)
        busy = case is not None and (case.state in HELD or case.state in WAITING)
        if thread is None or thread.opted_out or busy or (group.state is GroupState.GATHERING):
            work.groups.change_seat(seat.id, told=marker(group))
        else:
            self._talk.tell(work, thread, seat, group)
        if group.state is GroupState.ENDED:
            work.groups.change_seat(seat.id, left_at=work.now)


def _next(work: UnitOfWork, group: Group) -> list[Seat]:
    """Seats without a page of the group's own; those on the page see the step there."""
    return list(work.groups.to_tell(group.id, marker(group), limit=AT_ONCE))
