"""``handrail plan-desk``: how many workers, hour by hour, as a table and a chart; ``plan-machines``: how many processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Optional

import typer

from bot import capacity
from bot.handoff.staffing import (
    AT_ONCE,
    HOURS,
    LEAST_HOURS,
    LEAST_IMMINENT,
    MEDIAN_GOAL,
    MINUTES,
    NOTICES,
    P95_GOAL,
    Hour,
    Plan,
    day,
)
from bot.safety.verdict import Level

WIDE, HIGH, LEFT, RIGHT = 760, 430, 46, 16
BAR = (WIDE - LEFT - RIGHT) / HOURS
DAYS = typer.Option(LEAST_HOURS, help="Least hours simulated for each hour of the day; more is steadier and slower.")
IMMINENT = typer.Option(LEAST_IMMINENT, help="Simulate on until so many cases of danger now came in each hour of the day.")


def plan_desk(
    cases: float = typer.Option(110.0, min=0.1, help="Cases a day that people should answer."),
    minutes: float = typer.Option(MINUTES, min=0.5, help="Mean length of a conversation."),
    at_once: int = typer.Option(AT_ONCE, min=1, help="Conversations one worker holds at once."),
    notices: float = typer.Option(NOTICES, min=0.1, help="Median seconds until a free worker accepts."),
    days: int = DAYS,
    imminent: int = IMMINENT,
    chart: Optional[Path] = typer.Option(None, help="Also draw it, as an SVG file."),
) -> None:
    """How many workers are needed, hour by hour, to answer danger now within 45 s (median) and 120 s (p95)."""
    plan = Plan(cases, minutes=minutes, at_once=at_once, notices=notices)
    if notices >= MEDIAN_GOAL:
        raise typer.BadParameter(
            f"Half accept after {MEDIAN_GOAL:.0f} s at the earliest then, however many they are: name less."
        )
    if chart and not chart.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {chart.parent} to draw into.")
    try:
        hours = day(plan, days=days, imminent=imminent)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    for line in table(hours):
        print(line)
    if chart:
        chart.write_text(svg(hours, cases), encoding="utf-8")
        print(f"Drawn in {chart}")


def table(hours: Sequence[Hour]) -> list[str]:
    """The plan as lines."""
    lines = [f"Danger now within {MEDIAN_GOAL:.0f} s (half) and {P95_GOAL:.0f} s (95 of 100); waits in seconds:"]
    lines.append(
        f"{'hour':<7}{'cases':>6}{'workers':>9}   {'imminent half/95':>17} {'high half/95':>16} {'elevated half/95':>18}"
    )
    for hour in hours:
        told = "".join(
            _waits(hour, level, wide) for level, wide in ((Level.IMMINENT, 18), (Level.HIGH, 17), (Level.ELEVATED, 19))
        )
        lines.append(f"{hour.hour:02d}:00  {hour.cases:>6.1f}{hour.workers:>9}  {told}  {'#' * hour.workers}")
    lines.append(f"Worker-hours a day: {sum(hour.workers for hour in hours)}; most at once: {max(h.workers for h in hours)}.")
    return lines


def _waits(hour: Hour, level: Level, wide: int) -> str:
    return f"{hour.waits.median(level):.0f} / {hour.waits.p95(level):.0f}".rjust(wide)


def svg(hours: Sequence[Hour], cases: float) -> str:
    """The plan as a picture of two panels over the same hours: workers as bars, and how long danger now waits as dots."""
    title = f"Workers needed by hour, {cases:g} cases a day"
    box = f'viewBox="0 0 {WIDE} {HIGH}" font-family="sans-serif" font-size="12" role="img"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDE}" height="{HIGH}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
        *_workers(hours, top=64, floor=204),
        *_seconds(hours, top=262, floor=402),
    ]
    return "\n".join([*parts, "</svg>", ""])


def _workers(hours: Sequence[Hour], *, top: float, floor: float) -> list[str]:
    most = max(hour.workers for hour in hours)
    step = max(1, -(-most // 5))
    parts = [f'<text x="{LEFT}" y="{top - 14}">Workers</text>']
    parts += _axis(range(0, most + 1, step), most, top=top, floor=floor)
    for number, hour in enumerate(hours):
        x, y = _middle(number), _height(hour.workers, most, top=top, floor=floor)
        parts += [
            f'<rect x="{x - BAR / 2 + 3:.1f}" y="{y:.1f}" width="{BAR - 6:.1f}" height="{floor - y:.1f}" fill="#35618f"/>',
            f'<text x="{x:.1f}" y="{y - 4:.1f}" text-anchor="middle">{hour.workers}</text>',
        ]
    return parts + _hours(hours, floor)


def _seconds(hours: Sequence[Hour], *, top: float, floor: float) -> list[str]:
    longest = max(P95_GOAL, *(hour.waits.p95(Level.IMMINENT) for hour in hours))
    parts = [
        f'<text x="{LEFT}" y="{top - 14}">Seconds until danger now is accepted</text>',
        f'<circle cx="{LEFT + 240}" cy="{top - 18}" r="4.5" fill="#fff" stroke="#8c2f2f" stroke-width="2"/>',
        f'<text x="{LEFT + 250}" y="{top - 14}">half of them (goal {MEDIAN_GOAL:.0f})</text>',
        f'<circle cx="{LEFT + 400}" cy="{top - 18}" r="4.5" fill="#8c2f2f"/>',
        f'<text x="{LEFT + 410}" y="{top - 14}">95 of 100 (goal {P95_GOAL:.0f})</text>',
    ]
    parts += _axis((0, MEDIAN_GOAL, P95_GOAL), longest, top=top, floor=floor)
    for number, hour in enumerate(hours):
        x = _middle(number)
        half, most = (_height(s, longest, top=top, floor=floor) for s in _half_and_most(hour))
        parts += [
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{half:.1f}" y2="{most:.1f}" stroke="#c9a3a3" stroke-width="2"/>',
            f'<circle cx="{x:.1f}" cy="{most:.1f}" r="4.5" fill="#8c2f2f" stroke="#fff"/>',
            f'<circle cx="{x:.1f}" cy="{half:.1f}" r="4.5" fill="#fff" stroke="#8c2f2f" stroke-width="2"/>',
        ]
    return parts + _hours(hours, floor)


def _half_and_most(hour: Hour) -> tuple[float, float]:
    return hour.waits.median(Level.IMMINENT), hour.waits.p95(Level.IMMINENT)


def _axis(marks: Iterable[float], most: float, *, top: float, floor: float) -> list[str]:
    parts = []
    for mark in marks:
        y = _height(mark, most, top=top, floor=floor)
        parts += [
            f'<line x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ccc"/>',
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:.0f}</text>',
        ]
    return parts


def _hours(hours: Sequence[Hour], floor: float) -> list[str]:
    return [
        f'<text x="{_middle(n):.1f}" y="{floor + 17:.1f}" text-anchor="middle">{h.hour:02d}</text>' for n, h in enumerate(hours)
    ]


def _middle(number: int) -> float:
    return LEFT + (number + 0.5) * BAR


def _height(value: float, most: float, *, top: float, floor: float) -> float:
    return floor - (floor - top) * value / most


def plan_machines(
    texts: float = typer.Option(2000.0, help="Texts in a day."),
) -> None:
    """What each part costs, what one core carries, and how many processes a day of texts needs (docs/scale.md)."""
    for line in (*capacity.costs_table(), "", *capacity.growth_table(texts), ""):
        print(line)
    rate, people = capacity.a_second(), capacity.people()
    print(f"One core carries {rate:.0f} texts a second, or {people:.0f} people who talk at the same moment.")
