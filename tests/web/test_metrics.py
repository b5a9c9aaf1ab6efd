"""What the metrics tell, where, and that they name nobody."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from bot.engine import Engine, EngineUnavailable, Turn
from bot.serve import outbox
from bot.store.database import StoreDown
from bot.web.crew import Crew
from bot.web.metrics import Metrics
from bot.web.sites import public_site, staff_site
from tests.talking import Clock, Desk, House, Phone

ROOT = Path(__file__).resolve().parents[2]
NOW = "my stepdad hits me and he's coming home now"


class Watched:
    """Both listeners of one process, and what its metrics say."""

    def __init__(self, house: House) -> None:
        metrics = Metrics(house.app.store, house.app.engine)
        self.metrics = metrics
        self.public = TestClient(public_site(house.app, metrics), follow_redirects=False)
        self.staff = TestClient(staff_site(house.app, metrics), follow_redirects=False)

    def text(self) -> str:
        answer = self.staff.get("/metrics")
        assert answer.status_code == 200
        return answer.text

    def value(self, name: str, **labels: str) -> float:
        for family in text_string_to_metric_families(self.text()):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        raise AssertionError(f"No {name} {labels}")


@pytest.fixture
def watched(house: House) -> Watched:
    return Watched(house)


def test_it_counts_who_waits_by_level_and_for_how_long(watched: Watched, phone: Phone, clock: Clock) -> None:
    phone.texts(NOW)
    clock.passes(seconds=30)
    assert watched.value("handrail_cases_open", level="imminent", state="queued") == 1
    assert watched.value("handrail_longest_wait_seconds", level="imminent") == 30
    assert watched.value("handrail_longest_wait_seconds", level="high") == 0
    clock.passes(seconds=600)
    assert watched.value("handrail_cases_overdue") == 1


def test_it_counts_what_waits_to_be_answered_and_sent(watched: Watched, phone: Phone, house: House, clock: Clock) -> None:
    phone.quickly_texts("hi")
    clock.passes(seconds=7)
    assert watched.value("handrail_messages_waiting", direction="in") == 1
    assert watched.value("handrail_messages_waiting", direction="out") == 2  # the welcome
    assert watched.value("handrail_oldest_message_seconds", direction="in") == 7
    clock.passes(seconds=3)
    assert watched.value("handrail_oldest_message_seconds", direction="out") == 10
    house.settles()
    assert watched.value("handrail_messages_waiting", direction="in") == 0
    assert watched.value("handrail_oldest_message_seconds", direction="in") == 0


def test_it_tells_since_when_no_outbox_has_been_at_work(watched: Watched, house: House, clock: Clock) -> None:
    with pytest.raises(AssertionError, match="No handrail_outbox_beat_seconds"):
        watched.value("handrail_outbox_beat_seconds")
    outbox._says_it_is_alive(house.app)
    clock.passes(seconds=90)
    assert watched.value("handrail_outbox_beat_seconds") == 90
    outbox._says_it_is_alive(house.app)
    assert watched.value("handrail_outbox_beat_seconds") == 0


def test_it_times_the_turns_of_the_engines_and_counts_them(house: House) -> None:
    """The real client, with nobody at the other end."""
    engine = Engine(urls=["http://127.0.0.1:1"], token="t", patience=1.0)
    metrics = Metrics(house.app.store, engine)
    turn = Turn(message_id=1, thread="t", text="hello", choice=None)

    async def ask() -> None:
        with pytest.raises(EngineUnavailable):
            await engine.ask(turn)
        await engine.close()

    asyncio.run(ask())
    told = generate_latest(metrics.registry).decode()
    assert 'handrail_engine_seconds_count{outcome="given up"} 1.0' in told
    assert "handrail_engines_known 1.0" in told and "handrail_engines_resting 1.0" in told


def test_it_counts_people_at_the_desk(watched: Watched, desk: Desk, clock: Clock) -> None:
    clock.passes(minutes=10)  # signing in was being there
    assert watched.value("handrail_staff_here") == 0
    desk.is_here()
    assert watched.value("handrail_staff_here") == 1


def test_answers_are_timed_by_the_pattern_of_their_route(watched: Watched) -> None:
    watched.public.get("/healthz")
    watched.staff.get("/case/17")
    watched.staff.get("/no/such/page/+15005550123")
    assert watched.value("handrail_http_seconds_count", listener="public", route="/healthz", status="2xx") == 1
    assert watched.value("handrail_http_seconds_count", listener="staff", route="/case/{id:int}") == 1
    assert watched.value("handrail_http_seconds_count", listener="staff", route="other", status="4xx") == 1


def test_no_label_names_a_thread_a_number_or_a_person(watched: Watched, phone: Phone, desk: Desk, house: House) -> None:
    desk.is_here()
    phone.texts(NOW)
    desk.accepts(desk.sees_case(level="imminent"))
    watched.staff.get(f"/case/1?who={phone.thread_id}")
    allowed = {
        "listener": {"public", "staff"}, "status": {"1xx", "2xx", "3xx", "4xx", "5xx"}, "direction": {"in", "out"},
        "level": {"elevated", "high", "imminent"}, "outcome": {"answered", "given up"},
    }  # fmt: skip
    for family in text_string_to_metric_families(watched.text()):
        for sample in family.samples:
            for label, value in sample.labels.items():
                assert label in {*allowed, "route", "state", "le"}, f"{sample.name} has a label {label}: is it about somebody?"
                assert label not in allowed or value in allowed[label]
    for private in (phone.thread_id, phone.number, "Sam", "stepdad"):
        assert private not in watched.text()


class Gone:
    """A database that is not there."""

    def read(self) -> object:
        raise StoreDown("gone")


class Hangs:
    """A database that takes a question and says nothing for long."""

    def __init__(self) -> None:
        self.ends = threading.Event()
        self.asked = 0

    def read(self) -> object:
        self.asked += 1
        self.ends.wait(20)
        raise StoreDown("too late")


def test_while_the_database_is_gone_it_tells_so_and_what_the_process_knows(watched: Watched) -> None:
    watched.public.get("/healthz")
    assert watched.value("handrail_database_up") == 1
    watched.metrics._store = Gone()  # type: ignore[assignment]
    assert watched.value("handrail_database_up") == 0
    assert watched.value("handrail_http_seconds_count", listener="public", route="/healthz") == 1
    assert watched.value("process_resident_memory_bytes") > 0
    with pytest.raises(AssertionError, match="No handrail_cases_overdue"):  # no number is better than a wrong one
        watched.value("handrail_cases_overdue")


def test_a_database_that_hangs_keeps_nobody_waiting_and_is_asked_once_at_a_time(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = Hangs()
    watched.metrics._store = hangs  # type: ignore[assignment]
    watched.metrics._looks = Crew("waiting", 0.2, hands=1)
    started = time.monotonic()
    with watched.staff:  # one loop for all questions, as in a gateway
        assert [watched.value("handrail_database_up") for _ in range(3)] == [0, 0, 0]
    assert time.monotonic() - started < 5 and hangs.asked == 1
    hangs.ends.set()


def test_the_public_side_tells_nobody(watched: Watched) -> None:
    assert watched.public.get("/metrics").status_code == 404


def test_every_panel_of_the_dashboard_asks_for_a_metric_that_is_there(watched: Watched, house: House) -> None:
    watched.metrics.replied.observe(0.1)
    watched.metrics.turns.labels("answered").observe(0.1)
    outbox._says_it_is_alive(house.app)
    watched.public.get("/healthz")
    there = {s.name for f in text_string_to_metric_families(watched.text()) for s in f.samples}
    there |= {f.name for f in text_string_to_metric_families(watched.text())}
    board = json.loads((ROOT / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    asked = {
        name
        for panel in board["panels"]
        for t in panel["targets"]
        for name in re.findall(r"(?:handrail|process)_\w+", t["expr"])
    }
    assert len(board["panels"]) >= 8 and asked <= there, asked - there
