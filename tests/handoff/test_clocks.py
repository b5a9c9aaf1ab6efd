"""The clocks of design: imminent at 0, 60 and 120 s, high at 5 and 10 minutes, elevated at 15."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from bot.handoff.clocks import HEARTBEAT, deadline, steps
from bot.safety.verdict import Level

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("level", "seconds"), [(Level.IMMINENT, [0, 60, 120, 180]), (Level.HIGH, [0, 300, 600]), (Level.ELEVATED, [0, 900])]
)
def test_the_deadlines_of_a_level(level: Level, seconds: list[int]) -> None:
    due = [deadline(level, step, NOW) for step in range(len(seconds))]
    assert due == [NOW + timedelta(seconds=s) for s in seconds]
    assert deadline(level, len(seconds), NOW) is None


def test_every_ladder_ends_with_a_line_outside() -> None:
    for level in Level:
        assert steps(level)[-1].tell == "outside line"


def test_an_honest_word_comes_every_sixty_to_ninety_seconds() -> None:
    assert timedelta(seconds=60) <= HEARTBEAT <= timedelta(seconds=90)
