"""Shifts, holidays, and the pages that were sent to people on call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.engine import Connection, Row

from bot.handoff.rota import Rota, Shift
from bot.privacy import Vault, new_token
from bot.store.sending import LONGEST_REST, REPORTS_BY, Unreported
from bot.store.tables import holiday, page, shift

LEASE = timedelta(seconds=30)

SHIFTS = select(shift).order_by(shift.c.place, shift.c.starts, shift.c.id)
DAYS_OFF = select(holiday.c.day)


@dataclass(frozen=True)
class Page:
    """One call to one person by one way. ``case_id`` None is a test page. ``state`` is queued, sending (it may have left),
    sent, delivered, failed, not needed or acknowledged; of a page that was claimed it is the one before that."""

    id: int
    case_id: int | None
    staff_id: int
    place: str
    way: str
    token: str
    state: str
    at: datetime
    attempts: int


class RotaRows:
    """The rota as stored."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def now(self) -> Rota:
        """All of it."""
        rows, days = self._connection.execute(SHIFTS), self._connection.execute(DAYS_OFF)
        shifts = [Shift(r.id, r.staff_id, r.place, r.days, r.starts, r.ends, r.zone) for r in rows]
        return Rota(shifts, frozenset(row.day for row in days))

    def add(self, new: Shift) -> Shift:
        """Add a shift, and return it as it is kept; raises RotaError."""
        kept = new.check()
        values = {k: getattr(kept, k) for k in ("staff_id", "place", "days", "starts", "ends", "zone")}
        self._connection.execute(insert(shift).values(**values))
        return kept

    def remove(self, shift_id: int) -> None:
        """Take a shift out; one that is gone already is fine."""
        self._connection.execute(delete(shift).where(shift.c.id == shift_id))

    def holidays(self) -> list[tuple[str, str]]:
        """Every holiday as date and name."""
        return [(row.day, row.name) for row in self._connection.execute(select(holiday).order_by(holiday.c.day))]

    def add_holiday(self, day: str, name: str) -> None:
        """Add a holiday, or name it anew."""
        self.remove_holiday(day)
        self._connection.execute(insert(holiday).values(day=day, name=name))

    def remove_holiday(self, day: str) -> None:
        """Take a holiday out."""
        self._connection.execute(delete(holiday).where(holiday.c.day == day))


