"""The two listeners: the public one and the staff one, so that staff can stay on a private network."""

from __future__ import annotations

import time

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from bot.app import App
from bot.web.api import api_routes
from bot.web.callers import Callers
from bot.web.desk import desk_routes
from bot.web.embed import embed_routes
from bot.web.group_doors import group_routes
from bot.web.group_guesses import CodeGuesses
from bot.web.group_pages import room_routes
from bot.web.health import health_routes
from bot.web.lesson_pages import lesson_routes
from bot.web.metrics import Metrics, Timed
from bot.web.paged import paged_routes
from bot.web.printed_pages import printed_routes
from bot.web.row_ids import bound_ids
from bot.web.supervisor import supervisor_routes
from bot.web.walls import Walled
from bot.web.webhooks import webhook_routes
from bot.web.youth import youth_error_pages, youth_routes

bound_ids()


def public_site(app: App, metrics: Metrics | None = None) -> Starlette:
    """Web chat for young people, and Twilio's webhooks."""
    guesses = CodeGuesses(callers=Callers(app.settings.proxies), clock=time.monotonic)
    youth = youth_routes(app, guesses=guesses)
    routes: list[BaseRoute] = [
        *youth,
        *embed_routes(app, youth),
        *group_routes(app, guesses=guesses),
        *webhook_routes(sms=app.sms, intake=app.intake),
        *paged_routes(pager=app.pager, service=app.settings.service_name),
        *health_routes(app),
    ]
    return Walled(
        https_only=_https_only(app),
        routes=routes,
        exception_handlers=dict(youth_error_pages(app)),
        middleware=_timed(metrics, "public", routes),
    )


def staff_site(app: App, metrics: Metrics | None = None) -> Starlette:
    """The desk, the groups, and what is printed; and the metrics, which are nobody's business on the public side."""
    routes: list[BaseRoute] = [
        *desk_routes(app),
        *supervisor_routes(app),
        *lesson_routes(app),
        *room_routes(app),
        *printed_routes(app),
        *api_routes(app),
        *health_routes(app),
    ]
    if metrics is not None:
        routes.append(metrics.route())
    return Walled(https_only=_https_only(app), routes=routes, middleware=_timed(metrics, "staff", routes))


def _timed(metrics: Metrics | None, listener: str, routes: list[BaseRoute]) -> list[Middleware]:
    return [Middleware(Timed, metrics=metrics, listener=listener, routes=routes)] if metrics else []


def _https_only(app: App) -> bool:
    """Not on this machine's own addresses, where a browser would then refuse everything else that runs there."""
    return app.settings.public_url.startswith("https://")
