"""Threads for one kind of work alone: what hangs there keeps nobody else waiting, and is itself waited for only so long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Done = TypeVar("Done")

HANDS = 20
"""Threads of one crew: as many as there are connections to the database."""


class Crew:
    """A few threads, made when they are first needed. ``patience`` is in seconds; None waits to the end."""

    def __init__(self, name: str, patience: float | None, *, hands: int | None = None) -> None:
        self._threads = ThreadPoolExecutor(hands or HANDS, thread_name_prefix=name)
        self._patience = patience

    async def does(self, act: Callable[..., Done], *what: object, until: float | None = None) -> Done:
        """Do it in a thread. Raises asyncio.TimeoutError when it has not ended in time; it may end later all the same, and
        what has not begun by then never does. ``until`` is a moment of ``time.monotonic``."""
        left = self._patience if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise asyncio.TimeoutError
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._threads, act, *what), left)
