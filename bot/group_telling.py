"""Tells phones in a group where it is now: a few at a time, so that a large group never holds up a message.

Promises: each phone is told each step once, also when a process dies in between (the mark and the message are one
transaction); who has a case, or a question of the bot's before them, is not disturbed, and who has yet to say their word
is not texted: they are told the step that is on when that is over. A phone that nobody has texted from for long hears one
line that names no topic, and no step before it texts again. Who said STOP is told nothing.
"""

from __future__ import annotations

import structlog

from bot.group_talk import GroupTalk, marker
from bot.groups.quiet import is_quiet, quiet
from bot.groups.state import GroupState
from bot.store.database import Store
from bot.store.groups import Group
from bot.store.seats import AWAY, Seat
from bot.store.unit_of_work import UnitOfWork
from bot.threads import Thread
from bot.voice import Voice, is_silent

log = structlog.get_logger()

AT_ONCE = 20
"""Phones told in one transaction: about 20 ms of the database's one writer."""


class GroupTelling:
    """Sweeps groups whose phones have something to hear."""

    def __init__(self, *, store: Store, talk: GroupTalk, voice: Voice) -> None:
        self._store = store
        self._talk = talk
        self._voice = voice

    def tell_some(self) -> bool:
        """Tell the next few; False when everybody knows who can be told."""
        with self._store.read() as work:
            waiting = [group.id for group in work.groups.live() if self._next(work, group)]
        return any(self._is_told(group_id) for group_id in waiting)

    def _is_told(self, group_id: int) -> bool:
        """Tell a few of one group. One that cannot be told, because its lesson is gone, keeps no other waiting."""
        try:
            with self._store.begin() as work:
                work.alone()  # another outbox may be telling the same
                group = work.groups.get(group_id)
                for seat in self._held(work, group):
                    self._tell(work, seat, group)
        except Exception as error:  # noqa: BLE001 - the edge: it is tried again, and the others are told
            log.error("group not told", group_id=group_id, kind=type(error).__name__)
            return False
        return True

    def _tell(self, work: UnitOfWork, seat: Seat, group: Group) -> None:
        thread = work.threads.get(seat.thread_id)
        if thread is None or thread.opted_out or group.state is GroupState.GATHERING:
            work.seats.change(seat.id, told=marker(group))
        elif _is_silent(work, thread) and not self._talk.is_busy(work, thread):
            self._tell_quietly(work, thread, seat, group)
        else:
            self._talk.tell(work, thread, seat, group)
        if group.state is GroupState.ENDED:
            work.seats.change(seat.id, left_at=work.now)

    def _tell_quietly(self, work: UnitOfWork, thread: Thread, seat: Seat, group: Group) -> None:
        """Once that the group goes on; of a break, the calm screen or the end a phone that may be at home hears nothing.

        Nor of anything when its number has gone after its time: its owner hears the step after they have texted again.
        """
        goes_on, knows = group.state is GroupState.RUNNING, is_quiet(seat.told)
        if goes_on and not knows and work.threads.number(thread.id):
            self._voice.say(work, thread, "group_goes_on")
        work.seats.change(seat.id, told=quiet(marker(group)) if goes_on or knows else marker(group))

    def _held(self, work: UnitOfWork, group: Group) -> list[Seat]:
        """Whom to tell, their threads first: a text that comes in takes its thread and then its seat, and so does this."""
        threads = sorted({seat.thread_id for seat in self._next(work, group)})
        for thread_id in threads:
            work.threads.hold(thread_id)
        return [seat for seat in self._next(work, group) if seat.thread_id in threads]

    def _next(self, work: UnitOfWork, group: Group) -> list[Seat]:
        """Seats without a page of the group's own (those on the page see the step there); who was busy, when they are not."""
        told = (marker(group), quiet(marker(group)))
        if group.state is GroupState.ENDED:
            return list(work.seats.to_tell(group.id, told, limit=AT_ONCE))
        back = [seat for seat in work.seats.away(group.id) if not self._is_busy(work, seat)]
        return [*back, *work.seats.to_tell(group.id, (*told, AWAY), limit=AT_ONCE)]

    def _is_busy(self, work: UnitOfWork, seat: Seat) -> bool:
        thread = work.threads.get(seat.thread_id)
        return thread is not None and self._talk.is_busy(work, thread)


def _is_silent(work: UnitOfWork, thread: Thread) -> bool:
    """Also of whom no text is kept any more: a phone came by one."""
    return is_silent(work, thread) or (thread.channel == "sms" and work.messages.last_heard(thread.id) is None)
