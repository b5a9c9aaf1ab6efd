"""What a help line is, what it says of itself, and when it is open. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

VARIES = "varies"
"""Hours of longer-term support that differ by place."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Line:
    """One line of help.

    ``call`` is the number as people write it, ``dial`` the same for a phone (E.164, or a short number).
    ``hours`` is ``24/7`` or spans such as ``mon-fri 09:00-17:00``, joined by commas, in ``zone``.
    ``reports_minors``: whether it must tell somebody when the caller is under 18; ``note`` says more.
    """

    id: str
    kind: str
    name: str
    about: str
    themes: tuple[str, ...]
    call: str | None
    dial: str | None
    text: str | None
    chat: str | None
    web: str | None
    hours: str
    zone: str
    languages: tuple[str, ...]
    ages: tuple[int, int]
    cost: str | None
    reports_minors: str
    run_by: str | None
    fits: tuple[str, ...]
    note: str | None
    sources: tuple[str, ...]
    seen: str
    verified_on: date
    expires_on: date

    def say(self) -> str:
        """The line as a ready phrase: who, how, when."""
        return f"{self.name}: {self._how()} ({self.hours})."

    def describe(self) -> str:
        """Longer-term support as a ready phrase: who, what for, how. Nobody needs its hours this minute."""
        return f"{self.name}: {self.about} {self._how().capitalize()}."

    def _how(self) -> str:
        if self.call and self.call == self.text:
            return f"call or text {self.call}"
        ways = [f"call {self.call}" if self.call else "", f"text {self.text}" if self.text else ""]
        return " or ".join(w for w in ways if w) or f"on the web at {self.chat or self.web}"

    def open_at(self, now: datetime) -> bool:
        """Whether somebody answers now; never said of hours that vary."""
        if self.hours in ("24/7", VARIES):
            return self.hours == "24/7"
        here = now.astimezone(ZoneInfo(self.zone))
        return any(_within(span.strip(), here) for span in self.hours.split(","))

    def suits(self, band: str | None) -> bool:
        """Whether it is for somebody of that band, or of any where the band is unknown."""
        if band is None:
            return True
        youngest, oldest = (int(n) for n in band.split("-"))
        return self.ages[0] <= oldest and self.ages[1] >= youngest


@dataclass(frozen=True)
class Fact:
    """Something said of a whole country: an emergency number, or what a helper must report."""

    words: str
    source: str
    verified_on: date
    expires_on: date


@dataclass(frozen=True)
class Country:
    """A region: its emergency number, its words on reporting, and its lines, best first.

    ``reporting`` is for staff; ``limits`` says the same to a young person before they say more.
    """

    region: str
    name: str
    emergency: Fact | None
    reporting: Fact | None
    limits: Fact | None
    lines: tuple[Line, ...]


def _within(span: str, here: datetime) -> bool:
    """Whether a local time falls in a span such as ``mon-fri 22:00-02:00``, which may pass midnight."""
    days, hours = span.split()
    first, _, last = days.partition("-")
    opens, closes = (time.fromisoformat(t) for t in hours.split("-"))
    now, today = here.time(), here.weekday()
    if opens <= closes:
        return _day(today, first, last or first) and opens <= now < closes
    late = _day(today, first, last or first) and now >= opens
    early = _day((today - 1) % 7, first, last or first) and now < closes
    return late or early


def _day(day: int, first: str, last: str) -> bool:
    start, end = DAYS.index(first), DAYS.index(last)
    return start <= day <= end if start <= end else day >= start or day <= end
