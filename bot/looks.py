"""How a text is looked at for danger: alone and with the ones before it, once, and before the database is held.

It promises: what was looked at ahead counts only where nothing it rests on has changed since; our own words, chosen exactly as
offered, are not judged. What a verdict leads to is decided in ``bot.conversation``.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.careful import Careful
from bot.choices import read_choice
from bot.groups.reading import without_ask
from bot.safety.verdict import Level, Verdict
from bot.store.database import Store
from bot.store.unit_of_work import UnitOfWork
from bot.threads import Thread

TOGETHER = timedelta(minutes=3)
"""A disclosure split over quick texts is one disclosure: these minutes of a thread are screened joined."""

NEVER_LAST = frozenset({"menu", "skip", "repeat"})
"""Words of ours that end no sentence: they are looked at by themselves. Of 27,761 dangers written down for training none ends
in one of them."""

SELDOM_LAST, NOTHING = "next", 0.05
"""A word of ours that may end one: 25 of those dangers do ("he said im next"). It is looked at with what came before, unless a
glance at both sees less than this: of the 25 it sees 0.09 at the least, and after three questions of five less than 0.05."""

GLANCE = 0.02
"""Seconds between two looks whether it is calm."""

SAME_MOMENT = timedelta(seconds=2)
"""Two texts this close may have been written in the other order: networks and webhooks overtake each other."""


@dataclass(frozen=True)
class Looked:
    """A verdict, and all that it rests on: the same in the transaction, it holds there too. A choice rests on no texts."""

    text: str
    recent: tuple[str, ...] | None
    at_once: bool
    verdict: Verdict


class Looks:
    """Looks at texts of threads."""

    def __init__(self, store: Store, screening: Careful) -> None:
        self._store = store
        self._screening = screening
        self._under_way = 0
        self._counting = threading.Lock()

    def ahead(self, thread_id: str, text: str) -> Looked:
        """Look before the database is held, so that nobody waits for the encoder. Where another text came in between, it is
        looked at again where it is kept.
        """
        with self._store.read() as work:
            thread = work.threads.get(thread_id) or Thread(id=thread_id, channel="")
            return self.at(work, thread, text)

    def glance(self, text: str) -> float:
        """How likely a text is danger, without its thread: for whose text is taken in first."""
        return self._screening.glance(text)

    async def calm(self, *, at_most: float) -> None:
        """Wait until no text is being looked at, or so many seconds: what may wait takes no time from what may be danger."""
        until = time.monotonic() + at_most
        while self._under_way and time.monotonic() < until:
            await asyncio.sleep(GLANCE)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self._under_way += 1
        try:
            yield
        finally:
            with self._counting:
                self._under_way -= 1

    def at(self, work: UnitOfWork, thread: Thread, text: str, ahead: Looked | None = None) -> Looked:
        """The screening's verdict. Our own words, chosen exactly as offered, are not the young person's to be judged.

        On the web one text is on its way at a time; only the networks of phones turn them round.
        """
        if read_choice(text, thread.choices):
            return Looked(text, None, False, Verdict())
        recent = self._before(work, thread.id, text)
        came = work.messages.last_came(thread.id) if recent and thread.channel == "sms" else None
        at_once = came is not None and work.now - came < SAME_MOMENT
        if ahead and (ahead.text, ahead.recent, ahead.at_once) == (text, recent, at_once):
            return ahead
        return Looked(text, recent, at_once, self._verdict(text, recent, at_once=at_once))

    def shows_danger(self, text: str, thread_id: str | None) -> bool:
        """Whether a text that is not kept yet shows danger, alone or with those before it in its thread."""
        with self._store.read() as work:
            recent = self._before(work, thread_id, text) if thread_id else ()
        return self._verdict(text, recent).level >= Level.ELEVATED

    def _verdict(self, text: str, recent: Sequence[str], *, at_once: bool = False) -> Verdict:
        """As written, and without the word that puts each part into a group's question box."""
        with self._counted():
            verdict = self._screening.look(text, recent, at_once=at_once)
            *before, bare = (without_ask(each) for each in (*recent, text))
            if recent and (*before, bare) != (*recent, text):
                verdict = max(verdict, self._screening.look(bare, before, at_once=at_once), key=lambda one: one.level)
            return verdict

    def _before(self, work: UnitOfWork, thread_id: str, text: str) -> tuple[str, ...]:
        """The texts that a text is looked at joined with."""
        word = text.strip().casefold()
        if word in NEVER_LAST:
            return ()
        recent = tuple(work.messages.recent_texts(thread_id, within=TOGETHER))
        says_nothing = word == SELDOM_LAST and recent and self._screening.glance(text, recent) < NOTHING
        return () if says_nothing else recent
