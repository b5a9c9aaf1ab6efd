"""The chat inside a school's or a shelter's own page: one script, and a frame that only named sites may hold.

Promises: the frame is the youth page itself with its addresses turned, never a second page to keep up; only a site
that the settings name can frame it, and leaving reaches that site and no other; no cookie, nothing stored.
Refuses to know: who visits the site.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.palette import palette
from bot.web.embed_theme import Theme
from bot.web.phone_numbers import parts
from bot.web.security_headers import YOUTH_POLICY, private_headers
from bot.web.youth_page import View, YouthPage, joins
from bot.web.youth_parts import YouthParts, YouthSettings

SCRIPT = Path(__file__).parent / "static" / "embed.js"
GIVEN = '"GIVEN"'
WORDS = ("open", "hide", "failed", "alone")
TOKENS = ("ink", "surface", "line-strong", "rail", "out", "out-ink", "focus")
"""What of tokens.css the buttons on the host's page are drawn with."""
Endpoint = Callable[[Request], Awaitable[Response]]


class EmbedSettings(YouthSettings, Protocol):
    """The settings an embedded chat needs besides those of the page."""

    @property
    def embed_origins(self) -> Sequence[str]: ...


class EmbedParts(YouthParts, Protocol):
    """The working parts that ``embed_routes`` is given."""

    @property
    def settings(self) -> EmbedSettings: ...


def embed_routes(app: EmbedParts, youth: Sequence[Route]) -> list[Route]:
    """The script and the frame; none at all where the settings name no site. ``youth`` are the youth page's routes."""
    if not app.settings.embed_origins:
        return []
    talk = next(route.endpoint for route in youth if route.path == "/talk" and "POST" in (route.methods or ()))
    frame = _Frame(app, talk)
    packed = [Middleware(GZipMiddleware, minimum_size=800)]
    return [
        Route("/embed.js", frame.script, methods=["GET"], middleware=packed),
        Route("/embed", frame.first, methods=["GET"], middleware=packed),
        Route("/embed/talk", frame.again, methods=["GET"]),
        Route("/embed/talk", frame.talk, methods=["POST"], middleware=packed),
        Route("/embed/theme.css", _theme, methods=["GET"]),
    ]


class _Frame:
    def __init__(self, app: EmbedParts, talk: Endpoint) -> None:
        self._app = app
        self._page = YouthPage(app)
        self._talk = talk
        self._source = SCRIPT.read_text(encoding="utf-8")

    async def script(self, _request: Request) -> Response:
        """The one script of the host's page, with the words and the exit address put in."""
        given = {
            "exit": self._app.settings.exit_url,
            "help": {lang: self._help(lang) for lang in self._page.languages},
            "words": {lang: self._words(lang) for lang in self._page.languages},
            "tokens": {theme: {name: palette(theme)[name] for name in TOKENS} for theme in ("light", "dark")},
        }
        headers = {
            **private_headers({"default-src": "'none'", "frame-ancestors": "'none'", "base-uri": "'none'"}),
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(self._source.replace(GIVEN, json.dumps(given), 1), media_type="text/javascript", headers=headers)

    async def first(self, request: Request) -> Response:
        """The youth page, for the frame of a named site."""
        host = self._host(request)
        view = View(lang=self._page.language(request), region=self._page.region(request.query_params.get("region")))
        view = replace(view, joins=joins(request))
        return self._framed(request, host, self._page.html(view), 200)

    async def talk(self, request: Request) -> Response:
        """The plain forms of the page, while its script has not come: the same answer, for the frame."""
        host = self._host(request)
        answer = await self._talk(request)
        return self._framed(request, host, bytes(answer.body).decode("utf-8"), answer.status_code)

    async def again(self, request: Request) -> Response:
        """A framed page of plain forms that comes back out of the browser's memory starts anew."""
        self._host(request)
        return RedirectResponse(f"/embed?{request.url.query}", status_code=303)

    def _host(self, request: Request) -> str:
        """The site that holds the frame; a site that is not named gets what any wrong address gets."""
        host = request.query_params.get("host", "")
        if host not in self._app.settings.embed_origins:
            raise HTTPException(404)
        return host

    def _framed(self, request: Request, host: str, html: str, status: int) -> Response:
        turned = turned_for_frame(html, host=host, theme=Theme.read(request.query_params))
        return HTMLResponse(turned, status_code=status, headers=_frame_headers(host))

    def _help(self, lang: str) -> dict[str, list[Sequence[Any]]]:
        """What stands in the place of a chat that does not come, by region, as pieces; under "" that of the house."""
        lines = self._page.lines_now(lang)
        return {region: [self._danger(region or None, lang), *open_now] for region, open_now in lines.items()}

    def _danger(self, region: str | None, lang: str) -> Sequence[tuple[str, str | None]]:
        say, number = partial(self._app.words.say, lang=lang), self._app.emergency(region)
        call = say("page_danger_call", number=number) if number else say("page_danger_any")
        return parts(f"{say('page_danger')} {call}")

    def _words(self, lang: str) -> Mapping[str, str]:
        words = {name: self._app.words.say(f"page_embed_{name}", lang) for name in WORDS}
        return {**words, "exit": self._app.words.say("page_exit", lang)}


def turned_for_frame(html: str, *, host: str, theme: Theme) -> str:
    """The youth page's HTML with its addresses turned to the frame's, and the site that holds it written on it."""
    chosen = urlencode(theme.chosen)
    asked = escape(urlencode({"host": host, **theme.chosen}))
    style = f'<link rel="stylesheet" href="/embed/theme.css?{escape(chosen)}">\n' if chosen else ""
    turns = {
        "<html ": f'<html data-host="{escape(host)}" ',
        "</head>": f"{style}</head>",
        'action="/talk"': f'action="/embed/talk?{asked}"',
        'href="/?': f'href="/embed?{asked}&amp;',
        'href="/join?': 'target="_blank" rel="noopener" href="/join?',  # a group has a page of its own, which no site may hold
        # Without a script the whole page must go, not only the frame.
        'class="exit-form"': 'class="exit-form" target="_top"',
        'class="exit" id="exit" href': 'class="exit" id="exit" target="_top" href',
    }
    for old, new in turns.items():
        html = html.replace(old, new)
    return html


def _frame_headers(host: str) -> dict[str, str]:
    headers = private_headers({**YOUTH_POLICY, "frame-ancestors": host})
    del headers["X-Frame-Options"]  # it can only name all sites or none; frame-ancestors is newer and stands above it
    return {**headers, "Cross-Origin-Resource-Policy": "cross-origin"}


async def _theme(request: Request) -> Response:
    css = Theme.read(request.query_params).css()
    if not css:
        raise HTTPException(404)
    return Response(css, media_type="text/css", headers=private_headers(YOUTH_POLICY))
