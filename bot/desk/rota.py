"""The rota as supervisors keep it: shifts, holidays, where people are paged, and a test page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from bot.desk.views import DeskRefused, StaffMember
from bot.handoff.rota import Rota, RotaError, Shift
from bot.paging import Pager
from bot.store.database import Store
from bot.store.rota import Page

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Person:
    """Somebody who can be on call, and the ways they are paged."""

    id: int
    first_name: str
    role: str
    ways: tuple[str, ...]


@dataclass(frozen=True)
class RotaView:
    """The rota page."""

    people: tuple[Person, ...]
    rota: Rota
    holidays: tuple[tuple[str, str], ...]
    pages: tuple[Page, ...]
    zone: str

    def name(self, staff_id: int) -> str:
        """A first name, or "somebody"."""
        return next((p.first_name for p in self.people if p.id == staff_id), "somebody")


class RotaDesk:
    """Changes to the rota. Every one is in the audit."""

    def __init__(self, *, store: Store, pager: Pager, zone: str) -> None:
        self._store = store
        self._pager = pager
        self._zone = zone

    def view(self) -> RotaView:
        """The rota now."""
        with self._store.read() as work:
            working = [s for s in work.staff.everyone() if not s.disabled and s.role in ("worker", "supervisor")]
            people = tuple(
                Person(s.id, s.first_name, s.role, tuple(w for w, a in (("text", s.phone), ("e-mail", s.email)) if a))
                for s in working
            )
            holidays, pages = tuple(work.rota.holidays()), tuple(work.pages.recent(10))
            return RotaView(people, work.rota.now(), holidays, pages, self._zone)

    def add_shift(self, staff: StaffMember, *, person: int, place: str, days: str, starts: str, ends: str, zone: str) -> None:
        """Add a shift; raises DeskRefused with what to write instead."""
        with self._store.begin() as work:
            if work.staff.get(person) is None:
                raise DeskRefused("Choose who is on call.")
            try:
                kept = work.rota.add(Shift(0, person, place, days.strip().lower(), starts, ends, zone.strip() or self._zone))
            except RotaError as error:
                raise DeskRefused(str(error)) from error
            work.audit.add(actor=staff.username, what="shift added", detail=f"{place}, {kept.days} {kept.starts}-{kept.ends}")

    def remove_shift(self, staff: StaffMember, shift_id: int) -> None:
        """Take a shift out."""
        with self._store.begin() as work:
            work.rota.remove(shift_id)
            work.audit.add(actor=staff.username, what="shift removed", detail=str(shift_id))

    def add_holiday(self, staff: StaffMember, day: str, name: str) -> None:
        """Add a holiday: on it only shifts for that very date hold."""
        try:
            date.fromisoformat(day)
        except ValueError:
            raise DeskRefused("Write the date as 2026-12-25.") from None
        with self._store.begin() as work:
            work.rota.add_holiday(day, name.strip()[:64] or "Holiday")
            work.audit.add(actor=staff.username, what="holiday added", detail=day)

    def remove_holiday(self, staff: StaffMember, day: str) -> None:
        """Take a holiday out."""
        with self._store.begin() as work:
            work.rota.remove_holiday(day)
            work.audit.add(actor=staff.username, what="holiday removed", detail=day[:10])

    def set_contact(self, staff: StaffMember, person: int, *, phone: str, email: str) -> None:
        """Where somebody is paged; empty takes a way out."""
        if phone and not NUMBER.fullmatch(phone):
            raise DeskRefused("Write the number with its country code, such as +14165550100.")
        if email and not ADDRESS.fullmatch(email):
            raise DeskRefused("That is no e-mail address. Write one such as sam@example.org.")
        with self._store.begin() as work:
            if work.staff.get(person) is None:
                raise DeskRefused("Choose whose contact this is.")
            work.staff.set_contact(person, phone=phone or None, email=email or None)
            work.audit.add(actor=staff.username, what="paging contact set", detail=str(person))

    def test_page(self, staff: StaffMember, person: int) -> None:
        """Page somebody for practice."""
        with self._store.begin() as work:
            if not self._pager.test_page(work, person):
                raise DeskRefused("Nobody knows how to page them yet. Set a number or an address first.")
            work.audit.add(actor=staff.username, what="test page", detail=str(person))
