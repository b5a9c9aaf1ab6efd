"""Asks the provider for texts that never came, and takes them in: after an hour without network nobody is left unheard.

What was taken in before, also what was erased since, is known by its id and is not taken in again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Protocol

import structlog

from bot.channels.base import Inbound, SendRefused, SendUnknown
from bot.intake import Intake
from bot.store.database import Store, StoreDown

log = structlog.get_logger()

CURSOR = "missed texts"

LOOKS_BACK = timedelta(hours=72)
"""The furthest look back, after a restored copy too: as long as ordinary words are kept."""

OVERLAP = timedelta(hours=1)
"""How much of what was looked at before is looked at again: the provider's list may fill late."""

STILL_COMING = timedelta(seconds=20)
"""How long a webhook gets to bring a text itself: longer than Twilio waits for an answer (15 s)."""


class Lists(Protocol):
    """What is needed of the provider."""

    def received_since(self, since: datetime) -> Sequence[Inbound]:
        """Every text taken in for us since then, oldest first. Raises SendRefused or SendUnknown."""
        ...


class CatchUp:
    """Looks for missed texts; any number may, with the same result."""

    def __init__(self, *, store: Store, sms: Lists, intake: Intake) -> None:
        self._store = store
        self._sms = sms
        self._intake = intake

    def look(self) -> int:
        """Take in what was missed; returns how many. The first look of an installation only notes where to begin."""
        with self._store.begin() as work:
            now = work.now
            cursor = work.cursors.claim(CURSOR, start=int((now + OVERLAP).timestamp()))  # nothing from before us is ours
        if cursor is None:
            return 0
        place = datetime.fromtimestamp(cursor.value, timezone.utc)
        if place > now + OVERLAP + STILL_COMING:  # the clock went back
            place = now
        try:
            listed = self._sms.received_since(max(place - OVERLAP, now - LOOKS_BACK))
        except (SendRefused, SendUnknown) as error:
            log.warning("missed texts not looked for", kind=type(error).__name__)
            return 0
        missed, whole = self._take([text for text in listed if text.at is None or text.at <= now - STILL_COMING])
        if whole:
            with self._store.begin() as work:
                work.cursors.advance(CURSOR, int(max(place, now - STILL_COMING).timestamp()))
        if missed:
            log.warning("missed texts taken in", count=missed)
        return missed

    def _take(self, texts: Sequence[Inbound]) -> tuple[int, bool]:
        """How many were missed, and whether all could be taken in; one that cannot must not keep the others waiting."""
        missed, whole = 0, True
        with self._store.read() as work:
            missing = work.sending.not_taken_in([text.provider_id for text in texts])
        for text in texts:
            if text.provider_id not in missing:
                continue
            try:
                missed += self._intake.missed(text)
            except StoreDown:
                raise
            except Exception as error:  # noqa: BLE001 - it is looked for again, and said each time
                log.error("missed text cannot be taken in", kind=type(error).__name__)
                whole = False
        return missed, whole
