"""One PostgreSQL for all tests here; each town has a database of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.topology.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    made = Postgres()
    try:
        made.makes("handrail", "spread", "locks")
        yield made
    finally:
        made.removes()
