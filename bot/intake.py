"""Takes in what the provider brings: at once, or by way of the disk when the database is down or we are broken.

It promises: what was answered with success is kept, whatever the database does; it is taken in later by itself,
once, of each number in the order it came, numbers with something urgent first; and nobody meets silence meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import structlog

from bot import deliveries
from bot.channels.base import Delivery, Inbound
from bot.conversation import Conversation
from bot.language import plain_language
from bot.paging import Pager, may_be_answer
from bot.spool import Spool
from bot.store.database import Store, StoreDown
from bot.text import for_sms, normalise
from bot.threads import asks_for_person, is_help, is_start, is_stop
from bot.voice import Voice

log = structlog.get_logger()

SAID_AGAIN = timedelta(minutes=10)
"""While the database is down, a young person hears that once in this time, not at every text."""

LIKELY, POSSIBLE = 0.5, 0.1
"""How likely danger has to be, at a glance, for a text to go before all others, or before those that show nothing: of our
held-out lines 77 and 95 % of the dangers reach them, 2 and 16 % of the everyday texts."""

A_FEW, MOST_OPENED = 20, 500
"""Items taken in from disk before it is looked at again, for something urgent may have come meanwhile; and opened then."""


class Intake:
    """Receives texts and delivery reports."""

    def __init__(
        self,
        *,
        store: Store,
        conversation: Callable[[], Conversation],
        pager: Pager,
        voice: Voice,
        spool: Spool,
        clock: Callable[[], datetime],
        languages: Sequence[str],
    ) -> None:
        self._store = store
        self._conversation = conversation
        self._pager = pager
        self._voice = voice
        self._spool = spool
        self._clock = clock
        self._languages = languages
        self._told: dict[str, datetime] = {}
        self._draining = threading.Lock()
        self._failed = False

    def text(self, inbound: Inbound) -> str | None:
        """Take in a text. Returns words to answer it with on the spot, which is so only when the database is down, or
        something of ours is broken.

        Raises OSError when neither the database nor the disk can keep it: the provider must not hear success then.
        """
        if not self._spool.is_empty():
            if self._failed:  # it is not waited for again until it took something in
                return self.late_text(inbound)
            if self._spool.may_hold(inbound.address):  # what the same number said before goes first
                return self.late_text(inbound, crowded=True)
        try:
            self._take(inbound)
        except StoreDown:
            log.error("database down", kept="on disk")
            return self.late_text(inbound)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with us: it is kept, and they hear so
            log.error("text not taken in", kept="on disk", kind=type(error).__name__)
            self._keep(inbound)
            return self._honest_word(inbound)
        return None

    def late_text(self, inbound: Inbound, *, crowded: bool = False) -> str | None:
        """Keep a text on disk, because the database failed or was waited for in vain; words to answer it with, as ``text``
        gives them. None where it is only ``crowded``: more come than can be looked at, and the answer follows soon.

        Where the database comes back and takes it in after all, it is known when the disk's turn comes. Raises OSError.
        """
        self._keep(inbound)
        if crowded:
            return None
        self._failed = True
        return self._honest_word(inbound)

    def _keep(self, inbound: Inbound) -> None:
        self._spool.add(replace(inbound, at=inbound.at or self._clock()))

    def urgency(self, inbound: Inbound) -> int:
        """Whose text goes first where many wait: 2 for a carrier's word, the wish for a person, likely danger, and whatever we
        cannot look at; 1 for possible danger and what may be a worker's answer to a page; 0."""
        try:
            text = inbound.carrier_word or normalise(inbound.text)
            if _is_carrier_word(text) or asks_for_person(text):
                return 2
            seen = self._conversation().glance(text)
            return max((seen >= POSSIBLE) + (seen >= LIKELY), int(may_be_answer(text)))
        except Exception as error:  # noqa: BLE001 - the edge: whatever is wrong with us, it goes first
            log.error("urgency not known", kind=type(error).__name__)
            return 2

    def report(self, delivery: Delivery) -> None:
        """Take in what became of a text of ours. Raises OSError as ``text`` does."""
        try:
            self._take(delivery)
        except StoreDown:
            self.late_report(delivery)
        except Exception as error:  # noqa: BLE001 - as above
            log.error("report not taken in", kept="on disk", kind=type(error).__name__)
            self.late_report(delivery)

    def late_report(self, delivery: Delivery) -> None:
        """Keep a report on disk, as ``late_text`` does; one that was taken in meanwhile says nothing new. Raises OSError."""
        self._spool.add(delivery)

    def missed(self, inbound: Inbound) -> bool:
        """Take in a text that the provider says it has, unless it was taken in before. Raises StoreDown."""
        with self._store.read() as work:
            if work.sending.taken_in(inbound.provider_id):
                return False
        self._take(inbound)
        return True

    def drain(self) -> int:
        """Take in what waits on disk until the database fails again; returns how many. The numbers with the most urgent texts
        go first, also what comes meanwhile; each number's own texts, and what is alike, in the order they came."""
        taken = 0
        if not self._draining.acquire(blocking=False):
            return taken
        opened: dict[Path, tuple[Inbound | Delivery, int]] = {}
        seen = set[Path]()
        try:
            while True:
                for file, item in islice(self._spool.items(but=seen), MOST_OPENED):
                    seen.add(file)
                    opened[file] = item, self.urgency(item) if isinstance(item, Inbound) else 0
                if not opened:
                    break
                for file in _in_order(opened)[:A_FEW]:
                    taken += self._take_from_disk(file, opened.pop(file)[0])
        except StoreDown:
            self._failed = True
        finally:
            self._draining.release()
        if taken:
            log.info("kept items taken in", count=taken)
        return taken

    def _take_from_disk(self, file: Path, item: Inbound | Delivery) -> bool:
        """Whether it was taken in; what cannot be is put aside, and what the disk refuses is tried again. Raises StoreDown."""
        if not file.exists():
            return False  # another process was quicker
        try:
            self._take(item)
            self._failed = False
            self._spool.done(file)  # dying just before this is harmless: the same id is kept once
        except StoreDown:
            raise
        except OSError as error:
            log.error("disk refuses", kind=type(error).__name__)
            return False
        except Exception as error:  # noqa: BLE001 - one bad item must not keep the others waiting
            log.error("kept item cannot be taken in", kind=type(error).__name__)
            with suppress(OSError):
                self._spool.put_aside(file)
            return False
        return True

    def forget(self) -> int:
        """Delete what was put aside of people who asked to be forgotten since; returns how many. To be asked within their
        farewell (``bot.store.threads.FAREWELL``), on each machine, for each has its own disk."""
        aside = list(self._spool.aside_of())
        with self._store.read() as work:
            gone = [file for file, thread_id, at in aside if work.threads.forgotten_since(thread_id, at)]
        for file in gone:
            self._spool.done(file)
        return len(gone)

    def _take(self, item: Inbound | Delivery) -> None:
        if isinstance(item, Delivery):
            with self._store.begin() as work:
                deliveries.note(work, item)
        elif not self._pager.heard(item):
            self._conversation().receive(item)

    def _honest_word(self, inbound: Inbound) -> str | None:
        """That the text is kept and the answer late, with a line; never to somebody who says STOP."""
        now = self._clock()
        told = self._told.get(inbound.address)
        text = inbound.carrier_word or normalise(inbound.text)
        if _is_carrier_word(text) or (told is not None and told > now - SAID_AGAIN):
            return None
        self._told = {who: at for who, at in self._told.items() if at > now - SAID_AGAIN} | {inbound.address: now}
        lang = plain_language(text)
        return for_sms(self._voice.without_database(lang if lang and lang in self._languages else "en", now=now))


def _is_carrier_word(text: str) -> bool:
    return is_stop(text) or is_start(text) or is_help(text)


def _in_order(opened: Mapping[Path, tuple[Inbound | Delivery, int]]) -> list[Path]:
    """The files of the numbers with the most urgent texts first, then by name, which is the order they came in."""
    numbers: dict[str, int] = {}
    for item, urgency in opened.values():
        if isinstance(item, Inbound):
            numbers[item.address] = max(urgency, numbers.get(item.address, 0))
    waits = {f: -numbers[item.address] if isinstance(item, Inbound) else 0 for f, (item, _) in opened.items()}
    return sorted(opened, key=lambda file: (waits[file], file.name))
