"""Which engine answers a thread, when there are several, and what happens when one of them does not.

It promises: a thread keeps its engine as long as that one answers, so that two engines do not meet over one tracker
(when they do, the compare-and-swap of the tracker decides); an engine that cannot be reached costs nobody an answer
while another can; one that just failed rests, so that the next message does not wait for it too.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

import aiohttp

RESTS = 3.0
"""Seconds in which an engine that failed is asked only when no other answers."""

NAMES_HOLD = 2.0
"""Seconds for which the addresses behind the names are believed: an engine that was added is used after these."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Engines:
    """The engines as one gateway sees them. ``urls`` are names or addresses; a name may stand for several engines."""

    def __init__(
        self, urls: Sequence[str], *, resolve: Resolve | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._urls = tuple(urls)
        self._resolve = resolve or _addresses
        self._clock = clock
        self._known: tuple[str, ...] = tuple(urls)
        self._looked_at = -NAMES_HOLD
        self._resting: dict[str, float] = {}

    async def for_thread(self, thread: str) -> list[str]:
        """Where to ask, in order: the thread's own engine first, those that just failed last."""
        await self._look()
        now = self._clock()
        self._resting = {url: until for url, until in self._resting.items() if until > now}
        ranked = sorted(self._known, key=lambda url: _weight(url, thread), reverse=True)
        return sorted(ranked, key=lambda url: url in self._resting)

    async def all(self) -> list[str]:
        """Every engine there is."""
        await self._look()
        return list(self._known)

    def known(self) -> int:
        """How many there are, as last looked up."""
        return len(self._known)

    def resting(self) -> int:
        """How many of them failed just now."""
        return sum(self._resting.get(url, 0.0) > self._clock() for url in self._known)

    def failed(self, url: str) -> None:
        """It did not answer: leave it in peace for a moment."""
        self._resting[url] = self._clock() + RESTS

    def answered(self, url: str) -> None:
        """It is well."""
        self._resting.pop(url, None)

    async def _look(self) -> None:
        """Ask again what the names stand for. When names cannot be read, what was known stays."""
        if self._clock() < self._looked_at + NAMES_HOLD:
            return
        self._looked_at = self._clock()
        found: list[str] = []
        for url in self._urls:
            parts = urlsplit(url)
            try:
                addresses = await self._resolve(str(parts.hostname), parts.port or 80)
            except OSError:
                found.extend(known for known in self._known if urlsplit(known).port == (parts.port or 80))
            else:
                found.extend(f"{parts.scheme}://{_bracketed(address)}:{parts.port or 80}" for address in addresses)
        self._known = tuple(dict.fromkeys(found)) or self._known


async def _addresses(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(address[0]) for *_, address in found})


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _weight(url: str, thread: str) -> bytes:
    """Rendezvous hashing: with one engine more or less, only that one's threads move."""
    return hashlib.blake2b(f"{url} {thread}".encode(), digest_size=8).digest()


def worth_another(error: aiohttp.ClientError) -> bool:
    """Whether another engine should be asked after this: one that did the turn and failed would fail in all of them."""
    return not isinstance(error, aiohttp.ClientResponseError) or error.status in (401, 404, 502, 503)  # not ours, or not ready
