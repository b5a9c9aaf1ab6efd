"""How a gateway's parts wake and leave."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.addresses import Address
from bot.serve import gateway
from bot.serve.gateway import Wake
from bot.web.listener import listen
from bot.web.metrics import Metrics
from tests.talking import House, Phone
from tests.web.ports import free_port


def test_the_collector_walks_what_lasts_a_tenth_as_often_and_what_was_loaded_never() -> None:
    before = gc.get_threshold()
    try:
        gateway.collect_seldom()
        assert gc.get_threshold() == (*before[:2], gateway.SELDOM) and gc.get_freeze_count()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


@pytest.mark.asyncio
async def test_news_wakes_one_and_not_all() -> None:
    wake, up = Wake(), []

    async def sleeper(n: int) -> None:
        await wake.up()
        up.append(n)

    sleepers = [asyncio.create_task(sleeper(n)) for n in range(4)]
    await asyncio.sleep(0)
    for _ in range(3):
        wake.one()  # said again before anybody woke
    await asyncio.sleep(0.01)
    assert len(up) == 1
    wake.one()
    await asyncio.sleep(0.01)
    assert len(up) == 2
    for task in sleepers:
        task.cancel()


@pytest.mark.asyncio
async def test_news_that_comes_before_somebody_sleeps_is_not_missed() -> None:
    wake = Wake()
    wake.one()
    await asyncio.wait_for(wake.up(), 1)


@pytest.mark.asyncio
async def test_whoever_finds_a_text_says_so_before_answering_it(house: House, phone: Phone) -> None:
    phone.quickly_texts("hello")
    order: list[str] = []
    say = house.app.engine.answers
    house.app.engine.answers = lambda turn: (order.append("asked"), say(turn))[1]  # type: ignore[func-returns-value]
    assert await house.app.conversation.reply(found=lambda: order.append("found"))
    assert order == ["found", "asked"]
    assert not await house.app.conversation.reply(found=lambda: order.append("found"))
    assert order == ["found", "asked"]


@pytest.mark.asyncio
async def test_a_reply_stands_back_for_texts_that_come_in(house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.quickly_texts("hello")
    order: list[str] = []
    conversation, leaving = house.app.conversation, asyncio.Event()
    reply = conversation.reply

    async def calm(*, at_most: float) -> None:
        order.append(f"stands back {at_most}")

    async def replied(found: Callable[[], None]) -> bool:
        order.append("replied")
        leaving.set()
        return await reply(found)

    monkeypatch.setattr(conversation, "calm", calm)
    monkeypatch.setattr(conversation, "reply", replied)
    await asyncio.wait_for(gateway._reply(house.app, Wake(), leaving, Metrics(house.app.store, house.app.engine)), 10)
    assert order == [f"stands back {gateway.YIELDS}", "replied"]


@pytest.mark.asyncio
async def test_no_reply_is_begun_once_the_gateway_leaves(house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.quickly_texts("hello")
    leaving = asyncio.Event()

    async def calm(*, at_most: float) -> None:
        leaving.set()

    monkeypatch.setattr(house.app.conversation, "calm", calm)
    await asyncio.wait_for(gateway._reply(house.app, Wake(), leaving, Metrics(house.app.store, house.app.engine)), 10)
    assert not house.app.engine.turns


@pytest.mark.asyncio
async def test_a_listener_that_is_asked_to_stop_finishes_what_it_was_given() -> None:
    begun = asyncio.Event()

    async def slow(_request: Request) -> Response:
        begun.set()
        await asyncio.sleep(0.5)
        return PlainTextResponse("kept")

    address = Address("127.0.0.1", free_port())
    listening = asyncio.create_task(listen(Starlette(routes=[Route("/", slow)]), address))
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        for _ in range(50):
            await asyncio.sleep(0.1)
            try:
                asking = asyncio.create_task(client.get(address.url))
                await asyncio.wait_for(begun.wait(), 2)
                break
            except asyncio.TimeoutError:
                asking.cancel()
        listening.cancel()
        assert (await asking).text == "kept"
        await asyncio.gather(listening, return_exceptions=True)
        assert listening.cancelled()
        with pytest.raises(httpx.ConnectError):
            await client.get(address.url)


@pytest.mark.asyncio
async def test_a_gateway_deletes_what_is_old_on_its_own_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the outbox runs elsewhere, nobody else can."""
    monkeypatch.setattr(gateway, "FORGET", 0.01)
    monkeypatch.setattr(gateway, "EXPIRY", 0.02)
    folder = house.app.settings.var / "spool"
    folder.mkdir()
    old = folder / "1-2.aside"
    old.write_bytes(b"sealed")
    moment = (house.app.now() - timedelta(hours=73)).timestamp()
    os.utime(old, (moment, moment))
    tidying = asyncio.create_task(gateway._tidy(house.app))
    for _ in range(500):
        await asyncio.sleep(0.01)
        if not old.exists():
            break
    tidying.cancel()
    assert not old.exists()
