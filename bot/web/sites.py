"""The two listeners: the public one and the staff one, so that staff can stay on a private network."""

from __future__ import annotations

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.app import App
from bot.safety.verdict import Level
from bot.web.api import api_routes
from bot.web.desk import desk_routes
from bot.web.lesson_pages import lesson_routes
from bot.web.metrics import Metrics, Timed
from bot.web.paged import paged_routes
from bot.web.supervisor import supervisor_routes
from bot.web.webhooks import webhook_routes
from bot.web.youth import youth_error_pages, youth_routes

TRIALS = {"en": "i want to kill myself", "es": "quiero suicidarme", "fr": "je veux me suicider"}
"""What readiness screens, by language: a screening that does not see danger here sees none anywhere."""

log = structlog.get_logger()


def public_site(app: App, metrics: Metrics | None = None) -> Starlette:
    """Web chat for young people, and Twilio's webhooks."""
    routes: list[BaseRoute] = [
        *youth_routes(app),
        *webhook_routes(sms=app.sms, conversation=app.conversation, pager=app.pager, store=app.store),
        *paged_routes(pager=app.pager, service=app.settings.service_name),
        *_health(app),
    ]
    return Starlette(
        routes=routes, exception_handlers=dict(youth_error_pages(app)), middleware=_timed(metrics, "public", routes)
    )


def staff_site(app: App, metrics: Metrics | None = None) -> Starlette:
    """The desk; and the metrics, which are nobody's business on the public side."""
    routes: list[BaseRoute] = [*desk_routes(app), *supervisor_routes(app), *lesson_routes(app), *api_routes(app), *_health(app)]
    if metrics is not None:
        routes.append(metrics.route())
    return Starlette(routes=routes, middleware=_timed(metrics, "staff", routes))


def _timed(metrics: Metrics | None, listener: str, routes: list[BaseRoute]) -> list[Middleware]:
    return [Middleware(Timed, metrics=metrics, listener=listener, routes=routes)] if metrics else []


def _health(app: App) -> list[Route]:
    async def healthz(_request: Request) -> Response:
        """This process answers; nothing more is promised."""
        return JSONResponse({"alive": True})

    async def readyz(_request: Request) -> Response:
        """The screening says what it must of a trial text, the database answers, the engine has run a message through."""
        state = {
            "screening": await run_in_threadpool(_screening_sees, app),
            "database": await run_in_threadpool(_database_answers, app),
            "engine": await app.engine.ready(),
        }
        return JSONResponse(state, status_code=200 if all(state.values()) else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _screening_sees(app: App) -> bool:
    """Whether danger is seen now, by the model that is loaded; one that raises is not ready."""
    trial = next((TRIALS[lang] for lang in app.settings.languages if lang in TRIALS), TRIALS["en"])
    try:
        return app.screening.screen(trial).level >= Level.HIGH
    except Exception as error:  # noqa: BLE001 - whatever it is, this process must not be sent anybody
        log.error("not ready", part="screening", kind=type(error).__name__)
        return False


def _database_answers(app: App) -> bool:
    """Whether the database can be read now."""
    try:
        with app.store.read() as work:
            work.messages.newest(limit=1)
    except Exception as error:  # noqa: BLE001 - a load balancer wants an answer, not a traceback
        log.error("not ready", part="database", kind=type(error).__name__)
        return False
    return True
