"""Twilio's side of the wire: signatures, bodies, refusals; against the demo phone's own API."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.channels.base import Delivery, SendRefused, SendUnknown
from bot.channels.sms import Sms, _HttpClient
from bot.settings import Settings
from bot.web.demo_phone import DemoPhone, Text, _listed, phone_site
from bot.web.listener import server
from tests.talking import START, demo_settings
from tests.web.ports import free_port

NUMBER = "+15005550123"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return demo_settings(tmp_path, HANDRAIL_DEMO_PHONE_BIND=f"127.0.0.1:{free_port()}")


@pytest.fixture
def sms(settings: Settings) -> Sms:
    return Sms(twilio=settings.twilio, public_url=settings.public_url)


def running(settings: Settings, phone: DemoPhone) -> AbstractContextManager[None]:
    """The demo phone's API on loopback, in a thread."""
    return serving(settings, phone_site(phone))


@contextmanager
def serving(settings: Settings, api: Starlette) -> Iterator[None]:
    """An API in place of Twilio's, on loopback, in a thread."""
    site = server(api, settings.demo_phone)
    thread = threading.Thread(target=lambda: asyncio.run(site.serve()), daemon=True)
    thread.start()
    limit = time.monotonic() + 10
    while not site.started and time.monotonic() < limit:
        time.sleep(0.02)
    assert site.started, "The demo phone did not start."
    try:
        yield
    finally:
        site.should_exit = True
        thread.join(5)


def body(**fields: str) -> bytes:
    return urlencode({"MessageSid": "SM1", "From": NUMBER, "Body": "hi", "FromCity": "", **fields}).encode()


def test_a_signature_over_blank_parameters_is_accepted(sms: Sms, settings: Settings) -> None:
    fields = {"MessageSid": "SM1", "From": NUMBER, "Body": "hi", "FromCity": ""}
    signature = sms.sign(settings.public_url + "/sms/inbound", fields)
    assert sms.signed(path="/sms/inbound", raw_body=urlencode(fields).encode(), signature=signature)


@pytest.mark.parametrize("signature", ["", "bm90IHRoZSByaWdodCBvbmU=", "x" * 5000])
def test_a_wrong_or_missing_signature_is_refused(sms: Sms, signature: str) -> None:
    assert not sms.signed(path="/sms/inbound", raw_body=body(), signature=signature)


def test_a_body_that_was_changed_is_refused(sms: Sms, settings: Settings) -> None:
    signature = sms.sign(settings.public_url + "/sms/inbound", {"MessageSid": "SM1", "Body": "hi"})
    assert not sms.signed(path="/sms/inbound", raw_body=body(Body="other"), signature=signature)


def test_an_inbound_text_is_read_whole(sms: Sms) -> None:
    inbound = sms.inbound(body(Body="où es-tu? ¡hola! 😀", NumMedia="1"))
    assert (inbound.provider_id, inbound.number, inbound.text, inbound.media) == (
        "sms:SM1",
        NUMBER,
        "où es-tu? ¡hola! 😀",
        True,
    )


@pytest.mark.parametrize("raw", [b"", b"Body=hi", b"MessageSid=SM1&Body=hi", b"\xff\xfe"])
def test_a_body_that_names_no_message_or_sender_is_refused(sms: Sms, raw: bytes) -> None:
    with pytest.raises(ValueError, match="MessageSid and From"):
        sms.inbound(raw)


@pytest.mark.parametrize(
    ("status", "state"), [("delivered", "delivered"), ("undelivered", "failed"), ("sent", "sent"), ("sending", "sent")]
)
def test_a_delivery_report_is_read(sms: Sms, status: str, state: str) -> None:
    report = sms.delivery(body(MessageStatus=status, ErrorCode="30003"))
    assert report is not None and (report.state, report.error_code) == (state, "30003")


def test_an_unknown_report_is_left_alone(sms: Sms) -> None:
    assert sms.delivery(body(MessageStatus="dancing")) is None


def test_a_text_leaves_through_the_real_client_and_can_be_found_again(sms: Sms, settings: Settings) -> None:
    phone = DemoPhone(settings, sign=sms.sign)
    with running(settings, phone):
        sid = sms.send(to=NUMBER, body="hello")
        assert [t.body for t in phone.of(NUMBER)] == ["hello"]
        assert sms.find_sent(to=NUMBER, body="hello", since=START - timedelta(days=9000)) == [sid]
        assert sms.find_sent(to=NUMBER, body="other", since=START - timedelta(days=9000)) == []


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        ("delivered", None, ("delivered", None)), ("undelivered", 30003, ("failed", "30003")), ("failed", 30007, ("failed", "30007")),
        ("sent", None, ("sent", None)), ("queued", None, ("sent", None)), ("dancing", None, None),
    ],
)  # fmt: skip
def test_what_became_of_a_text_can_be_asked(
    sms: Sms, settings: Settings, status: str, code: int | None, told: tuple[str, str | None] | None
) -> None:
    phone = DemoPhone(settings, sign=sms.sign)
    text = phone.take(NUMBER, "hello")
    text.status, text.error_code = status, code
    with running(settings, phone):
        said = sms.report_of(f"sms:{text.sid}")
    assert said == (Delivery(f"sms:{text.sid}", *told) if told else None)


def test_a_text_that_twilio_does_not_have_is_a_final_no_and_no_answer_is_unknown(sms: Sms, settings: Settings) -> None:
    with running(settings, DemoPhone(settings, sign=sms.sign)), pytest.raises(SendRefused) as refused:
        sms.report_of("sms:SM404")
    assert (refused.value.code, refused.value.final) == ("20404", True)
    with pytest.raises(SendUnknown):
        sms.report_of("sms:SM404")


