"""Text messages through Twilio: the only module that knows Twilio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import requests
import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.channels.base import Delivery, Inbound, SendRefused, SendUnknown
from bot.channels.refusals import Then, meaning
from bot.settings import Twilio

log = structlog.get_logger()

REAL_API = "https://api.twilio.com"
MESSAGING_API = "https://messaging.twilio.com"
"""Where Twilio tells which numbers a messaging service has; a stand-in tells it where it tells everything."""

WAIT = 6.0
"""Seconds to wait for Twilio to be reached, and again for its answer: asking and sending fit in one lease of a message."""

CLOCK_DRIFT = timedelta(minutes=1)
"""How far Twilio's clock and ours may be apart."""

LONGEST_REST = timedelta(minutes=5)
"""The longest rest that a Retry-After is believed about."""

MOST_LISTED = 100
"""How many texts to one number, newest first, are looked through for one that may have gone out."""

MOST_AT_ONCE = 5000
"""How many texts are asked for at once, newest first; the older ones are asked for next."""

ONE_SECOND = timedelta(seconds=1)
"""Twilio's dates hold no smaller part."""

UNSURE_STATUSES = frozenset({408, 500, 502, 503, 504})
"""HTTP answers after which Twilio may have taken a text all the same: it is asked before anything is sent again. A 503 that
names a time to come back is a plain no, and never gets here."""

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

OF_SMS = "sms:"
"""What stands before Twilio's id in ours."""

TRIAL = "Sent from your Twilio trial account - "
"""What stands before every text that a trial account sends, also in Twilio's list."""

OPT_OUT_TYPES = {"STOP": "stop", "START": "start", "HELP": "help"}
"""What Twilio's Advanced Opt-Out took a text for, and answered with the words that were given to it."""


class Sms:
    """Sends, receives and checks texts."""

    def __init__(self, *, twilio: Twilio, public_url: str) -> None:
        self._sender = self.sender = twilio.sender
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
            provider_id=f"{OF_SMS}{sid}",
            text=said.get("Body", ""),
            address=sender,
            number=sender,
            media=media.isdecimal() and int(media) > 0,
            carrier_word=OPT_OUT_TYPES.get(said.get("OptOutType", ""), ""),
        )

    def delivery(self, raw_body: bytes) -> Delivery | None:
        """A status callback as a delivery report; None when it is about nothing we know."""
        said = _params(raw_body)
        state = STATES.get(said.get("MessageStatus", ""))
        if not state or not said.get("MessageSid"):
            return None
        return Delivery(f"{OF_SMS}{said['MessageSid']}", state, said.get("ErrorCode") or None)

    def send(self, *, to: str, body: str) -> str:
        """Send a text; returns Twilio's id. Raises SendRefused, or SendUnknown when no answer came."""
        with _twilio_answers():
            message = self._client.messages.create(
                to=to, body=body, status_callback=f"{self._public_url}/sms/status", **self._from()
            )
        return str(message.sid)

    def find_sent(self, *, to: str, body: str, since: datetime) -> list[str]:
        """The ids of texts that Twilio already took and that could be this one, oldest first.

        Not narrowed at Twilio by date, a text that still waits there has none of sending yet, nor by the number it came
        from, which may have been another before a restart.
        """
        with _twilio_answers():
            listed = self._client.messages.list(to=to, limit=MOST_LISTED, page_size=MOST_LISTED)
        earliest, wanted = since - CLOCK_DRIFT, _bare(body)
        fits = [m for m in listed if m.direction != "inbound" and _bare(m.body) == wanted]
        return [str(m.sid) for m in reversed(fits) if m.date_created is None or m.date_created >= earliest]

    def report_of(self, provider_id: str) -> Delivery | None:
        """What became of a text by now, as a status callback would tell it; None for a state we do not know.

        Raises SendRefused, final where Twilio has no such text, or SendUnknown.
        """
        with _twilio_answers():
            message = self._client.messages(provider_id.removeprefix(OF_SMS)).fetch()
        state = STATES.get(str(message.status))
        return Delivery(provider_id, state, str(message.error_code) if message.error_code else None) if state else None

    def received_since(self, since: datetime) -> list[Inbound]:
        """Every text that Twilio took in for us since then, oldest first; none for other numbers of the same account.

        Raises SendRefused or SendUnknown.
        """
        ours = self._numbers() if self._is_service else None
        listed: dict[str, Any] = {}
        until: dict[str, datetime] = {}
        while len(part := self._list(since, **until)) == MOST_AT_ONCE:
            log.warning("many texts listed", count=len(listed) + len(part))
            listed.update((str(m.sid), m) for m in part)
            oldest = min((m.date_sent for m in part if m.date_sent), default=since)
            last, until = until, {"date_sent_before": oldest + ONE_SECOND}  # the rest of that second is not in this part
            if until == last:
                raise SendUnknown("The list does not go on: more texts in one second than can be asked for.")
        listed.update((str(m.sid), m) for m in part)
        texts = [m for m in listed.values() if m.direction == "inbound" and m.from_ and (ours is None or m.to in ours)]
        return [_listed(m) for m in reversed(texts)]

    def _list(self, since: datetime, **until: datetime) -> list[Any]:
        """The newest texts since then, newest first; with ``until`` only those that were sent before it."""
        ours = {} if self._is_service else {"to": self._sender}
        with _twilio_answers():
            return list(self._client.messages.list(date_sent_after=since, limit=MOST_AT_ONCE, page_size=1000, **until, **ours))

    def _numbers(self) -> set[str]:
        """The numbers that our messaging service has now: texts to any other are not for us."""
        service = self._client.messaging.v1.services(self._sender)
        with _twilio_answers():
            numbers = {str(n.phone_number) for n in service.phone_numbers.list()}
            return numbers | {str(code.short_code) for code in service.short_codes.list()}

    @property
    def _is_service(self) -> bool:
        return self._sender.startswith("MG")

    def _from(self) -> dict[str, str]:
        key = "messaging_service_sid" if self._is_service else "from_"
        return {key: self._sender}


