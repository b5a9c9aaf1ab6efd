"""The help lines: who can be reached where, when, and what they must report. Pure.

A number that no source showed is not in the files; an entry past its date stops the start. Nobody whose
region is unknown is given another country's lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

KEYS = {
    "id", "name", "about", "ages", "themes", "call", "text", "chat", "web", "hours", "zone", "languages", "cost",
    "reports_minors", "run_by", "fits", "sources", "seen", "verified_on", "expires_on", "note",
}  # fmt: skip
NEEDED = (
    "id",
    "name",
    "about",
    "themes",
    "hours",
    "languages",
    "sources",
    "seen",
    "verified_on",
    "expires_on",
    "reports_minors",
)
COUNTRY_KEYS = {"region", "name", "emergency", "reporting", "lines"}
REPORTS = ("yes", "no", "depends")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class DirectoryError(Exception):
    """A directory file cannot be used; the sentence names the file, the entry and the mend."""


@dataclass(frozen=True)
class Line:
    """One line of help. ``hours`` is ``24/7`` or spans such as ``mon-fri 09:00-17:00`` in ``zone``."""

    id: str
    name: str
    about: str
    themes: tuple[str, ...]
    call: str | None
    text: str | None
    chat: str | None
    hours: str
    zone: str
    languages: tuple[str, ...]
    ages: tuple[int, int]
    reports_minors: str
    verified_on: date
    expires_on: date

    def say(self) -> str:
        """The line as a ready phrase: who, how, when."""
        ways = [f"call {self.call}" if self.call else "", f"text {self.text}" if self.text else ""]
        how = " or ".join(w for w in ways if w) or f"on the web at {self.chat}"
        return f"{self.name}: {how} ({self.hours})."

    def open_at(self, now: datetime) -> bool:
        """Whether somebody answers now."""
        if self.hours == "24/7":
            return True
        here = now.astimezone(ZoneInfo(self.zone))
        return any(_within(span, here) for span in self.hours.split(","))


@dataclass(frozen=True)
class Country:
    """A region's emergency number, its plain words on reporting, and its lines, best first."""

    region: str
    name: str
    emergency: str | None
    reporting: str | None
    lines: tuple[Line, ...]


class Directory:
    """The lines of every region."""

    def __init__(self, countries: Mapping[str, Country]) -> None:
        self._countries = countries

    @classmethod
    def load(cls, folder: Path, *, today: date, production: bool) -> Directory:
        """Read every ``<country>.yml``; raises DirectoryError.

        ``production`` refuses an entry past its date; the demo shows it and ``handrail lint`` says so.
        """
        files = sorted(folder.glob("*.yml"))
        if not files:
            raise DirectoryError(f"{folder} holds no line of help: restore it from the repository.")
        countries = [_country(file) for file in files]
        stale = stale_entries(countries, today)
        if production and stale:
            raise DirectoryError(stale[0])
        return cls({c.region: c for c in countries})

    def regions(self) -> tuple[tuple[str, str], ...]:
        """Every region, as id and name, by name."""
        return tuple(sorted(((c.region, c.name) for c in self._countries.values()), key=lambda pair: pair[1]))

    def emergency(self, region: str | None) -> str | None:
        """The emergency number of a region; None when the region is unknown."""
        country = self._country(region)
        return country.emergency if country else None

    def reporting(self, region: str | None) -> str | None:
        """What a helper must pass on in a region, in plain words; None when unknown."""
        country = self._country(region)
        return country.reporting if country else None

    def lines(
        self, region: str | None, *, now: datetime, themes: Sequence[str] = (), band: str | None = None, limit: int = 3
    ) -> tuple[Line, ...]:
        """Lines open now, best first: those for the wanted themes, then in the file's own order."""
        country = self._country(region)
        if country is None:
            return ()
        fitting = [line for line in country.lines if line.open_at(now) and _fits(line, band)]
        ranked = sorted(fitting, key=lambda line: not set(themes) & set(line.themes) if themes else False)
        return tuple(ranked[:limit])

    def everything(self) -> tuple[Country, ...]:
        """All countries, for checks and lists."""
        return tuple(self._countries.values())

    def _country(self, region: str | None) -> Country | None:
        """CA-ON is found under CA: provinces differ in law, not in lines."""
        return self._countries.get(region) or self._countries.get(region.partition("-")[0]) if region else None


def stale_entries(countries: Sequence[Country], today: date) -> list[str]:
    """A sentence for every entry past its date."""
    return [
        f"content/directory/{c.region}.yml: {line.id} was last checked on {line.verified_on} and is past {line.expires_on}; "
        "check it with the line itself and set new dates."
        for c in countries
        for line in c.lines
        if line.expires_on < today
    ]


def _country(file: Path) -> Country:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise DirectoryError(f"{file} is not readable YAML: {error}. Mend the line it names.") from error
    if not isinstance(data, dict) or set(data) - COUNTRY_KEYS or not {"region", "name", "lines"} <= set(data):
        raise DirectoryError(f"{file} must hold region, name and lines, and may hold emergency and reporting; nothing else.")
    emergency, reporting = data.get("emergency") or {}, data.get("reporting") or {}
    for part, name in ((emergency, "emergency"), (reporting, "reporting")):
        if part and not part.get("source"):
            raise DirectoryError(f"{file}, {name}: it names no source; add one, or take it out.")
    return Country(
        region=str(data["region"]),
        name=str(data["name"]),
        emergency=str(emergency["number"]) if emergency else None,
        reporting=" ".join(str(reporting["words"]).split()) if reporting else None,
        lines=tuple(_line(file, entry) for entry in data["lines"] or ()),
    )


def _line(file: Path, entry: Mapping[str, Any]) -> Line:
    where = f"{file}, {entry.get('id', 'an entry without id')}"
    unknown, missing = set(entry) - KEYS, [k for k in NEEDED if entry.get(k) in (None, "", [])]
    if unknown:
        raise DirectoryError(f"{where}: {', '.join(sorted(unknown))} is not a key; use {', '.join(sorted(KEYS))}.")
    if missing:
        raise DirectoryError(f"{where}: {missing[0]} is missing; add it.")
    if not any(entry.get(way) for way in ("call", "text", "chat")):
        raise DirectoryError(f"{where}: there is no way to reach it; add call, text or chat.")
    if entry["reports_minors"] not in REPORTS:
        raise DirectoryError(f"{where}: reports_minors must be one of {', '.join(REPORTS)}, in quotes.")
    return _made(where, entry)


def _made(where: str, entry: Mapping[str, Any]) -> Line:
    try:
        line = Line(
            id=str(entry["id"]),
            name=str(entry["name"]),
            about=str(entry["about"]),
            themes=tuple(entry["themes"]),
            call=entry.get("call"),
            text=entry.get("text"),
            chat=entry.get("chat"),
            hours=str(entry["hours"]),
            zone=str(entry.get("zone", "UTC")),
            languages=tuple(entry["languages"]),
            ages=(int(entry.get("ages", [0, 99])[0]), int(entry.get("ages", [0, 99])[1])),
            reports_minors=str(entry["reports_minors"]),
            verified_on=_date(entry["verified_on"]),
            expires_on=_date(entry["expires_on"]),
        )
        line.open_at(datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise DirectoryError(f"{where}: {error}; dates are YYYY-MM-DD, hours 24/7 or mon-fri 09:00-17:00.") from error
    return line


def _date(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _fits(line: Line, band: str | None) -> bool:
    if band is None:
        return True
    youngest, oldest = (int(n) for n in band.split("-"))
    return line.ages[0] <= oldest and line.ages[1] >= youngest


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
