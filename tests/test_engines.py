"""Several engines: each thread has its own, one that fails costs nobody an answer, and names stand for many."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from bot.engine import Engine, EngineUnavailable, Turn
from bot.engines import NAMES_HOLD, RESTS, Engines

A, B, C = "http://10.0.0.1:8082", "http://10.0.0.2:8082", "http://10.0.0.3:8082"


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def as_written(host: str, _port: int) -> list[str]:
    return [host]


def engines(*urls: str, clock: Seconds | None = None) -> Engines:
    return Engines(urls, resolve=as_written, clock=clock or Seconds())


def test_a_thread_keeps_its_engine_and_threads_are_spread_over_all() -> None:
    known = engines(A, B, C)

    async def first(thread: str) -> str:
        return (await known.for_thread(thread))[0]

    firsts = Counter(asyncio.run(first(f"thread{n}")) for n in range(600))
    assert asyncio.run(first("thread7")) == asyncio.run(first("thread7"))
    assert set(firsts) == {A, B, C} and min(firsts.values()) > 150


def test_with_one_engine_less_only_its_own_threads_move() -> None:
    before, after = engines(A, B, C), engines(A, B)

    async def moved(thread: str) -> tuple[str, str]:
        return (await before.for_thread(thread))[0], (await after.for_thread(thread))[0]

    for was, now in (asyncio.run(moved(f"thread{n}")) for n in range(200)):
        assert was in (now, C)


def test_an_engine_that_failed_is_asked_last_for_a_moment() -> None:
    clock = Seconds()
    known = engines(A, B, clock=clock)

    async def order() -> list[str]:
        return await known.for_thread("t")

    own, other = asyncio.run(order())
    known.failed(own)
    assert asyncio.run(order()) == [other, own]
    clock.now += RESTS + 0.1
    assert asyncio.run(order()) == [own, other]


def test_a_name_may_stand_for_several_engines_and_is_asked_again() -> None:
    clock, names = Seconds(), ["10.0.0.1"]

    async def resolve(_host: str, _port: int) -> list[str]:
        if not names:
            raise socket.gaierror("nobody there")
        return list(names)

    known = Engines(["http://engine:8082"], resolve=resolve, clock=clock)
    assert asyncio.run(known.all()) == [A]
    names.append("10.0.0.2")
    clock.now += NAMES_HOLD
    assert asyncio.run(known.all()) == [A, B]
    names.clear()
    clock.now += NAMES_HOLD
    assert asyncio.run(known.all()) == [A, B], "names that cannot be read now do not make the engines go away"


Answering = Callable[[web.Request], Awaitable[web.Response]]
TURN = Turn(message_id=1, thread="t", text="hi", choice=None)


async def hello(request: web.Request) -> web.Response:
    return web.json_response({"replies": [{"text": "Hello"}]})


async def hangs_up(request: web.Request) -> web.Response:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def is_slow(request: web.Request) -> web.Response:
    await asyncio.sleep(5)
    return await hello(request)


def says(status: int) -> Answering:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    return answer


@asynccontextmanager
async def servers(*answers: Answering | None) -> AsyncIterator[list[str]]:
    """An engine for each way to answer, at its url; where it is None, nobody listens."""
    runners, urls = [], []
    for answer in answers:
        runner = web.ServerRunner(web.Server(answer or hello), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        runners.append(runner)
        if answer is None:
            await site.stop()
    yield urls
    for runner in runners:
        await runner.cleanup()


@asynccontextmanager
async def client(*urls: str, patience: float = 1.0) -> AsyncIterator[Engine]:
    made = Engine(urls=urls, token="t", patience=patience, engines=engines(*urls))
    yield made
    await made.close()


async def turn_of(engine: Engine, own: str) -> Turn:
    """A turn of a thread whose own engine is the one at ``own``."""
    for number in itertools.count():
        if (await engine._engines.for_thread(f"t{number}"))[0] == own:
            return replace(TURN, thread=f"t{number}")
    raise AssertionError


@pytest.mark.parametrize("failure", [None, hangs_up, says(503), says(401)], ids=["refuses", "hangs up", "503", "401"])
def test_while_one_engine_answers_nobody_hears_that_another_is_gone(failure: Answering | None) -> None:
    async def talk() -> None:
        async with servers(failure, hello) as (ill, well), client(ill, well) as engine:
            for own in (well, ill):
                answer = await engine.ask(await turn_of(engine, own))
                assert answer.replies[0].text == "Hello"

    asyncio.run(talk())


def test_a_turn_that_failed_in_the_engine_is_not_tried_in_all_of_them() -> None:
    asked: list[str] = []

    async def fails(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=500)

    async def talk() -> None:
        async with servers(fails, fails) as urls, client(*urls) as engine:
            with pytest.raises(EngineUnavailable):
                await engine.ask(TURN)

    asyncio.run(talk())
    assert asked == ["/turn"]


def test_the_patience_is_for_all_engines_together_and_the_slow_one_rests() -> None:
    async def talk() -> None:
        async with servers(is_slow, is_slow) as urls, client(*urls, patience=0.2) as engine:
            own = (await engine._engines.for_thread("t"))[0]
            with pytest.raises(EngineUnavailable, match="in time"):
                await engine.ask(TURN)
            assert (await engine._engines.for_thread("t"))[0] != own

    asyncio.run(talk())


def test_an_engine_is_asked_with_the_token_and_what_it_says_is_read() -> None:
    seen: list[tuple[str, dict[str, object]]] = []

    async def listens(request: web.Request) -> web.Response:
        seen.append((request.headers["Authorization"], await request.json()))
        return await hello(request)

    async def talk() -> None:
        async with servers(listens) as urls, client(*urls) as engine:
            await engine.ask(replace(TURN, text="Où est-ce? 🙂"))

    asyncio.run(talk())
    ((token, turn),) = seen
    assert token == "Bearer t" and turn["text"] == "Où est-ce? 🙂" and turn["message_id"] == 1


def test_it_is_ready_while_one_engine_is() -> None:
    async def ready(*answers: Answering | None, patience: float = 1.0) -> bool:
        async with servers(*answers) as urls, client(*urls, patience=patience) as engine:
            return await engine.ready()

    assert asyncio.run(ready(None, hello))
    assert not asyncio.run(ready(None, says(503)))
    assert not asyncio.run(ready(is_slow, patience=0.2))
