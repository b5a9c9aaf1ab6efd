"""Twilio's two webhooks: a text in, and what became of a text out.

Promises: nothing happens without Twilio's signature; success is answered only after the message is kept;
the same text twice is kept once. The engine is never waited for here.
"""

from __future__ import annotations

from typing import Protocol

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import Delivery, Inbound
from bot.conversation import Conversation
from bot.paging import Pager
from bot.store.database import Store

log = structlog.get_logger()

MOST_BYTES = 64 * 1024
"""More than Twilio ever sends for one text."""

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
"""An empty TwiML answer: replies leave through the outbox, never through the webhook."""


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


def webhook_routes(*, sms: Texting, conversation: Conversation, pager: Pager, store: Store) -> list[Route]:
    """The two doors that Twilio calls."""

    async def inbound(request: Request) -> Response:
        raw = await _signed_body(request, sms)
        if raw is None:
            return _refused()
        try:
            message = sms.inbound(raw)
        except ValueError:
            return Response("This request names no message or sender.", status_code=400, media_type="text/plain")
        if not await run_in_threadpool(pager.heard, message):
            await run_in_threadpool(conversation.receive, message)
        return Response(EMPTY, media_type="application/xml")

    async def status(request: Request) -> Response:
        raw = await _signed_body(request, sms)
        if raw is None:
            return _refused()
        report = sms.delivery(raw)
        if report:
            await run_in_threadpool(_note_delivery, store, report)
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


def _note_delivery(store: Store, report: Delivery) -> None:
    """A report may come late, twice, or before our own commit; only the last word counts."""
    with store.begin() as work:
        thread_id = work.messages.delivery(report.provider_id, report.state, report.error_code)
        case = work.cases.open_for(thread_id) if thread_id and report.state == "failed" else None
        if case:
            work.audit.add(actor="provider", what="not delivered", case_id=case.id, detail=report.error_code or "")
