"""The help lines: only sourced, only in date, only of the right region, only open now."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.directory import Directory, DirectoryError, lint_directory
from bot.directory.files import KEYS
from bot.text import not_gsm, segments

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)  # a Monday
COUNTRIES = {"AU", "CA", "GB", "IE", "NZ", "US", "ZA"}
DATES = {"verified_on": date(2026, 11, 23), "expires_on": date(2027, 5, 1)}
FACT = {"number": "911", "source": "https://example.org", "seen": "official", **DATES}


def written(folder: Path, *, country: dict[str, Any] | None = None, **changed: Any) -> Path:
    """A directory of one line in one country; a value of None takes the key out."""
    line: dict[str, Any] = {
        "id": "one",
        "name": "One",
        "about": "A line.",
        "themes": ["any"],
        "call": "0800 111",
        "dial": "+44800111",
        "hours": "24/7",
        "zone": "America/Toronto",
        "languages": ["en"],
        "reports_minors": "no",
        "sources": ["https://example.org"],
        "seen": "official",
        **DATES,
        **changed,
    }
    lines = [{k: v for k, v in line.items() if v is not None}]
    data = {"region": "CA", "name": "Canada", "emergency": FACT, "lines": lines, **(country or {})}
    (folder / "CA.yml").write_text(yaml.safe_dump(data), encoding="utf-8")
    return folder


def load(folder: Path, *, production: bool = True) -> Directory:
    return Directory.load(folder, today=TODAY, production=production)


@pytest.fixture(scope="module")
def real() -> Directory:
    return load(ROOT / "content" / "directory")


# --- the real files ---------------------------------------------------------------------------------


def test_every_line_that_is_shown_fits_beside_other_words_in_one_segment(real: Directory) -> None:
    for country in real.everything():
        for line in country.lines:
            if line.kind == "line":
                assert segments(line.say()) == 1 and not not_gsm(line.say()) and len(line.say()) <= 90, line.say()


def test_every_country_has_an_emergency_number_from_a_source(real: Directory) -> None:
    numbers = {region: real.emergency(region) for region, _ in real.regions()}
    assert numbers == {"AU": "000", "CA": "911", "GB": "999", "IE": "112", "NZ": "111", "US": "911", "ZA": "112"}


def test_a_line_says_who_how_and_when(real: Directory) -> None:
    assert real.lines("CA", now=NOON)[0].say() == "Kids Help Phone: call 1-800-668-6868 or text 686868 (24/7)."


def test_an_unknown_region_gets_no_country_by_default(real: Directory) -> None:
    for region in (None, "", "XX"):
        assert real.lines(region, now=NOON) == () and real.support(region) == ()
        assert real.emergency(region) is None


def test_at_most_three_lines_are_shown_and_a_wanted_theme_comes_first(real: Directory) -> None:
    lines = real.lines("CA", now=NOON, themes=("sextortion",))
    assert len(lines) == 3 and lines[0].id == "needhelpnow"


def test_a_province_finds_its_countrys_lines_and_law(real: Directory) -> None:
    assert real.lines("CA-ON", now=NOON) == real.lines("CA", now=NOON)
    assert "Ontario" in (real.reporting("CA-ON") or "")


def test_a_country_whose_law_nobody_checked_says_so_to_the_helper(real: Directory) -> None:
    assert "Nobody has checked" in (real.reporting("NZ") or "") and real.reporting("NZ") == real.reporting(None)


def test_a_line_that_must_report_says_so(real: Directory) -> None:
    line = next(line for c in real.everything() for line in c.lines if line.id == "trafficking_us")
    assert line.reports_minors == "yes" and "under 18" in (line.note or "")


def test_every_region_that_can_be_chosen_has_a_line_open_at_any_hour(real: Directory) -> None:
    assert {region for region, _ in real.regions()} == COUNTRIES
    for region, _ in real.regions():
        for hour in range(0, 24, 3):
            assert real.lines(region, now=NOON.replace(hour=hour)), region


# --- ways a file can be wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(("changed", "sentence"), [
    ({"phone": "123"}, "CA.yml, one: phone is not a key; use about, ages"),
    ({"name": None}, "CA.yml, one: name is missing; add it"),
    ({"sources": []}, "CA.yml, one: sources is missing; add it"),
    ({"verified_on": None}, "one: verified_on is missing; add it"),
    ({"expires_on": "soon"}, "dates are YYYY-MM-DD"),
    ({"hours": "always"}, "hours 24/7 or mon-fri 09:00-17:00"),
    ({"hours": "mon-fri 09:00-17:00", "zone": "Moon/Base"}, "one: .*Moon/Base"),
    ({"hours": "mon-fri 09:00-17:00", "zone": None}, "hours need a zone, such as Europe/London; add it"),
    ({"seen": "unverified"}, "seen must be one of official, secondary"),
    ({"seen": True}, "seen must be one of official, secondary"),
    ({"reports_minors": True}, "reports_minors must be one of yes, no, depends, in quotes"),
    ({"kind": "shop"}, "kind must be one of line, support"),
    ({"call": None, "dial": None}, "there is no way to reach it; add call, text or chat"),
    ({"dial": None}, "call and dial belong together"),
    ({"dial": "0800 111"}, "dial must be E.164, such as .18006686868, or a short number"),
    ({"dial": "+44800112"}, "call says 0800 111 and dial .44800112; make them the same number"),
    ({"sources": "https://example.org"}, "one: sources must be a list; put a dash before each"),
    ({"country": {"lines": 3}}, "CA.yml: lines must be a list"),
    ({"call": 800111}, "write numbers in quotes, or a leading 0 is lost"),
    ({"country": {"region": "US"}}, "CA.yml says region US; make it CA, as the file is named"),
    ({"country": {"colour": "red"}}, "it may hold emergency, reporting and limits; no more"),
    ({"country": {"lines": ["one"]}}, "one is no entry; write id, name and the other keys"),
    ({"country": {"emergency": {"number": "911"}}}, "CA.yml, emergency: it names no source; add one"),
    ({"country": {"emergency": {**FACT, "seen": "memory"}}}, "emergency: seen must be one of official, secondary: an unverified"),
    ({"country": {"emergency": {**FACT, "expires_on": "x"}}}, "emergency: verified_on and expires_on must be dates"),
    ({"country": {"emergency": "911"}}, "emergency: it holds number, expires_on, seen, source, verified_on"),
])  # fmt: skip
def test_a_wrong_file_is_one_sentence(tmp_path: Path, changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DirectoryError, match=sentence):
        load(written(tmp_path, **changed))


@pytest.mark.parametrize(("text", "sentence"), [
    ("lines: [\n", "CA.yml is not readable YAML: see line 2 and mend it"),
    ("- a\n", "CA.yml must hold region, name and lines"),
    (b"\xff\xfe\xff", "CA.yml cannot be read: restore it"),
])  # fmt: skip
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    (tmp_path / "CA.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DirectoryError, match=sentence):
        load(tmp_path)


def test_general_words_that_hold_more_are_refused(tmp_path: Path) -> None:
    (written(tmp_path) / "_general.yml").write_text("region: XX\n", encoding="utf-8")
    with pytest.raises(DirectoryError, match=r"_general\.yml may hold reporting, and nothing else"):
        load(tmp_path)


def test_no_lines_at_all_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="restore it from the repository"):
        load(tmp_path)


@pytest.mark.parametrize("instead", [None, [], {}, ["a"], {"x": 1}, 3, True, [[1]], "text", datetime(2026, 1, 1)])
def test_whatever_stands_in_a_file_it_loads_or_is_one_sentence(tmp_path: Path, instead: Any) -> None:
    """Whoever keeps the files sees a sentence with a mend, never a traceback."""
    good = yaml.safe_load((written(tmp_path) / "CA.yml").read_text(encoding="utf-8"))
    spoilt = [{**good, key: instead} for key in (*good, "reporting", "x", 3)]
    spoilt += [{**good, "lines": [{**good["lines"][0], key: instead}]} for key in (*KEYS, "x", 3)]
    spoilt += [{**good, "emergency": {**FACT, key: instead}} for key in (*FACT, 3)]
    for data in (instead, *spoilt):
        (tmp_path / "CA.yml").write_text(yaml.safe_dump(data), encoding="utf-8")
        try:
            directory = load(tmp_path, production=False)
        except DirectoryError as error:
            assert len(str(error)) > 20
        else:
            assert all(line.say() for line in directory.lines("CA", now=NOON, band="13-15"))
            assert list(lint_directory(directory, today=TODAY)) is not None


# --- dates --------------------------------------------------------------------------------------------


def test_an_entry_past_its_date_stops_a_real_start_and_says_what_to_do(tmp_path: Path) -> None:
    folder = written(tmp_path, expires_on=date(2026, 11, 22), verified_on=date(2026, 6, 1))
    with pytest.raises(DirectoryError, match="one was last checked on 2026-06-01 and is past 2026-11-22; check it with"):
        load(folder)
    assert load(folder, production=False).regions() == (("CA", "Canada"),)


def test_an_emergency_number_past_its_date_stops_a_real_start_too(tmp_path: Path) -> None:
    folder = written(tmp_path, country={"emergency": {**FACT, "expires_on": date(2026, 11, 22)}})
    with pytest.raises(DirectoryError, match="the emergency number was last checked"):
        load(folder)


@pytest.mark.parametrize(("changed", "finding"), [
    ({}, None),
    ({"expires_on": date(2026, 11, 22)}, "one was last checked on"),
    ({"verified_on": date(2026, 11, 24)}, "one says it was checked on 2026-11-24, which is still to come"),
    ({"expires_on": date(2027, 11, 23)}, "one may stand for more than six months; set expires_on"),
    ({"country": {"emergency": None}}, "CA.yml: there is no emergency number; add one with its source"),
])  # fmt: skip
def test_dates_that_cannot_stand_are_found_by_lint(tmp_path: Path, changed: dict[str, Any], finding: str | None) -> None:
    found = list(lint_directory(load(written(tmp_path, **changed), production=False), today=TODAY))
    assert (found == []) if finding is None else any(finding in sentence for sentence in found)


def test_an_id_that_stands_twice_is_found_by_lint(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "US.yml").write_text((tmp_path / "CA.yml").read_text().replace("region: CA", "region: US"), encoding="utf-8")
    assert "the id one stands twice" in " ".join(lint_directory(load(tmp_path), today=TODAY))


# --- open now, and for whom ----------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "at", "is_open"), [
    ("mon-fri 09:00-17:00", "2026-11-23T15:00:00+00:00", True),
    ("mon-fri 09:00-17:00", "2026-11-23T13:00:00+00:00", False),
    ("mon-fri 09:00-17:00", "2026-11-22T15:00:00+00:00", False),
    ("sat-sun 10:00-16:00", "2026-11-22T16:00:00+00:00", True),
    ("mon 09:00-10:00, tue 09:00-10:00", "2026-11-24T14:30:00+00:00", True),
    ("mon-sun 22:00-02:00", "2026-11-23T06:00:00+00:00", True),
    ("mon-sun 22:00-02:00", "2026-11-23T08:00:00+00:00", False),
    ("fri-mon 00:00-23:59", "2026-11-22T15:00:00+00:00", True),
    ("mon-fri 09:00-17:00", "2026-07-06T13:30:00+00:00", True),  # summer time: 09:30 in Toronto
])  # fmt: skip
def test_hours_are_those_of_the_line_also_past_midnight(tmp_path: Path, hours: str, at: str, is_open: bool) -> None:
    directory = load(written(tmp_path, hours=hours))
    assert bool(directory.lines("CA", now=datetime.fromisoformat(at))) is is_open


@pytest.mark.parametrize(("ages", "band", "shown"), [
    ([12, 24], "9-12", True), ([13, 24], "9-12", False), ([0, 15], "16-18", False), ([0, 15], None, True), ([0, 16], "16-18", True),
])  # fmt: skip
def test_a_line_is_shown_to_the_ages_it_is_for(tmp_path: Path, ages: list[int], band: str | None, shown: bool) -> None:
    assert bool(load(written(tmp_path, ages=ages)).lines("CA", now=NOON, band=band)) is shown


def test_support_for_later_is_a_list_of_its_own(tmp_path: Path) -> None:
    directory = load(written(tmp_path, kind="support", themes=["mentor"], hours="mon-fri 09:00-17:00"))
    assert directory.lines("CA", now=NOON) == () and [s.id for s in directory.support("CA")] == ["one"]


@pytest.mark.parametrize(("ways", "said"), [
    ({"call": "988", "dial": "988", "text": "988"}, "One: call or text 988 (24/7)."),
    ({"call": None, "dial": None, "text": "HOME to 741741"}, "One: text HOME to 741741 (24/7)."),
    ({"call": None, "dial": None, "chat": "example.org"}, "One: on the web at example.org (24/7)."),
])  # fmt: skip
def test_a_line_names_the_ways_it_has(tmp_path: Path, ways: dict[str, Any], said: str) -> None:
    assert load(written(tmp_path, **ways)).lines("CA", now=NOON)[0].say() == said


SUPPORT = {"kind": "support", "themes": ["mentor"], "call": None, "dial": None, "web": "example.org", "hours": "varies"}


def test_longer_term_support_needs_no_hours_and_is_never_a_line_for_now(tmp_path: Path) -> None:
    directory = Directory.load(written(tmp_path, **SUPPORT), today=TODAY, production=True)
    region = directory.regions()[0][0]
    assert not directory.lines(region, now=NOON)
    (entry,) = directory.support(region)
    assert entry.describe() == "One: A line. On the web at example.org."


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [({**SUPPORT, "themes": ["luck"]}, "themes of support are"), ({"hours": "varies"}, "a line needs its hours"),
     ({**SUPPORT, "web": None}, "no way to reach it")],
)  # fmt: skip
def test_support_of_an_unknown_kind_or_a_line_without_hours_is_refused(tmp_path: Path, changed: Any, sentence: str) -> None:
    with pytest.raises(DirectoryError, match=sentence):
        Directory.load(written(tmp_path, **changed), today=TODAY, production=True)


def test_every_support_entry_fits_two_segments() -> None:
    for country in Directory.load(ROOT / "content/directory", today=TODAY, production=True).everything():
        for line in country.lines:
            if line.kind == "support":
                assert not not_gsm(line.describe()) and segments(line.describe()) <= 2, line.id
