"""Twilio's doors: nothing without a signature, once whatever comes twice, an answer only after the commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.channels.base import Delivery, Inbound
from bot.channels.sms import Sms
from bot.web.health import health_routes
from bot.web.webhooks import AT_ONCE, webhook_routes
from tests.talking import Desk, House, settle

FIELDS = {
    "MessageSid": "SM1",
    "From": "+15005550123",
    "To": "+15005550006",
    "Body": "i want to die",
    "FromCity": "",
    "NumMedia": "0",
}


@pytest.fixture
def real_sms(house: House) -> Sms:
    return Sms(twilio=house.app.settings.twilio, public_url=house.app.settings.public_url)


@pytest.fixture
def door(house: House, real_sms: Sms) -> TestClient:
    routes = webhook_routes(sms=real_sms, intake=house.app.intake)
    return TestClient(Starlette(routes=routes))


def post(door: TestClient, real_sms: Sms, house: House, path: str, fields: dict[str, str], signature: str | None = None) -> int:
    headers = {
        "X-Twilio-Signature": real_sms.sign(house.app.settings.public_url + path, fields) if signature is None else signature
    }
    content = urlencode(fields)
    return door.post(
        path, content=content, headers={**headers, "Content-Type": "application/x-www-form-urlencoded"}
    ).status_code


def messages(house: House) -> int:
    with house.app.store.read() as work:
        return len(work.messages.newest())


def test_a_signed_text_is_kept_and_its_case_opened_before_the_answer(
    door: TestClient, real_sms: Sms, house: House, desk: Desk
) -> None:
    assert post(door, real_sms, house, "/sms/inbound", FIELDS) == 200
    desk.sees_case(level="high")


@pytest.mark.parametrize("signature", ["", "wrong"])
def test_without_the_right_signature_it_is_403_and_nothing_changes(
    door: TestClient, real_sms: Sms, house: House, signature: str
) -> None:
    assert post(door, real_sms, house, "/sms/inbound", FIELDS, signature) == 403
    assert post(door, real_sms, house, "/sms/status", FIELDS, signature) == 403
    assert messages(house) == 0


def test_the_same_message_sid_twice_makes_one_message(door: TestClient, real_sms: Sms, house: House) -> None:
    for _ in range(3):
        assert post(door, real_sms, house, "/sms/inbound", FIELDS) == 200
    with house.app.store.read() as work:
        thread = house.app.vault.pseudonym("sms", FIELDS["From"])
        assert [m.text for m in work.messages.transcript(thread) if m.who == "you"] == ["i want to die"]


def test_a_signed_body_without_a_sender_is_a_clear_400(door: TestClient, real_sms: Sms, house: House) -> None:
    assert post(door, real_sms, house, "/sms/inbound", {"Body": "x"}) == 400


def test_a_delivery_report_reaches_the_message_also_late_and_twice(
    door: TestClient, real_sms: Sms, house: House, desk: Desk
) -> None:
    phone = house.phone()
    phone.texts("i want to die")
    sid = house.app.network.sent[-1][0]
    for status in ("delivered", "sent", "delivered"):
        assert post(door, real_sms, house, "/sms/status", {"MessageSid": sid, "MessageStatus": status}) == 204
    view = desk.opens(desk.sees_case(level="high"))
    assert [line.delivery for line in view.transcript if line.delivery][-1] == "delivered"


def test_an_undelivered_text_is_said_on_the_case(door: TestClient, real_sms: Sms, house: House, desk: Desk) -> None:
    phone = house.phone()
    phone.texts("i want to die")
    sid = house.app.network.sent[-1][0]
    post(door, real_sms, house, "/sms/status", {"MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "30007"})
    assert desk.sees_case(level="high").not_delivered
    settle(house.app)


# --- a database that hangs ------------------------------------------------------------------------


class Hanging:
    """An intake whose database never comes back; what is late goes to the disk."""

    def __init__(self) -> None:
        self.released, self.late, self.begun = threading.Event(), list[object](), list[Inbound]()

    def text(self, inbound: Inbound) -> str | None:
        self.begun.append(inbound)
        self.released.wait(20)
        return None

    def urgency(self, inbound: Inbound) -> int:
        return 2 if "die" in inbound.text else 0

    def late_text(self, inbound: Inbound, *, crowded: bool = False) -> str | None:
        self.late.append(inbound)
        return "We have your text."

    def report(self, delivery: Delivery) -> None:
        self.released.wait(20)

    def late_report(self, delivery: Delivery) -> None:
        self.late.append(delivery)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setattr("bot.web.webhooks.PATIENCE", 0.3)
    made = Hanging()
    yield made
    made.released.set()


def test_a_database_that_hangs_costs_nobody_their_text_or_their_answer(
    house: House, real_sms: Sms, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.crew.HANDS", 2)
    routes = [*webhook_routes(sms=real_sms, intake=hanging), *health_routes(house.app)]
    with TestClient(Starlette(routes=routes)) as door:
        started = time.monotonic()
        with ThreadPoolExecutor(12) as phones:
            each = [FIELDS | {"MessageSid": f"SM{n}", "From": f"+150055501{n // 2:02}"} for n in range(12)]
            answers = list(phones.map(lambda fields: post(door, real_sms, house, "/sms/inbound", fields), each))
        assert answers == [200] * 12 and time.monotonic() - started < 5
        assert len(hanging.late) == 12 and len(hanging.begun) < 12, "who waits for a thread until it is late never begins"
        assert post(door, real_sms, house, "/sms/status", {"MessageSid": "SM1", "MessageStatus": "delivered"}) == 204
        assert isinstance(hanging.late[-1], Delivery)
        assert door.get("/healthz").status_code == 200


def test_where_many_texts_wait_likely_danger_is_taken_in_first(
    house: House, real_sms: Sms, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.webhooks.PATIENCE", 10.0)
    monkeypatch.setattr("bot.web.webhooks.CROWDED", 10.0)
    dull = [FIELDS | {"MessageSid": f"SM{n}", "From": f"+150055501{n:02}", "Body": "hello"} for n in range(5 * AT_ONCE)]
    urgent = FIELDS | {"MessageSid": "SMlast", "From": "+15005550199"}
    with TestClient(Starlette(routes=webhook_routes(sms=real_sms, intake=hanging))) as door, ThreadPoolExecutor(30) as phones:
        sent = [phones.submit(post, door, real_sms, house, "/sms/inbound", fields) for fields in dull]
        soon(lambda: len(hanging.begun) == AT_ONCE)
        sent.append(phones.submit(post, door, real_sms, house, "/sms/inbound", urgent))
        time.sleep(0.1)
        hanging.released.set()
        assert [each.result(10) for each in sent] == [200] * len(sent)
    among_the_next = [one.text for one in hanging.begun[AT_ONCE : 2 * AT_ONCE]]
    assert "i want to die" in among_the_next, "sixteen had come before it"


def test_a_text_that_finds_no_place_in_time_waits_on_disk_and_is_acknowledged(
    house: House, real_sms: Sms, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.webhooks.PATIENCE", 10.0)
    monkeypatch.setattr("bot.web.webhooks.CROWDED", 0.1)
    with TestClient(Starlette(routes=webhook_routes(sms=real_sms, intake=hanging))) as door, ThreadPoolExecutor(20) as phones:
        places = [FIELDS | {"MessageSid": f"SM{n}", "From": f"+150055501{n:02}"} for n in range(AT_ONCE)]
        sent = [phones.submit(post, door, real_sms, house, "/sms/inbound", fields) for fields in places]
        soon(lambda: len(hanging.begun) == AT_ONCE)
        assert post(door, real_sms, house, "/sms/inbound", FIELDS | {"MessageSid": "SMlast", "From": "+15005550199"}) == 200
        assert len(hanging.late) == 1 and not any(each.done() for each in sent)
        hanging.released.set()
        assert [each.result(10) for each in sent] == [200] * AT_ONCE


def test_where_the_disk_is_no_use_a_text_without_a_place_waits_for_the_database(
    house: House, real_sms: Sms, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.webhooks.PATIENCE", 10.0)
    monkeypatch.setattr("bot.web.webhooks.CROWDED", 0.1)

    def full(inbound: Inbound, *, crowded: bool = False) -> str | None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hanging, "late_text", full)
    with TestClient(Starlette(routes=webhook_routes(sms=real_sms, intake=hanging))) as door, ThreadPoolExecutor(20) as phones:
        each = [FIELDS | {"MessageSid": f"SM{n}", "From": f"+150055501{n:02}"} for n in range(AT_ONCE + 1)]
        sent = [phones.submit(post, door, real_sms, house, "/sms/inbound", fields) for fields in each]
        soon(lambda: len(hanging.begun) == AT_ONCE + 1)
        hanging.released.set()
        assert [one.result(10) for one in sent] == [200] * (AT_ONCE + 1)


def soon(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 5
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)
