"""How fast one door may be used. In memory, per process; keeps no address and no number.

A pace is wide enough for a frightened person typing fast: it stops machines, and the page sends a
refused message again by itself, under the same id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