def test_a_text_is_found_behind_the_sentence_that_a_trial_account_puts_before_it(sms: Sms, settings: Settings) -> None:
    phone = DemoPhone(settings, sign=sms.sign)
    sid = phone.take(NUMBER, "Sent from your Twilio trial account - hello").sid
    with running(settings, phone):
        assert sms.find_sent(to=NUMBER, body="hello", since=START) == [sid]
        assert sms.find_sent(to=NUMBER, body="hell", since=START) == []


def test_more_missed_texts_than_one_list_holds_are_all_there_oldest_first(
    sms: Sms, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.sms.MOST_AT_ONCE", 7)
    phone = DemoPhone(settings, sign=sms.sign)
    for n in range(21):
        at = START + timedelta(seconds=n // 2)  # two in each second
        phone.texts.append(Text(f"SM{n}", NUMBER, f"text {n}", inbound=True, at=at))
    with running(settings, phone):
        found = sms.received_since(START - timedelta(hours=1))
    assert [text.text for text in found] == [f"text {n}" for n in range(21)]


def test_a_list_that_does_not_go_on_is_no_answer(sms: Sms, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the cursor would pass what could not be listed."""
    monkeypatch.setattr("bot.channels.sms.MOST_AT_ONCE", 4)
    phone = DemoPhone(settings, sign=sms.sign)
    phone.texts.extend(Text(f"SM{n}", NUMBER, "all at once", inbound=True, at=START) for n in range(9))
    with running(settings, phone), pytest.raises(SendUnknown):
        sms.received_since(START - timedelta(hours=1))


@pytest.mark.parametrize(
    ("code", "status", "final"), [(21610, 400, True), (21211, 400, True), (20429, 429, False), (20500, 503, False)]
)
def test_a_refusal_says_whether_trying_again_can_help(
    sms: Sms, settings: Settings, code: int, status: int, final: bool
) -> None:
    phone = DemoPhone(settings, sign=sms.sign, refuse={NUMBER: (code, status)})
    with running(settings, phone), pytest.raises(SendRefused) as refused:
        sms.send(to=NUMBER, body="hello")
    assert (refused.value.code, refused.value.final) == (str(code), final)
    assert refused.value.unsure is (status == 503)  # it may have the text all the same: asked before it is sent again


def test_no_answer_at_all_is_unknown_and_not_refused(sms: Sms) -> None:
    with pytest.raises(SendUnknown):
        sms.send(to=NUMBER, body="hello")


def test_a_messaging_service_can_send(settings: Settings) -> None:
    twilio = replace(settings.twilio, sender="MG123")
    assert Sms(twilio=twilio, public_url="https://x")._from() == {"messaging_service_sid": "MG123"}


OTHERS = "+15005550199"
"""A number of the same account that texts for another programme."""


def account_with_two_services(settings: Settings, knows: bool = True) -> Starlette:
    """Twilio as it is for an account of two programmes: our service has two numbers, and one list holds all texts."""
    account, ours = settings.twilio.account_sid, ["+15005550006", "33733"]
    texts = [(sid, to) for sid, to in zip(("SM1", "SM2", "SM3"), (ours[0], OTHERS, ours[1]), strict=True)]

    async def messages(request: Request) -> JSONResponse:
        page = _listed([Text(sid, NUMBER, f"to {to}", inbound=True, at=START) for sid, to in texts], request, account, "")
        for message, (_, to) in zip(page["messages"], texts, strict=True):
            message["to"] = to
        return JSONResponse(page)

    async def senders(request: Request) -> JSONResponse:
        kind = request.path_params["kind"]
        if not knows:
            return JSONResponse({"code": 20500, "message": "not now", "status": 500}, status_code=500)
        found = [{"phone_number": ours[0]}] if kind == "PhoneNumbers" else [{"short_code": ours[1]}]
        return JSONResponse({"meta": {"key": "senders"}, "senders": found})

    return Starlette(
        routes=[
            Route(f"/2010-04-01/Accounts/{account}/Messages.json", messages),
            Route("/v1/Services/MG1/{kind}", senders),
        ]
    )


def with_a_service(settings: Settings) -> Sms:
    return Sms(twilio=replace(settings.twilio, sender="MG1"), public_url=settings.public_url)


def test_of_an_account_with_other_programmes_only_texts_to_our_services_numbers_are_taken_in(settings: Settings) -> None:
    with serving(settings, account_with_two_services(settings)):
        found = with_a_service(settings).received_since(START - timedelta(hours=1))
    assert {text.text for text in found} == {"to +15005550006", "to 33733"}


def test_while_it_cannot_be_told_which_numbers_are_ours_nothing_is_taken_in(settings: Settings) -> None:
    with serving(settings, account_with_two_services(settings, knows=False)), pytest.raises((SendRefused, SendUnknown)):
        with_a_service(settings).received_since(START - timedelta(hours=1))


@pytest.mark.parametrize(("api", "asked"), [("https://api.twilio.com", "https://messaging.twilio.com/v1/x"), ("http://stand.in", "http://stand.in/v1/x")])  # fmt: skip
def test_the_messaging_api_is_asked_at_its_own_address_unless_a_stand_in_is_set(api: str, asked: str) -> None:
    assert _HttpClient(api)._address("https://messaging.twilio.com/v1/x") == asked
