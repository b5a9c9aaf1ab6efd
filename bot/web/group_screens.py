"""What a group's page shows, made once for everybody in the group and sent to each open page.

Promises: a step reaches five hundred pages with one look into the database; a page that opens late gets the step
that is on, and every private line it has not seen; lines that are private to one page are read only when there is
news for it. A database that is away for a moment freezes no page.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool

from bot.group_seats import GroupSeats, Sitting
from bot.store.database import StoreDown
from bot.web.sse import Beside, as_event
from bot.web.youth_page import person_here
from bot.web.youth_parts import Chat, Live
from bot.words import Words

BEAT_SECONDS = 15.0
GLANCE_SECONDS = 10.0
AGAIN_SECONDS = 1.0
"""After a look that failed."""


class GroupScreens:
    """Watches the groups whose pages are open in this process."""

    def __init__(self, *, seats: GroupSeats, chat: Chat, live: Live, words: Words) -> None:
        self._seats = seats
        self._chat = chat
        self._live = live
        self._words = words
        self._now: dict[tuple[int, str], str] = {}
        self._open: dict[tuple[int, str], set[asyncio.Event]] = defaultdict(set)
        self._watchers: dict[tuple[int, str], asyncio.Task[None]] = {}

    async def events(self, token: str, sitting: Sitting, *, after: int | None = None) -> AsyncGenerator[str, None]:
        """The stream of one page: ``screen`` at once and at every change, ``said`` for private lines, ``gone`` at the end.

        ``here``, ``asked`` and ``typing`` tell of the person who is, or was asked to be, in its private talk.
        ``after`` is the number of the last private line that the page has; a page that has none begins with what is new.
        """
        key = (sitting.group_id, sitting.lang)
        say = partial(self._words.say, lang=sitting.lang)
        woken, private = asyncio.Event(), asyncio.Event()
        self._open[key].add(woken)
        listener = asyncio.create_task(self._listen(sitting.thread_id, private, woken))
        after, shown = sitting.last_seq if after is None else after, ""
        beside = Beside(self._chat, sitting.thread_id)
        try:
            yield "retry: 1000\n\n"
            yield _event("own", json.dumps(await run_in_threadpool(self._seats.own, token)))
            yield _event("here", json.dumps({"name": await run_in_threadpool(self._here, sitting.thread_id, after)}))
            while True:  # the listener's first word is that there may be private lines
                self._watch(key)
                screen = await self._screen(key, token)
                out = _event("screen", screen) if screen != shown else ""
                shown = screen
                if private.is_set():
                    private.clear()
                    if await run_in_threadpool(self._seats.sitting, token) is None:
                        yield _event("gone", "{}")
                        return
                    lines = await run_in_threadpool(self._chat.since, sitting.thread_id, after)
                    after = lines[-1].seq if lines else after
                    out += "".join(as_event(line, say) for line in lines) + await run_in_threadpool(beside.news)
                yield out or ": beat\n\n"
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(woken.wait(), BEAT_SECONDS)
                woken.clear()
        finally:
            listener.cancel()
            self._open[key].discard(woken)
            if not self._open[key]:
                del self._open[key]
                self._now.pop(key, None)
                watcher = self._watchers.pop(key, None)
                if watcher:
                    watcher.cancel()

    def _here(self, thread_id: str, after: int) -> str | None:
        """Who was in the private talk when the page heard its last line: of the lines before that it shows none."""
        return person_here([line for line in self._chat.since(thread_id, 0) if line.seq <= after]) if after else None

    async def _screen(self, key: tuple[int, str], token: str) -> str:
        if key not in self._now:
            await self._look(key, token)
        if '"free": true' in self._now[key]:
            return await self._made(key, token)
        return self._now[key]

    async def _look(self, key: tuple[int, str], token: str) -> bool:
        before = self._now.get(key)
        self._now[key] = await self._made(key, token)
        return before != self._now[key]

    async def _made(self, key: tuple[int, str], token: str) -> str:
        shown: dict[str, Any] = await run_in_threadpool(self._seats.screen, key[0], token, key[1])
        return json.dumps(shown, ensure_ascii=False)

    def _watch(self, key: tuple[int, str]) -> None:
        if key not in self._watchers or self._watchers[key].done():
            self._watchers[key] = asyncio.create_task(self._follow(key))

    async def _follow(self, key: tuple[int, str]) -> None:
        async with aclosing(self._live.watch(f"group:{key[0]}", beat=GLANCE_SECONDS)) as news:
            async for _ in news:
                if await self._changed(key):
                    for woken in self._open.get(key, ()):
                        woken.set()

    async def _changed(self, key: tuple[int, str]) -> bool:
        """Look until a look succeeds."""
        while True:
            try:
                return await self._look(key, "")
            except StoreDown:  # the database comes back, and the screen with it
                await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self, thread_id: str, private: asyncio.Event, woken: asyncio.Event) -> None:
        async with aclosing(self._live.watch(f"thread:{thread_id}", beat=2 * BEAT_SECONDS)) as news:
            async for _ in news:
                private.set()
                woken.set()


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
