"""An engine that hangs, answers rubbish, answers late or breaks: nobody meets silence, and danger brings a person."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.engine import Answer, Engine, Turn
from tests.talking import Desk, House, HouseApp, demo_settings

Answering = Callable[[BaseHTTPRequestHandler], None]


class OneTurn:
    """The real client, made anew for each turn, since each test turn has an event loop of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def ask(self, turn: Turn) -> Answer:
        engine = Engine(urls=(self._url,), token="x", patience=0.5)
        try:
            return await engine.ask(turn)
        finally:
            await engine.close()


class WireHouse(HouseApp):
    """Everything as in the other tests, but the engine is asked over a real connection."""

    url = ""

    @cached_property
    def engine(self) -> OneTurn:  # type: ignore[override]
        return OneTurn(self.url)


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[Callable[[Answering], House]]:
    """Builds a house whose engine answers as told."""
    servers: list[ThreadingHTTPServer] = []

    def build(answering: Answering) -> House:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                answering(self)

            def log_message(self, format: str, *args: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        app = WireHouse(demo_settings(tmp_path))
        app.url = f"http://127.0.0.1:{server.server_port}"
        return House(tmp_path, app)

    yield build
    for server in servers:
        server.shutdown()
        server.server_close()


def say(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def hangs(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def drips(handler: BaseHTTPRequestHandler) -> None:
    """Never ends, but never falls silent either."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.1)


def cuts(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")


RUBBISH = [
    b"", b"null", b"[]", b"{}", b"not json", b"\xff\xfe\x00", b'{"replies": []}', b'{"replies": [{"text": ""}]}',
    b'{"replies": 7}', b'{"replies": [null]}', b'{"replies": [{"text": "hi", "choices": [1]}]}',
    b'{"replies": [{"text": "hi"}], "effects": 3}', b'{"replies": [{"text": "hi"}], "effects": ["x"]}',
    json.dumps({"replies": [[[]]] * 50}).encode(), b"[" * 20000,
]  # fmt: skip
FAULTS: dict[str, Answering] = {
    "hangs": hangs,
    "drips": drips,
    "cuts the connection": cuts,
    "breaks": lambda handler: say(handler, b'{"error": "TurnFailed"}', status=500),
    "refuses": lambda handler: say(handler, b"{}", status=401),
    **{f"says {body[:24]!r}": (lambda handler, body=body: say(handler, body)) for body in RUBBISH},  # type: ignore[misc]
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_engine_does_a_plain_sentence_comes_within_its_patience(
    wired: Callable[[Answering], House], fault: str
) -> None:
    house = wired(FAULTS[fault])
    phone = house.phone()
    _ = house.app.conversation, house.app.outbox  # read from disk before the clock runs: it is the engine that is timed
    started = time.monotonic()
    phone.texts("what is grooming")
    phone.sees("Something on our side is not working", "PERSON")
    assert time.monotonic() - started < 8, "its patience is half a second, and the machine may be busy"
    house.app.store.close()


@pytest.mark.parametrize("fault", ["hangs", "breaks", "says b'null'"])
def test_whatever_the_engine_does_danger_opens_a_case_and_offers_a_person(
    wired: Callable[[Answering], House], fault: str
) -> None:
    house = wired(FAULTS[fault])
    phone, desk = house.phone(), Desk(house.app, "sam1", "Sam", "worker")
    phone.texts("i want to kill myself")
    desk.sees_case(level="high")
    phone.sees("I believe you", "PERSON")
    house.app.store.close()


@pytest.mark.parametrize("effects", [
    [{"effect": "case", "event": "no such event"}], [{"effect": "case"}], [{"effect": "set", "band": {"x": 1}}],
    [{"effect": "set", "lesson": [1, 2]}], [{"effect": "boosters", "answer": "yes", "module": None}], [{"effect": "nonsense"}],
])  # fmt: skip
def test_effects_that_make_no_sense_cost_nobody_an_answer(house: House, effects: list[dict[str, object]]) -> None:
    from bot.engine import Reply

    phone = house.phone()
    house.app.engine.answers = lambda turn: Answer((Reply("An answer."),), tuple(effects))  # type: ignore[attr-defined]
    phone.quickly_texts("hi")
    asyncio.run(house.app.conversation.reply())
    while house.app.outbox.send_next():
        pass
    assert len(phone.everything()) == 3
