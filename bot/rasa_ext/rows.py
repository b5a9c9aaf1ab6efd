"""The tracker shelf of our database, as the tracker store wants it: one short transaction each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.rasa_ext.tracker_store import Rows
from bot.store.database import Store


class StoredRows:
    """Opens transactions on trackers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """A transaction that only reads."""
        with self._store.read() as work:
            yield work.trackers

    @contextmanager
    def writing(self) -> Iterator[Rows]:
        """A transaction that writes. Lost in a power cut, it is written again: the message is answered, and what was said
        lasts, only with the gateway's own transaction after this one."""
        with self._store.begin(lasting=False) as work:
            yield work.trackers
