"""Two gateways, two engines, two outboxes and one PostgreSQL, as on several machines: in order, once, nothing lost.

The engines are real, so that starting and restarting them is most of the time this takes. Every test leaves the town settled.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bot.app import ENGINE_PURPOSE
from tests.topology.people import Chat, Traffic
from tests.topology.postgres import Postgres
from tests.topology.town import Town, status

pytestmark = pytest.mark.slow

QUESTIONS = ("what is grooming?", "what is sextortion?", "what is consent?", "is it my fault", "what can you do", "menu")
"""Words whose answers differ. No choices: a letter means what was offered when it was written, which is not the same in a hurry."""

TEXTS = 24


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"), postgres)
    made.has("gateway", 2, HANDRAIL_ENGINE_PATIENCE="20")  # a crowded machine is no engine that failed
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
    before, turns = town.read_again(), 0
    while turns < 5 or (town.read_again() == before and turns < 40):  # two turns may also just miss each other
        asyncio.run(at_once(100 + turns, 200 + turns))
        turns += 1
    assert town.read_again() > before, "a write that came too late was refused"
    assert version() == 1 + 2 * turns, "the later one read the tracker again, and no turn was lost"


def test_engines_are_restarted_and_killed_under_traffic_and_nobody_notices(town: Town) -> None:
    """One leaves as an orchestrator rolls it and comes back, then the other dies in the middle of whatever it does."""
    first, second = town.of("engine")
    traffic = Traffic(town, "+1500558", again=False)
    try:
        town.stops(first)
        time.sleep(1)
        town.starts(first)
        town.is_ready(first)
        town.stops(second, how=signal.SIGKILL)
        time.sleep(1)
    finally:
        if second.process is None:  # else it would run on when the town is closed
            town.starts(second)
        traffic.ends()
    assert len(traffic.taken) > 10 and traffic.refused == []
    traffic.all_answered_once()
    town.is_ready(second)


def test_both_engines_have_their_share(town: Town) -> None:
    """Only the share: how many turns a second a second engine adds cannot be seen where all of them have the same two cores."""
    before = [town.turns(engine) for engine in town.of("engine")]
    with ThreadPoolExecutor(4) as pool:
        statuses = Counter(pool.map(lambda n: town.texts(f"+15005556{n:03d}", "what is grooming?"), range(TEXTS)))
    assert statuses == {200: TEXTS}
    town.settles(180)
    shares = [town.turns(engine) - had for engine, had in zip(town.of("engine"), before, strict=True)]
    assert sum(shares) == TEXTS and min(shares) >= TEXTS / 4, f"turns by engine: {shares}"
