"""Tries to come back to a chat, counted in the database: the same for every gateway, and still counted after a restart.

One row a key, locked while it is looked at, so that tries which come at the same moment are counted one after the other.
The key is a keyed hash, and goes as soon as it holds nothing back.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from bot.privacy import Vault
from bot.store.once import insert_once
from bot.store.tables import return_try
from bot.way_back import Limit


class TryRows:
    """Counts tries."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def takes(self, *limits: Limit) -> bool:
        """Whether one more try is within every limit; one that is not is counted nowhere.

        Give the limits in the same order everywhere: rows are locked in it.
        """
        free = [(limit, self._locked(limit)) for limit in limits]
        if any(at > self._now + limit.within - limit.each for limit, at in free):
            return False
        for limit, at in free:
            self._set(limit, max(at, self._now) + limit.each)
        return True

    def forget(self) -> int:
        """Delete what holds nothing back any more; returns how many rows went."""
        return int(self._connection.execute(delete(return_try).where(return_try.c.free_at <= self._now)).rowcount)

    def _locked(self, limit: Limit) -> datetime:
        """From when on nothing of this limit is used; further off than it lasts was set before the clock went back."""
        key = self._hash(limit)
        insert_once(self._connection, return_try, key_hash=key, free_at=self._now)
        wanted = select(return_try.c.free_at).where(return_try.c.key_hash == key).with_for_update()
        at: datetime = self._connection.execute(wanted).scalar() or self._now  # it may have been forgotten just now
        latest = self._now + limit.within
        if at > latest:
            self._set(limit, latest)
        return min(at, latest)

    def _set(self, limit: Limit, at: datetime) -> None:
        which = return_try.c.key_hash == self._hash(limit)
        self._connection.execute(update(return_try).where(which).values(free_at=at))

    def _hash(self, limit: Limit) -> str:
        return self._vault.token_hash(f"try:{limit.key}")