class _HttpClient(TwilioHttpClient):
    """Twilio's own HTTP client, with the API's address taken from the settings."""

    def __init__(self, api_url: str) -> None:
        super().__init__(timeout=WAIT)
        self._api_url = api_url.rstrip("/")

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request to where the settings say the API is. Raises SendRefused when Twilio asks us to rest."""
        answer = super().request(method, self._address(url), *args, **kwargs)
        rest = _rest(answer.headers or {})
        if answer.status_code in (429, 503) and rest is not None:
            code = "20429" if answer.status_code == 429 else "20503"
            raise SendRefused(code, meaning(code).sentence, final=False, wait=rest)
        return answer

    def _address(self, url: str) -> str:
        if self._api_url != REAL_API:
            url = url.replace(MESSAGING_API, self._api_url, 1)
        return url.replace(REAL_API, self._api_url, 1)


@contextmanager
def _twilio_answers() -> Iterator[None]:
    """Whatever Twilio or the way to it does is one of our two exceptions."""
    try:
        yield
    except TwilioRestException as error:
        raise _refusal(error) from error
    except requests.exceptions.ConnectTimeout as error:
        raise SendRefused("20503", meaning("20503").sentence, final=False) from error  # never reached: surely not sent
    except (requests.RequestException, TwilioException, ValueError) as error:
        raise SendUnknown(type(error).__name__) from error


def _params(raw_body: bytes) -> dict[str, str]:
    return dict(parse_qsl(raw_body.decode("utf-8", errors="replace"), keep_blank_values=True))


def _refusal(error: TwilioRestException) -> SendRefused:
    code = str(error.code or error.status)
    what = meaning(code, status=error.status)
    unsure = error.status in UNSURE_STATUSES
    return SendRefused(code, what.sentence, final=what.then is not Then.AGAIN, unsure=unsure)


def _rest(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After as a time: seconds, or a date; None when there is none or it cannot be read."""
    said = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    try:
        now = datetime.now(timezone.utc)
        rest = timedelta(seconds=float(said)) if said.isdecimal() else parsedate_to_datetime(said) - now
    except (TypeError, ValueError, OverflowError):
        return None
    return min(LONGEST_REST, max(timedelta(0), rest))


def _bare(body: str | None) -> str:
    """A text as it is compared: Twilio may trim what it was given, and on a trial account puts a sentence before it."""
    return " ".join((body or "").split()).removeprefix(TRIAL)


def _listed(message: Any) -> Inbound:
    """A text of Twilio's list as the webhook would have brought it."""
    media = str(message.num_media or "0")
    return Inbound(
        channel="sms",
        provider_id=f"{OF_SMS}{message.sid}",
        text=message.body or "",
        address=message.from_,
        number=message.from_,
        media=media.isdecimal() and int(media) > 0,
        at=message.date_sent or message.date_created,
    )
