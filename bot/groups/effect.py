"""Whether something moved between before and after: shares with intervals, from published counts only. Pure.

Promises: nothing here knows more than a poll's published counts, so that the chart gives nothing away that the
counts did not. The intervals hold both chance (Wilson's score interval, 95 %) and the rounding to fives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from bot.groups.suppression import LEAST, Published

Z = 1.959964
"""The 97.5th percentile of the normal distribution: 95 % intervals."""

WIDEST = 2 * LEAST - 1
"""How far a count can be above what is published of it: rounding, and once said five lower."""

HOPED: Mapping[str, str] = {
    "awareness": "c",
    "no_blame": "a",
    "help_seeking": "c",
    "safety_plan": "c",
    "friend_action": "c",
}
"""The answer each construct hopes for; a test reads it in every module's own words."""


@dataclass(frozen=True)
class Share:
    """A share in percent with its 95 % interval, over ``answered`` people (a lower bound)."""

    percent: float
    low: float
    high: float
    answered: int


@dataclass(frozen=True)
class Effect:
    """One item before and after; ``change`` in percentage points, Newcombe's interval from the two shares."""

    item: str
    before: Share
    after: Share
    change: float
    low: float
    high: float


def share(published: Published, option: str) -> Share | None:
    """The share that gave an option; None while the poll shows nothing, or was closed with fewer than ten."""
    if not published.shown or published.answered < 2 * LEAST or option not in published.counts:
        return None
    count, total = published.counts[option], published.answered
    others = sum(published.counts.values()) - count
    most = min(count + WIDEST, total - others)
    middle = (count + most) / 2 / total
    return Share(100 * middle, 100 * _wilson(count, total)[0], 100 * _wilson(most, total)[1], total)


def effect(item: str, before: Share | None, after: Share | None) -> Effect | None:
    """The change of a share; None unless both are there (Newcombe 1998, method 10, for two groups).

    The same people mostly answer both, which would make the interval narrower; pairs are not published, so the
    wider one is shown.
    """
    if before is None or after is None:
        return None
    change = after.percent - before.percent
    low = change - sqrt((after.percent - after.low) ** 2 + (before.high - before.percent) ** 2)
    high = change + sqrt((after.high - after.percent) ** 2 + (before.percent - before.low) ** 2)
    return Effect(item, before, after, change, max(-100.0, low), min(100.0, high))


def _wilson(count: int, total: int) -> tuple[float, float]:
    share = count / total
    middle = share + Z * Z / (2 * total)
    spread = Z * sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    whole = 1 + Z * Z / total
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)
