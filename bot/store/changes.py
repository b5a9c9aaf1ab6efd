"""Tells a process that something was committed, here or in another process.

SQLite: ``PRAGMA data_version`` on a connection of its own changes whenever anybody else commits; asking
costs microseconds. PostgreSQL: LISTEN on the channel that every unit of work notifies.
"""

from __future__ import annotations

import select as os_select
import sqlite3
import threading
from collections.abc import Callable, Iterator

import psycopg2
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from bot.store.database import CHANGED, Store

GLANCE = 0.02
"""Seconds between two looks at SQLite: below what a person notices, cheap enough to do always."""


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
            stop.wait(1.0)  # the file is gone, locked or being restored; looking again is all there is to do


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
        except (psycopg2.Error, DBAPIError, NoConnectionFree):
            stop.wait(1.0)  # the server is restarting; listening again is all there is to do


def _listen(store: Store, stop: threading.Event) -> Iterator[None]:
    raw = store.engine.raw_connection()
    connection = raw.connection
    try:
        raw.detach()
        connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
        connection.cursor().execute(f"LISTEN {CHANGED}")
        yield  # whatever happened before we listened
        while not stop.is_set():
            if os_select.select([connection], [], [], 0.5)[0]:
                connection.poll()
                connection.notifies.clear()
                yield
    finally:
        connection.close()
