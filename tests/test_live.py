"""The real waking of open pages: what is news to a page, within a moment of its commit."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.web import sse
from tests.talking import House, Page

LONG = 15.0
"""Seconds after which the stream looks by itself; news must not wait for that."""


@asynccontextmanager
async def awake(house: House) -> AsyncIterator[None]:
    """The house while its watcher runs."""
    watcher = asyncio.create_task(house.app.live.run())
    try:
        yield
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher


def until_gone(house: House, page: Page, does: Callable[[], object]) -> float:
    """The seconds from ``does`` until the page's stream says that it is over."""

    async def story() -> float:
        async with awake(house):
            stream = sse.events(house.app, token=page.token, thread_id=page.thread_id, after=0)
            began = 0.0
            async for block in stream:
                if "event: gone" in block:
                    return time.monotonic() - began
                if not began and "event: asked" in block:  # the stream is open
                    await asyncio.sleep(0.3)
                    began = time.monotonic()
                    asyncio.get_running_loop().call_later(0.05, lambda: asyncio.ensure_future(asyncio.to_thread(does)))
            raise AssertionError("The stream ended without saying why.")

    return asyncio.run(asyncio.wait_for(story(), LONG + 5))


def test_an_old_tab_learns_at_once_that_its_chat_goes_on_in_another(house: House, page: Page) -> None:
    way_back = house.app.chat.keep_way_back(page.thread_id, "otter")
    assert until_gone(house, page, lambda: house.app.chat.come_back(way_back)) < LONG / 3


def test_an_old_tab_learns_at_once_that_its_chat_was_forgotten(house: House, page: Page) -> None:
    assert until_gone(house, page, lambda: house.app.chat.forget(page.thread_id)) < LONG / 3


def test_a_page_left_with_a_way_back_is_over_at_once(house: House, page: Page) -> None:
    house.app.chat.keep_way_back(page.thread_id, "otter")
    assert until_gone(house, page, lambda: house.app.chat.leave(page.thread_id)) < LONG / 3


def test_another_chats_change_wakes_nobody_else(house: House, page: Page) -> None:
    other = house.page()
    wakes: list[None] = []

    async def listens() -> None:
        async for _ in house.app.live.watch(f"thread:{page.thread_id}", beat=LONG):
            wakes.append(None)

    async def story() -> tuple[int, int]:
        async with awake(house):
            listener = asyncio.create_task(listens())
            await asyncio.sleep(0.1)
            await asyncio.to_thread(house.page)  # a commit, with which the open page comes to be known
            await asyncio.sleep(0.5)
            before = len(wakes)
            await asyncio.to_thread(house.app.chat.forget, other.thread_id)
            await asyncio.sleep(0.5)
            listener.cancel()
            return before, len(wakes)

    before, after = asyncio.run(story())
    assert before == after
