"""Two gateways, two engines, two outboxes and one PostgreSQL, as on several machines: in order, once, nothing lost.

The engines are real, so that starting and restarting them is most of the time this takes. Every test leaves the town settled.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bot.app import ENGINE_PURPOSE
from tests.topology.people import Chat
from tests.topology.postgres import Postgres
from tests.topology.town import Town, status

pytestmark = [pytest.mark.slow, pytest.mark.unproven]

QUESTIONS = ("what is grooming?", "what is sextortion?", "what is consent?", "is it my fault", "what can you do", "menu")
"""Words whose answers differ. No choices: a letter means what was offered when it was written, which is not the same in a hurry."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"), postgres)
    made.has("gateway", 2)
    made.has("engine", 2)
    made.has("outbox", 2)
    try:
        made.opens()
        yield made
    finally:
        made.closes()


def test_the_whole_way_is_open_at_every_gateway(town: Town) -> None:
    """Both brought the same empty database up to date when they started together, and both reach an engine."""
    for gateway in town.of("gateway"):
        for door in ("public", "staff"):
            assert status(f"{gateway.url(door)}/readyz") == 200
    for engine in town.of("engine"):
        assert status(f"{engine.url('engine')}/ready") == 200


def test_quick_texts_of_one_thread_get_the_same_answers_in_the_same_order_as_slow_ones(town: Town) -> None:
    slow, quick = Chat(town), Chat(town)
    for question in QUESTIONS:
        slow.sends(question)
        town.settles()
    for n, question in enumerate(QUESTIONS):
        quick.sends(question, by=town.of("gateway")[n % 2])
    town.settles()
    assert quick.bot() == slow.bot()
    assert slow.version() == quick.version() == len(QUESTIONS), "each message is one turn, and none is two"


def test_a_stale_tracker_write_is_refused_and_tried_again(town: Town) -> None:
    """Two engines answer in one thread at the same moment, as they would if a gateway died between two of its turns."""
    thread, token = secrets.token_hex(16), town.app.vault.service_token(ENGINE_PURPOSE)

    async def at_once(*message_ids: int) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False, timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:
            asked = [
                client.post(f"{engine.url('engine')}/turn", json=turn(message_id))
                for engine, message_id in zip(town.of("engine"), message_ids, strict=True)
            ]
            answers = await asyncio.gather(*asked)
        assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
        return [json.loads(answer.text) for answer in answers]

    def turn(message_id: int) -> dict[str, Any]:
        return {"message_id": message_id, "thread": thread, "text": "what is grooming?", "choice": None, "metadata": {}}

    def version() -> object:
        return town.asks(f"SELECT version FROM tracker WHERE thread_id = '{thread}'")[0][0]

    same = asyncio.run(at_once(1, 1))
    assert same[0] == same[1] and version() == 1, "the same message is one turn, with one answer"
    for n in range(5):
        asyncio.run(at_once(10 + n, 20 + n))
    assert version() == 11, "of two at once the later one read the tracker again, and no turn was lost"


def test_both_engines_have_their_share_and_what_two_do_beside_one(town: Town) -> None:
    """Only measured: where engines, gateways, PostgreSQL and this test share two cores, a second engine has nothing to run on."""
    two = rate(town, "+15005556")
    first = town.of("engine")[0]
    town.stops(first)
    one = rate(town, "+15005557")
    town.starts(first)
    town.is_ready(first)
    print(f"\nwhole turns a second: one engine {one:.1f}, two {two:.1f}, ratio {two / one:.2f}")  # noqa: T201 - for reading
    assert one > 0 and two > 0


def rate(town: Town, prefix: str, count: int = 40) -> float:
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        statuses = Counter(pool.map(lambda n: town.texts(f"{prefix}{n:03d}", "what is grooming?"), range(count)))
    assert statuses == {200: count}
    town.waits(lambda: town.asks("SELECT count(*) FROM message WHERE state = 'kept'") == [(0,)], "not all answered", 120)
    return count / (time.monotonic() - began)
