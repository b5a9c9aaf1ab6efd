"""A PostgreSQL that answers late, or whose other user is gone: nothing waits for it without end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.channels.base import Inbound
from bot.channels.sms import Sms
from bot.store.database import StoreDown
from bot.store.opening import FIRST_ASK, unhurried
from bot.web.webhooks import webhook_routes
from tests.talking import House, Phone
from tests.web.test_webhooks import FIELDS, post


@pytest.fixture
def url(new_postgresql: Callable[[], str]) -> str:
    return new_postgresql()


@pytest.fixture
def house(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    for limit, seconds in (("LONGEST_WAIT", 1), ("LONGEST_STATEMENT", 2), ("LONGEST_THOUGHT", 2)):
        monkeypatch.setattr(f"bot.store.opening.{limit}", seconds)
    made = House(tmp_path, HANDRAIL_DATABASE_URL=url)
    yield made
    made.app.store.close()


def test_a_text_whose_row_somebody_holds_goes_to_the_disk_and_its_writer_hears_so(house: House, phone: Phone, url: str) -> None:
    phone.texts("hi")
    holder = create_engine(url, future=True)
    with holder.connect() as other:
        other.execute(text("SELECT id FROM thread FOR UPDATE"))  # a forgotten psql, or a copy being made
        said = house.app.intake.text(Inbound("sms", "sms:SM9", "are you there", address=phone.number, number=phone.number))
        assert said is not None and "We have your text" in said and len(house.app.spool.waiting()) == 1
    holder.dispose()
    assert house.app.intake.drain() == 1


def test_an_outbox_that_lost_its_power_in_the_middle_of_a_sweep_does_not_keep_the_others_from_theirs(house: House) -> None:
    begun = house.app.store.begin()
    begun.__enter__().alone()  # and then nothing more is ever heard of it
    with pytest.raises(StoreDown), house.app.store.begin() as work:
        work.alone()
    time.sleep(1.5)
    with house.app.store.begin() as work:
        work.alone()
    with pytest.raises(StoreDown):
        begun.__exit__(None, None, None)


def test_a_server_process_that_stands_still_is_waited_for_only_so_long(
    house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine still answers on the wire; only the database does not."""
    monkeypatch.setattr("bot.web.webhooks.PATIENCE", 1.0)
    real_sms = Sms(twilio=house.app.settings.twilio, public_url=house.app.settings.public_url)
    with house.app.store.read() as work:
        server = int(work._connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    os.kill(server, signal.SIGSTOP)
    try:
        with TestClient(Starlette(routes=webhook_routes(sms=real_sms, intake=house.app.intake))) as door:
            assert post(door, real_sms, house, "/sms/inbound", FIELDS) == 200
        assert len(house.app.spool.waiting()) == 1
    finally:
        os.kill(server, signal.SIGCONT)
    time.sleep(0.5)
    house.app.intake.drain()
    with house.app.store.read() as work:
        said = work.messages.transcript(house.app.vault.pseudonym("sms", FIELDS["From"]))
    assert [m.text for m in said if m.who == "you"] == [FIELDS["Body"]]


def test_a_machine_that_is_gone_is_asked_for_and_long_work_is_left_in_peace(house: House) -> None:
    with house.app.store.begin() as work:
        shown = [
            str(work._connection.execute(text(f"SHOW {name}")).scalar_one())
            for name in ("lock_timeout", "statement_timeout", "tcp_keepalives_idle")
        ]
        assert shown in (["1s", "2s", asked] for asked in (str(FIRST_ASK), "0"))  # "0": by a socket of this machine
        unhurried(work._connection)
        work._connection.execute(text("SELECT pg_sleep(2.2)"))
    with pytest.raises(StoreDown), house.app.store.begin() as work:
        work._connection.execute(text("SELECT pg_sleep(2.2)"))
