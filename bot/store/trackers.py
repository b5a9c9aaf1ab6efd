"""Rasa's trackers, one encrypted blob a thread, written with compare-and-swap.

The last message answered and its answer are part of the same write: a message that is handed to the
engine twice gets the same answer, and a lesson repeats a step instead of skipping one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.privacy import PrivacyError, Vault
from bot.store.tables import tracker

LOAD = select(tracker).where(tracker.c.thread_id == bindparam("of"))
SAVE = update(tracker).where(tracker.c.thread_id == bindparam("of"), tracker.c.version == bindparam("expected"))


class StaleTracker(Exception):
    """Another engine wrote this tracker in between; load it again."""


@dataclass(frozen=True)
class TrackerRow:
    """A tracker as stored; ``blob`` is already decrypted, and None where no key opens it."""

    version: int
    message_id: int | None
    blob: bytes | None
    answered: dict[str, Any] | None


class TrackerRows:
    """Loads and saves trackers."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def load(self, thread_id: str) -> TrackerRow | None:
        """The tracker of a thread, or None. One that no key opens keeps its version alone, so that it can be written over."""
        row = self._connection.execute(LOAD, {"of": thread_id}).first()
        if row is None:
            return None
        try:
            blob, answered = self._vault.open_bytes(row.sealed_events), self._vault.open_json(row.sealed_answered)
        except PrivacyError:
            return TrackerRow(version=row.version, message_id=None, blob=None, answered=None)
        return TrackerRow(version=row.version, message_id=row.message_id, blob=blob, answered=answered)

    def save(
        self,
        thread_id: str,
        *,
        expected_version: int,
        message_id: int | None,
        blob: bytes,
        answered: Mapping[str, Any] | None,
    ) -> None:
        """Write version ``expected_version + 1``; 0 means "there is none yet". Raises StaleTracker."""
        values = {
            "version": expected_version + 1,
            "message_id": message_id,
            "sealed_events": self._vault.seal_bytes(blob),
            "sealed_answered": self._vault.seal_json(answered) if answered is not None else None,
            "updated_at": self._now,
        }
        if expected_version == 0:
            self._insert(thread_id, values)
            return
        if self._connection.execute(SAVE, {"of": thread_id, "expected": expected_version, **values}).rowcount != 1:
            raise StaleTracker(f"The tracker is no longer at version {expected_version}.")

    def forget(self, thread_id: str) -> None:
        """Erase a tracker."""
        self._connection.execute(delete(tracker).where(tracker.c.thread_id == thread_id))

    def _insert(self, thread_id: str, values: Mapping[str, Any]) -> None:
        try:
            self._connection.execute(insert(tracker).values(thread_id=thread_id, **values))
        except IntegrityError as error:
            raise StaleTracker("The tracker exists already.") from error
