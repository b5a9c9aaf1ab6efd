"""What one machine carries: arithmetic over what each part of the way costs. Pure; docs/scale.md states what it says.

It promises that every figure follows from ``COSTS`` and the assumptions below it, each with where it comes from: put in your
own and ask again (``handrail plan-machines``). It refuses to know how fast anybody's processor is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

GATEWAY, ENGINE, OUTBOX = "gateway", "engine", "outbox"


@dataclass(frozen=True)
class Cost:
    """Processor milliseconds of one core for one step. ``measured`` is False for an estimate."""

    part: str
    step: str
    ms: float
    measured: bool


COSTS: Mapping[str, Cost] = MappingProxyType(
    {
        "receive choice": Cost(GATEWAY, "receive a choice, exactly as offered: not screened", 3.0, measured=False),
        "receive text": Cost(GATEWAY, "receive a text: kept, screened, routed", 10.0, measured=True),
        "look at the seam": Cost(GATEWAY, "more for a text within three minutes of others", 6.0, measured=False),
        "reply": Cost(GATEWAY, "claim, reply and keep; one delivery report", 5.0, measured=False),
        "question": Cost(ENGINE, "a question", 12.0, measured=True),
        "choice": Cost(ENGINE, "a choice", 4.5, measured=True),
        "send": Cost(OUTBOX, "claim, send and settle what goes out for one text in", 7.0, measured=False),
    }
)
"""From docs/performance.md where measured."""

CHOICES = 0.5
"""Share of texts in that are choices, as in a lesson. An assumption."""

JOINED = 1.0
"""Share of the other texts that come within three minutes of others: of somebody who talks, nearly all. An assumption."""

A_MINUTE = 2.0
"""Texts a minute of somebody who talks. An assumption."""

BUSY = 0.7
"""How busy a core may be at the peak, so that texts do not queue up behind each other. An assumption."""

PEAK, LEAST_PEAK = 20.0, 1.0
"""How many times as many texts come in the busiest second as on average; and texts in it, however few come in a day. An
assumption: half a day's texts come in its evening, and a class begins its lesson together."""

COMMITS = 6
"""Commits that a text needs: kept, claimed, tracker, answered, claimed, sent. Counted."""

BYTES_A_TEXT, DAYS_KEPT = 2500.0, 3.0
"""On the disk, with answers, tracker and indexes, for the 72 hours that ordinary words are kept. An estimate."""


@dataclass(frozen=True)
class Machines:
    """How many processes a rate of texts needs. Gateways, engines and outboxes use about one core each."""

    gateways: int
    engines: int
    outboxes: int


def text_ms(part: str, costs: Mapping[str, Cost] = COSTS) -> float:
    """Processor milliseconds that a part takes for one text of somebody who talks, on average."""
    typed = 1 - CHOICES
    ms = {name: cost.ms for name, cost in costs.items()}
    return {
        GATEWAY: CHOICES * ms["receive choice"] + typed * (ms["receive text"] + JOINED * ms["look at the seam"]) + ms["reply"],
        ENGINE: CHOICES * ms["choice"] + typed * ms["question"],
        OUTBOX: ms["send"],
    }[part]


def whole_ms(costs: Mapping[str, Cost] = COSTS) -> float:
    """Processor milliseconds of all parts for one text."""
    return sum(text_ms(part, costs) for part in (GATEWAY, ENGINE, OUTBOX))


def a_second(costs: Mapping[str, Cost] = COSTS) -> float:
    """Texts a second that one core carries when it does nothing else."""
    return 1000 / whole_ms(costs)


def people(costs: Mapping[str, Cost] = COSTS) -> float:
    """How many may talk at the same moment on one core."""
    return a_second(costs) * 60 / A_MINUTE


def peak(texts_a_day: float) -> float:
    """Texts in the busiest second."""
    return max(LEAST_PEAK, texts_a_day / 86_400 * PEAK)


def machines(rate: float, costs: Mapping[str, Cost] = COSTS) -> Machines:
    """The processes that ``rate`` texts a second need; at least one of each."""
    needed = [max(1, math.ceil(rate * text_ms(part, costs) / 1000 / BUSY)) for part in (GATEWAY, ENGINE, OUTBOX)]
    return Machines(*needed)


def most_commits(flush_ms: float) -> float:
    """Texts a second that one PostgreSQL carries when its commits go one after the other and each waits for the disk."""
    return 1000 / (COMMITS * flush_ms)


def at_rest(texts_a_day: float) -> float:
    """Gigabytes on the disk."""
    return texts_a_day * DAYS_KEPT * BYTES_A_TEXT / 1e9


def costs_table() -> list[str]:
    """The costs, as docs/scale.md shows them."""
    lines = ["| part | step | processor time | a second and core |", "|---|---|---|---|"]
    for cost in COSTS.values():
        mark = "" if cost.measured else " *(estimate)*"
        lines.append(f"| {cost.part} | {cost.step}{mark} | {cost.ms:g} ms | {1000 / cost.ms:.0f} |")
    for part in (GATEWAY, ENGINE, OUTBOX):
        lines.append(f"| {part} | **one text of somebody who talks** | {text_ms(part):.1f} ms | {1000 / text_ms(part):.0f} |")
    lines.append(f"| all | **one text of somebody who talks** | {whole_ms():.1f} ms | {a_second():.0f} |")
    return lines


def growth_table(texts_a_day: float = 2000) -> list[str]:
    """What a day of so many texts needs, and 10, 100 and 1,000 times as many."""
    lines = ["| | texts a day | peak a second | gateways | engines | outboxes | GB at rest |", "|---|---|---|---|---|---|---|"]
    for times in (1, 10, 100, 1000):
        texts = texts_a_day * times
        need = machines(peak(texts))
        name = "now" if times == 1 else f"{times:,} times"
        lines.append(
            f"| {name} | {texts:,.0f} | {peak(texts):.0f} | {need.gateways} | {need.engines} | {need.outboxes} | "
            f"{at_rest(texts):.2g} |"
        )
    return lines
