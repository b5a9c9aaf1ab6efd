"""Wakes the open pages when something of theirs was committed, here or in another process."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator
from datetime import datetime

from bot.store import changes
from bot.store.database import Store, StoreDown

DESK = "desk"
NARROW = ("thread:", "group:")
"""Topics that are told only of what is theirs."""

CALM = 0.05
"""Seconds in which several commits are one piece of news."""


class Live:
    """Topics are ``desk``, ``case:<id>``, ``thread:<id>`` and ``group:<id>``; every commit is news for staff."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = threading.Event()
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._anything = asyncio.Event()
        self._known: set[int] = set()
        self._groups: dict[int, int] = {}
        self._typing: set[tuple[str, str, datetime]] = set()
        self._tokens: dict[str, str | None] = {}

    async def run(self) -> None:
        """Turn commits into wake-ups until cancelled."""
        loop = asyncio.get_running_loop()

        def heard() -> None:
            loop.call_soon_threadsafe(self._anything.set)

        changes.watch(self._store, heard, self._stop)
        try:
            while True:
                await self._anything.wait()
                self._anything.clear()
                try:
                    self._tell(await asyncio.to_thread(self._news, self._watched()))
                except StoreDown:  # the database comes back, and its changes with it
                    self._anything.set()
                    await asyncio.sleep(1.0)
                await asyncio.sleep(CALM)
        finally:
            self._stop.set()

    async def watch(self, topic: str, *, beat: float) -> AsyncGenerator[None, None]:
        """Yields at once, then when ``topic`` may have changed, and at least every ``beat`` seconds."""
        news = asyncio.Event()
        self._waiting[topic].add(news)
        self._anything.set()  # what is so now is noted, so that the next change is seen as one
        try:
            while True:
                yield
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(news.wait(), beat)
                news.clear()
        finally:
            self._waiting[topic].discard(news)
            if not self._waiting[topic]:
                del self._waiting[topic]

    def _watched(self) -> frozenset[str]:
        return frozenset(topic.partition(":")[2] for topic in self._waiting if topic.startswith("thread:"))

    def _news(self, watched: frozenset[str]) -> set[str]:
        with self._store.read() as work:
            tokens = work.threads.tokens(watched)
            newest = work.messages.newest()
            typing = work.presence.typing_now()
            groups = work.groups.versions()
        # Who is newly watched has just looked for themselves: woken too, a room that opens at once would read it all again.
        fresh = {thread_id for message_id, thread_id in newest if message_id not in self._known}
        fresh |= {thread_id for thread_id, _, _ in typing - self._typing}
        fresh |= {thread_id for thread_id, token in tokens.items() if self._tokens.get(thread_id, token) != token}
        moved = {group_id for group_id, version in groups.items() if self._groups.get(group_id) != version}
        self._groups, self._tokens = groups, tokens
        self._known, self._typing = {message_id for message_id, _ in newest}, typing
        return {f"thread:{thread_id}" for thread_id in fresh} | {f"group:{group_id}" for group_id in moved}

    def _tell(self, topics: set[str]) -> None:
        for topic, waiting in self._waiting.items():
            if topic in topics or not topic.startswith(NARROW):
                for news in waiting:
                    news.set()
