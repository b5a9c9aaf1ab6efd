"""A probe tells the truth: a text run through, not an address that always answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from bot.safety.verdict import Level, Verdict
from bot.serve import outbox
from bot.store.database import StoreError
from bot.web.sites import public_site, staff_site
from tests.talking import Clock, House, HouseApp, ScriptedEngine, demo_settings


class Blind:
    """A screening that no longer sees."""

    def screen(self, text: str) -> Verdict:
        return Verdict(Level.NONE)


class Broken:
    """A screening that no longer answers."""

    def screen(self, text: str) -> Verdict:
        raise RuntimeError("broken")


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    outbox._says_it_is_alive(house.app)
    with TestClient(public_site(house.app)) as made:
        yield made


def test_a_gateway_that_screens_keeps_and_reaches_an_engine_is_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"alive": True, "screening": True}
    assert client.get("/readyz").status_code == 200
    assert client.get("/readyz").json() == {"screening": True, "database": True, "engine": True, "outbox": True}


@pytest.mark.parametrize("ran", [False, True])
def test_without_an_outbox_the_way_is_not_open_and_texts_are_still_taken(house: House, clock: Clock, ran: bool) -> None:
    """One that never was, and one that died or hangs: nothing leaves for a phone, and no clock moves."""
    if ran:
        outbox._says_it_is_alive(house.app)
        clock.passes(minutes=2)
    with TestClient(public_site(house.app)) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"screening": True, "database": True, "engine": True, "outbox": False}
        assert client.get("/healthz").status_code == 200


def test_the_staff_listener_tells_the_same(house: House) -> None:
    outbox._says_it_is_alive(house.app)
    with TestClient(staff_site(house.app)) as client:
        assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("screening", [Blind(), Broken()])
def test_a_gateway_that_no_longer_sees_danger_is_given_no_texts(house: House, client: TestClient, screening: object) -> None:
    house.app.__dict__["screening"] = screening
    assert client.get("/healthz").status_code == 503
    assert client.get("/readyz").json()["screening"] is False


def test_without_an_engine_texts_are_still_taken_but_the_way_is_not_open(client: TestClient, engine: ScriptedEngine) -> None:
    engine.down = True
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json() == {"screening": True, "database": True, "engine": False, "outbox": True}


def test_without_a_database_texts_are_still_taken_but_the_way_is_not_open(house: House, client: TestClient) -> None:
    house.app.__dict__["store"] = NoStore()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json()["database"] is False


class NoStore:
    """A database that does not answer."""

    def read(self) -> object:
        raise StoreError("gone")

    def close(self) -> None:
        """Nothing to give back."""


def test_many_probes_cost_one_trial(tmp_path: object) -> None:
    looks: list[str] = []

    class Counting:
        def screen(self, text: str) -> Verdict:
            looks.append(text)
            return Verdict(Level.IMMINENT)

    app = HouseApp(demo_settings(tmp_path))  # type: ignore[arg-type]
    app.__dict__["screening"] = Counting()
    with TestClient(public_site(app)) as client:
        assert {client.get("/healthz").status_code for _ in range(20)} == {200}
    assert len(looks) <= 2
