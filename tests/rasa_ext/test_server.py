"""The engine's two doors: who may come in, how much, and what an error says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.talking import demo_settings

pytestmark = pytest.mark.slow

TOKEN = "a-token-between-two-of-our-own-processes"
TURN = {"message_id": 1, "thread": "t", "text": "hi", "choice": None, "metadata": {}}


class Scripted:
    """A dialogue that answers as told."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.rehearsed = False
        self.read_again = 3
        self.fails: Exception | None = None

    async def rehearse(self, _: str) -> None:
        self.rehearsed = True
        if self.fails:
            raise self.fails

    async def turn(self, request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if self.fails:
            raise self.fails
        return {"replies": [{"text": "Hello", "choices": []}], "effects": []}


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[Scripted, str]]:
    """One listening engine for all tests here: Sanic rewrites itself at the first start and stands no second."""
    from bot.rasa_ext.server import create_app

    dialogue, loop, address = Scripted(), asyncio.new_event_loop(), []
    up = threading.Event()

    async def listen() -> None:
        app = create_app(dialogue, token=TOKEN)  # type: ignore[arg-type]
        free = socket.create_server(("127.0.0.1", 0))  # port=0 would mean Sanic's own 8000
        server = await app.create_server(sock=free, return_asyncio_server=True, access_log=False)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        address.append(f"http://127.0.0.1:{server.server.sockets[0].getsockname()[1]}")
        up.set()

    loop.create_task(listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    assert up.wait(20)
    yield dialogue, address[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.fixture
def dialogue(door: tuple[Scripted, str]) -> Scripted:
    door[0].asked, door[0].fails = [], None
    return door[0]


@pytest.fixture
def client(door: tuple[Scripted, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=door[1], trust_env=False) as made:
        yield made


def post(client: httpx.Client, token: str = TOKEN, **more: Any) -> httpx.Response:
    return client.post("/turn", headers={"Authorization": f"Bearer {token}"}, **({"json": TURN} | more))


def test_a_turn_is_answered(client: httpx.Client, dialogue: Scripted) -> None:
    assert post(client).json() == {"replies": [{"text": "Hello", "choices": []}], "effects": []}
    assert dialogue.asked[0].thread == "t"


def test_it_counts_the_turns_it_answered(client: httpx.Client, dialogue: Scripted) -> None:
    before = client.get("/healthz").json()["turns"]
    post(client)
    post(client, json={})
    assert client.get("/healthz").json() == {"alive": True, "turns": before + 1, "read_again": 3}


def test_it_is_ready_after_a_rehearsal(client: httpx.Client, dialogue: Scripted) -> None:
    assert client.get("/ready").status_code == 200 and dialogue.rehearsed


@pytest.mark.parametrize("broken", ["model", "database"])
def test_an_engine_through_which_no_message_goes_is_not_ready_and_says_so_until_one_does(
    client: httpx.Client, dialogue: Scripted, broken: str
) -> None:
    from bot.rasa_ext.tracker_store import TurnFailed
    from bot.store.database import StoreDown

    dialogue.fails = TurnFailed("The trial message failed.") if broken == "model" else StoreDown("gone")
    limit = time.monotonic() + 10
    while client.get("/ready").status_code == 200:  # one that went through is believed for two seconds
        assert time.monotonic() < limit
        time.sleep(0.1)
    assert client.get("/ready").json() == {"ready": False} and client.get("/healthz").status_code == 200
    dialogue.fails = None
    assert client.get("/ready").status_code == 200


@pytest.mark.parametrize("token", ["x", "wrong", TOKEN + "x"])
def test_without_the_gateways_token_nothing_happens(client: httpx.Client, dialogue: Scripted, token: str) -> None:
    assert post(client, token=token).status_code == 401
    assert not dialogue.asked


def test_a_body_over_16_kb_is_not_read(client: httpx.Client, dialogue: Scripted) -> None:
    with contextlib.suppress(httpx.TransportError):  # hanging up before all of it was sent is as good
        assert post(client, json={**TURN, "text": "x" * 2_000_000}).status_code == 413
    assert not dialogue.asked


@pytest.mark.parametrize("body", [{}, [], {**TURN, "message_id": "x"}, {**TURN, "thread": ""}])
def test_what_is_not_a_turn_is_refused(client: httpx.Client, body: Any) -> None:
    assert post(client, json=body).status_code == 400


def test_an_error_carries_no_words(
    client: httpx.Client, dialogue: Scripted, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    dialogue.fails = RuntimeError("zebraquartz")
    answer = post(client)
    out, err = capfd.readouterr()
    assert answer.status_code == 500
    assert "zebraquartz" not in answer.text + caplog.text + out + err


@pytest.mark.parametrize("path", ["/", "/status", "/model", "/webhooks/rest/webhook", "/conversations/t/tracker"])
def test_there_are_no_other_doors(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    from bot.rasa_ext.server import EngineError, serve
    from bot.settings import Address

    with pytest.raises(EngineError, match="this machine"):
        serve(replace(demo_settings(tmp_path), engine=Address("0.0.0.0", 8082)))


def test_a_missing_model_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    from bot.rasa_ext.server import EngineError, serve

    with pytest.raises(EngineError, match="handrail train"):
        serve(demo_settings(tmp_path))
