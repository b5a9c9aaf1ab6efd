"""What a supervisor sees: the night at a glance, what went wrong, and exports without words or numbers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.desk.views import StaffMember
from bot.handoff.cases import HELD, State
from bot.store.cases import Case
from bot.store.database import Store
from bot.store.presence import LINES_ONLY
from bot.store.staff import PRESENT, StaffRow
from bot.store.unit_of_work import UnitOfWork

DAY = timedelta(hours=24)
INCIDENTS = (
    "not delivered", "level raised", "opened against their wish", "number shown", "wrote without their word",
    "page closed", "page failed", "told", "time_out", "not taken over", "drop", "lines only on", "lines only off",
)  # fmt: skip
"""What a review looks at: missed clocks, failed deliveries, raised levels, looks against a wish."""

PLAIN = {
    "told": "nobody took it in time: told",
    "time_out": "nobody came in time",
    "drop": "the young person left while waiting",
}
WAITS = (State.DETECTED, State.OFFERED, State.CONSENTED, State.QUEUED, State.TIMED_OUT, State.FALLBACK_GIVEN, State.DROPPED)


@dataclass(frozen=True)
class AtWork:
    """One member of staff on the board."""

    id: int
    first_name: str
    role: str
    here: bool
    away: bool
    holds: int
    capacity: int
    paged_by: str


@dataclass(frozen=True)
class Incident:
    """One thing to look at again."""

    at: datetime
    what: str
    detail: str
    case_id: int | None
    designation: str


@dataclass(frozen=True)
class BoardView:
    """The board now. Times to accept are seconds, of cases accepted in the last 24 hours; None when there were none.

    ``open_in_silence`` are open cases that nobody wrote in for as long as closed ones are kept.
    """

    waiting: int
    oldest: datetime | None
    by_level: tuple[tuple[str, int], ...]
    held: int
    accept_median: float | None
    accept_p95: float | None
    accepted: int
    abandoned: int
    open_in_silence: int
    staff: tuple[AtWork, ...]
    lines_only: bool
    on_call: tuple[tuple[str, str], ...]
    incidents: tuple[Incident, ...]


class Board:
    """Counts and lists for supervisors."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def now(self) -> BoardView:
        """The board at this moment."""
        with self._store.read() as work:
            waiting = [c for c in work.cases.in_states(WAITS)]
            took = [seconds for c in work.cases.opened_since(work.now - DAY) if (seconds := _seconds_to_accept(c)) is not None]
            people = [s for s in work.staff.everyone() if not s.disabled and s.role in ("worker", "supervisor")]
            rota = work.rota.now()
            names = {s.id: s.first_name for s in people}
            return BoardView(
                waiting=len(waiting),
                oldest=min((c.queued_at or c.opened_at for c in waiting), default=None),
                by_level=tuple((w, sum(c.level.word == w for c in waiting)) for w in ("imminent", "high", "elevated")),
                held=len(work.cases.in_states(tuple(HELD))),
                accept_median=quantile(took, 0.5),
                accept_p95=quantile(took, 0.95),
                accepted=len(took),
                abandoned=len(work.audit.since(work.now - DAY, ("drop",))),
                open_in_silence=work.retention.open_in_silence(),
                staff=tuple(_at_work(work, s) for s in people),
                lines_only=work.presence.is_on(LINES_ONLY),
                on_call=tuple(
                    (place, ", ".join(names.get(n, "somebody") for n in rota.on_call(place, work.now)) or "nobody")
                    for place in ("on call", "second on call", "supervisor")
                )
                if rota.shifts
                else (),
                incidents=_incidents(work, work.now - DAY)[:40],
            )

    def switch_lines_only(self, staff: StaffMember, *, on: bool) -> None:
        """The bot answers with lines only, or talks again. People, screening and the desk go on either way."""
        with self._store.begin() as work:
            if on == work.presence.is_on(LINES_ONLY):
                return
            if on:
                work.presence.turn_on(LINES_ONLY, staff.id)
            else:
                work.presence.turn_off(LINES_ONLY)
            work.audit.add(actor=staff.username, what=f"lines only {'on' if on else 'off'}")

    def incidents_csv(self, days: int = 30) -> str:
        """What went wrong, without words or numbers of young people."""
        with self._store.read() as work:
            found = _incidents(work, work.now - timedelta(days=days))
        rows = ([_iso(i.at), i.what, i.detail, i.case_id or "", i.designation] for i in found)
        return _csv(("at", "what", "detail", "case", "designation"), rows)

    def cases_csv(self, days: int = 30) -> str:
        """Every case with its times, without words or numbers of young people."""
        head = ("case", "level", "category", "subject", "channel", "band", "region", "state", "opened", "queued", "accepted",
                "closed", "seconds_to_accept", "outcome", "chi_category")  # fmt: skip
        with self._store.read() as work:
            rows = [_case_row(work, c) for c in work.cases.opened_since(work.now - timedelta(days=days))]
        return _csv(head, rows)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that ``share`` of the values do not exceed; None of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _seconds_to_accept(case: Case) -> float | None:
    if case.accepted_at is None or case.queued_at is None:
        return None
    return max(0.0, (case.accepted_at - case.queued_at).total_seconds())


def _at_work(work: UnitOfWork, person: StaffRow) -> AtWork:
    ways = [way for way, address in (("text", person.phone), ("e-mail", person.email)) if address]
    return AtWork(
        id=person.id,
        first_name=person.first_name,
        role=person.role,
        here=bool(person.seen_at and person.seen_at >= work.now - PRESENT),
        away=person.away,
        holds=len(work.cases.held_by(person.id)),
        capacity=person.capacity,
        paged_by=" and ".join(ways) or "nothing yet",
    )


def _incidents(work: UnitOfWork, since: datetime) -> tuple[Incident, ...]:
    found = []
    for entry in work.audit.since(since, INCIDENTS):
        if entry.what == "told" and entry.detail == "on call":
            continue  # the first call is no incident
        case = work.cases.find(entry.case_id) if entry.case_id else None
        what = PLAIN.get(entry.what, entry.what)
        found.append(Incident(entry.at, what, entry.detail, entry.case_id, case.designation if case else ""))
    return tuple(found)


def _case_row(work: UnitOfWork, case: Case) -> list[object]:
    thread = work.threads.get(case.thread_id)
    seconds = _seconds_to_accept(case)
    return [
        case.id, case.level.word, case.category, case.subject, thread.channel if thread else "", thread.band if thread else "",
        thread.region if thread else "", case.state.value, _iso(case.opened_at), _iso(case.queued_at), _iso(case.accepted_at),
        _iso(case.closed_at), "" if seconds is None else round(seconds), case.outcome or "", case.chi_category or "",
    ]  # fmt: skip


def _iso(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()
