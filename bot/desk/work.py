"""What a worker does at the desk. Every change goes through the transition table and the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from bot.desk.afterwards import after_closing
from bot.desk.reading import DeskReading
from bot.desk.views import CaseCard, CaseView, Conflict, DeskRefused, NoSuchCase, NotYours, StaffMember
from bot.handoff.cases import HELD, WAITING, CannotHappen, Event, State
from bot.safety.verdict import Level, Verdict
from bot.store.cases import Case, CaseConflict
from bot.store.database import Store
from bot.store.unit_of_work import UnitOfWork
from bot.voice import BACK, Voice, is_silent

LONGEST_REPLY = 1200
LOOK_AGAIN = timedelta(minutes=30)
"""One look at a transcript is one audit entry for this long."""

WRITE_FIRST = "They were silent for long, so somebody else may hold the phone. We asked them to write first."

LATEST_CHECK_IN = 72
"""Hours after closing; the source of the figure is the protocol in docs/handoff.md."""

UNHELD = (State.DETECTED, State.OFFERED, State.CONSENTED, *WAITING, State.DECLINED)
"""States of a case that nobody holds; the desk shows all of them, so that nobody sinks."""


class Desk:
    """A worker's day."""

    def __init__(self, *, store: Store, voice: Voice, reading: DeskReading) -> None:
        self._store = store
        self._voice = voice
        self._reading = reading

    def queue(self, _staff: StaffMember) -> list[CaseCard]:
        """Cases nobody holds, highest level first, then longest waiting."""
        return self._cards(UNHELD)

    def mine(self, staff: StaffMember) -> list[CaseCard]:
        """Cases this person holds."""
        return self._cards(tuple(HELD), lambda case: case.staff_id == staff.id)

    def others(self, staff: StaffMember) -> list[CaseCard]:
        """Cases that others hold, for a supervisor."""
        if staff.role != "supervisor":
            return []
        return self._cards(tuple(HELD), lambda case: case.staff_id != staff.id)

    def closed_today(self, _staff: StaffMember) -> list[CaseCard]:
        """Cases closed in the last 24 hours, latest first."""
        with self._store.read() as work:
            closed = work.cases.closed_since(work.now - timedelta(hours=24))
            return [self._reading.card(work, case) for case in closed]

    def view(self, case_id: int, staff: StaffMember) -> CaseView:
        """One case with its transcript; read by its holder it counts as seen. Audited.

        Writes only when there is something to write: every commit wakes the pages that look at it.
        """
        with self._store.read() as work:
            case = _found(work, case_id)
            shown = self._reading.view(work, case)
            new_look = self._is_new_look(work, case, staff)
            lost = work.sending.lost(case.thread_id) if case.staff_id == staff.id else []
        newest = max((line.seq for line in shown.transcript), default=0)
        newly_seen = case.staff_id == staff.id and newest > case.seen_seq
        if new_look or newly_seen or lost:
            with self.changing(case_id) as (work, case):
                if new_look:
                    work.audit.add(actor=staff.username, what="viewed", case_id=case.id)
                if newly_seen:
                    work.cases.remember(case, seen_seq=newest)
                if lost:
                    work.sending.seen_lost(lost)
        return shown

    def accept(self, case_id: int, staff: StaffMember) -> None:
        """Take a case; raises Conflict naming who was first. The young person is told who is here."""
        with self.changing(case_id) as (work, case):
            if case.state in HELD:
                raise Conflict(f"{self._reading.name(work, case.staff_id)} was first: this case is taken.")
            _check_may_take(work, case, staff)
            work.cases.move(case, Event.ACCEPT, actor=staff.username, staff_id=staff.id, accepted_at=work.now)
            self.introduce(work, case, staff)

    def introduce(self, work: UnitOfWork, case: Case, staff: StaffMember) -> None:
        """Say who is here. After a long silence on a phone, ask for their word first, and say nothing else."""
        thread = work.threads.get(case.thread_id)
        if thread is None:
            return
        silent = is_silent(work, thread)
        if silent:
            work.threads.change(thread.id, waits_since=work.now)
        said = BACK if silent else "helper_joined"
        self._voice.announce(work, thread, said, name=staff.first_name, staff_id=staff.id, case_id=case.id)

    def say(self, case_id: int, staff: StaffMember, text: str, *, once: str) -> None:
        """Write to the young person; the same ``once`` twice is one message.

        A phone that was silent for long, also while they hold the case, is asked to write first, and these words are not sent.
        """
        words = text.strip()
        if not words or len(words) > LONGEST_REPLY:
            raise DeskRefused(f"Write between 1 and {LONGEST_REPLY} characters.")
        with self.changing(case_id) as (work, case):
            _check_holds(case, staff)
            key = f"{case_id}:{once}"[:80]
            if work.messages.said_once(key):
                return
            if case.state is State.ACCEPTED:
                work.cases.move(case, Event.GREET, actor=staff.username)
            thread = work.threads.get(case.thread_id)
            if thread is None or thread.opted_out:
                raise DeskRefused("They have asked us to stop texting, so nothing can be sent.")
            work.presence.stops_typing(thread.id, "helper")
            silent = is_silent(work, thread)
            if silent and not thread.waits:
                self.introduce(work, case, staff)
            elif not silent:
                self._voice.helper(work, thread, words, staff_id=staff.id, case_id=case_id, once=key)
        if silent:  # said only now, so that what was asked of the phone is kept
            raise DeskRefused(WRITE_FIRST)

    def raise_level(self, case_id: int, staff: StaffMember, level: str) -> None:
        """Raise the level; it never falls."""
        with self.changing(case_id) as (work, case):
            wanted = Level.of(level)
            if wanted < case.level:
                raise DeskRefused("A level never falls inside a conversation.")
            work.threads.raise_level(case.thread_id, wanted)
            work.cases.raise_level(case, Verdict(wanted, case.category, case.subject), actor=staff.username)

    def note(self, case_id: int, staff: StaffMember, text: str) -> None:
        """Keep a note between staff."""
        if not text.strip():
            raise DeskRefused("Write something first.")
        with self.changing(case_id) as (work, case):
            work.cases.add_note(case.id, staff.id, text.strip()[:4000])
            work.audit.add(actor=staff.username, what="note added", case_id=case.id)

    def close(
        self,
        case_id: int,
        staff: StaffMember,
        outcome: str,
        chi_category: str,
        *,
        then: str | None = None,
        check_in_hours: int | None = None,
    ) -> None:
        """Close a case; the bot comes back, and says so. Who asked to be forgotten meanwhile is, now.

        ``then`` is what the bot brings: ``line``, or the id of a module. With ``check_in_hours`` (at most 72) it asks
        whether a text then is all right; nothing is sent before they say yes.
        """
        with self.changing(case_id) as (work, case):
            if case.state in HELD:
                _check_holds(case, staff)
            was_held = case.state in HELD
            if check_in_hours:
                self._ask_check_in(work, case, check_in_hours)
            work.cases.move(
                case,
                Event.CLOSE,
                actor=staff.username,
                outcome=outcome[:64],
                chi_category=chi_category[:64],
                closed_at=work.now,
            )
            after_closing(work, self._voice, case, was_held=was_held, then=then)

    def _ask_check_in(self, work: UnitOfWork, case: Case, hours: int) -> None:
        thread = work.threads.get(case.thread_id)
        if thread is None or thread.channel != "sms":
            raise DeskRefused("They write from the web page, so no text can reach them later. Close without a check-in.")
        if case.safe_to_text == "no" or thread.opted_out:
            raise DeskRefused("They said it is not safe to text, or asked us to stop. Close without a check-in.")
        if not 1 <= hours <= LATEST_CHECK_IN:
            raise DeskRefused(f"A check-in is 1 to {LATEST_CHECK_IN} hours after closing.")
        work.check_ins.ask(thread.id, case.id, work.now + timedelta(hours=hours))
        work.audit.add(actor="bot", what="check-in asked", case_id=case.id, detail=f"{hours} hours")

    def hand_back(self, case_id: int, staff: StaffMember) -> None:
        """Put a case back in the queue, as its holder or as a supervisor; the young person is told the truth."""
        with self.changing(case_id) as (work, case):
            if staff.role != "supervisor" or case.state not in HELD:
                _check_holds(case, staff)
            work.cases.move(case, Event.HAND_BACK, actor=staff.username)
            thread = work.threads.get(case.thread_id)
            if thread:
                name = self._reading.name(work, case.staff_id)
                self._voice.announce(work, thread, "helper_changed", name=name, case_id=case_id)

    def types(self, case_id: int, staff: StaffMember) -> None:
        """The worker is typing; the young person's page shows it."""
        with self.changing(case_id) as (work, case):
            _check_holds(case, staff)
            work.presence.types(case.thread_id, "helper")

    def open_anyway(self, case_id: int, staff: StaffMember, reason: str) -> None:
        """Read what the young person did not want passed on, to keep somebody safe; audited, with the reason as a note."""
        if len(reason.strip()) < 5:
            raise DeskRefused("Say why it is needed for somebody's safety: it is kept with the case.")
        with self.changing(case_id) as (work, case):
            work.cases.remember(case, passed_on="opened")
            work.cases.add_note(case.id, staff.id, f"Opened what they did not pass on: {reason.strip()[:500]}")
            work.audit.add(actor=staff.username, what="opened against their wish", case_id=case.id)

    def canned(self, case_id: int, staff: StaffMember) -> list[tuple[str, str]]:
        """Reviewed replies for this case, as title and text; one whose line or number is not known is left out."""
        with self._store.read() as work:
            return self._reading.canned(work, _found(work, case_id), staff.first_name)

    def reveal_number(self, case_id: int, staff: StaffMember, reason: str) -> str:
        """The number behind a case; the look is audited, and the reason kept as a note."""
        if len(reason.strip()) < 5:
            raise DeskRefused("Say why the number is needed: it is kept with the case.")
        with self.changing(case_id) as (work, case):
            number = work.threads.number(case.thread_id)
            if number is None:
                raise DeskRefused("There is no number: they write from the web page.")
            work.cases.add_note(case.id, staff.id, f"Number shown: {reason.strip()[:500]}")
            work.audit.add(actor=staff.username, what="number shown", case_id=case.id)
            return number

    def _cards(self, states: Sequence[State], wanted: Callable[[Case], bool] | None = None) -> list[CaseCard]:
        with self._store.read() as work:
            return [self._reading.card(work, case) for case in work.cases.in_states(states) if not wanted or wanted(case)]

    def _is_new_look(self, work: UnitOfWork, case: Case, staff: StaffMember) -> bool:
        looks = [e.at for e in work.audit.of_case(case.id) if e.actor == staff.username and e.what == "viewed"]
        return not looks or looks[-1] < work.now - LOOK_AGAIN

    @contextmanager
    def changing(self, case_id: int) -> Iterator[tuple[UnitOfWork, Case]]:
        """A case to change, with every refusal turned into a sentence for staff."""
        try:
            with self._store.begin() as work:
                yield work, _found(work, case_id)
        except CannotHappen as error:
            raise DeskRefused(str(error)) from error
        except CaseConflict as error:
            raise Conflict(str(error)) from error


def _found(work: UnitOfWork, case_id: int) -> Case:
    try:
        return work.cases.get(case_id)
    except KeyError:
        raise NoSuchCase(f"There is no case {case_id}.") from None


def _check_may_take(work: UnitOfWork, case: Case, staff: StaffMember) -> None:
    """Danger now is taken by whoever can; otherwise a worker's limit and the young person's wish hold."""
    if case.level is Level.IMMINENT:
        return
    me = work.staff.get(staff.id)
    if me and len(work.cases.held_by(staff.id)) >= me.capacity:
        raise DeskRefused(f"You hold {me.capacity} conversations, which is your limit. Close or hand one over first.")
    others = [other for other in work.staff.here() if other.id != staff.id]
    if case.not_staff_id == staff.id and others:
        raise DeskRefused("They asked to talk with somebody else. A colleague is here and can take this one.")


def _check_holds(case: Case, staff: StaffMember) -> None:
    if case.state not in HELD:
        raise DeskRefused("Take the case first, so that everybody sees who is with them.")
    if case.staff_id != staff.id:
        raise NotYours("Somebody else is with this young person.")
