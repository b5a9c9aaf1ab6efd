"""Twilio's two webhooks: a text in, and what became of a text out.

Promises: nothing happens without Twilio's signature; success is answered only after the message is kept, in the
database or on disk; the same text twice is kept once, and texts of one number in the order they came, and
where many wait, urgent ones before those of others. The engine is never waited for here.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Protocol
from xml.sax.saxutils import escape

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import Delivery, Inbound
from bot.web.crew import Crew
from bot.web.turns import Turns

log = structlog.get_logger()

MOST_BYTES = 64 * 1024
"""More than Twilio ever sends for one text."""

PATIENCE = 10.0
"""Seconds for which the database is waited for: Twilio gives up after 15, and then nobody would hear anything."""

AT_ONCE = 4
"""Texts taken in at the same time; the others wait where urgent ones go first."""

CROWDED = 5.0
"""Seconds for which a text waits for a place; then it waits on disk, where urgent ones go first too, and is acknowledged."""

TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response>{}</Response>'
"""Twilio's answer, empty: replies leave through the outbox. Only while the database is down are there words in it."""


class Texting(Protocol):
    """What the webhooks need of the SMS channel."""

    def signed(self, *, path: str, raw_body: bytes, signature: str) -> bool:
        """Whether Twilio sent this."""
        ...

    def inbound(self, raw_body: bytes) -> Inbound:
        """The message in a body; raises ValueError."""
        ...

    def delivery(self, raw_body: bytes) -> Delivery | None:
        """The report in a body."""
        ...


class Takes(Protocol):
    """What keeps what came in."""

    def text(self, inbound: Inbound) -> str | None:
        """Keep a text; words to answer with at once, if any. Raises OSError when nothing can keep it."""
        ...

    def urgency(self, inbound: Inbound) -> int:
        """Whose text goes first where many wait, at a glance; 0 is the least."""
        ...

    def late_text(self, inbound: Inbound, *, crowded: bool = False) -> str | None:
        """Keep it on disk without asking the database; as ``text``, but without words where it is only ``crowded``."""
        ...

    def report(self, delivery: Delivery) -> None:
        """Keep a delivery report; raises OSError."""
        ...

    def late_report(self, delivery: Delivery) -> None:
        """Keep it on disk without asking the database; raises OSError."""
        ...


def webhook_routes(*, sms: Texting, intake: Takes) -> list[Route]:
    """The two doors that Twilio calls."""
    turns, database, reports, disk = Turns(AT_ONCE), Crew("intake", PATIENCE), Crew("reports", PATIENCE), Crew("disk", None)

    async def kept(message: Inbound) -> str | None:
        """In the database; or on disk in good time, where it hangs or more texts come than we can look at."""
        came = time.monotonic()
        urgency = intake.urgency(message) if turns.must_wait(message.address) else 0
        async with turns.of(message.address, urgency, until=came + CROWDED) as turn:
            if not turn.has_place:
                log.error("more texts than places", kept="on disk")
                return await crowded(message, came + PATIENCE)
            try:
                return await database.does(intake.text, message, until=came + PATIENCE)
            except asyncio.TimeoutError:
                log.error("database hangs", kept="on disk")
                turns.give_back(turn)
                return await disk.does(intake.late_text, message)

    async def crowded(message: Inbound, until: float) -> str | None:
        """On disk; where that is no use, in the database after all."""
        try:
            return await disk.does(partial(intake.late_text, crowded=True), message)
        except OSError as error:
            try:
                return await database.does(intake.text, message, until=until)
            except asyncio.TimeoutError:
                raise error from None

    async def reported(report: Delivery) -> None:
        try:
            await reports.does(intake.report, report)
        except asyncio.TimeoutError:
            await disk.does(intake.late_report, report)

    async def inbound(request: Request) -> Response:
        raw = await _signed_body(request, sms)
        if raw is None:
            return _refused()
        try:
            message = sms.inbound(raw)
        except ValueError:
            return Response("This request names no message or sender.", status_code=400, media_type="text/plain")
        try:
            words = await kept(message)
        except OSError as error:
            return _full(error)
        body = f"<Message>{escape(words)}</Message>" if words else ""
        return Response(TWIML.format(body), media_type="application/xml")

    async def status(request: Request) -> Response:
        raw = await _signed_body(request, sms)
        if raw is None:
            return _refused()
        report = sms.delivery(raw)
        try:
            if report:
                await reported(report)
        except OSError as error:
            return _full(error)
        return Response(status_code=204)

    return [
        Route("/sms/inbound", inbound, methods=["POST"]),
        Route("/sms/status", status, methods=["POST"]),
    ]


async def _signed_body(request: Request, sms: Texting) -> bytes | None:
    """The raw body when it is Twilio's; None otherwise. Blank parameters are part of the signature."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BYTES:
            return None
    query = f"?{request.url.query}" if request.url.query else ""
    signature = request.headers.get("x-twilio-signature", "")
    return raw if sms.signed(path=request.url.path + query, raw_body=raw, signature=signature) else None


def _refused() -> Response:
    log.warning("webhook refused", reason="no valid signature")
    return Response("The signature is missing or wrong.", status_code=403, media_type="text/plain")


def _full(error: OSError) -> Response:
    """Neither the database nor the disk can keep it: Twilio must not hear success, and the catch-up takes it in later."""
    log.error("nothing can be kept", kind=type(error).__name__, errno=error.errno)
    return Response("This cannot be kept right now.", status_code=503, media_type="text/plain", headers={"Retry-After": "60"})
