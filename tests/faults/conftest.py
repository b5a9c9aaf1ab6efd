"""A real PostgreSQL from a wheel, started once; every test gets a database of its own in it."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

_COUNT = itertools.count()


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[Callable[[], str]]:
    import pgserver

    folder = tempfile.TemporaryDirectory(prefix="handrail-pg-")  # the server's own user may not enter pytest's folders
    server = pgserver.get_server(Path(folder.name) / "postgresql", cleanup_mode="stop")
    admin = create_engine(server.get_uri(), future=True, isolation_level="AUTOCOMMIT")

    def make() -> str:
        name = f"handrail{next(_COUNT)}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return str(server.get_uri(name))

    yield make
    admin.dispose()
    server.cleanup()
    folder.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind, as a URL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'handrail.db'}"
    return str(request.getfixturevalue("new_postgresql")())
