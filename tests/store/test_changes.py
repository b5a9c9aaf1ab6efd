"""The bell that every commit rings is heard again, whatever broke."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from bot.store import changes
from bot.store.database import Store


def test_whatever_breaks_while_listening_it_is_listened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store, stop, tries = Store("postgresql://nobody:x@127.0.0.1:1/none", None, None), threading.Event(), []  # type: ignore[arg-type,var-annotated]

    def listens(_store: Store, _stop: threading.Event) -> Iterator[None]:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("filedescriptor out of range in select()")
        yield

    monkeypatch.setattr(changes, "_listen", listens)
    monkeypatch.setattr(changes, "REST", 0.0)
    heard = threading.Event()
    thread = changes.watch(store, heard.set, stop)
    assert heard.wait(5)
    stop.set()
    thread.join(5)
