"""The link in a page to somebody on call: one button, nothing about any case.

Opening the link acknowledges nothing, because mail servers and phones open links by themselves.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.paging import Pager
from bot.web.security_headers import OWN_ASSETS_ONLY, SecurityHeaders, private_headers

TEMPLATES = Path(__file__).parent / "templates"
PRIVATE = [Middleware(SecurityHeaders, headers=private_headers(OWN_ASSETS_ONLY))]


def paged_routes(*, pager: Pager, service: str) -> list[Route]:
    """The link's page and its button."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("desk/paged.html")

    def page(name: str, state: str, status: int = 200) -> Response:
        return HTMLResponse(template.render(service=service, name=name, state=state), status_code=status)

    async def look(request: Request) -> Response:
        opened = await run_in_threadpool(pager.opened, request.path_params["token"])
        return page(*opened) if opened else page("", "unknown", 404)

    async def press(request: Request) -> Response:
        token = request.path_params["token"]
        if not await run_in_threadpool(pager.acknowledge, token):
            return page("", "unknown", 404)
        return await look(request)

    return [
        Route("/page/{token}", look, methods=["GET"], middleware=PRIVATE),
        Route("/page/{token}", press, methods=["POST"], middleware=PRIVATE),
    ]
