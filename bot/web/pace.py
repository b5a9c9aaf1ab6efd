"""How fast the doors may be used: by one thread, from one address, in all. In memory, per process; keeps no address.

A pace is wide enough for a frightened person typing fast: it stops machines, and the page sends a
refused message again by itself, under the same id. No pace silences danger: what comes too fast is looked at before
it is refused, in a line of its caller's own, so that whoever floods waits behind themselves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request

from bot.web.callers import Callers
from bot.web.late_line import LateLines

IN_SECONDS = 10.0
MOST_OPENINGS, MOST_OPENINGS_FROM_ONE, MOST_MESSAGES, MOST_FROM_ONE = 300, 90, 30, 600
"""Taken in ``IN_SECONDS``: chats opened in all and from one address (three school classes at once, behind one), and
messages of one chat and from one address."""

MOST_RETURNS, RETURNS_SECONDS = 6, 60.0
"""Tries to come back from one address: fewer than are counted for all together (``bot.way_back``)."""

MOST_OWED = 10.0
"""Allowances that a caller can owe at most."""

MOST_KEYS = 20_000


@dataclass
class _Bucket:
    left: float
    at: float


class Pace:
    """At most ``most`` uses of a key per ``seconds``, refilled steadily.

    ``clock`` gives seconds that only grow (``time.monotonic``).
    """

    def __init__(self, *, most: int, seconds: float, clock: Callable[[], float]) -> None:
        self._most = most
        self._per_second = most / seconds
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def takes(self, key: str) -> bool:
        """Whether one more use of ``key`` is in time; a use that is refused is not counted."""
        if not self.has(key):
            return False
        self._buckets[key].left -= 1
        return True

    def charge(self, key: str) -> None:
        """Count a use of ``key`` that has happened, in time or not: what is owed is waited out before the next.

        It is never more than ``MOST_OWED`` allowances, for others may stand behind the same key.
        """
        self.has(key)
        self._buckets[key].left = max(self._buckets[key].left - 1, -MOST_OWED * self._most)

    def knows(self, key: str) -> bool:
        """Whether a key was used lately."""
        return key in self._buckets

    def forget(self, key: str) -> None:
        """Know a key no more."""
        self._buckets.pop(key, None)

    def has(self, key: str) -> bool:
        """Whether one more use of ``key`` would be in time."""
        now = self._clock()
        bucket = self._buckets.pop(key, None) or self._fresh(now)
        self._buckets[key] = bucket  # the one that was used longest ago stands first
        bucket.left = min(self._most, bucket.left + (now - bucket.at) * self._per_second)
        bucket.at = now
        return bucket.left >= 1

    def _fresh(self, now: float) -> _Bucket:
        if len(self._buckets) >= MOST_KEYS:  # bounded: a flood of new threads must not fill memory, nor set anybody else free
            self._buckets.pop(next(iter(self._buckets)))
        return _Bucket(left=float(self._most), at=now)


class YouthPaces:
    """The paces of the young people's doors together."""

    def __init__(self, *, callers: Callers, clock: Callable[[], float]) -> None:
        self._callers = callers
        self._openings = Pace(most=MOST_OPENINGS, seconds=IN_SECONDS, clock=clock)
        self._openings_from = Pace(most=MOST_OPENINGS_FROM_ONE, seconds=IN_SECONDS, clock=clock)
        self._messages = Pace(most=MOST_MESSAGES, seconds=IN_SECONDS, clock=clock)
        self._messages_from = Pace(most=MOST_FROM_ONE, seconds=IN_SECONDS, clock=clock)
        self._returns_from = Pace(most=MOST_RETURNS, seconds=RETURNS_SECONDS, clock=clock)
        self._typing = Pace(most=MOST_MESSAGES, seconds=IN_SECONDS, clock=clock)
        self._late = LateLines()

    def may_open(self, request: Request) -> bool:
        """Whether one more chat may be opened."""
        caller = self._callers.key(request)
        return (caller is None or self._openings_from.takes(caller)) and self._openings.takes("open")

    async def may_say(
        self, request: Request, thread: str, is_danger: Callable[[], Awaitable[bool]], *, in_time: bool = True
    ) -> bool:
        """Whether a message is taken: in time by every pace (``in_time``: by one that is kept elsewhere), or danger."""
        caller = self._callers.key(request)
        if in_time and self._messages.takes(thread) and (caller is None or self._messages_from.takes(caller)):
            return True
        return await self._late.takes(caller or thread, thread, is_danger)

    async def opens_late(self, request: Request, is_danger: Callable[[], Awaitable[bool]]) -> bool:
        """Whether the first text of a chat that is one too many is danger."""
        return await self._late.takes(self._callers.key(request) or "unknown", None, is_danger)

    def may_return(self, request: Request) -> bool:
        """Whether one more way back may be tried: every try takes one from all others."""
        caller = self._callers.key(request)
        return caller is None or self._returns_from.takes(caller)

    def may_keep(self, thread: str) -> bool:
        """Whether one more way back is made to a chat."""
        return self._messages.takes(thread)

    def may_type(self, thread: str) -> bool:
        """Whether one more report of typing is taken."""
        return self._typing.takes(thread)
