"""The help lines: only sourced, only in date, only of the right region, only open now."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from bot.directory import Directory, DirectoryError
from bot.text import segments

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)  # a Monday

ENTRY = """
region: CA
name: Canada
lines:
  - id: one
    name: One
    about: A line.
    themes: [any]
    call: "1"
    hours: "{hours}"
    zone: America/Toronto
    languages: [en]
    reports_minors: "no"
    sources: [https://example.org]
    seen: official
    verified_on: 2026-11-23
    expires_on: {expires}
"""


def written(tmp_path: Path, *, hours: str = "24/7", expires: str = "2027-05-01", extra: str = "") -> Path:
    (tmp_path / "CA.yml").write_text(ENTRY.format(hours=hours, expires=expires) + extra, encoding="utf-8")
    return tmp_path


def test_every_line_that_is_shown_fits_beside_other_words_in_one_segment() -> None:
    directory = Directory.load(ROOT / "content" / "directory", today=TODAY, production=True)
    for country in directory.everything():
        for line in country.lines:
            assert segments(line.say()) == 1 and len(line.say()) <= 90, line.say()


def test_an_unknown_region_gets_no_country_by_default() -> None:
    directory = Directory.load(ROOT / "content" / "directory", today=TODAY, production=True)
    assert directory.lines(None, now=NOON) == ()
    assert directory.lines("XX", now=NOON) == ()
    assert directory.emergency(None) is None


def test_at_most_three_lines_are_shown_and_a_wanted_theme_comes_first() -> None:
    directory = Directory.load(ROOT / "content" / "directory", today=TODAY, production=True)
    lines = directory.lines("CA", now=NOON, themes=("sextortion",))
    assert len(lines) == 3 and lines[0].id == "needhelpnow"


def test_an_entry_past_its_date_stops_a_real_start_and_says_what_to_do(tmp_path: Path) -> None:
    folder = written(tmp_path, expires="2026-11-22")
    with pytest.raises(
        DirectoryError, match="one was last checked on 2026-11-23 and is past 2026-11-22; check it with the line"
    ):
        Directory.load(folder, today=TODAY, production=True)
    assert Directory.load(folder, today=TODAY, production=False).regions() == (("CA", "Canada"),)


@pytest.mark.parametrize(("hours", "at", "is_open"), [
    ("mon-fri 09:00-17:00", "2026-11-23T15:00:00+00:00", True),
    ("mon-fri 09:00-17:00", "2026-11-23T13:00:00+00:00", False),
    ("mon-fri 09:00-17:00", "2026-11-22T15:00:00+00:00", False),
    ("sat-sun 10:00-16:00", "2026-11-22T16:00:00+00:00", True),
    ("mon-sun 22:00-02:00", "2026-11-23T06:00:00+00:00", True),
    ("mon-sun 22:00-02:00", "2026-11-23T08:00:00+00:00", False),
    ("fri-mon 00:00-23:59", "2026-11-22T15:00:00+00:00", True),
])  # fmt: skip
def test_hours_are_those_of_the_line_also_past_midnight(tmp_path: Path, hours: str, at: str, is_open: bool) -> None:
    directory = Directory.load(written(tmp_path, hours=hours), today=TODAY, production=True)
    assert bool(directory.lines("CA", now=datetime.fromisoformat(at))) is is_open


@pytest.mark.parametrize(("extra", "sentence"), [
    ("    phone: 123\n", "phone is not a key"),
    ("emergency:\n  number: '911'\n", "emergency: it names no source"),
    ("  - id: two\n", "two: name is missing"),
    ("wrong: [\n", "is not readable YAML"),
])  # fmt: skip
def test_a_wrong_file_is_one_sentence(tmp_path: Path, extra: str, sentence: str) -> None:
    with pytest.raises(DirectoryError, match=sentence):
        Directory.load(written(tmp_path, extra=extra), today=TODAY, production=True)


def test_no_lines_at_all_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="restore it from the repository"):
        Directory.load(tmp_path, today=TODAY, production=True)
