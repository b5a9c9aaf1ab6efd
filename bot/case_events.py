"""Tells another system what happens to cases, from the audit trail: in order, each once, nothing lost.

An event names no young person and holds none of their words. Where the other system does not answer, the same
event is tried again, later and later, and the ones after it wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.channels.base import SendRefused
from bot.store.audit import Entry
from bot.store.database import Store
from bot.store.unit_of_work import UnitOfWork

log = structlog.get_logger()

CURSOR = "case events"
LONGEST_WAIT = timedelta(minutes=5)


class Posts(Protocol):
    """What is needed of the webhook."""

    def post(self, event: Mapping[str, Any], *, at: datetime) -> None:
        """Send one event; raises SendRefused."""
        ...


class CaseEvents:
    """Sends events. With no webhook set it does nothing."""

    def __init__(self, *, store: Store, webhook: Posts | None) -> None:
        self._store = store
        self._webhook = webhook

    def send_next(self) -> bool:
        """Send the next event that is due; False when there is none."""
        if self._webhook is None or not self._has_news():
            return False
        with self._store.begin() as work:
            cursor = work.cursors.claim(CURSOR, start=work.audit.newest())
            entries = work.audit.after(cursor.value, limit=1) if cursor else ()
            if cursor is None:
                return False  # somebody else has it, and keeps it
            if not entries:
                work.cursors.release(CURSOR)
                return False
            event, now = as_event(work, entries[0]), work.now
        try:
            self._webhook.post(event, at=now)
        except SendRefused as refusal:
            wait = min(LONGEST_WAIT, timedelta(seconds=2 ** min(cursor.attempts + 1, 10)))
            log.warning("case event not taken", code=refusal.code)
            with self._store.begin() as work:
                work.cursors.wait(CURSOR, work.now + wait)
            return False
        with self._store.begin() as work:
            work.cursors.advance(CURSOR, entries[0].id)
        return True

    def _has_news(self) -> bool:
        """Looks without writing, since this is asked every second."""
        with self._store.read() as work:
            if work.cursors.waits(CURSOR):
                return False
            place = work.cursors.place(CURSOR)
            return place is None or bool(work.audit.after(place, limit=1))


def as_event(work: UnitOfWork, entry: Entry) -> dict[str, Any]:
    """One entry of the audit as an event."""
    case = work.cases.find(entry.case_id) if entry.case_id else None
    thread = work.threads.get(case.thread_id) if case else None
    told: dict[str, Any] = {"id": entry.case_id}
    if case:
        told.update(designation=case.designation, level=case.level.word, category=case.category, subject=case.subject)
        told.update(state=case.state.value)
    if thread:
        told.update(channel=thread.channel, band=thread.band, region=thread.region)
    return {"id": entry.id, "event": entry.what, "detail": entry.detail, "at": entry.at.isoformat(), "case": told}
