"""A make-believe Twilio with a phone's screen, on loopback: SMS without an account.

It signs what it posts as Twilio signs, takes what our Twilio client sends, reports delivery, and shows a
phone. For the demo and the tests; it is started nowhere else.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.settings import Settings
from bot.text import segments
from bot.web.embed_example import example_routes

HERE = Path(__file__).parent
MOST_KEPT = 500
ONE_SECOND = timedelta(seconds=1)
"""Twilio's dates hold no smaller part."""
FIRST_NUMBER = "+15005550100"
FILES = frozenset({"tokens.css", "phone.css", "phone.js"})


@dataclass
class Text:
    """One text between a make-believe number and the service."""

    sid: str
    number: str
    body: str
    inbound: bool
    at: datetime
    status: str = "queued"
    error_code: int | None = None


@dataclass
class DemoPhone:
    """The texts so far, and how to sign and post new ones.

    ``refuse`` makes sending fail, for tests; ``answers_within`` are the seconds at most until a text that was taken is
    answered.
    """

    settings: Settings
    sign: Any
    texts: list[Text] = field(default_factory=list)
    refuse: dict[str, tuple[int, int]] = field(default_factory=dict)
    most_kept: int = MOST_KEPT
    answers_within: float = 0.0

    async def text_in(self, number: str, body: str, *, sid: str | None = None, media: int = 0) -> int:
        """A young person texts; returns the HTTP status of the webhook."""
        sid = sid or f"SM{secrets.token_hex(16)}"
        self._keep(Text(sid, number, body, inbound=True, at=_now(), status="received"))
        return await self.post_again(number, body, sid=sid, media=media)

    async def post_again(self, number: str, body: str, *, sid: str, media: int = 0) -> int:
        """Bring a text that was brought before, as Twilio may."""
        fields = {"MessageSid": sid, "From": number, "To": self.settings.twilio.sender, "Body": body}
        return await self._post("/sms/inbound", {**fields, "NumMedia": str(media), "FromCity": ""})

    async def deliver(self, text: Text) -> None:
        """Tell the service that a text arrived, as Twilio's status callback does."""
        await asyncio.sleep(0.05)
        for status in ("sent", "delivered"):
            text.status = status
            await self._post("/sms/status", {"MessageSid": text.sid, "MessageStatus": status, "To": text.number})

    def of(self, number: str) -> list[Text]:
        """The texts of one number, oldest first."""
        return [t for t in self.texts if t.number == number]

    def _keep(self, text: Text) -> None:
        self.texts.append(text)
        del self.texts[: -self.most_kept]

    def take(self, number: str, body: str) -> Text:
        """A text that the service sends."""
        text = Text(f"SM{secrets.token_hex(16)}", number, body, inbound=False, at=_now())
        self._keep(text)
        return text

    async def _post(self, path: str, fields: dict[str, str]) -> int:
        url = self.settings.public_url + path
        headers = {"X-Twilio-Signature": self.sign(url, fields)}
        checked = not url.startswith("http://")  # reading all certificates for each post would take longer than the post
        async with httpx.AsyncClient(trust_env=False, timeout=15, verify=checked) as client:
            try:
                return (await client.post(url, data=fields, headers=headers)).status_code
            except httpx.HTTPError:
                return 0


