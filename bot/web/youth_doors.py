"""The /chat doors that others may script against (docs/openapi.yml).

Promises: JSON in and out, one clear sentence for every refusal, the token only in a header. A message
is answered with 202 once it is kept; the same id again is the same message.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from bot.chat import ChatRefused, TooManyReturns
from bot.text import storable
from bot.threads import BANDS
from bot.web import sse
from bot.web.group_guesses import CodeGuesses
from bot.web.open_streams import OpenStreams
from bot.web.pace import YouthPaces
from bot.web.youth_page import YouthPage
from bot.web.youth_parts import YouthParts

MOST_BYTES = 16_384
MOST_ID = 64
RETRY_SECONDS = "2"


class ChatDoors:
    """Open, send, listen, leave, come back, forget."""

    def __init__(
        self, app: YouthParts, page: YouthPage, *, paces: YouthPaces, guesses: CodeGuesses, streams: OpenStreams
    ) -> None:
        self._app = app
        self._page = page
        self._paces = paces
        self._guesses = guesses
        self._streams = streams

    async def open(self, request: Request) -> Response:
        """POST /chat/threads with an optional {"band", "region", "lang", "text"} -> 201 {"token"}.

        ``text`` is what they are about to send. It is kept nowhere: where too many open chats, danger in it opens one.
        """
        try:
            self._refuse_other_sites(request)
            in_time = self._paces.may_open(request)
            wish = await self._object(request, empty_is_fine=True)
            text = text_field(wish, "text")
            is_danger = partial(shows_danger, self._app, text, None)
            if not in_time and not (text.strip() and await self._paces.opens_late(request, is_danger)):
                raise self._refused(request, "page_error_busy", 429)
            lang = self._page.language(request, asked=text_field(wish, "lang"))
            band = text_field(wish, "band") if text_field(wish, "band") in BANDS else None
            region = self._page.region(text_field(wish, "region"))
            token = await run_in_threadpool(self._app.chat.open, band, region, lang)
        except ChatRefused as refused:
            return refusal(refused)
        return JSONResponse({"token": token}, status_code=201)

    async def take(self, request: Request) -> Response:
        """POST /chat/messages {"id", "text"} -> 202."""
        try:
            _, thread = await self._thread(request)
            message = await self._object(request)
            client_id, text = text_field(message, "id"), text_field(message, "text")
            if not client_id or len(client_id) > MOST_ID or not text.strip():
                raise self._refused(request, "page_error_unreadable", 400)
            in_time, is_danger = self._guesses.may_say(request, text), partial(shows_danger, self._app, text, thread)
            if not await self._paces.may_say(request, thread, is_danger, in_time=in_time):
                raise self._refused(request, "page_error_fast", 429)
            await run_in_threadpool(self._app.chat.send, thread, client_id, text)
            await self._guesses.said(request, text, self._app.chat.knows_code)
        except ChatRefused as refused:
            return refusal(refused)
        return JSONResponse({"id": client_id}, status_code=202)

    async def events(self, request: Request) -> Response:
        """GET /chat/events: server-sent events after ``Last-Event-ID``."""
        try:
            token, thread = await self._thread(request)
            last = request.headers.get("last-event-id", "") or "0"
            if not last.isascii() or not last.isdigit() or len(last) > 15:
                raise self._refused(request, "page_error_unreadable", 400)
            if not self._streams.may_open(request):
                raise self._refused(request, "page_error_busy", 429)
        except ChatRefused as refused:
            return refusal(refused)
        lang = self._page.language(request)
        stream = sse.events(self._app, token=token, thread_id=thread, after=int(last), lang=lang)
        stream = self._streams.counted(request, thread, stream)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def types(self, request: Request) -> Response:
        """POST /chat/typing -> 204: the person at the desk sees that they are writing."""
        try:
            _, thread = await self._thread(request)
            if not self._paces.may_type(thread):
                raise self._refused(request, "page_error_fast", 429)
        except ChatRefused as refused:
            return refusal(refused)
        await run_in_threadpool(self._app.chat.types, thread)
        return Response(status_code=204)

    async def forget(self, request: Request) -> Response:
        """DELETE /chat/threads -> 204; a thread already forgotten is a success too."""
        thread = await run_in_threadpool(self._app.chat.thread_of, bearer(request))
        if thread:
            await run_in_threadpool(self._app.chat.forget, thread)
        return Response(status_code=204)

    async def leave(self, request: Request) -> Response:
        """DELETE /chat/token -> 204: the page was left. Forgets the chat too, unless a way back to it was kept."""
        thread = await run_in_threadpool(self._app.chat.thread_of, bearer(request))
        if thread:
            await run_in_threadpool(self._app.chat.leave, thread)
        return Response(status_code=204)

    async def keep_way_back(self, request: Request) -> Response:
        """PUT /chat/way-back {"word"} -> {"way_back"}, shown this once."""
        try:
            _, thread = await self._thread(request)
            word = text_field(await self._object(request), "word")
            if not self._paces.may_keep(thread):
                raise self._refused(request, "page_error_fast", 429)
            made = await run_in_threadpool(self._app.chat.keep_way_back, thread, word)
        except ChatRefused as refused:
            return refusal(refused)
        return JSONResponse({"way_back": made})

    async def come_back(self, request: Request) -> Response:
        """POST /chat/way-back {"way_back"} -> 201 {"token"}; the token of the page before stops working."""
        try:
            said = text_field(await self._object(request), "way_back")[:MOST_ID]
            if not self._paces.may_return(request):
                raise TooManyReturns
            token = await run_in_threadpool(self._app.chat.come_back, said)
            if token is None:
                raise self._refused(request, "page_word_wrong", 404)
        except TooManyReturns:
            return refusal(self._refused(request, "page_word_slow", 429))
        except ChatRefused as refused:
            return refusal(refused)
        return JSONResponse({"token": token}, status_code=201)

    async def _thread(self, request: Request) -> tuple[str, str]:
        self._refuse_other_sites(request)
        token = bearer(request)
        thread = await run_in_threadpool(self._app.chat.thread_of, token) if token else None
        if thread is None:
            raise self._refused(request, "page_gone", 401)
        return token, thread

    async def _object(self, request: Request, *, empty_is_fine: bool = False) -> dict[str, Any]:
        return await read_object(self._app, self._page, request, empty_is_fine=empty_is_fine)

    def _refuse_other_sites(self, request: Request) -> None:
        """Another site's page in their browser may not speak for them."""
        if from_other_site(request):
            raise self._refused(request, "page_error_unreadable", 403)

    def _refused(self, request: Request, words_id: str, status: int) -> ChatRefused:
        return ChatRefused(self._app.words.say(words_id, self._page.language(request)), status=status)


