"""What every test can ask for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.talking import Clock, Desk, House, Page, Phone, ScriptedEngine

logging.getLogger("alembic").setLevel(logging.ERROR)


MACHINE = "the machine"
"""The group of the slow tests: what starts processes and browsers goes one after the other, beside the quick ones."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests stay together where several processes share the work: those of one file, and all slow ones."""
    for item in items:
        slow = item.get_closest_marker("slow") is not None
        item.add_marker(pytest.mark.xdist_group(MACHINE if slow else item.path.name))


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
