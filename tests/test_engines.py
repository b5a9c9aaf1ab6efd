"""Several engines: each thread has its own, one that fails costs nobody an answer, and names stand for many."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable

import httpx
import pytest

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


def client(answer: Callable[[httpx.Request], httpx.Response], *urls: str, patience: float = 1.0) -> Engine:
    made = Engine(urls=urls, token="t", patience=patience, engines=engines(*urls))
    made._client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return made


TURN = Turn(message_id=1, thread="t", text="hi", choice=None)
HELLO = httpx.Response(200, json={"replies": [{"text": "Hello"}]})


def only(well: str, failure: Callable[[httpx.Request], httpx.Response]) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: HELLO if str(request.url).startswith(well) else failure(request)


def refuses(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def hangs_up(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("gone in the middle", request=request)


@pytest.mark.parametrize("well", [A, B])
@pytest.mark.parametrize("failure", [refuses, hangs_up, lambda _: httpx.Response(503), lambda _: httpx.Response(401)])
def test_while_one_engine_answers_nobody_hears_that_another_is_gone(
    well: str, failure: Callable[[httpx.Request], httpx.Response]
) -> None:
    answer = asyncio.run(client(only(well, failure), A, B).ask(TURN))
    assert answer.replies[0].text == "Hello"


def test_a_turn_that_failed_in_the_engine_is_not_tried_in_all_of_them() -> None:
    asked: list[str] = []

    def fails(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(500)

    with pytest.raises(EngineUnavailable):
        asyncio.run(client(fails, A, B).ask(TURN))
    assert len(asked) == 1


def test_the_patience_is_for_all_engines_together_and_the_slow_one_rests() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return HELLO

    async def talk() -> None:
        engine = client(slow, A, B, patience=0.2)  # type: ignore[arg-type]
        own = (await engine._engines.for_thread("t"))[0]
        with pytest.raises(EngineUnavailable, match="in time"):
            await engine.ask(TURN)
        assert (await engine._engines.for_thread("t"))[0] != own

    asyncio.run(talk())


def test_it_is_ready_while_one_engine_is() -> None:
    assert asyncio.run(client(only(B, refuses), A, B).ready())
    assert not asyncio.run(client(refuses, A, B).ready())