async def read_object(app: YouthParts, page: YouthPage, request: Request, *, empty_is_fine: bool = False) -> dict[str, Any]:
    """The JSON object in a request; raises ChatRefused."""
    body = await small_body(request)
    lang = page.language(request)
    if body is None:
        raise ChatRefused(app.words.say("page_error_long", lang), status=413)
    if not body and empty_is_fine:
        return {}
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):  # RecursionError: brackets nested to break the reader
        read = None
    if not isinstance(read, dict):
        raise ChatRefused(app.words.say("page_error_unreadable", lang), status=400)
    return read


def refusal(refused: ChatRefused) -> JSONResponse:
    """A refusal as the doors say it: {"error": sentence}."""
    headers = {"Retry-After": RETRY_SECONDS} if refused.status == 429 else {}
    headers |= {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
    return JSONResponse({"error": refused.sentence}, status_code=refused.status, headers=headers)


def from_other_site(request: Request) -> bool:
    """Whether the browser says that another site's page made this request; a program says nothing."""
    return request.headers.get("sec-fetch-site") in ("cross-site", "same-site")


async def shows_danger(app: YouthParts, text: str, thread: str | None) -> bool:
    """Whether a text shows danger, after what was just said in its thread."""
    return await run_in_threadpool(app.chat.shows_danger, text, thread)


def bearer(request: Request) -> str:
    """The token in the Authorization header, or an empty string."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def small_body(request: Request) -> bytes | None:
    """The body, or None when it is over ``MOST_BYTES``; never reads more than that."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return body


def text_field(data: dict[str, Any], name: str) -> str:
    """A text field as it can be kept; empty when it is missing or no text."""
    value = data.get(name)
    return storable(value) if isinstance(value, str) else ""
