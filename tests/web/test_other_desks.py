"""Another system as the desk: the worked client in docs/examples, over real HTTP, with real signatures."""

from __future__ import annotations

import http.server
import importlib.util
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from bot.case_events import CaseEvents
from bot.channels.webhook import HEADER, SignedWebhook
from bot.web.sites import staff_site
from tests.talking import Clock, Desk, House, Page, Phone, settle
from tests.web.ports import free_port

NOW = "my stepdad hits me and he's coming home now"
SECRET = "a-secret-of-at-least-thirty-two-letters"
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "other_desk.py"


@pytest.fixture(scope="module")
def client() -> ModuleType:
    spec = importlib.util.spec_from_file_location("other_desk", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Endpoint(http.server.ThreadingHTTPServer):
    """The other system's webhook: keeps what comes, answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.status = 204
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers[HEADER], body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def events(house: House, endpoint: Endpoint) -> CaseEvents:
    hook = SignedWebhook(url=f"http://127.0.0.1:{endpoint.server_port}/", secret=SECRET)
    made = CaseEvents(store=house.app.store, webhook=hook)
    made.send_next()  # a new stream begins now
    return made


def all_of(events: CaseEvents) -> None:
    while events.send_next():
        pass


def test_every_step_of_a_case_is_told_in_order_signed_and_without_words(
    house: House, phone: Phone, desk: Desk, events: CaseEvents, endpoint: Endpoint, client: ModuleType, clock: Clock
) -> None:
    phone.texts(NOW)
    desk.accepts(desk.sees_case(level="imminent"))
    all_of(events)
    told = [client.read_event(SECRET, signature, body, now=clock().timestamp()) for signature, body in endpoint.got]
    assert [e["event"] for e in told] == ["opened", "queue", "accept"]
    assert [e["id"] for e in told] == sorted({e["id"] for e in told})
    assert told[0]["case"]["level"] == "imminent" and told[0]["case"]["channel"] == "sms"
    everything = json.dumps(told)
    assert "stepdad" not in everything and phone.number not in everything


def test_a_wrong_or_old_signature_is_refused_by_the_example(client: ModuleType) -> None:
    hook = SignedWebhook(url="http://127.0.0.1:9/", secret=SECRET)
    good = f"t=1000,v1={hook.sign(1000, b'{}')}"
    assert client.read_event(SECRET, good, b"{}", now=1000) == {}
    with pytest.raises(ValueError, match="wrong"):
        client.read_event(SECRET, good, b'{"x": 1}', now=1000)
    with pytest.raises(ValueError, match="too old"):
        client.read_event(SECRET, good, b"{}", now=2000)


def test_while_the_other_system_is_down_events_wait_in_order_and_none_is_lost(
    page: Page, events: CaseEvents, endpoint: Endpoint, clock: Clock
) -> None:
    endpoint.status = 503
    page.texts(NOW)
    all_of(events)
    assert len(endpoint.got) == 1
    assert not events.send_next()  # not before its time
    endpoint.status = 200
    clock.passes(minutes=6)
    all_of(events)
    assert [json.loads(body)["event"] for _, body in endpoint.got] == ["opened", "opened", "queue"]


def test_an_event_that_one_outbox_is_sending_is_left_to_it_by_the_others(house: House, page: Page, events: CaseEvents) -> None:
    sent: list[str] = []

    class Slow:
        def post(self, event: dict[str, Any], *, at: object) -> None:
            sent.append(event["event"])
            assert not other.send_next() and not other.send_next()

    first, other = (CaseEvents(store=house.app.store, webhook=Slow()) for _ in range(2))
    page.texts(NOW)
    all_of(first)
    assert sent == ["opened", "queue"]


def test_nothing_is_written_while_there_is_no_news(house: House, events: CaseEvents) -> None:
    with house.app.store.read() as work:
        before = work.audit.newest()
    assert not events.send_next() and not events.send_next()
    with house.app.store.read() as work:
        assert work.audit.newest() == before


def test_the_worked_client_is_a_whole_desk(house: House, phone: Phone, client: ModuleType) -> None:
    house.app.staff.add(username="agency", first_name="Robin", role="worker", password="correct-horse-battery")
    token = house.app.staff.api_token("agency")
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(staff_site(house.app), host="127.0.0.1", port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            threading.Event().wait(0.02)
        handrail = client.Handrail(f"http://127.0.0.1:{port}", token)
        assert client.take_the_first(handrail, "nobody yet") is None
        phone.texts(NOW)
        assert client.take_the_first(handrail, "Hi, a real person here.") is not None
        settle(house.app)
        phone.sees("Hi, a real person here.")
        assert any("Robin is here now" in text for text in phone.everything())
    finally:
        server.should_exit = True
        thread.join(10)


def test_a_token_is_needed_and_carries_its_persons_rights(house: House, page: Page) -> None:
    api = TestClient(staff_site(house.app))
    assert api.get("/api/v1/cases").status_code == 401
    assert api.get("/api/v1/cases", headers={"Authorization": "Bearer nonsense"}).status_code == 401
    for role, status in (("worker", 200), ("facilitator", 403), ("administrator", 403)):
        house.app.staff.add(username=role, first_name="X", role=role, password="correct-horse-battery")
        token = {"Authorization": f"Bearer {house.app.staff.api_token(role)}"}
        assert api.get("/api/v1/cases", headers=token).status_code == status
    worker = {"Authorization": f"Bearer {house.app.staff.api_token('worker')}"}
    house.app.staff.revoke("worker")
    assert api.get("/api/v1/cases", headers=worker).status_code == 401


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/999/accept", {}, 404), ("/1/reply", {"text": "hi"}, 400), ("/1/reply", {"text": "hi", "once": "a"}, 409),
    ("/1/close", {"outcome": "magic", "category": "x"}, 400), ("/1/note", {"text": " "}, 400), ("/1/hand-back", {}, 409),
])  # fmt: skip
def test_what_may_not_be_is_one_sentence(house: House, page: Page, path: str, body: dict[str, str], status: int) -> None:
    page.texts(NOW)
    house.app.staff.add(username="agency", first_name="Robin", role="worker", password="correct-horse-battery")
    token = {"Authorization": f"Bearer {house.app.staff.api_token('agency')}"}
    answer = TestClient(staff_site(house.app)).post(f"/api/v1/cases{path}", json=body, headers=token)
    assert answer.status_code == status and answer.json()["error"].endswith(".")
