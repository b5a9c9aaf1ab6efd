"""Working together: who is here, going away, and handing a conversation to a colleague."""

from __future__ import annotations

from datetime import timedelta

from bot.desk.reading import DeskReading
from bot.desk.views import CaseCard, Colleague, DeskRefused, NotYours, StaffMember
from bot.desk.work import Desk
from bot.handoff.cases import HELD, Event
from bot.store.database import Store
from bot.store.unit_of_work import UnitOfWork
from bot.voice import Voice

ANSWER_WITHIN = timedelta(minutes=2)
"""How long a colleague has to take a conversation over before the offer ends."""

MOST_HELD = 20


class Team:
    """What members of staff do with each other. A young person is told the truth at every change of person."""

    def __init__(self, *, store: Store, voice: Voice, reading: DeskReading, desk: Desk) -> None:
        self._store = store
        self._voice = voice
        self._reading = reading
        self._desk = desk

    def colleagues(self, staff: StaffMember) -> list[Colleague]:
        """Who else is at the desk now, with how many conversations they hold."""
        with self._store.read() as work:
            others = [other for other in work.staff.here() if other.id != staff.id]
            return [Colleague(o.id, o.first_name, o.role, len(work.cases.held_by(o.id)), o.capacity) for o in others]

    def is_away(self, staff: StaffMember) -> bool:
        """Whether this person said they are away."""
        with self._store.read() as work:
            me = work.staff.get(staff.id)
            return bool(me and me.away)

    def go_away(self, staff: StaffMember) -> int:
        """Away: their conversations go back to the queue, and the young people are told. Returns how many."""
        with self._store.begin() as work:
            held = work.cases.held_by(staff.id)
            for case in held:
                work.cases.move(case, Event.HAND_BACK, actor=staff.username, detail="away")
                self._tell_changed(work, case.thread_id, staff, case.id)
            work.staff.change(staff.id, away=True)
            work.audit.add(actor=staff.username, what="away")
        return len(held)

    def come_back(self, staff: StaffMember) -> None:
        """Here again."""
        with self._store.begin() as work:
            work.staff.change(staff.id, away=False, seen_at=work.now)
            work.audit.add(actor=staff.username, what="back")

    def set_capacity(self, supervisor: StaffMember, staff_id: int, capacity: int) -> None:
        """How many conversations somebody may hold."""
        if not 1 <= capacity <= MOST_HELD:
            raise DeskRefused(f"Choose a number from 1 to {MOST_HELD}.")
        with self._store.begin() as work:
            found = work.staff.get(staff_id)
            if found is None:
                raise DeskRefused("There is nobody with this number any more.")
            work.staff.change(staff_id, capacity=capacity)
            work.audit.add(actor=supervisor.username, what="capacity set", detail=f"{found.username}: {capacity}")

    def offers(self, staff: StaffMember) -> list[CaseCard]:
        """Conversations that a colleague would like to hand to this person now."""
        with self._store.read() as work:
            return [self._reading.card(work, case) for case in work.cases.offered_to(staff.id)]

    def offer(self, case_id: int, staff: StaffMember, to: int) -> str:
        """Ask a colleague to take the conversation over; returns their first name. The holder keeps it until they do."""
        with self._desk.changing(case_id) as (work, case):
            if case.state not in HELD:
                raise DeskRefused("Nobody holds this case, so there is nothing to hand over.")
            if case.staff_id != staff.id and staff.role != "supervisor":
                raise NotYours("Only the person who holds it, or a supervisor, can hand it over.")
            colleague = next((c for c in work.staff.here() if c.id == to and c.id != case.staff_id), None)
            if colleague is None:
                raise DeskRefused("That person is not at the desk now. Choose somebody who is, or hand it back to the queue.")
            work.cases.remember(case, passed_to=to, passed_until=work.now + ANSWER_WITHIN)
            work.audit.add(actor=staff.username, what="offered to a colleague", case_id=case.id, detail=colleague.username)
            return colleague.first_name

    def take_over(self, case_id: int, staff: StaffMember) -> None:
        """Take what a colleague offered: the young person is told who leaves and who comes."""
        with self._desk.changing(case_id) as (work, case):
            if case.passed_to != staff.id or case.passed_until is None or case.passed_until <= work.now:
                raise DeskRefused("This is not offered to you any more.")
            before = work.staff.get(case.staff_id) if case.staff_id else None
            back = work.cases.move(case, Event.HAND_BACK, actor=before.username if before else "bot", detail="to a colleague")
            work.cases.move(back, Event.ACCEPT, actor=staff.username, staff_id=staff.id, accepted_at=work.now)
            thread = work.threads.get(case.thread_id)
            if thread and before:
                self._voice.announce(work, thread, "helper_hands_over", name=before.first_name, case_id=case_id)
            self._desk.introduce(work, case, staff)

    def decline(self, case_id: int, staff: StaffMember) -> None:
        """Not now: the case stays with the person who holds it."""
        with self._desk.changing(case_id) as (work, case):
            if case.passed_to == staff.id:
                work.cases.not_taken(case)

    def _tell_changed(self, work: UnitOfWork, thread_id: str, staff: StaffMember, case_id: int) -> None:
        thread = work.threads.get(thread_id)
        if thread:
            self._voice.announce(work, thread, "helper_changed", name=staff.first_name, case_id=case_id)
