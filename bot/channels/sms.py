"""Text messages through Twilio: the only module that knows Twilio."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.channels.base import Delivery, Inbound, SendRefused, SendUnknown
from bot.settings import Twilio

REAL_API = "https://api.twilio.com"
WAIT = 10.0
"""Seconds to wait for Twilio's answer to one send."""

CLOCK_DRIFT = timedelta(minutes=1)
"""How far Twilio's clock and ours may be apart."""

RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP answers after which the same request may succeed; every other refusal is final."""

STATES = {
    "accepted": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
}
"""Twilio's message states as ours."""


class Sms:
    """Sends, receives and checks texts."""

    def __init__(self, *, twilio: Twilio, public_url: str) -> None:
        self._sender = twilio.sender
        self._public_url = public_url
        self._validator = RequestValidator(twilio.auth_token)
        self._client = Client(twilio.account_sid, twilio.auth_token, http_client=_HttpClient(twilio.api_url))

    def signed(self, *, path: str, raw_body: bytes, signature: str) -> bool:
        """Whether Twilio sent this. Blank parameters count: they are part of what is signed."""
        return bool(signature) and self._validator.validate(self._public_url + path, _params(raw_body), signature)

    def sign(self, url: str, fields: dict[str, str]) -> str:
        """Sign as Twilio signs; the demo phone and the tests stand in for Twilio with it."""
        return str(self._validator.compute_signature(url, fields))

    def inbound(self, raw_body: bytes) -> Inbound:
        """A webhook's body as a message in; raises ValueError when it names no message or sender."""
        said = _params(raw_body)
        sid, sender = said.get("MessageSid") or said.get("SmsSid"), said.get("From")
        if not sid or not sender:
            raise ValueError("An inbound text needs MessageSid and From.")
        media = said.get("NumMedia", "0")
        return Inbound(
            channel="sms",
            provider_id=f"sms:{sid}",
            text=said.get("Body", ""),
            address=sender,
            number=sender,
            media=media.isdecimal() and int(media) > 0,
        )

    def delivery(self, raw_body: bytes) -> Delivery | None:
        """A status callback as a delivery report; None when it is about nothing we know."""
        said = _params(raw_body)
        state = STATES.get(said.get("MessageStatus", ""))
        if not state or not said.get("MessageSid"):
            return None
        return Delivery(f"sms:{said['MessageSid']}", state, said.get("ErrorCode") or None)

    def send(self, *, to: str, body: str) -> str:
        """Send a text; returns Twilio's id. Raises SendRefused, or SendUnknown when no answer came."""
        try:
            message = self._client.messages.create(
                to=to, body=body, status_callback=f"{self._public_url}/sms/status", **self._from()
            )
        except TwilioRestException as error:
            raise _refusal(error) from error
        except (requests.RequestException, TwilioException) as error:
            raise SendUnknown(type(error).__name__) from error
        return str(message.sid)

    def find_sent(self, *, to: str, body: str, since: datetime) -> list[str]:
        """The ids of texts that Twilio already took and that could be this one."""
        try:
            listed = self._client.messages.list(to=to, date_sent_after=since - timedelta(days=1), limit=200)
        except TwilioRestException as error:
            raise _refusal(error) from error
        except (requests.RequestException, TwilioException) as error:
            raise SendUnknown(type(error).__name__) from error
        earliest = since - CLOCK_DRIFT
        return [str(m.sid) for m in listed if m.body == body and (m.date_created is None or m.date_created >= earliest)]

    def _from(self) -> dict[str, str]:
        key = "messaging_service_sid" if self._sender.startswith("MG") else "from_"
        return {key: self._sender}


class _HttpClient(TwilioHttpClient):
    """Twilio's own HTTP client, with the API's address taken from the settings."""

    def __init__(self, api_url: str) -> None:
        super().__init__(timeout=WAIT)
        self._api_url = api_url.rstrip("/")

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request to where the settings say the API is."""
        return super().request(method, url.replace(REAL_API, self._api_url, 1), *args, **kwargs)


def _params(raw_body: bytes) -> dict[str, str]:
    return dict(parse_qsl(raw_body.decode("utf-8", errors="replace"), keep_blank_values=True))


def _refusal(error: TwilioRestException) -> SendRefused:
    final = error.status not in RETRY_STATUSES
    return SendRefused(str(error.code or error.status), f"Twilio refused the text (code {error.code}).", final=final)
