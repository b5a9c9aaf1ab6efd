"""The public web listener's pages and doors for young people.

Promises: works as plain forms and as live chat; sets no cookie; keeps the token out of every address;
every answer carries the private headers. Refuses to know: who asks, or what a message means.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.store.database import StoreDown
from bot.web.callers import Callers
from bot.web.group_guesses import CodeGuesses
from bot.web.open_streams import OpenStreams
from bot.web.pace import YouthPaces
from bot.web.security_headers import YOUTH_POLICY, SecurityHeaders, private_headers
from bot.web.thin_files import thin_file
from bot.web.youth_doors import ChatDoors
from bot.web.youth_forms import TalkForms
from bot.web.youth_now import policy_of, stand_alone
from bot.web.youth_page import View, YouthPage, joins
from bot.web.youth_parts import Chat, Live, Said, YouthParts, YouthSettings

__all__ = ["Chat", "Live", "Said", "YouthParts", "YouthSettings", "youth_error_pages", "youth_routes"]

DOWN_FOR = 5
"""Seconds after which it is worth asking again while the database is down."""

STATIC = Path(__file__).parent / "static"
YOUTH_FILES = frozenset(
    {
        "tokens.css",
        "youth.css",
        "exit.js",
        "bar.js",
        "aloud.js",
        "youth.js",
        "mark.svg",
        "paged.css",
        "group.css",
        "group.js",
        "group_private.js",
    }
)


def youth_routes(
    app: YouthParts, *, guesses: CodeGuesses | None = None, clock: Callable[[], float] = time.monotonic
) -> list[Route]:
    """Every address of the youth page, dressed in the private headers.

    ``clock`` gives growing seconds, for the pace of the doors; ``guesses`` is shared with the groups' page.
    """
    page = YouthPage(app)
    callers = Callers(app.settings.proxies)
    paces, guesses = YouthPaces(callers=callers, clock=clock), guesses or CodeGuesses(callers=callers, clock=clock)
    doors = ChatDoors(app, page, paces=paces, guesses=guesses, streams=OpenStreams(callers=callers))
    forms = TalkForms(app, page, paces=paces, guesses=guesses)

    async def first(request: Request) -> Response:
        region = page.region(request.query_params.get("region"))
        return HTMLResponse(page.html(View(lang=page.language(request), region=region, joins=joins(request))))

    async def lines(request: Request) -> Response:
        return JSONResponse(page.lines_now(page.language(request)))

    async def now(request: Request) -> Response:
        """The page of help lines that needs no other file, as a proxy also keeps it for when we are away."""
        html = stand_alone(app, page.language(request), address="/now?lang={lang}", today=datetime.now(timezone.utc).date())
        return HTMLResponse(html, headers={"Content-Security-Policy": policy_of(html)})

    dressed = [Middleware(SecurityHeaders, headers=private_headers(YOUTH_POLICY))]
    without_policy = {name: value for name, value in private_headers(YOUTH_POLICY).items() if name != "Content-Security-Policy"}
    packed = [*dressed, Middleware(GZipMiddleware, minimum_size=800)]
    return [
        Route("/", first, methods=["GET"], middleware=packed),
        Route("/lines", lines, methods=["GET"], middleware=packed),
        Route("/now", now, methods=["GET"], middleware=[Middleware(SecurityHeaders, headers=without_policy), packed[-1]]),
        Route("/talk", forms.talk, methods=["POST"], middleware=packed),
        Route("/talk", _to_first, methods=["GET"], middleware=dressed),
        Route("/static/{name}", _file, methods=["GET"], middleware=packed),
        Route("/chat/threads", doors.open, methods=["POST"], middleware=dressed),
        Route("/chat/threads", doors.forget, methods=["DELETE"], middleware=dressed),
        Route("/chat/token", doors.leave, methods=["DELETE"], middleware=dressed),
        Route("/chat/way-back", doors.keep_way_back, methods=["PUT"], middleware=dressed),
        Route("/chat/way-back", doors.come_back, methods=["POST"], middleware=dressed),
        Route("/chat/messages", doors.take, methods=["POST"], middleware=dressed),
        Route("/chat/typing", doors.types, methods=["POST"], middleware=dressed),
        Route("/chat/events", doors.events, methods=["GET"], middleware=dressed),
    ]


def youth_error_pages(app: YouthParts) -> Mapping[int | type[Exception], Callable[[Request, Exception], Response]]:
    """For Starlette's ``exception_handlers``: 404, 500 and a database that is down, as pages that still show lines of help.

    The page's script sends a message again, under its one id, until it is kept.
    """
    page = YouthPage(app)
    headers = private_headers(YOUTH_POLICY)

    def show(sentence_id: str, status: int, **more: str) -> Callable[[Request, Exception], Response]:
        def shown(request: Request, _error: Exception) -> Response:
            html = page.trouble_html(page.language(request), sentence_id, page.region(request.query_params.get("region")))
            return HTMLResponse(html, status_code=status, headers={**headers, **more})

        return shown

    down = show("page_broken", 503, **{"Retry-After": str(DOWN_FOR)})
    return {404: show("page_not_here", 404), 500: show("page_broken", 500), StoreDown: down}


async def _to_first(_request: Request) -> Response:
    return RedirectResponse("/", status_code=303)


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in YOUTH_FILES:
        raise HTTPException(404)
    return thin_file(STATIC / name)
