"""SQLite lets one write at a time: the writers of one process stand in line for it, instead of asking again and again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.store import database
from bot.store.database import StoreDown
from tests.talking import House


@contextmanager
def somebody_writes(house: House) -> Iterator[None]:
    """Another thread is in the middle of a transaction until the end of the block."""
    begun, over = threading.Event(), threading.Event()

    def write() -> None:
        with house.app.store.begin() as work:
            work.audit.add(actor="test", what="begun")
            begun.set()
            over.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        over.set()
        writer.join(10)


def test_who_writes_next_waits_in_line_and_holds_no_connection_meanwhile(house: House) -> None:
    done = threading.Event()

    def write() -> None:
        with house.app.store.begin() as work:
            work.audit.add(actor="test", what="next")
        done.set()

    with somebody_writes(house):
        threading.Thread(target=write, daemon=True).start()
        assert not done.wait(0.2)
        assert house.app.store.engine.pool.checkedout() == 1
    assert done.wait(10)


def test_who_reads_does_not_wait(house: House) -> None:
    with somebody_writes(house), house.app.store.read() as work:
        assert work.threads.get("nobody") is None


def test_a_writer_that_waits_too_long_is_told_that_the_database_does_not_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LONGEST_WAIT", 0.05)
    with somebody_writes(house), pytest.raises(StoreDown, match="another writer"), house.app.store.begin():
        pass


def test_after_a_writer_that_failed_the_next_one_writes(house: House) -> None:
    with pytest.raises(ZeroDivisionError), house.app.store.begin():
        raise ZeroDivisionError
    with house.app.store.begin() as work:
        work.audit.add(actor="test", what="next")
