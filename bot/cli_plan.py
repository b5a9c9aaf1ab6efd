"""``handrail plan-desk``: how many workers, hour by hour, as a table and a chart."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Optional

import typer

from bot.handoff.staffing import AT_ONCE, MEDIAN_GOAL, MINUTES, NOTICES, P95_GOAL, Hour, Plan, day
from bot.safety.verdict import Level

WIDE, HIGH, LEFT, TOP = 760, 300, 46, 46
DAYS = typer.Option(400, help="Hours simulated for each hour of the day; more is steadier and slower.")


def plan_desk(
    cases: float = typer.Option(110.0, help="Cases a day that people should answer."),
    minutes: float = typer.Option(MINUTES, help="Mean length of a conversation."),
    at_once: int = typer.Option(AT_ONCE, min=1, help="Conversations one worker holds at once."),
    notices: float = typer.Option(NOTICES, help="Median seconds until a free worker accepts."),
    days: int = DAYS,
    chart: Optional[Path] = typer.Option(None, help="Also draw it, as an SVG file."),
) -> None:
    """How many workers are needed, hour by hour, to answer danger now within 45 s (median) and 120 s (p95)."""
    plan = Plan(cases, minutes=minutes, at_once=at_once, notices=notices)
    try:
        hours = day(plan, days=days)
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
    """The plan as a picture: workers as bars, the wait of 95 of 100 in danger now as dots."""
    title = f"Workers needed by hour, {cases:g} cases a day"
    dots = f"dots: seconds until 95 of 100 in danger now are accepted (line: {P95_GOAL:.0f} s)"
    box = f'viewBox="0 0 {WIDE} {HIGH}" font-family="sans-serif" font-size="11" role="img"'
    most, bar = max(hour.workers for hour in hours), (WIDE - 2 * LEFT) / len(hours)
    floor, tall = HIGH - TOP, HIGH - 2 * TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDE}" height="{HIGH}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
        f'<text x="{LEFT}" y="36" fill="#a33">{dots}</text>',
    ]
    for number, hour in enumerate(hours):
        x, height = LEFT + number * bar, tall * hour.workers / most
        dot = floor - tall * min(1.0, hour.waits.p95(Level.IMMINENT) / (P95_GOAL * 1.25))
        parts += [
            f'<rect x="{x + 3:.1f}" y="{floor - height:.1f}" width="{bar - 6:.1f}" height="{height:.1f}" fill="#35618f"/>',
            f'<text x="{x + bar / 2:.1f}" y="{floor - height - 4:.1f}" text-anchor="middle">{hour.workers}</text>',
            f'<text x="{x + bar / 2:.1f}" y="{floor + 15}" text-anchor="middle">{hour.hour:02d}</text>',
            f'<circle cx="{x + bar / 2:.1f}" cy="{dot:.1f}" r="3" fill="#a33"/>',
        ]
    goal = floor - tall / 1.25
    parts.append(f'<line x1="{LEFT}" x2="{WIDE - LEFT}" y1="{goal:.1f}" y2="{goal:.1f}" stroke="#a33" stroke-dasharray="4 3"/>')
    return "\n".join([*parts, "</svg>", ""])
