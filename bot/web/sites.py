"""The two listeners: the public one and the staff one, so that staff can stay on a private network."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.app import App
from bot.web.api import api_routes
from bot.web.desk import desk_routes
from bot.web.embed import embed_routes
from bot.web.lesson_pages import lesson_routes
from bot.web.paged import paged_routes
from bot.web.printed_pages import printed_routes
from bot.web.supervisor import supervisor_routes
from bot.web.webhooks import webhook_routes
from bot.web.youth import youth_error_pages, youth_routes


def public_site(app: App) -> Starlette:
    """Web chat for young people, and Twilio's webhooks."""
    youth = youth_routes(app)
    return Starlette(
        routes=[
            *youth,
            *embed_routes(app, youth),
            *webhook_routes(sms=app.sms, conversation=app.conversation, pager=app.pager, store=app.store),
            *paged_routes(pager=app.pager, service=app.settings.service_name),
            *_health(app),
        ],
        exception_handlers=dict(youth_error_pages(app)),
    )


def staff_site(app: App) -> Starlette:
    """The desk, the board, the lessons, and what is printed."""
    return Starlette(
        routes=[
            *desk_routes(app),
            *supervisor_routes(app),
            *lesson_routes(app),
            *printed_routes(app),
            *api_routes(app),
            *_health(app),
        ]
    )


def _health(app: App) -> list[Route]:
    async def healthz(_request: Request) -> Response:
        """This process answers; nothing more is promised."""
        return JSONResponse({"alive": True})

    async def readyz(_request: Request) -> Response:
        """The database answers and the engine has run a message through its model."""
        state = {"database": await run_in_threadpool(_database_answers, app), "engine": await app.engine.ready()}
        return JSONResponse(state, status_code=200 if all(state.values()) else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _database_answers(app: App) -> bool:
    with app.store.read() as work:
        work.messages.newest(limit=1)
    return True
