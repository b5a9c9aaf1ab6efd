"""The audit trail: hash-chained, without words or numbers, written in the transaction of the change.

Entries are written last, at the commit or before they are read: the chain has one end, so whoever writes to it makes
everybody else wait, and does so for as short as can be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.engine import Connection, Row

from bot.store.marks import AUDIT_END, MarkRows
from bot.store.tables import audit

FIRST = "0" * 64
CUT = "entries were missing at the end"
_CHAIN_LOCK = 7_246_001
"""PostgreSQL advisory lock that keeps two writers from continuing the chain at the same link."""


@dataclass(frozen=True)
class Entry:
    """One thing somebody did."""

    id: int
    at: datetime
    actor: str
    what: str
    case_id: int | None
    detail: str


class AuditRows:
    """Adds to the chain, reads it, and checks it."""

    def __init__(self, connection: Connection, marks: MarkRows, now: datetime) -> None:
        self._connection = connection
        self._marks = marks
        self._now = now
        self._unwritten: list[tuple[str, str, int | None, str]] = []

    def add(self, *, actor: str, what: str, case_id: int | None = None, detail: str = "") -> None:
        """One entry. ``detail`` is never a young person's words or number."""
        self._unwritten.append((actor, what, case_id, detail))

    def write(self) -> None:
        """Put what was added at the end of the chain; called at the commit."""
        if not self._unwritten:
            return
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text(f"SELECT pg_advisory_xact_lock({_CHAIN_LOCK})"))
        previous = self._end()
        if self._marks.fits(AUDIT_END, previous) is False:  # said for ever: the entries below would hide it
            self._unwritten.insert(0, ("handrail", CUT, None, ""))
        for actor, what, case_id, detail in self._unwritten:
            link = _link(previous, self._now, actor, what, case_id, detail)
            entry = {"actor": actor, "what": what, "case_id": case_id, "detail": detail}
            self._connection.execute(insert(audit).values(at=self._now, previous=previous, hash=link, **entry))
            previous = link
        self._marks.set(AUDIT_END, previous)
        self._unwritten.clear()

    def of_case(self, case_id: int) -> tuple[Entry, ...]:
        """What happened to a case, oldest first."""
        self.write()
        rows = self._connection.execute(select(audit).where(audit.c.case_id == case_id).order_by(audit.c.id))
        return tuple(Entry(r.id, r.at, r.actor, r.what, r.case_id, r.detail) for r in rows)

    def since(self, moment: datetime, whats: Sequence[str], limit: int = 500) -> tuple[Entry, ...]:
        """What happened since a moment, of these kinds, newest first."""
        self.write()
        wanted = select(audit).where(audit.c.at >= moment, audit.c.what.in_(whats)).order_by(audit.c.id.desc()).limit(limit)
        return tuple(Entry(r.id, r.at, r.actor, r.what, r.case_id, r.detail) for r in self._connection.execute(wanted))

    def after(self, entry_id: int, limit: int = 50) -> tuple[Entry, ...]:
        """What happened to cases after an entry, oldest first."""
        self.write()
        wanted = select(audit).where(audit.c.id > entry_id, audit.c.case_id.is_not(None)).order_by(audit.c.id).limit(limit)
        return tuple(Entry(r.id, r.at, r.actor, r.what, r.case_id, r.detail) for r in self._connection.execute(wanted))

    def newest(self) -> int:
        """The id of the newest entry; 0 when there is none."""
        self.write()
        return int(self._connection.execute(select(audit.c.id).order_by(audit.c.id.desc()).limit(1)).scalar() or 0)

    def begin(self) -> None:
        """Remember where the trail ends, in a database that does not know it yet."""
        self._marks.begin(AUDIT_END, self._end())

    def is_cut(self) -> bool:
        """Whether the trail ends, or ended once, elsewhere than where it was last written."""
        self.write()
        found = self._connection.execute(select(audit.c.id).where(audit.c.what == CUT).limit(1)).first()
        return found is not None or not self._marks.fits(AUDIT_END, self._end())

    def _end(self) -> str:
        return self._connection.execute(select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)).scalar() or FIRST

    def broken_links(self) -> Iterator[int]:
        """The ids of entries that do not follow from the one before."""
        self.write()
        expected = FIRST
        for row in self._connection.execute(select(audit).order_by(audit.c.id)):
            if row.previous != expected or row.hash != _link_of(row):
                yield row.id
            expected = row.hash


def _link_of(row: Row) -> str:
    return _link(row.previous, row.at, row.actor, row.what, row.case_id, row.detail)


def _link(previous: str, at: datetime, actor: str, what: str, case_id: int | None, detail: str) -> str:
    line = "\x1f".join((previous, at.isoformat(timespec="microseconds"), actor, what, str(case_id or ""), detail))
    return hashlib.sha256(line.encode("utf-8")).hexdigest()
