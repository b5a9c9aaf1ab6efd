"""How fast one door may be used. In memory, per process; keeps no address and no number.

A pace is wide enough for a frightened person typing fast: it stops machines, and the page sends a
refused message again by itself, under the same id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.way_back import word_of

MOST_KEYS = 20_000


MOST_RETURNS, RETURNS_SECONDS = 20, 60.0
MOST_OF_A_WORD, WORD_SECONDS = 5, 3600.0
"""Tries to come back to a chat: in all, and with one word. So slow that guessing the number leads nowhere."""


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
        now = self._clock()
        bucket = self._buckets.get(key) or self._fresh(key, now)
        bucket.left = min(self._most, bucket.left + (now - bucket.at) * self._per_second)
        bucket.at = now
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True

    def _fresh(self, key: str, now: float) -> _Bucket:
        if len(self._buckets) >= MOST_KEYS:  # bounded: a flood of new threads must not fill memory
            self._buckets.clear()
        bucket = self._buckets[key] = _Bucket(left=float(self._most), at=now)
        return bucket


class ReturnPace:
    """How fast ways back may be tried: all together, and each word by itself."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._all = Pace(most=MOST_RETURNS, seconds=RETURNS_SECONDS, clock=clock)
        self._words = Pace(most=MOST_OF_A_WORD, seconds=WORD_SECONDS, clock=clock)

    def takes(self, said: str) -> bool:
        """Whether one more try is in time."""
        return self._all.takes("all") and self._words.takes(word_of(said))