def phone_site(phone: DemoPhone) -> Starlette:
    """The make-believe API, and the phone's page."""
    pages = Environment(loader=FileSystemLoader(HERE / "templates" / "phone"), autoescape=select_autoescape())
    account = phone.settings.twilio.account_sid

    async def send(request: Request) -> Response:
        form = await request.form()
        number, body = str(form.get("To", "")), str(form.get("Body", ""))
        if number in phone.refuse:
            code, status = phone.refuse[number]
            return JSONResponse({"code": code, "message": "refused", "status": status}, status_code=status)
        text = phone.take(number, body)
        asyncio.get_running_loop().create_task(phone.deliver(text))
        await asyncio.sleep(random.uniform(0, phone.answers_within))
        return JSONResponse(_resource(text, account, phone.settings.twilio.sender), status_code=201)

    async def listed(request: Request) -> Response:
        to, since = request.query_params.get("To"), _moment(request.query_params.get("DateSent>"))
        until = _moment(request.query_params.get("DateSent<")) if "DateSent<" in request.query_params else _now()
        wanted = [t for t in reversed(phone.texts) if since <= t.at < until + ONE_SECOND]
        ours = phone.settings.twilio.sender
        wanted = [t for t in wanted if to in (None, ours if t.inbound else t.number)]
        return JSONResponse(_listed(wanted, request, account, ours))

    async def one(request: Request) -> Response:
        found = next((t for t in phone.texts if t.sid == request.path_params["sid"]), None)
        if found is None:
            return JSONResponse({"code": 20404, "message": "not found", "status": 404}, status_code=404)
        return JSONResponse(_resource(found, account, phone.settings.twilio.sender))

    async def screen(request: Request) -> Response:
        number = request.query_params.get("number") or FIRST_NUMBER
        html = pages.get_template("phone.html").render(
            number=number, texts=[(t, segments(t.body)) for t in phone.of(number)], service=phone.settings.service_name
        )
        return HTMLResponse(html, headers={"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'self'"})

    async def write(request: Request) -> Response:
        form = await request.form()
        number, body = str(form.get("number") or FIRST_NUMBER), str(form.get("body", ""))
        if body.strip():
            await phone.text_in(number, body)
            await asyncio.sleep(0.6)
        return RedirectResponse(f"/?number={number.replace('+', '%2B')}", status_code=303)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        return FileResponse(HERE / "static" / name) if name in FILES else Response(status_code=404)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    messages = f"/2010-04-01/Accounts/{account}/Messages.json"
    return Starlette(
        routes=[
            Route("/", screen),
            Route("/text", write, methods=["POST"]),
            Route(messages, send, methods=["POST"]),
            Route(messages, listed, methods=["GET"]),
            Route(f"/2010-04-01/Accounts/{account}/Messages/{{sid}}.json", one),
            Route("/static/{name}", file),
            Route("/healthz", healthz),
            *example_routes(phone.settings),
        ]
    )


def _listed(wanted: list[Text], request: Request, account: str, sender: str) -> dict[str, Any]:
    """One page of a list, as Twilio gives it, with the way to the next."""
    asked = request.query_params
    page, size = int(asked.get("Page") or 0), min(1000, int(asked.get("PageSize") or 50))
    start, end = page * size, (page + 1) * size
    more = f"{request.url.path}?{request.url.include_query_params(Page=page + 1).query}" if end < len(wanted) else None
    place = {
        "page": page,
        "page_size": size,
        "start": start,
        "end": end,
        "uri": "",
        "first_page_uri": "",
        "previous_page_uri": None,
    }
    return {**place, "next_page_uri": more, "messages": [_resource(text, account, sender) for text in wanted[start:end]]}


def _resource(text: Text, account: str, sender: str) -> dict[str, Any]:
    """A message in the shape of Twilio's API."""
    at = format_datetime(text.at)
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": at,
        "date_sent": at,
        "date_updated": at,
        "direction": "inbound" if text.inbound else "outbound-api",
        "error_code": text.error_code,
        "error_message": None,
        "from": text.number if text.inbound else sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(segments(text.body)),
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {},
        "tags": None,
        "to": sender if text.inbound else text.number,
        "uri": f"/2010-04-01/Accounts/{account}/Messages/{text.sid}.json",
    }


def _moment(given: str | None) -> datetime:
    """The beginning of a list; everything, when none is given."""
    said = datetime.fromisoformat(given.replace("Z", "+00:00")) if given else datetime.min
    return said if said.tzinfo else said.replace(tzinfo=timezone.utc)


def _now() -> datetime:
    return datetime.now(timezone.utc)
