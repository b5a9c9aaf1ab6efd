"""What may be shown of a count, so that no arithmetic gives a small cell away. Pure.

Promises: what is published of a poll is one value, the same in every view (presenter, facilitator, export,
summary); every number in it is a multiple of five; and somebody who knows the rule, knows how many have
answered, and has seen everything published before, still cannot tell any count under five exactly, nor can one
of the people who answered, who knows their own answer too. The test walks through every possible poll to hold that.
Four who tell each other their answers know four of a five: that no rule of fives can help.

How: a poll is published anew only after five more people have answered, or five have changed their answer (in a small
group: once, when it is closed), over the people who had answered first, each count rounded down to a multiple of five:
"10 or more". Fewer than five changed answers wait, also when the poll is closed: one that is told by itself would show
who was where. The walk tells that too.
What rounding leaves over is the slack. A slack of nothing would pin every count, and so would the largest slack
there can be; then the largest count is said five lower, which is still true ("or more"), or nothing new is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LEAST = 5
"""A count under this is "fewer than 5" (domain research: group answers are shown from five on)."""


NOT = "not "
"""Before an option: the count of those who did not give it, where any may be picked."""


@dataclass(frozen=True)
class Published:
    """A poll as everybody may see it: ``answered`` and each count are lower bounds, multiples of five.

    A count of 0 reads "fewer than 5", or "not shown" where ``tells`` says so. ``shown`` False: too early to show anything
    but ``answered``. A table that would tell too much now stays as it was told before, and nothing may mark it, since that
    would show that the rule was at work: so every view says that the last answers may not be in it.
    """

    answered: int
    counts: Mapping[str, int]
    shown: bool

    @classmethod
    def nothing(cls) -> Published:
        """Before five people have answered."""
        return cls(0, {}, False)

    def tells(self, option: str) -> bool:
        """Whether anything is told of an option: where any may be picked, one of its two bounds must be known."""
        rest = f"{NOT}{option}"
        return self.shown and (rest not in self.counts or bool(self.counts.get(option) or self.counts[rest]))


def floor5(number: int) -> int:
    """The multiple of five at or under a number."""
    return number - number % LEAST


def due(answered: int, before: int, *, closed: bool, changed: int = 0) -> int:
    """Over how many of those who answered first to publish now; 0: leave what is published.

    ``before`` is over how many it was published last, ``changed`` how many of those have changed it since. A small
    group sees its poll once, when it is closed; over seven where eight answered, because of two times four in eight
    nothing could be shown without telling both; and over five, of which nothing is shown, where six did: who gave the
    sixth answer would know the five others'.
    """
    if answered >= 2 * LEAST:
        return floor5(answered) if floor5(answered) > before or changed >= LEAST else 0
    if closed and answered >= LEAST and before == 0:
        return answered - 1 if answered in (6, 8) else answered
    return 0


def told_by_closing(over: int) -> bool:
    """Whether a closed poll was published because it was closed: then another answer, told by itself, would show whose it is.

    ``over`` is over how many it was published. From ten on every five were told while it was open.
    """
    return 0 < over < 2 * LEAST


@dataclass(frozen=True)
class Given:
    """Somebody's answer as it is now, and as it was when it was last published (None: it never was)."""

    now: frozenset[str]
    told: frozenset[str] | None = None

    @property
    def changed(self) -> bool:
        """Whether the published one is another."""
        return self.told is not None and self.told != self.now


def to_tell(given: Sequence[Given]) -> list[frozenset[str]]:
    """The answers a publication is made of, in the same order: of those that changed, as many as make whole fives."""
    fives = floor5(sum(each.changed for each in given))
    told = []
    for each in given:
        new = each.told is None or not each.changed or fives > 0
        fives -= each.changed
        told.append(each.now if new else each.told or each.now)
    return told


def publish_one(options: Sequence[str], answers: Iterable[str], before: Published | None = None) -> Published:
    """A poll in which each person gave one of the options; ``before`` is what was published last."""
    given = list(answers)
    told = [before.counts.get(option, 0) if before else 0 for option in options]
    bounds = _bounds([given.count(option) for option in options], told)
    return Published(floor5(len(given)), dict(zip(options, bounds, strict=True)), any(bounds))


def publish_many(options: Sequence[str], answers: Iterable[frozenset[str]], before: Published | None = None) -> Published:
    """A poll in which each person gave any of the options: each is a table of its own, given or not given.

    The counts of those who did not give it are kept under ``not <option>``, so that the next one fits them.
    """
    given = list(answers)
    counts: dict[str, int] = {}
    for option in options:
        number = sum(option in one for one in given)
        names = (option, f"{NOT}{option}")
        told = [before.counts.get(name, 0) if before else 0 for name in names]
        counts.update(zip(names, _bounds([number, len(given) - number], told), strict=True))
    return Published(floor5(len(given)), counts, any(counts.values()))


def _bounds(numbers: Sequence[int], told: Sequence[int]) -> list[int]:
    """A lower bound for each count of a table; what was told before, where anything newer would tell too much.

    A count that was told is never told lower while it has not fallen: that would show that the rule was at work.
    """
    bounds = [floor5(n) for n in numbers]
    slack = sum(numbers) - sum(bounds)  # known to whoever knows how many answered
    if slack in (0, (LEAST - 1) * len(numbers) - LEAST):
        lowered = [i for i, bound in enumerate(bounds) if bound >= 2 * LEAST and bound - LEAST >= told[i]]
        if not lowered:
            return list(told)
        bounds[max(lowered, key=lambda i: bounds[i])] -= LEAST
    return bounds if any(bounds) else list(told)
