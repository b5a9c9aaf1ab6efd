"""The help lines: who can be reached where, when, and what they must report. Pure.

A number that no source showed is not in the files; an entry past its date stops a real start. Nobody whose
region is unknown is given another country's lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.directory.files import DirectoryError, read_country, read_general
from bot.directory.line import Country, Fact, Line

__all__ = ["Country", "Directory", "DirectoryError", "Fact", "Line", "lint_directory", "stale_entries"]

GENERAL = "_general.yml"
"""What holds for every country: here, what a helper is told where nobody has checked the law yet."""

LONGEST_CHECK = timedelta(days=184)
"""Six months: directories rot (one published hotline post carried a wrong number, corrected only in a comment:
https://stopthetraffik.wordpress.com/2010/02/05/south-africa-new-anti-trafficking-hotline-set-up/)."""


class Directory:
    """The lines of every region."""

    def __init__(self, countries: Mapping[str, Country], *, general_reporting: str | None = None) -> None:
        self._countries = countries
        self._general_reporting = general_reporting

    @classmethod
    def load(cls, folder: Path, *, today: date, production: bool) -> Directory:
        """Read every ``<country>.yml``; raises DirectoryError.

        ``production`` refuses an entry past its date; the demo shows it and ``handrail lint`` says so.
        """
        files = sorted(f for f in folder.glob("*.yml") if f.name != GENERAL)
        if not files:
            raise DirectoryError(f"{folder} holds no line of help: restore it from the repository.")
        countries = [read_country(file) for file in files]
        stale = stale_entries(countries, today)
        if production and stale:
            raise DirectoryError(stale[0])
        return cls({c.region: c for c in countries}, general_reporting=read_general(folder / GENERAL))

    def regions(self) -> tuple[tuple[str, str], ...]:
        """Every region, as id and name, by name."""
        return tuple(sorted(((c.region, c.name) for c in self._countries.values()), key=lambda pair: pair[1]))

    def emergency(self, region: str | None) -> str | None:
        """The emergency number of a region; None when the region, or its number, is unknown."""
        country = self._country(region)
        return country.emergency.words if country and country.emergency else None

    def reporting(self, region: str | None) -> str | None:
        """What a helper must pass on in a region, in plain words; general ones where nobody has checked the law."""
        country = self._country(region)
        return country.reporting.words if country and country.reporting else self._general_reporting

    def limits(self, region: str | None) -> str | None:
        """The limits of privacy as a young person of that region is told them; None where the general words hold."""
        country = self._country(region)
        return country.limits.words if country and country.limits else None

    def lines(
        self,
        region: str | None,
        *,
        now: datetime,
        themes: Sequence[str] = (),
        band: str | None = None,
        lang: str = "en",
        limit: int = 3,
    ) -> tuple[Line, ...]:
        """Lines open now, best first: those that speak the language, those for the themes, then in the file's own order."""
        fitting = [line for line in self._all(region, "line", band) if line.open_at(now)]
        ranked = sorted(
            fitting, key=lambda each: (lang not in each.languages, bool(themes) and not set(themes) & set(each.themes))
        )
        return tuple(ranked[:limit])

    def support(self, region: str | None, *, band: str | None = None) -> tuple[Line, ...]:
        """Longer-term support, open now or not: nobody needs it this minute."""
        return tuple(self._all(region, "support", band))

    def everything(self) -> tuple[Country, ...]:
        """All countries, for checks and lists."""
        return tuple(self._countries.values())

    def _all(self, region: str | None, kind: str, band: str | None) -> list[Line]:
        country = self._country(region)
        return [line for line in country.lines if line.kind == kind and line.suits(band)] if country else []

    def _country(self, region: str | None) -> Country | None:
        """CA-ON is found under CA: provinces differ in law, not in lines."""
        return self._countries.get(region) or self._countries.get(region.partition("-")[0]) if region else None


def stale_entries(countries: Sequence[Country], today: date) -> list[str]:
    """A sentence for every entry past its date."""
    return [
        f"content/directory/{region}.yml: {name} was last checked on {entry.verified_on} and is past {entry.expires_on}; "
        "check it with the line itself and set new dates."
        for region, name, entry in _entries(countries)
        if entry.expires_on < today
    ]


def lint_directory(directory: Directory, *, today: date) -> Iterator[str]:
    """What is wrong with entries that load: dates past, still to come or too far apart, or an id used twice."""
    countries = directory.everything()
    yield from stale_entries(countries, today)
    for region, name, entry in _entries(countries):
        where = f"content/directory/{region}.yml: {name}"
        if entry.verified_on > today:
            yield f"{where} says it was checked on {entry.verified_on}, which is still to come; write the day it was checked."
        if entry.expires_on - entry.verified_on > LONGEST_CHECK:
            yield f"{where} may stand for more than six months; set expires_on at most six months after verified_on."
    ids = [line.id for country in countries for line in country.lines]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    yield from (f"content/directory: the id {i} stands twice; give each line its own." for i in twice)
    without = [c.region for c in countries if not c.emergency]
    yield from (f"content/directory/{r}.yml: there is no emergency number; add one with its source." for r in without)


def _entries(countries: Sequence[Country]) -> Iterator[tuple[str, str, Line | Fact]]:
    for country in countries:
        facts = (
            ("the emergency number", country.emergency),
            ("what is said on reporting", country.reporting),
            ("limits", country.limits),
        )
        yield from ((country.region, name, fact) for name, fact in facts if fact)
        yield from ((country.region, line.id, line) for line in country.lines)
