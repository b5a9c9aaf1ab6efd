"""What every test can ask for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.talking import Clock, Desk, House, Page, Phone, ScriptedEngine

logging.getLogger("alembic").setLevel(logging.ERROR)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay in one process where two share the work: those of one file; of the slow ones, which start
    browsers or engines that many files use, all that use the same."""
    for item in items:
        slow = item.get_closest_marker("slow") is not None
        shared = "browsers" if "browser" in item.path.parts else "engines"
        item.add_marker(pytest.mark.xdist_group(shared if slow else item.nodeid.split("::")[0]))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.app.store.close()


@pytest.fixture
def phone(house: House) -> Phone:
    return house.phone()


@pytest.fixture
def page(house: House) -> Page:
    return house.page(band="13-15", region="CA")


@pytest.fixture
def desk(house: House) -> Desk:
    return house.desk()


@pytest.fixture
def clock(house: House) -> Clock:
    return house.app.clock


@pytest.fixture
def engine(house: House) -> ScriptedEngine:
    return house.app.engine
