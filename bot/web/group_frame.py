"""What every facilitator's page stands in: the right to run groups, the frame of the desk, and a kind refusal."""

from __future__ import annotations

from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.desk.closing import Closing
from bot.directory import Directory
from bot.group_room import GroupRoom
from bot.groups.steps import GroupLessons
from bot.groups.views import GroupRefused
from bot.web.desk_pages import DeskPages
from bot.web.group_walls import WallParts
from bot.web.permissions import Doing
from bot.web.staff_session import Endpoint, SignedIn, door
from bot.web.supervisor import PRIVATE


class RoomParts(WallParts, Protocol):
    """The working parts that the facilitator's pages are given."""

    @property
    def directory(self) -> Directory: ...
    @property
    def group_lessons(self) -> GroupLessons: ...
    @property
    def group_room(self) -> GroupRoom: ...

    def now(self) -> Any: ...


class GroupFrame:
    """Renders and guards; each set of pages has one."""

    def __init__(self, app: RoomParts) -> None:
        self._app = app
        closing = Closing.load(app.settings.content / "desk" / "closing.yml")
        self.pages = DeskPages(service_name=app.settings.service_name, demo=app.settings.demo, closing=closing)

    def page(self, template: str, found: SignedIn, *, refusal: str = "", status: int = 200, **values: Any) -> Response:
        """One page in the desk's frame."""
        html = self.pages.page(
            f"groups/{template}",
            staff=found.staff,
            csrf=found.csrf,
            now=self._app.now(),
            refusal=refusal,
            here="groups",
            **values,
        )
        return HTMLResponse(html, status_code=status)

    def get(self, path: str, endpoint: Endpoint, *, listens: bool = False) -> Route:
        """A page."""
        guarded = door(self._app, Doing.RUN_GROUPS, self._kindly(endpoint), self._forbidden, listens=listens)  # type: ignore[arg-type]
        return Route(path, guarded, methods=["GET"], middleware=PRIVATE)

    def post(self, path: str, endpoint: Endpoint) -> Route:
        """A form."""
        guarded = door(self._app, Doing.RUN_GROUPS, self._kindly(endpoint), self._forbidden)  # type: ignore[arg-type]
        return Route(path, guarded, methods=["POST"], middleware=PRIVATE)

    def _kindly(self, endpoint: Endpoint) -> Endpoint:
        """A group that is not there, or not theirs, is one sentence."""

        async def kind(request: Request, found: SignedIn) -> Response:
            try:
                return await endpoint(request, found)
            except GroupRefused as refused:
                return self._forbidden(request, found, refused.sentence)

        return kind

    def _forbidden(self, _request: Request, found: SignedIn, sentence: str) -> Response:
        html = self.pages.page("refused.html", sentence=sentence, csrf=found.csrf, desk_open=True)
        return HTMLResponse(html, status_code=403)
