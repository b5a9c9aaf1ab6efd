"""What comes in is kept whatever the database does: on disk, sealed, in order, once; and nobody meets silence."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import event
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.channels.base import Delivery, Inbound
from bot.channels.sms import Sms
from bot.doctor import _spool
from bot.store.database import Store, StoreDown
from bot.web.webhooks import webhook_routes
from tests.talking import Clock, Desk, House, HouseApp, Phone, settle

NUMBER = "+15005550123"


@contextmanager
def down(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database is gone: a PostgreSQL that nobody runs."""
    gone = Store("postgresql://nobody:x@127.0.0.1:1/none", house.app.vault, house.app.now)
    with monkeypatch.context() as patch:
        patch.setattr(house.app.store, "engine", gone.engine)
        yield


def full(house: House) -> None:
    """The database may not grow any more, as on a full disk."""
    with house.app.store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    house.app.store.close()
    event.listen(house.app.store.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}"), named=False)


def text(words: str, number: str = NUMBER, sid: str = "") -> Inbound:
    return Inbound("sms", f"sms:{sid or words}", words, address=number, number=number)


def heard(house: House, number: str = NUMBER) -> list[str]:
    with house.app.store.read() as work:
        said = work.messages.transcript(house.app.vault.pseudonym("sms", number))
    return [m.text for m in said if m.who == "you"]


def test_texts_that_come_while_the_database_is_down_are_taken_in_afterwards_in_order_and_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with down(house, monkeypatch):
        for words in ("one", "two", "two", "three"):
            house.app.intake.text(text(words))
        assert house.app.intake.drain() == 0
    assert house.app.intake.drain() == 4
    assert heard(house) == ["one", "two", "three"]
    assert house.app.spool.waiting() == [] and house.app.intake.drain() == 0


