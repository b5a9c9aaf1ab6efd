"""Streams are few: one page ends its oldest, one address opens no more than a school does, and what has ended is not counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from starlette.requests import Request

from bot.web import open_streams
from bot.web.callers import Callers
from bot.web.open_streams import MOST_OF_A_PAGE, OpenStreams


def from_(address: str) -> Request:
    return Request({"type": "http", "headers": [], "client": (address, 1)})


SCHOOL, HOME = from_("203.0.113.7"), from_("203.0.113.8")


async def endless() -> AsyncGenerator[str, None]:
    while True:
        yield "said"


async def ends(stream: AsyncGenerator[str, None]) -> bool:
    return await anext_(stream) is None


async def anext_(stream: AsyncGenerator[str, None]) -> str | None:
    async for said in stream:
        return said
    return None


def test_a_page_that_opens_one_too_many_ends_its_oldest_and_no_other() -> None:
    async def tried() -> list[bool]:
        streams = OpenStreams(callers=Callers([]))
        opened = [streams.counted(SCHOOL, "a", endless()) for _ in range(MOST_OF_A_PAGE)]
        other = streams.counted(SCHOOL, "b", endless())
        for stream in (*opened, other):
            assert await stream.__anext__() == "said"
        assert await streams.counted(SCHOOL, "a", endless()).__anext__() == "said"
        return [await ends(stream) for stream in (*opened, other)]

    assert asyncio.run(tried()) == [True, False, False, False, False]


def test_an_address_that_has_very_many_open_opens_no_more_and_another_does(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(open_streams, "MOST_FROM_ONE", 3)

    async def tried() -> tuple[bool, bool, bool]:
        streams = OpenStreams(callers=Callers([]))
        opened = [streams.counted(SCHOOL, f"page {n}", endless()) for n in range(3)]
        for stream in opened:
            await stream.__anext__()
        full, elsewhere = streams.may_open(SCHOOL), streams.may_open(HOME)
        await opened[0].aclose()
        return full, elsewhere, streams.may_open(SCHOOL)

    assert asyncio.run(tried()) == (False, True, True)


def test_nothing_is_remembered_of_streams_that_ended() -> None:
    async def tried() -> OpenStreams:
        streams = OpenStreams(callers=Callers([]))
        for _ in range(MOST_OF_A_PAGE + 2):
            stream = streams.counted(SCHOOL, "a", endless())
            await stream.__anext__()
            await stream.aclose()
        return streams

    left = asyncio.run(tried())
    assert not left._of_page and not left._from_one
