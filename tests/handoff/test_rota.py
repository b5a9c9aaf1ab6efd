"""Who is on call: over midnight, split shifts, holidays, zones, and the hour the clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.rota import DAYS, ON_CALL, SECOND, Rota, RotaError, Shift

NIGHT = Shift(1, 7, ON_CALL, "mon-fri", "22:00", "06:00", "America/Toronto")
TORONTO = ZoneInfo("America/Toronto")


def at(text: str, zone: ZoneInfo = TORONTO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(("moment", "on"), [
    ("2026-11-23T21:59", False), ("2026-11-23T22:00", True), ("2026-11-24T05:59", True), ("2026-11-24T06:00", False),
    ("2026-11-28T03:00", True),  # Saturday morning belongs to Friday's night
    ("2026-11-28T23:00", False), ("2026-11-30T03:00", False),  # Monday morning belongs to Sunday, who has none
])  # fmt: skip
def test_a_night_shift_belongs_to_the_evening_it_begins(moment: str, on: bool) -> None:
    assert NIGHT.covers(at(moment), ()) is on


def test_a_split_shift_is_two_shifts() -> None:
    day = [replace(NIGHT, starts="09:00", ends="12:00"), replace(NIGHT, starts="17:00", ends="20:00")]
    rota = Rota(day)
    assert [bool(rota.on_call(ON_CALL, at(f"2026-11-23T{hour}:30"))) for hour in ("08", "09", "13", "17", "21")] == [
        False, True, False, True, False,
    ]  # fmt: skip


def test_on_a_holiday_only_shifts_for_that_date_hold() -> None:
    christmas = Shift(2, 8, ON_CALL, "2026-12-25", "00:00", "23:59", "America/Toronto")
    rota = Rota([NIGHT, christmas], {"2026-12-25"})
    assert rota.on_call(ON_CALL, at("2026-12-25T23:00")) == (8,)
    assert rota.on_call(ON_CALL, at("2026-12-25T03:00")) == (7, 8)  # the night that began on the 24th goes on


def test_zones_are_each_shifts_own() -> None:
    london = Shift(3, 9, ON_CALL, "mon-sun", "09:00", "17:00", "Europe/London")
    moment = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
    assert Rota([london, NIGHT]).on_call(ON_CALL, moment) == (9,)


def test_the_night_the_clocks_change_has_no_hole() -> None:
    weekend = replace(NIGHT, days="sat,sun")
    for minute in range(0, 8 * 60, 10):  # 1 November 2026: 02:00 comes twice in Toronto
        hour, rest = divmod(minute, 60)
        moment = datetime(2026, 11, 1, 2, 0, tzinfo=timezone.utc).replace(hour=2 + hour, minute=rest)
        assert weekend.covers(moment, ()), moment


def test_order_is_the_rotas_and_each_person_comes_once() -> None:
    rota = Rota([NIGHT, replace(NIGHT, id=2, staff_id=8), replace(NIGHT, id=3), replace(NIGHT, id=4, place=SECOND, staff_id=9)])
    assert rota.on_call(ON_CALL, at("2026-11-23T23:00")) == (7, 8)
    assert rota.on_call(SECOND, at("2026-11-23T23:00")) == (9,)


def test_when_people_are_here_again() -> None:
    rota = Rota([NIGHT])
    assert rota.opens(at("2026-11-28T12:00")) == at("2026-11-30T22:00")
    assert not rota.anybody(at("2026-11-28T12:00"))
    assert Rota([]).opens(at("2026-11-28T12:00")) is None


@pytest.mark.parametrize(("change", "says"), [
    ({"place": "boss"}, "no place on the rota"), ({"days": "someday"}, "mon-fri"), ({"starts": "25:00"}, "HH:MM"),
    ({"zone": "Mars/Olympus"}, "no time zone"), ({"days": ""}, "mon-fri"), ({"days": "2026-13-01"}, "mon-fri"),
])  # fmt: skip
def test_what_cannot_be_read_says_what_to_write(change: dict[str, str], says: str) -> None:
    with pytest.raises(RotaError, match=says):
        replace(NIGHT, **change).check()


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(timezone.utc)))
def test_a_shift_round_the_clock_covers_every_moment(moment: datetime) -> None:
    always = [Shift(1, 1, ON_CALL, "mon-sun", "00:00", "12:00", "America/St_Johns"),
              Shift(2, 1, ON_CALL, "mon-sun", "12:00", "00:00", "America/St_Johns")]  # fmt: skip
    assert Rota(always).on_call(ON_CALL, moment) == (1,)


@pytest.mark.parametrize(("days", "kept"), [
    ("mon,tue,wed,thu,fri", "mon-fri"), ("MON, wed", "mon,wed"), ("sat,sun", "sat-sun"), ("fri-mon,wed", "wed,fri-mon"),
    ("sun-sat", "mon-sun"), ("mon,tue,wed,thu,fri,sat,sun", "mon-sun"), ("2026-12-25", "2026-12-25"),
])  # fmt: skip
def test_days_are_kept_as_short_as_can_be(days: str, kept: str) -> None:
    assert replace(NIGHT, days=days).check().days == kept


@given(st.sets(st.sampled_from(DAYS), min_size=1))
def test_any_choice_of_days_fits_its_column_and_stays_the_same_days(chosen: set[str]) -> None:
    shift = replace(NIGHT, days=",".join(sorted(chosen)))
    kept = shift.check()
    assert len(kept.days) <= 15
    week = [at(f"2026-11-{day}T22:30") for day in range(23, 30)]
    assert [kept.covers(moment, ()) for moment in week] == [shift.covers(moment, ()) for moment in week]
    assert sum(kept.covers(moment, ()) for moment in week) == len(chosen)


@pytest.mark.parametrize("days", ["mon,mon", "mon-fri,wed", "mon-wed,wed-fri"])
def test_a_day_that_stands_twice_is_refused(days: str) -> None:
    with pytest.raises(RotaError, match="twice"):
        replace(NIGHT, days=days).check()


@pytest.mark.parametrize(("said", "kept"), [("09", "09:00"), ("09:30:00", "09:30"), ("22:00", "22:00")])
def test_hours_are_kept_as_hours_and_minutes(said: str, kept: str) -> None:
    shift = replace(NIGHT, starts=said, ends=said).check()
    assert (shift.starts, shift.ends) == (kept, kept)


@pytest.mark.parametrize("said", ["9:00", "09:00:30", "09:00+02:00", "09:00:00.000001", "25:00", ""])
def test_hours_that_are_finer_or_of_another_zone_are_refused(said: str) -> None:
    with pytest.raises(RotaError, match="HH:MM"):
        replace(NIGHT, ends=said).check()
