"""One real engine for all conversations; every test has a database and people of its own."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

from bot import settings as settings_module
from bot.app import ENGINE_PURPOSE
from bot.engine import Answer, Engine, Turn
from bot.safety.screening import Screening
from bot.settings import Settings, child_environment
from tests.installation import ROOT, Installation
from tests.talking import UNHURRIED, Desk, House, HouseApp, Page, Phone

SCREENINGS: list[Screening] = []
NUMBERS = itertools.count(1000)
"""Each test's phone is another's: they share an engine, and with it the threads it knows."""


class RealEngine:
    """The engine process on loopback. A client of its own for each turn, since each test turn has its own event loop."""

    def __init__(self, settings: Settings, token: str) -> None:
        self._settings, self._token = settings, token

    async def ask(self, turn: Turn) -> Answer:
        engine = Engine(urls=self._settings.engine_urls, token=self._token, patience=20.0)
        try:
            return await engine.ask(turn)
        finally:
            await engine.close()


class RealHouse(HouseApp):
    """Everything real but the provider."""

    @cached_property
    def engine(self) -> RealEngine:  # type: ignore[override]
        return RealEngine(self.settings, self.vault.service_token(ENGINE_PURPOSE))

    @cached_property
    def screening(self) -> Screening:
        if not SCREENINGS:
            SCREENINGS.append(Screening.load(ROOT / "content" / "safety", ROOT / "var" / "models" / "safety"))
        return SCREENINGS[0]


@pytest.fixture(scope="session")
def engine_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Starts ``handrail serve engine`` once."""
    place = Installation(tmp_path_factory.mktemp("engine"))
    (place.var / "models").symlink_to(ROOT / "var" / "models")
    given = {**UNHURRIED, "HANDRAIL_VAR": str(place.var), "HANDRAIL_ENGINE_BIND": f"127.0.0.1:{place.ports['engine']}"}
    settings = settings_module.load(given, root=ROOT)
    HouseApp(settings).store.migrate()
    with (place.var / "engine.log").open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve", "engine"],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env=child_environment(**given),
        )
    try:
        place.process = None
        place.waits(lambda: place.engine_is_ready() or child.poll() is not None, "the engine did not start", 120)
        assert child.poll() is None, (place.var / "engine.log").read_text()[-2000:]
        yield settings
    finally:
        child.terminate()
        child.wait(20)


@pytest.fixture
def house(engine_settings: Settings, tmp_path: Path) -> Iterator[House]:
    from dataclasses import replace

    made = House(tmp_path, RealHouse(replace(engine_settings, database_url=f"sqlite:///{tmp_path / 'talk.db'}")))
    yield made
    made.app.store.close()


@pytest.fixture
def phone(house: House) -> Phone:
    return house.phone(f"+1500555{next(NUMBERS):04d}")


@pytest.fixture
def page(house: House) -> Page:
    return house.page(band="13-15", region="CA")


@pytest.fixture
def desk(house: House) -> Desk:
    return house.desk()
