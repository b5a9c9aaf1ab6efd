"""The two listeners: the public one and the staff one, so that staff can stay on a private network."""

from __future__ import annotations

from starlette.applications import Starlette

from bot.app import App
from bot.web.api import api_routes
from bot.web.desk import desk_routes
from bot.web.group_doors import group_routes
from bot.web.group_pages import room_routes
from bot.web.health import health_routes
from bot.web.lesson_pages import lesson_routes
from bot.web.paged import paged_routes
from bot.web.supervisor import supervisor_routes
from bot.web.walls import Walled
from bot.web.webhooks import webhook_routes
from bot.web.youth import youth_error_pages, youth_routes


def public_site(app: App) -> Starlette:
    """Web chat for young people, and Twilio's webhooks."""
    return Walled(
        https_only=_https_only(app),
        routes=[
            *youth_routes(app),
            *group_routes(app),
            *webhook_routes(sms=app.sms, intake=app.intake),
            *paged_routes(pager=app.pager, service=app.settings.service_name),
            *health_routes(app),
        ],
        exception_handlers=dict(youth_error_pages(app)),
    )


def staff_site(app: App) -> Starlette:
    """The desk."""
    routes = [*desk_routes(app), *supervisor_routes(app), *lesson_routes(app), *room_routes(app), *api_routes(app)]
    return Walled(https_only=_https_only(app), routes=[*routes, *health_routes(app)])


def _https_only(app: App) -> bool:
    """Not on this machine's own addresses, where a browser would then refuse everything else that runs there."""
    return app.settings.public_url.startswith("https://")
