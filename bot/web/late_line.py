"""Where a text that comes too fast waits to be looked at for danger: behind others of the same caller, not behind strangers.

Promises: of each caller one text is looked at at a time, in the order they came, and of several callers a few side by side;
who floods fills only their own line, and there each chat has one place that the others cannot take. Refuses to keep anything
of a caller whose line is empty.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

MOST_OF_A_CHAT, MOST_OF_A_CALLER = 2, 40
"""Texts that wait in a line, the one that is looked at included: of one chat, and of one caller. One look takes 10 to 40 ms: a
school behind one address waits some two seconds at most, and the page sends what is refused again by itself."""

MOST_CHATS, MOST_IN_ALL = 500, 2000
"""A text of a chat that has none waiting gets in beyond that: while fewer wait in its line, and fewer in all lines. So a chat
cannot be kept out by others at its address, who need a minute to open that many."""

EVERYBODY = "everybody"
SIDE_BY_SIDE = 4
"""Callers whose texts are looked at in the same moment."""


class LateLines:
    """A line for each caller."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()
        self._looks = asyncio.Semaphore(SIDE_BY_SIDE)

    async def takes(self, caller: str, chat: str | None, is_danger: Callable[[], Awaitable[bool]]) -> bool:
        """Whether a text is danger; False at once, unlooked at, where too many of its chat or its caller wait already."""
        line, mine = f"caller {caller}", f"opening {caller}" if chat is None else f"chat {chat}"
        if self._waiting[mine] >= (MOST_OF_A_CALLER if chat is None else MOST_OF_A_CHAT) or self._is_full(line, mine):
            return False
        async with self._place_in(line, mine), self._locks[line], self._looks:
            return await is_danger()

    def _is_full(self, line: str, mine: str) -> bool:
        """Whether no place is left in a line: the first text of a chat finds one long after a second one does."""
        first = not self._waiting[mine] and self._waiting[EVERYBODY] < MOST_IN_ALL
        return self._waiting[line] >= (MOST_CHATS if first else MOST_OF_A_CALLER)

    @asynccontextmanager
    async def _place_in(self, line: str, mine: str) -> AsyncIterator[None]:
        self._locks.setdefault(line, asyncio.Lock())
        self._waiting.update((line, mine, EVERYBODY))
        try:
            yield
        finally:
            self._waiting.subtract((line, mine, EVERYBODY))
            for name in (line, mine, EVERYBODY):
                if not self._waiting[name]:
                    del self._waiting[name]  # what nobody waits in is forgotten
            if line not in self._waiting:
                del self._locks[line]