class PageRows:
    """Pages: queued with the change that caused them, sent by the outbox."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def queue(self, *, case_id: int | None, staff_id: int, place: str, way: str) -> None:
        """Write a page; the outbox takes it from here."""
        token = new_token()
        self._connection.execute(
            insert(page).values(
                case_id=case_id,
                staff_id=staff_id,
                place=place,
                way=way,
                token_hash=self._vault.token_hash(token),
                sealed_token=self._vault.seal(token),
                state="queued",
                at=self._now,
                due_at=self._now,
                attempts=0,
            )
        )

    def claim(self, *, but: str | None = None) -> Page | None:
        """The next page that is due, but none by that way; leased, so that a killed process loses none. One that seems due only
        much later was written before the clock went back."""
        wanted = (
            select(page)
            .where(page.c.state.in_(("queued", "sending")), page.c.way != (but or ""))
            .where(or_(page.c.due_at <= self._now, page.c.due_at > self._now + LONGEST_REST))
            .order_by(page.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        while (row := self._connection.execute(wanted).first()) is not None:
            if self._vault.readable(row.sealed_token) is not None:
                self._change(row.id, state="sending", due_at=self._now + LEASE, attempts=row.attempts + 1)
                return self._page(row)
            self.settle(row.id, "failed")  # its link is lost; the others must not wait behind it
        return None

    def is_still_mine(self, claimed: Page) -> bool:
        """Whether a claimed page is as it was claimed: neither answered meanwhile, nor claimed by another since."""
        mine = (page.c.id == claimed.id, page.c.state == "sending", page.c.attempts == claimed.attempts + 1)
        return self._connection.execute(select(page.c.id).where(*mine)).first() is not None

    def settle(self, page_id: int, state: str, *, again: timedelta | None = None) -> None:
        """Write how a page went on; with ``again`` it is tried once more after that time."""
        self._change(page_id, state=state, **({"due_at": self._now + again} if again else {}))

    def sent(self, page_id: int, provider_id: str | None) -> None:
        """It left: under the id that the provider gave it, where it gave one. Who answered meanwhile has answered."""
        self._change(page_id, provider_id=provider_id)
        unanswered = (page.c.id == page_id, page.c.state != "acknowledged")
        self._connection.execute(update(page).where(*unanswered).values(state="sent", due_at=self._now + REPORTS_BY))

    def claim_unreported(self, *, within: timedelta) -> Unreported | None:
        """The next page by text that it is time to ask about, of those called for since then; nobody else asks for a while."""
        asked = or_(page.c.due_at <= self._now, page.c.due_at > self._now + within)
        wanted = (
            select(page)
            .where(page.c.state == "sent", page.c.provider_id.is_not(None), page.c.at > self._now - within, asked)
            .order_by(page.c.due_at, page.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = self._connection.execute(wanted).first()
        if row is None:
            return None
        self.ask_later(row.id, REPORTS_BY)
        return Unreported(row.id, row.provider_id, row.at)

    def ask_later(self, page_id: int, pause: timedelta) -> None:
        """Ask about a page again after a pause, if nothing is known of it until then."""
        still = (page.c.id == page_id) & (page.c.state == "sent")
        self._connection.execute(update(page).where(still).values(due_at=self._now + pause))

    def sent_as(self, provider_id: str) -> Page | None:
        """The page that a provider id belongs to."""
        row = self._connection.execute(select(page).where(page.c.provider_id == provider_id)).first()
        return self._page(row) if row else None

    def by_token(self, token: str) -> Page | None:
        """The page that a link opens."""
        row = self._connection.execute(select(page).where(page.c.token_hash == self._vault.token_hash(token))).first()
        return self._page(row) if row else None

    def newest_of(self, staff_id: int, *, within: timedelta) -> Page | None:
        """The newest page somebody got and has not answered."""
        open_ = page.c.state.in_(("queued", "sending", "sent", "delivered"))
        recent = page.c.at >= self._now - within
        wanted = select(page).where(page.c.staff_id == staff_id, open_, recent).order_by(page.c.id.desc()).limit(1)
        row = self._connection.execute(wanted).first()
        return self._page(row) if row else None

    def acknowledge(self, found: Page) -> None:
        """They are on it: every page to them for the same case is answered."""
        same = (page.c.staff_id == found.staff_id, page.c.case_id == found.case_id, page.c.state != "failed")
        self._connection.execute(update(page).where(*same).values(state="acknowledged", acknowledged_at=self._now))

    def of_case(self, case_id: int) -> list[Page]:
        """Every page for a case, oldest first."""
        return [
            self._page(r) for r in self._connection.execute(select(page).where(page.c.case_id == case_id).order_by(page.c.id))
        ]

    def recent(self, limit: int = 20) -> list[Page]:
        """The newest pages, newest first."""
        return [self._page(r) for r in self._connection.execute(select(page).order_by(page.c.id.desc()).limit(limit))]

    def forget(self, before: datetime) -> int:
        """Delete old ones; returns how many."""
        return int(self._connection.execute(delete(page).where(page.c.at < before)).rowcount)

    def _change(self, page_id: int, **values: Any) -> None:
        self._connection.execute(update(page).where(page.c.id == page_id).values(**values))

    def _page(self, row: Row) -> Page:
        token = self._vault.open(row.sealed_token)
        return Page(row.id, row.case_id, row.staff_id, row.place, row.way, token, row.state, row.at, row.attempts)
