"""Cases: every change goes through the transition table and writes its audit row beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection, Row

from bot.handoff import clocks
from bot.handoff.cases import ENDED, HELD, Event, State, after
from bot.handoff.designations import designation
from bot.privacy import Vault
from bot.safety.verdict import Level, Reason, Verdict
from bot.store.audit import AuditRows
from bot.store.staff import GONE
from bot.store.tables import case, note, staff, thread

BOT = "bot"
"""The actor of a change that no member of staff made."""


SKEW = timedelta(seconds=5)
"""How far the clocks of two machines may be apart without anything being wrong."""

NOT_OFFERED: dict[str, Any] = {"passed_to": None, "passed_until": None}
"""No colleague is asked to take the case."""

OPEN_FOR = (
    select(case)
    .where(case.c.thread_id == bindparam("of"), case.c.state.not_in([s.value for s in ENDED]))
    .order_by(case.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Case:
    """An escalation of a thread to people."""

    id: int
    thread_id: str
    designation: str
    level: Level
    category: str
    subject: str
    state: State
    reasons: tuple[Reason, ...]
    opened_at: datetime
    queued_at: datetime | None
    step: int
    deadline_at: datetime | None
    heartbeat_at: datetime | None
    staff_id: int | None
    accepted_at: datetime | None
    seen_seq: int
    safe_to_text: str | None
    wants: str | None
    passed_on: str | None
    passed_seq: int
    summary: str | None
    not_staff_id: int | None
    passed_to: int | None
    passed_until: datetime | None
    outcome: str | None
    chi_category: str | None
    closed_at: datetime | None


class CaseConflict(Exception):
    """Somebody else changed the case first."""


class CaseRows:
    """Opens, finds and moves cases."""

    def __init__(self, connection: Connection, vault: Vault, audit: AuditRows, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._audit = audit
        self._now = now

    def open(self, thread_id: str, verdict: Verdict, *, actor: str = BOT) -> Case:
        """Open a case on a thread."""
        result = self._connection.execute(
            insert(case).values(
                thread_id=thread_id,
                designation=designation(),
                level=int(verdict.level),
                category=verdict.category or "distress_general",
                subject=verdict.subject,
                state=State.DETECTED.value,
                sealed_reasons=self._seal(verdict.reasons),
                opened_at=self._now,
                step=0,
                seen_seq=0,
            )
        )
        case_id = int(result.inserted_primary_key[0])
        self._audit.add(actor=actor, what="opened", case_id=case_id, detail=verdict.level.word)
        return self.get(case_id)

    def get(self, case_id: int) -> Case:
        """One case; raises KeyError when there is none."""
        row = self._connection.execute(select(case).where(case.c.id == case_id)).first()
        if row is None:
            raise KeyError(case_id)
        return self._case(row)

    def find(self, case_id: int) -> Case | None:
        """One case, or None when its time is over."""
        row = self._connection.execute(select(case).where(case.c.id == case_id)).first()
        return self._case(row) if row else None

    def open_for(self, thread_id: str) -> Case | None:
        """The case a thread has open, if any."""
        row = self._connection.execute(OPEN_FOR, {"of": thread_id}).first()
        return self._case(row) if row else None

    def in_states(self, states: Sequence[State]) -> list[Case]:
        """Cases in any of these states, highest level first, then longest waiting."""
        wanted = (
            select(case)
            .where(case.c.state.in_([s.value for s in states]))
            .order_by(case.c.level.desc(), case.c.opened_at, case.c.id)
        )
        return [self._case(r) for r in self._connection.execute(wanted)]

    def opened_since(self, moment: datetime) -> list[Case]:
        """Cases opened since a moment, oldest first."""
        wanted = select(case).where(case.c.opened_at >= moment).order_by(case.c.id)
        return [self._case(r) for r in self._connection.execute(wanted)]

    def closed_since(self, moment: datetime) -> list[Case]:
        """Cases closed since a moment, latest first."""
        wanted = select(case).where(case.c.closed_at >= moment).order_by(case.c.closed_at.desc())
        return [self._case(r) for r in self._connection.execute(wanted)]

    def due(self) -> list[Case]:
        """Waiting cases whose deadline or heartbeat has come."""
        late = (case.c.deadline_at <= self._now) | (case.c.heartbeat_at <= self._now)
        wanted = select(case).where(case.c.state == State.QUEUED.value, late).order_by(case.c.id)
        return [self._case(r) for r in self._connection.execute(wanted)]

    def clock_went_back(self) -> None:
        """A clock further off than any we set was set before the machine's time went back: it begins anew from now."""
        latest = self._now + SKEW
        for found in self.in_states([State.QUEUED]):
            values: dict[str, Any] = {}
            if found.deadline_at and found.deadline_at > latest + clocks.longest_until(found.level, found.step):
                values.update(queued_at=self._now - clocks.reached(found.level, found.step))
                values.update(deadline_at=clocks.deadline(found.level, found.step, values["queued_at"]))
            if found.heartbeat_at and found.heartbeat_at > clocks.next_heartbeat(latest):
                values.update(heartbeat_at=clocks.next_heartbeat(self._now))
            if values:
                self._change(found, **values)
                self._audit.add(actor=BOT, what="clock went back", case_id=found.id)

    def move(self, found: Case, event: Event, *, actor: str = BOT, detail: str = "", **values: Any) -> Case:
        """Take one step of the table; raises CannotHappen, or CaseConflict when another was first."""
        state = after(found.state, event)
        self._change(found, state=state.value, **self._clocks(state), **values)
        self._audit.add(actor=actor, what=event.value, case_id=found.id, detail=detail or state.value)
        return self.get(found.id)

    def raise_level(self, found: Case, verdict: Verdict, *, actor: str = BOT) -> Case:
        """More was said: reasons are added, and the level rises or stays."""
        level = max(found.level, verdict.level)
        reasons = found.reasons + tuple(r for r in verdict.reasons if r not in found.reasons)
        values: dict[str, Any] = {"level": int(level), "sealed_reasons": self._seal(reasons)}
        if level > found.level:
            values["category"] = verdict.category or found.category
            values["subject"] = verdict.subject
            if found.state is State.QUEUED:
                values.update(step=0, deadline_at=self._now)
            self._audit.add(actor=actor, what="level raised", case_id=found.id, detail=level.word)
        self._change(found, **values)
        return self.get(found.id)

    def step(self, found: Case) -> Case:
        """Widen who is told, by one step of the clocks."""
        told = clocks.steps(found.level)[found.step].tell
        values = {"step": found.step + 1, "deadline_at": clocks.deadline(found.level, found.step + 1, self._since(found))}
        self._change(found, **values)
        self._audit.add(actor=BOT, what="told", case_id=found.id, detail=told)
        return self.get(found.id)

    def beat(self, found: Case) -> None:
        """Note that an honest waiting word goes out now."""
        self._change(found, heartbeat_at=clocks.next_heartbeat(self._now))

    def remember(self, found: Case, **values: Any) -> Case:
        """Keep what the young person said (``safe_to_text``, ``wants``) or a worker has seen (``seen_seq``)."""
        self._change(found, **values)
        return self.get(found.id)

    def pass_on(self, found: Case, what: str, summary: str | None, *, said_until: int) -> Case:
        """Keep what the young person let us pass on (``sent``, ``own`` or ``nothing``), and up to where they had written."""
        sealed = self._vault.seal(summary) if summary else None
        self._audit.add(actor="young person", what="passed on", case_id=found.id, detail=what)
        return self.remember(found, passed_on=what, sealed_summary=sealed, passed_seq=said_until)

    def held_by(self, staff_id: int) -> list[Case]:
        """The cases somebody holds, oldest first."""
        held = [s.value for s in HELD]
        wanted = select(case).where(case.c.staff_id == staff_id, case.c.state.in_(held)).order_by(case.c.id)
        return [self._case(r) for r in self._connection.execute(wanted)]

    def unanswered_passes(self) -> list[Case]:
        """Cases offered to a colleague who did not answer in time."""
        wanted = select(case).where(case.c.passed_until <= self._now).order_by(case.c.id)
        return [self._case(r) for r in self._connection.execute(wanted)]

    def not_taken(self, found: Case) -> Case:
        """Nobody took what was offered: the case stays with the person who holds it."""
        self._audit.add(actor=BOT, what="not taken over", case_id=found.id)
        return self.remember(found, **NOT_OFFERED)

    def left_alone(self) -> list[Case]:
        """Held cases whose holder's desk has been closed too long, or who left the service."""
        held = [s.value for s in HELD]
        gone = staff.c.disabled.is_(True) | (staff.c.seen_at < self._now - GONE)
        taken_long_ago = case.c.accepted_at < self._now - GONE
        wanted = select(case).join(staff, staff.c.id == case.c.staff_id).where(case.c.state.in_(held), gone, taken_long_ago)
        return [self._case(r) for r in self._connection.execute(wanted.order_by(case.c.id))]

    def offered_to(self, staff_id: int) -> list[Case]:
        """Cases that a colleague would like to hand to this person now."""
        wanted = select(case).where(case.c.passed_to == staff_id, case.c.passed_until > self._now).order_by(case.c.id)
        return [self._case(r) for r in self._connection.execute(wanted)]

    def add_note(self, case_id: int, staff_id: int, words: str) -> None:
        """A note between members of staff."""
        sealed = self._vault.seal(words)
        self._connection.execute(insert(note).values(case_id=case_id, staff_id=staff_id, at=self._now, sealed_text=sealed))

    def notes(self, case_id: int) -> list[tuple[datetime, int, str]]:
        """Notes of a case, oldest first: when, who, words."""
        rows = self._connection.execute(select(note).where(note.c.case_id == case_id).order_by(note.c.id))
        return [(r.at, r.staff_id, self._vault.open(r.sealed_text)) for r in rows]

    def _since(self, found: Case) -> datetime:
        return found.queued_at or self._now

    def _clocks(self, state: State) -> dict[str, Any]:
        if state is State.QUEUED:
            return {
                "queued_at": self._now,
                "step": 0,
                "deadline_at": self._now,
                "heartbeat_at": clocks.next_heartbeat(self._now),
                "staff_id": None,
                **NOT_OFFERED,
            }
        if state in ENDED:
            return {"deadline_at": None, "heartbeat_at": None, **NOT_OFFERED}
        if state in HELD or state in (State.DECLINED, State.TIMED_OUT):
            return {"deadline_at": None, "heartbeat_at": None}
        return {}

    def _change(self, found: Case, **values: Any) -> None:
        """Change a case that still is as it was found; two workers cannot both win."""
        self._connection.execute(select(thread.c.id).where(thread.c.id == found.thread_id).with_for_update())  # thread first
        changed = self._connection.execute(
            update(case).where(case.c.id == found.id, case.c.state == found.state.value).values(**values)
        )
        if changed.rowcount != 1:
            raise CaseConflict("Somebody else was first: the case has changed. Look again.")

    def _seal(self, reasons: Sequence[Reason]) -> bytes:
        return self._vault.seal_json([[r.source, r.words] for r in reasons])

    def _case(self, row: Row) -> Case:
        return Case(
            id=row.id,
            thread_id=row.thread_id,
            designation=row.designation,
            level=Level(row.level),
            category=row.category,
            subject=row.subject,
            state=State(row.state),
            reasons=tuple(Reason(s, w) for s, w in self._vault.readable_json(row.sealed_reasons) or ()),
            opened_at=row.opened_at,
            queued_at=row.queued_at,
            step=row.step,
            deadline_at=row.deadline_at,
            heartbeat_at=row.heartbeat_at,
            staff_id=row.staff_id,
            accepted_at=row.accepted_at,
            seen_seq=row.seen_seq,
            safe_to_text=row.safe_to_text,
            wants=row.wants,
            passed_on=row.passed_on,
            passed_seq=row.passed_seq or 0,
            summary=self._vault.readable(row.sealed_summary),
            not_staff_id=row.not_staff_id,
            passed_to=row.passed_to,
            passed_until=row.passed_until,
            outcome=row.outcome,
            chi_category=row.chi_category,
            closed_at=row.closed_at,
        )