def test_a_danger_text_that_waited_on_disk_opens_its_case(
    house: House, phone: Phone, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with down(house, monkeypatch):
        house.app.intake.text(text("i want to die"))
    house.app.intake.drain()
    settle(house.app)
    desk.sees_case(level="high")
    phone.sees("You said: i want to die")


def test_what_comes_while_something_waits_goes_behind_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with down(house, monkeypatch):
        house.app.intake.text(text("first"))
    house.app.intake.text(text("second"))  # the database is back, but "first" is not in it yet
    assert len(house.app.spool.waiting()) == 2 and heard(house) == []
    house.app.intake.drain()
    assert heard(house) == ["first", "second"]


def test_while_the_database_is_down_one_honest_word_with_a_number_comes_back_and_not_at_every_text(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with down(house, monkeypatch):
        said = house.app.intake.text(text("hello?"))
        assert said and "We have your text" in said and "emergency number" in said
        assert house.app.intake.text(text("anyone?")) is None
        assert house.app.intake.text(text("me too", "+15005550124")) is not None
        clock.passes(minutes=11)
        assert house.app.intake.text(text("still?")) is not None


@pytest.mark.parametrize(("words", "part"), [
    ("j'ai besoin de parler à quelqu'un maintenant", "On a bien ton message"),
    ("necesito hablar con alguien ahora por favor", "Tenemos tu mensaje"),
])  # fmt: skip
def test_the_honest_word_is_in_their_language(house: House, monkeypatch: pytest.MonkeyPatch, words: str, part: str) -> None:
    with down(house, monkeypatch):
        assert part in str(house.app.intake.text(text(words)))


@pytest.mark.parametrize("words", ["STOP", "help", "START"])
def test_a_carrier_word_is_answered_by_nothing_but_what_it_asks_for(
    house: House, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    with down(house, monkeypatch):
        assert house.app.intake.text(text(words)) is None


def test_a_full_database_is_treated_as_one_that_is_down(house: House) -> None:
    full(house)
    for number in range(40):
        house.app.intake.text(text(f"text {number} " + "long " * 60, f"+1500555{number:04d}"))
    kept = len(house.app.spool.waiting())
    assert kept > 0
    house.app.store.engine.dispose()
    event_free = Store(house.app.store.url, house.app.vault, house.app.now)  # space was made
    house.app.store.engine = event_free.engine
    assert house.app.intake.drain() == kept
    assert all(len(heard(house, f"+1500555{number:04d}")) == 1 for number in range(40))


def test_a_file_that_is_damaged_at_the_start_is_treated_as_a_database_that_is_down(house: House, phone: Phone) -> None:
    phone.texts("hi")
    house.app.store.close()
    file = house.app.store.file
    assert file is not None
    whole = file.read_bytes()
    file.write_bytes(b"\x93" * 8192)
    again = HouseApp(house.app.settings)
    with pytest.raises(StoreDown, match="handrail restore"):
        again.store.migrate()
    _ = again.conversation, again.desk, again.words  # what a gateway makes before it opens its doors
    assert "We have your text" in str(again.intake.text(text("hello?", phone.number)))
    again.store.close()
    file.write_bytes(whole)
    assert house.app.intake.drain() == 1 and heard(house, phone.number) == ["hi", "hello?"]


def test_nothing_on_the_disk_can_be_read_without_the_key(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with down(house, monkeypatch):
        house.app.intake.text(text("SECRETWORDS"))
    files = list((tmp_path / "spool").iterdir())
    assert len(files) == 1 and files[0].stat().st_mode & 0o077 == 0
    assert b"SECRETWORDS" not in files[0].read_bytes() and b"5550123" not in files[0].read_bytes()
    assert "5550123" not in files[0].name


def test_a_drain_that_dies_after_the_commit_takes_nothing_in_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with down(house, monkeypatch):
        house.app.intake.text(text("once"))

    def dies(_file: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(house.app.spool, "done", dies)
        house.app.intake.drain()
    assert heard(house) == ["once"] and len(house.app.spool.waiting()) == 1
    house.app.intake.drain()
    assert heard(house) == ["once"] and house.app.spool.waiting() == []


def test_two_gateways_that_share_a_folder_take_in_everything_once_and_in_order(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = House(tmp_path)
    with down(house, monkeypatch), down(other, monkeypatch):
        for n in range(12):
            (house, other)[n % 2].app.intake.text(text(f"text {n}"))
        assert len(house.app.spool.waiting()) == 12, (
            "containers give all processes the same number: names must differ all the same"
        )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda gateway: gateway.app.intake.drain(), (house, other)))
    assert heard(house) == [f"text {n}" for n in range(12)]
    assert house.app.spool.waiting() == [] and house.app.spool.aside() == []
    other.app.store.close()


def test_one_item_that_cannot_be_read_is_put_aside_and_told_by_the_doctor(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with down(house, monkeypatch):
        house.app.intake.text(text("broken"))
        house.app.intake.text(text("whole"))
    house.app.spool.waiting()[0].write_bytes(b"a disk wrote something else")
    assert house.app.intake.drain() == 1 and heard(house) == ["whole"]
    assert len(house.app.spool.aside()) == 1
    assert "put aside" in " ".join(f.sentence for f in _spool(house.app) if not f.well)


def test_what_was_put_aside_of_somebody_goes_when_they_are_forgotten(
    house: House, phone: Phone, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.texts("hi")
    for number in (phone.number, "+15005550124"):
        with down(house, monkeypatch):
            house.app.intake.text(text("a secret", number))
        house.app.spool.put_aside(house.app.spool.waiting()[0])
    assert house.app.intake.forget() == 0
    clock.passes(seconds=5)
    house.app.engine.down = True
    phone.texts("FORGET ME")
    assert house.app.intake.forget() == 1
    assert [of for _, of, _ in house.app.spool.aside_of()] == [house.app.vault.pseudonym("sms", "+15005550124")]


def test_a_delivery_report_waits_on_disk_too(house: House, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.texts("hi")
    sid = house.app.network.sent[-1][0]
    with down(house, monkeypatch):
        house.app.intake.report(Delivery(f"sms:{sid}", "delivered"))
    house.app.intake.drain()
    with house.app.store.read() as work:
        assert work.messages.transcript(phone.thread_id)[-1].state == "delivered"


def test_a_clock_that_went_back_does_not_turn_the_order_on_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with down(house, monkeypatch):
        house.app.intake.text(text("earlier"))
        monkeypatch.setattr("bot.spool.time.time_ns", lambda: 1_000)
        house.app.intake.text(text("later"))
    house.app.intake.drain()
    assert heard(house) == ["earlier", "later"]


# --- at the door -----------------------------------------------------------------------------------


def post(house: House, sms: Sms, words: str) -> tuple[int, str]:
    door = TestClient(Starlette(routes=webhook_routes(sms=sms, intake=house.app.intake)))
    fields = {"MessageSid": f"SM{words}", "From": NUMBER, "Body": words}
    signature = sms.sign(house.app.settings.public_url + "/sms/inbound", fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    answer = door.post("/sms/inbound", content=urlencode(fields), headers=headers)
    return answer.status_code, answer.text


@pytest.fixture
def real_sms(house: House) -> Sms:
    return Sms(twilio=house.app.settings.twilio, public_url=house.app.settings.public_url)


def test_the_webhook_answers_success_with_words_while_the_database_is_down(
    house: House, real_sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    with down(house, monkeypatch):
        status, body = post(house, real_sms, "hello")
    assert status == 200 and "<Message>" in body and "We have your text" in body
    house.app.intake.drain()
    assert heard(house) == ["hello"]


def test_when_the_disk_is_full_as_well_twilio_does_not_hear_success(
    house: House, real_sms: Sms, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_space(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("bot.spool.os.fsync", no_space)
    with down(house, monkeypatch):
        status, _ = post(house, real_sms, "hello")
    assert status == 503 and list((tmp_path / "spool").iterdir()) == []


def test_a_mistake_of_ours_costs_nobody_their_text(
    house: House, phone: Phone, desk: Desk, real_sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_inbound: Inbound) -> None:
        raise KeyError("something of ours")

    with monkeypatch.context() as patch:
        patch.setattr(house.app.conversation, "receive", breaks)
        status, body = post(house, real_sms, "i want to die")
        assert status == 200 and "We have your text" in body
        house.app.intake.report(Delivery("sms:SMx", "delivered"))
    house.app.intake.drain()
    desk.sees_case(level="high")


def test_a_report_that_breaks_something_waits_on_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("something of ours")

    with monkeypatch.context() as patch:
        patch.setattr("bot.deliveries.note", breaks)
        house.app.intake.report(Delivery("sms:SMx", "delivered"))
    assert len(house.app.spool.waiting()) == 1 and house.app.intake.drain() == 1


def test_a_mistake_of_ours_is_not_taken_for_a_database_that_is_down(house: House) -> None:
    with pytest.raises(Exception) as raised, house.app.store.begin() as work:
        work.threads.create("t1", channel=None)  # type: ignore[arg-type]
    assert not isinstance(raised.value, StoreDown)
