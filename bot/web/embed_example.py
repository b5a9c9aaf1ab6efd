"""Demo mode's example of a school's own page with the chat in it, on another origin than the chat, as it would be.

For the demo and the tests; it is served by the make-believe phone and nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from bot.web.embed_theme import colour_of

HERE = Path(__file__).parent
COLOURS = {"1d5a55": "Handrail's own", "7a1f3d": "Maroon", "0b4f9c": "Blue", "f2c230": "Yellow"}
"""Colours of make-believe schools; the yellow one shows how letters stay readable on any."""


class ExampleSettings(Protocol):
    """Where the chat is."""

    @property
    def public_url(self) -> str: ...


def example_routes(settings: ExampleSettings) -> list[Route]:
    """The example page at /school, and its style."""
    pages = Environment(loader=FileSystemLoader(HERE / "templates" / "embed"), autoescape=select_autoescape())
    chat = settings.public_url
    headers = {
        "Cache-Control": "no-store",
        # What a careful school's own policy would say: the chat's script and frame, and otherwise its own files.
        "Content-Security-Policy": f"default-src 'self'; script-src {chat}; frame-src {chat}; img-src data:",
        "Referrer-Policy": "no-referrer",
    }

    async def school(request: Request) -> Response:
        colour = colour_of(request.query_params.get("colour")) or next(iter(COLOURS))
        position = "left" if request.query_params.get("position") == "left" else "right"
        html = pages.get_template("example.html").render(
            chat=chat, colour=colour, position=position, colours=COLOURS, link=lambda **given: "/school?" + urlencode(given)
        )
        return HTMLResponse(html, headers=headers)

    async def style(_request: Request) -> Response:
        return FileResponse(HERE / "static" / "embed_example.css", headers={"Cache-Control": "no-store"})

    return [Route("/school", school, methods=["GET"]), Route("/school.css", style, methods=["GET"])]
