"""How many workers a desk needs: the simulation agrees with what is known of queues, and says when it cannot be done."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli_plan import svg
from bot.handoff.staffing import (
    EVENING,
    HOURS,
    LEAST_HOURS,
    LEAST_IMMINENT,
    MEDIAN_GOAL,
    P95_GOAL,
    SHARES,
    Hour,
    Plan,
    Waits,
    day,
    hours_for,
    needed,
    waits,
)
from bot.safety.verdict import Level

PLAN = Plan(110)


def erlang_c(offered: float, servers: int) -> float:
    """The chance to wait at all (Erlang 1917)."""
    top = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return top / (sum(offered**k / math.factorial(k) for k in range(servers)) + top)


def test_the_share_that_waits_is_erlangs() -> None:
    plan = replace(PLAN, at_once=1, minutes=30, notices=0.001)
    found = waits(plan, 6.0, 5, days=1500, seed=3)
    everybody = [wait for level in SHARES for wait in found.by_level[level]]
    waited = sum(wait > 0.1 for wait in everybody) / len(everybody)
    assert waited == pytest.approx(erlang_c(6 * 0.5, 5), abs=0.04)
    assert len(everybody) == pytest.approx(6 * 1500, rel=0.05)


def test_danger_now_waits_less_than_all_others() -> None:
    found = waits(PLAN, 10, 4, days=400, seed=1)
    assert found.p95(Level.IMMINENT) < found.p95(Level.HIGH) < found.p95(Level.ELEVATED)


def test_one_more_worker_makes_nobody_wait_longer() -> None:
    p95 = [waits(PLAN, 10, workers, days=300, seed=1).p95(Level.HIGH) for workers in (4, 5, 6, 8)]
    assert p95 == sorted(p95, reverse=True)


def test_what_is_needed_keeps_the_promise_and_one_less_does_not() -> None:
    workers, found = needed(PLAN, 12.0)
    assert found.median(Level.IMMINENT) <= MEDIAN_GOAL and found.p95(Level.IMMINENT) <= P95_GOAL
    hours = hours_for(PLAN, 12.0, least=LEAST_HOURS, imminent=LEAST_IMMINENT)
    assert not waits(PLAN, 12.0, workers - 1, days=hours, seed=1).kept


def test_a_desk_that_leaves_the_others_waiting_is_too_small() -> None:
    soon, late = [20.0] * 20, [1000.0] * 20
    assert Waits({Level.IMMINENT: soon, Level.HIGH: soon, Level.ELEVATED: soon}).kept
    assert not Waits({Level.IMMINENT: soon, Level.HIGH: late, Level.ELEVATED: soon}).kept
    assert not Waits({Level.IMMINENT: soon, Level.HIGH: soon, Level.ELEVATED: late}).kept


def test_the_same_seed_gives_the_same_plan() -> None:
    assert waits(PLAN, 8, 4, days=50, seed=5) == waits(PLAN, 8, 4, days=50, seed=5)
    assert waits(PLAN, 8, 4, days=50, seed=5) != waits(PLAN, 8, 4, days=50, seed=6)


def test_a_quiet_hour_rests_on_as_many_cases_of_danger_now_as_a_busy_one() -> None:
    _, quiet = needed(PLAN, 0.5, imminent=300)
    assert len(quiet.by_level[Level.IMMINENT]) == pytest.approx(300, rel=0.2)
    _, busy = needed(PLAN, 12.0, days=20, imminent=300)
    assert len(busy.by_level[Level.IMMINENT]) == pytest.approx(300, rel=0.2)


def test_an_hour_without_cases_still_has_somebody() -> None:
    assert needed(replace(PLAN, cases_a_day=0), 0.0, days=10)[0] == 1


def test_a_worker_too_slow_to_notice_cannot_be_made_up_by_more_workers() -> None:
    with pytest.raises(ValueError, match="More than"):
        needed(replace(PLAN, notices=90), 1.0, days=20)


def test_the_evening_needs_most() -> None:
    hours = day(PLAN, days=60, imminent=100)
    assert len(hours) == HOURS and sum(h.cases for h in hours) == pytest.approx(110)
    assert max(hours, key=lambda h: h.workers).hour in range(18, 24)
    assert sum(EVENING[18:]) + EVENING[0] > sum(EVENING) / 2


def test_the_command_prints_a_table_and_draws_a_chart(tmp_path: Path) -> None:
    from bot.cli import main

    chart = tmp_path / "plan.svg"
    done = CliRunner().invoke(main, ["plan-desk", "--cases", "40", "--days", "20", "--imminent", "20", "--chart", str(chart)])
    assert done.exit_code == 0, done.output
    assert "22:00" in done.output and "Worker-hours a day:" in done.output
    drawn = chart.read_text(encoding="utf-8")
    assert drawn.startswith("<svg") and drawn.count("<circle") == 2 * HOURS + 2, "two dots an hour, and what they mean"
    for axis in ("Workers", "Seconds until danger now is accepted", ">45<", ">120<"):
        assert axis in drawn


def test_the_chart_holds_all_its_dots_however_long_they_wait() -> None:
    late = Waits({level: [500.0] * 20 for level in SHARES})
    drawn = svg([Hour(hour, 1.0, 2, late) for hour in range(HOURS)], 24)
    heights = [float(y) for y in re.findall(r'cy="([\d.]+)"', drawn)]
    assert min(heights) > 0 and max(heights) < 430


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--minutes", "2000", "--cases", "200"], "More than 60 workers"),
        (["--notices", "300"], "Half accept after 45 s"),
        (["--cases", "-5"], "--cases"),
        (["--minutes", "0"], "--minutes"),
        (["--chart", "/no/where/plan.svg"], "no folder /no/where"),
    ],
)
def test_a_plan_that_cannot_be_made_is_one_sentence(asked: list[str], told: str) -> None:
    from bot.cli import main

    done = CliRunner().invoke(main, ["plan-desk", "--cases", "10", "--days", "100", *asked], env={"COLUMNS": "300"})
    assert done.exit_code == 2 and told in done.output
