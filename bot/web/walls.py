"""What stands around a whole listener, whatever a route does or forgets: headers on every answer, a limit on every body.

Promises: no answer leaves without the headers, an error's and an unknown address's included; no body over
``MOST_BYTES`` is read. A route may ask for stricter headers or less; it cannot do without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.security_headers import NOTHING_AT_ALL, private_headers

MOST_BYTES = 256 * 1024
"""Of any request: four times what Twilio or a form of ours ever sends; each door has a smaller limit of its own."""

ONE_YEAR = "max-age=31536000"


class Walled(Starlette):
    """A site inside its walls. ``https_only`` tells browsers never to come in the open again."""

    def __init__(self, *, https_only: bool = False, **site: Any) -> None:
        super().__init__(**site)
        self._least = private_headers(NOTHING_AT_ALL) | ({"Strict-Transport-Security": ONE_YEAR} if https_only else {})

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's own, its error answers included, inside ours."""
        return _AtLeast(_SmallBodies(super().build_middleware_stack()), headers=self._least)


class _AtLeast:
    """Adds the headers that an answer does not have yet."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, dressed)


class _SmallBodies:
    """Refuses a body over the limit: at once when its length is given, else as soon as it grows over it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if said.isascii() and said.isdigit() and int(said[:20]) > MOST_BYTES:
            await PlainTextResponse("That is too long.", status_code=413)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise HTTPException(413, "That is too long.")
            return message

        await self._app(scope, counted, send)
