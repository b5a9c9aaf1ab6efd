"""Whose text is taken in next: one at a time of each number, so many in all, and urgent ones before the others.

It promises: texts of one number in the order they came; of the numbers that wait, that with the most urgent text first,
then who came first; and nobody waits longer than they said: who is too late hears so, and is kept another way, still in
their number's order. What a text says, and whether it is urgent, is not known here.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(eq=False)
class Turn:
    """One text's. Without a place it came too late for one."""

    who: str
    urgency: int
    order: int
    begun: asyncio.Future[None]
    wants_place: bool = True
    has_place: bool = False


@dataclass
class _Number:
    """The texts of a number that wait, and whether an earlier one is being taken in."""

    waiting: deque[Turn] = field(default_factory=deque)
    busy: bool = False


class Turns:
    """``at_once`` texts are taken in at the same time."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._numbers: dict[str, _Number] = {}
        self._order = itertools.count()

    def must_wait(self, who: str) -> bool:
        """Whether a text of this number that comes now would wait."""
        return not self._free or who in self._numbers

    @asynccontextmanager
    async def of(self, who: str, urgency: int = 0, *, until: float) -> AsyncIterator[Turn]:
        """Wait for one's turn, until that moment of ``time.monotonic`` for one with a place."""
        turn = Turn(who, urgency, next(self._order), asyncio.get_running_loop().create_future())
        self._numbers.setdefault(who, _Number()).waiting.append(turn)
        self._go_on()
        try:
            await asyncio.wait({turn.begun}, timeout=max(0.0, until - time.monotonic()))
            if not turn.begun.done():
                turn.wants_place = False
                self._go_on()
                await asyncio.wait({turn.begun})
            yield turn
        finally:
            self._end(turn)

    def give_back(self, turn: Turn) -> None:
        """A turn goes on without its place."""
        self._free += turn.has_place
        turn.has_place = False
        self._go_on()

    def _end(self, turn: Turn) -> None:
        number = self._numbers[turn.who]
        if turn.begun.done():
            number.busy = False
        else:  # who hung up before
            number.waiting.remove(turn)
        if not number.waiting and not number.busy:
            del self._numbers[turn.who]
        self.give_back(turn)

    def _go_on(self) -> None:
        """Begin every turn that can begin."""
        heads = [number.waiting[0] for number in self._numbers.values() if number.waiting and not number.busy]
        for turn in heads:
            if not turn.wants_place:
                self._begin(turn)
        rest = [turn for turn in heads if turn.wants_place]
        while self._free and rest:
            first = min(rest, key=self._rank)
            rest.remove(first)
            self._free -= 1
            first.has_place = True
            self._begin(first)

    def _rank(self, turn: Turn) -> tuple[int, int]:
        """What waits before an urgent text of the same number is as urgent as it."""
        return -max(each.urgency for each in self._numbers[turn.who].waiting), turn.order

    def _begin(self, turn: Turn) -> None:
        number = self._numbers[turn.who]
        number.waiting.popleft()
        number.busy = True
        turn.begun.set_result(None)
