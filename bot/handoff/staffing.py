"""How many workers a desk needs: a simulation of one day's cases, hour by hour. Pure; chance comes from the seed it is given.

Waiting cases are taken by level, then by age, as the desk lists them. It promises waits for the workers it is told of, and
the fewest workers that keep the promise to whoever is in danger now. It refuses to know when people are really there.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.safety.verdict import Level
from bot.shares import quantile

HOURS = 24

EVENING = (7, 3, 2, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 3, 4, 5, 5, 6, 8, 9, 10, 11, 12, 10)
"""Shape of a day, hour 0 to 23. Teenagers texting Crisis Text Line, November 2013 to April 2014: most between 18:00 and 01:00,
up to 12 an hour, 110 a day (http://ashngu.com/public/ctl/heatmap.html); hours between were drawn by hand to those figures."""

SHARES: Mapping[Level, float] = {Level.IMMINENT: 0.1, Level.HIGH: 0.35, Level.ELEVATED: 0.55}
"""Of cases that reach the desk. An assumption, on the safe side: active rescues are under 1 % of conversations at Crisis Text
Line (https://www.alexproject.org/crisis-text-line-55/). Put in your own after a month."""

MINUTES = 38.0
"""Mean length of a conversation: 30 to 45 minutes (https://theinsider1.com/post/texting-someone-off-the-ledge)."""

SPREAD = 0.6
"""Standard deviation of the logarithm of the length: some take three times as long. An assumption."""

AT_ONCE = 2
"""Conversations one worker holds: text workers hold several (https://govexec.com/management/2014/09/8-m-most-anxious-hour/93662);
two leaves room for danger now."""

NOTICES = 12.0
"""Seconds from a free worker's hearing of a case to accepting it, median. An assumption; the board shows yours."""

MEDIAN_GOAL, P95_GOAL = 45.0, 120.0
"""Seconds within which danger now is accepted: half of the cases, and 95 of 100. Crisis Text Line reached high-risk texters in
25 s on average in 2020, 988 everybody in 44 s at the end of 2022."""

CLOCKS: Mapping[Level, float] = {Level.IMMINENT: P95_GOAL, Level.HIGH: 300.0, Level.ELEVATED: 900.0}
"""Seconds within which 95 of 100 are accepted; for high and elevated the first step of their clock (docs/handoff.md)."""

MOST_WORKERS = 60

LEAST_HOURS = 400
LEAST_IMMINENT = 1000
"""How long is simulated: so many hours, and longer until so many cases of danger now came. At night, with one case an hour and
one in ten of them danger now, 400 hours would rest on 40."""


@dataclass(frozen=True)
class Plan:
    """What is assumed of a service; the figures' sources stand at their defaults."""

    cases_a_day: float
    shape: Sequence[float] = EVENING
    shares: Mapping[Level, float] = None  # type: ignore[assignment]  # SHARES; a mapping cannot be a default
    minutes: float = MINUTES
    at_once: int = AT_ONCE
    notices: float = NOTICES

    def a_hour(self, hour: int) -> float:
        """Mean cases in an hour of the day."""
        return self.cases_a_day * self.shape[hour % HOURS] / sum(self.shape)


@dataclass(frozen=True)
class Waits:
    """Seconds until accepted, by level, of the cases that came in one hour of many days."""

    by_level: Mapping[Level, Sequence[float]]

    def median(self, level: Level) -> float:
        """Half wait less."""
        return quantile(self.by_level[level], 0.5)

    def p95(self, level: Level) -> float:
        """95 of 100 wait less."""
        return quantile(self.by_level[level], 0.95)

    @property
    def kept(self) -> bool:
        """Whether danger now is met in time, and all others before their clock widens who is told."""
        in_time = all(self.p95(level) <= seconds for level, seconds in CLOCKS.items())
        return in_time and self.median(Level.IMMINENT) <= MEDIAN_GOAL


@dataclass(frozen=True)
class Hour:
    """One hour of the day: cases that come, workers it needs, and the waits with them."""

    hour: int
    cases: float
    workers: int
    waits: Waits


def waits(plan: Plan, rate: float, workers: int, *, days: int, seed: int) -> Waits:
    """Waits at a steady ``rate`` of cases an hour with so many workers, over so many hours (and as many to warm up)."""
    chance = random.Random(seed)
    found: dict[Level, list[float]] = {level: [] for level in SHARES}
    free_places, waiting = workers * plan.at_once, list[tuple[int, float]]()
    ends = list[float]()
    for at, level in _arrivals(chance, plan, rate, hours=2 * days):
        while ends and ends[0] <= at:  # whoever is done takes the next before this one comes
            free_places = _next(chance, plan, heapq.heappop(ends), waiting, found, ends, free_places + 1, days)
        heapq.heappush(waiting, (-level, at))
        free_places = _next(chance, plan, at, waiting, found, ends, free_places, days)
    while waiting and ends:
        free_places = _next(chance, plan, heapq.heappop(ends), waiting, found, ends, free_places + 1, days)
    return Waits(found)


def _arrivals(chance: random.Random, plan: Plan, rate: float, *, hours: int) -> Iterator[tuple[float, Level]]:
    shares, at = plan.shares or SHARES, 0.0
    while rate > 0:
        at += chance.expovariate(rate / 3600)
        if at > hours * 3600:
            return
        yield at, chance.choices(list(shares), list(shares.values()))[0]


def _next(
    chance: random.Random, plan: Plan, at: float, waiting: list[tuple[int, float]], found: dict[Level, list[float]],
    ends: list[float], free_places: int, warm_up: int,
) -> int:  # fmt: skip
    """Let free workers take who waits: the highest level first, then the longest; returns the places left."""
    while free_places and waiting:
        level, since = heapq.heappop(waiting)
        accepted = at + plan.notices * chance.lognormvariate(0, 0.5)
        if since > warm_up * 3600:
            found[Level(-level)].append(accepted - since)
        mean = math.log(plan.minutes * 60) - SPREAD**2 / 2
        heapq.heappush(ends, accepted + chance.lognormvariate(mean, SPREAD))
        free_places -= 1
    return free_places


def hours_for(plan: Plan, rate: float, *, least: int, imminent: int) -> int:
    """How many hours to simulate at a rate, so that enough cases of danger now come to speak of 95 of 100."""
    a_hour = rate * (plan.shares or SHARES)[Level.IMMINENT]
    return max(least, math.ceil(imminent / a_hour)) if a_hour > 0 else least


def needed(
    plan: Plan, rate: float, *, days: int = LEAST_HOURS, imminent: int = LEAST_IMMINENT, seed: int = 1
) -> tuple[int, Waits]:
    """The fewest workers that keep the promise at a rate; never fewer than one, for somebody must be there.

    ``days`` and ``imminent`` say how long is simulated at least: hours, and cases of danger now. Raises ValueError when no
    number of workers keeps it.
    """
    busy = rate * plan.minutes / 60 / plan.at_once
    hours, before = hours_for(plan, rate, least=days, imminent=imminent), Waits({})
    for workers in range(max(1, math.ceil(busy)), MOST_WORKERS + 1):
        found = waits(plan, rate, workers, days=hours, seed=seed)
        if found.kept:
            return workers, found
        if found == before:
            break  # nobody waited for a place any more: the rest is how long people take to notice
        before = found
    raise ValueError(f"More than {MOST_WORKERS} workers would be needed at {rate:.0f} cases an hour.")


def day(plan: Plan, *, days: int = LEAST_HOURS, imminent: int = LEAST_IMMINENT, seed: int = 1) -> list[Hour]:
    """Every hour of a day, each as if its rate went on: on the safe side where it is the peak."""
    rates = [plan.a_hour(hour) for hour in range(HOURS)]
    found = {rate: needed(plan, rate, days=days, imminent=imminent, seed=seed) for rate in sorted(set(rates))}
    return [Hour(hour, rate, *found[rate]) for hour, rate in enumerate(rates)]
