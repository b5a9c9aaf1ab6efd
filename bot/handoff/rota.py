"""The rota: who is on call at a moment, in which order. Pure.

Shifts are written in local time of their own zone, may pass midnight, and may be many a day. A shift is for
weekdays, or for one date. On a holiday only shifts written for that very date hold.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ON_CALL, SECOND, SUPERVISOR = "on call", "second on call", "supervisor"
PLACES = (ON_CALL, SECOND, SUPERVISOR)
"""Who is told first, second and third; the clocks name the same places."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOKS_AHEAD = timedelta(days=8)


class RotaError(Exception):
    """A shift cannot be read; the sentence says what to write instead."""


@dataclass(frozen=True)
class Shift:
    """Somebody's time on call. ``days`` is ``mon,wed`` or ``mon-fri``, or one date such as ``2026-12-25``.

    ``ends`` at or before ``starts`` means the next morning; both are ``HH:MM`` in ``zone``.
    """

    id: int
    staff_id: int
    place: str
    days: str
    starts: str
    ends: str
    zone: str

    def check(self) -> Shift:
        """The shift as it is kept: days as short as can be, hours as ``HH:MM``. Raises RotaError when a part cannot be read."""
        if self.place not in PLACES:
            raise RotaError(f"{self.place!r} is no place on the rota: use one of {', '.join(PLACES)}.")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise RotaError(f"{self.zone!r} is no time zone: write one such as America/Toronto.") from None
        return replace(self, days=_days(self.days), starts=_hour(self.starts), ends=_hour(self.ends))

    def covers(self, moment: datetime, holidays: Collection[str]) -> bool:
        """Whether ``moment`` (aware) falls in this shift."""
        here = moment.astimezone(ZoneInfo(self.zone))
        starts, ends = time.fromisoformat(self.starts), time.fromisoformat(self.ends)
        today, now = here.date(), here.time()
        if starts < ends:
            return starts <= now < ends and self._is_on(today, holidays)
        yesterday = today - timedelta(days=1)
        return (now >= starts and self._is_on(today, holidays)) or (now < ends and self._is_on(yesterday, holidays))

    def next_start(self, moment: datetime, holidays: Collection[str]) -> datetime | None:
        """When it begins next after ``moment``; None within eight days."""
        zone = ZoneInfo(self.zone)
        today = moment.astimezone(zone).date()
        for ahead in range(LOOKS_AHEAD.days):
            day = today + timedelta(days=ahead)
            begins = datetime.combine(day, time.fromisoformat(self.starts), zone)
            if begins > moment and self._is_on(day, holidays):
                return begins
        return None

    def _is_on(self, day: date, holidays: Collection[str]) -> bool:
        """Whether the shift begins on this day."""
        only = _date(self.days)
        if only is not None:
            return day == only
        return day.weekday() in _weekdays(self.days) and day.isoformat() not in holidays


@dataclass(frozen=True)
class Rota:
    """All shifts and holidays."""

    shifts: Sequence[Shift]
    holidays: Collection[str] = ()

    def on_call(self, place: str, moment: datetime) -> tuple[int, ...]:
        """Who has this place at a moment: ids of staff, in the order of the rota, each once."""
        found = [s.staff_id for s in self.shifts if s.place == place and s.covers(moment, self.holidays)]
        return tuple(dict.fromkeys(found))

    def anybody(self, moment: datetime) -> bool:
        """Whether somebody is on call at a moment, in any place."""
        return any(self.on_call(place, moment) for place in PLACES)

    def opens(self, moment: datetime) -> datetime | None:
        """When somebody is on call next, in the local time of that shift; None when nobody is planned."""
        starts = [begins for s in self.shifts if (begins := s.next_start(moment, self.holidays))]
        return min(starts, default=None)


def _date(days: str) -> date | None:
    try:
        return date.fromisoformat(days)
    except ValueError:
        return None


def _hour(said: str) -> str:
    """An hour as ``HH:MM``; raises RotaError for anything finer, or of a zone of its own."""
    try:
        hour = time.fromisoformat(said)
    except ValueError:
        hour = None
    if hour is None or hour.tzinfo or hour.second or hour.microsecond:
        raise RotaError("Write the hours as HH:MM, such as 22:00.")
    return f"{hour:%H:%M}"


def _days(said: str) -> str:
    """Days as they are kept, ``mon-fri`` for five in a row: so any choice of days is 15 characters at most."""
    only, named = _date(said), _named(said)
    if only is not None:
        return only.isoformat()
    if not named:
        raise RotaError("Write the days as mon-fri or mon,wed, or one date such as 2026-12-25.")
    if len(set(named)) < len(named):
        raise RotaError("A day stands there twice. Write each day once, such as mon-wed,fri.")
    if len(named) == len(DAYS):
        return f"{DAYS[0]}-{DAYS[-1]}"
    runs = []
    for first in sorted(day for day in named if (day - 1) % 7 not in named):
        last = first
        while (last + 1) % 7 in named:
            last = (last + 1) % 7
        runs.append(DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}")
    return ",".join(runs)


def _weekdays(days: str) -> frozenset[int]:
    """The weekdays of ``mon-fri`` or ``sat,sun``, Monday 0; empty when it cannot be read."""
    return frozenset(_named(days))


def _named(days: str) -> list[int]:
    """Each weekday as often as it is named."""
    found: list[int] = []
    for piece in days.lower().replace(" ", "").split(","):
        first, _, last = piece.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            return []
        start, end = DAYS.index(first), DAYS.index(last or first)
        found.extend((start + n) % 7 for n in range((end - start) % 7 + 1))
    return found
