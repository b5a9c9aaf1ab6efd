"""The clocks of a case: when a person should have come, and what happens when nobody did. Pure.

Figures are the project's own (design: handoff), set against what services report: 25 s to a counsellor
for high-risk texters at one large text line (2020), and waits of many minutes at others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.safety.verdict import Level


@dataclass(frozen=True)
class Step:
    """One step of widening: ``after`` seconds in the queue, ``tell`` whom."""

    after: timedelta
    tell: str


STEPS: dict[Level, tuple[Step, ...]] = {
    Level.IMMINENT: (
        Step(timedelta(seconds=0), "on call"),
        Step(timedelta(seconds=60), "second on call"),
        Step(timedelta(seconds=120), "supervisor"),
        Step(timedelta(seconds=180), "outside line"),
    ),
    Level.HIGH: (
        Step(timedelta(seconds=0), "on call"),
        Step(timedelta(minutes=5), "second on call"),
        Step(timedelta(minutes=10), "outside line"),
    ),
    Level.ELEVATED: (
        Step(timedelta(seconds=0), "on call"),
        Step(timedelta(minutes=15), "outside line"),
    ),
}

HEARTBEAT = timedelta(seconds=75)
"""How often someone who waits hears an honest word (design: every 60-90 s)."""


def steps(level: Level) -> tuple[Step, ...]:
    """The widening of a level; somebody who only asked for a person has the clock of elevated."""
    return STEPS[max(level, Level.ELEVATED)]


def deadline(level: Level, step: int, queued_at: datetime) -> datetime | None:
    """When step ``step`` falls due; None after the last one."""
    ladder = steps(level)
    return queued_at + ladder[step].after if step < len(ladder) else None


def reached(level: Level, step: int) -> timedelta:
    """How long after queuing the step before ``step`` fell due: how long a case at ``step`` has waited at least."""
    return steps(level)[step - 1].after if step else timedelta(0)


def longest_until(level: Level, step: int) -> timedelta:
    """How long from the step before until ``step``; a deadline can never be further off."""
    ladder = steps(level)
    return ladder[step].after - reached(level, step) if step < len(ladder) else timedelta(0)


def next_heartbeat(now: datetime) -> datetime:
    """When the next honest waiting word is due."""
    return now + HEARTBEAT
