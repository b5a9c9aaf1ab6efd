"""A copy of PostgreSQL by its own tools, with the very lines that docs/operating.md gives, comes back to the last row."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.store.tables import metadata
from tests.talking import House, Phone

OPERATING = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


@pytest.fixture
def house(tmp_path: Path, new_postgresql: Callable[[], str]) -> Iterator[House]:
    made = House(tmp_path, HANDRAIL_DATABASE_URL=new_postgresql())
    yield made
    made.app.store.close()


def told(begin: str) -> str:
    """The line of the documentation that begins so."""
    return next(line.strip() for line in OPERATING.splitlines() if line.strip().startswith(begin))


def does(line: str, house: House, folder: Path) -> None:
    """What the documentation says, in a shell, with the tools that came with the server."""
    import pgserver

    tools = Path(pgserver.__file__).parent / "pginstall" / "bin"
    environment = {
        **os.environ,
        "HANDRAIL_DATABASE_URL": house.app.settings.database_url,
        "PATH": f"{tools}:{os.environ['PATH']}",
    }
    subprocess.run(line, shell=True, cwd=folder, env=environment, check=True, capture_output=True)


def rows(house: House) -> dict[str, list[str]]:
    with house.app.store.engine.connect() as connection:
        return {t.name: sorted(repr(tuple(row)) for row in connection.execute(select(t))) for t in metadata.sorted_tables}


def put_back(house: House, folder: Path) -> None:
    house.app.store.close()
    does(told("pg_restore "), house, folder)


def test_a_copy_put_back_is_the_same_to_the_last_row(house: House, phone: Phone, tmp_path: Path) -> None:
    phone.texts("hi")
    phone.texts("my stepdad hits me")
    does(told("pg_dump "), house, tmp_path)
    before, said = rows(house), phone.everything()
    assert sum(map(len, before.values())) > 10 and b"stepdad" not in (tmp_path / "handrail.dump").read_bytes()
    phone.texts("something after the copy")
    put_back(house, tmp_path)
    assert rows(house) == before
    phone.texts("and now")
    assert phone.everything()[: len(said)] == said and phone.everything()[-1] == "You said: and now"


def test_what_went_out_after_the_copy_does_not_go_out_again(house: House, phone: Phone, tmp_path: Path) -> None:
    phone.quickly_texts("hi")
    does(told("pg_dump "), house, tmp_path)
    house.settles()
    said = phone.everything()
    put_back(house, tmp_path)
    for statement in re.findall(r"^    (UPDATE message .*)$", OPERATING, re.MULTILINE):
        does(f'psql "$HANDRAIL_DATABASE_URL" -c "{statement}"', house, tmp_path)
    for _ in range(3):
        house.app.clock.passes(minutes=1)
        house.settles()
    assert len(said) == 3 and phone.everything() == said
