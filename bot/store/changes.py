"""Tells a process that something was committed, here or in another process.

SQLite: ``PRAGMA data_version`` on a connection of its own changes whenever anybody else commits; asking
costs microseconds. PostgreSQL: LISTEN on the channel that every unit of work notifies.
"""

from __future__ import annotations

import select
import sqlite3
import threading
from collections.abc import Callable, Iterator

import psycopg2

from bot.store.database import CHANGED, Store

GLANCE = 0.02
"""Seconds between two looks at SQLite: below what a person notices, cheap enough to do always."""

REST = 1.0
"""Seconds until a database that could not be watched is tried again."""


def watch(store: Store, changed: Callable[[], None], stop: threading.Event) -> threading.Thread:
    """Call ``changed`` from a thread after every commit, until ``stop`` is set."""
    look = _sqlite if store.is_sqlite else _postgres

    def run() -> None:
        for _ in look(store, stop):
            changed()

    thread = threading.Thread(target=run, name="changes", daemon=True)
    thread.start()
    return thread


def _sqlite(store: Store, stop: threading.Event) -> Iterator[None]:
    while not stop.is_set():
        try:
            yield from _glance(store, stop)
        except sqlite3.Error:
            stop.wait(REST)  # the file is gone, locked or being restored; looking again is all there is to do


def _glance(store: Store, stop: threading.Event) -> Iterator[None]:
    connection = sqlite3.connect(str(store.engine.url.database), check_same_thread=False, isolation_level=None)
    seen = -1
    try:
        while not stop.wait(GLANCE):
            version = connection.execute("PRAGMA data_version").fetchone()[0]
            if version != seen:
                seen = version
                yield
    finally:
        connection.close()


def _postgres(store: Store, stop: threading.Event) -> Iterator[None]:
    while not stop.is_set():
        try:
            yield from _listen(store, stop)
        except Exception:  # noqa: BLE001 - mostly the server is restarting; listening again is all there is to do
            stop.wait(REST)


def _listen(store: Store, stop: threading.Event) -> Iterator[None]:
    raw = store.engine.raw_connection()
    connection = raw.connection
    try:
        raw.detach()
        connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
        connection.cursor().execute(f"LISTEN {CHANGED}")
        bell = select.poll()  # select() knows no more than 1,023 open files, and every open page is one
        bell.register(connection, select.POLLIN)
        yield  # whatever happened before we listened
        while not stop.is_set():
            if bell.poll(500):
                connection.poll()
                connection.notifies.clear()
                yield
    finally:
        connection.close()
