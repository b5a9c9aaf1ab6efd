"""The supervisor's pages: the board and the rota. Plain forms that work without script; the board refreshes itself.

Promises: nothing of a conversation is on these pages; every change stands behind ``door`` like the desk's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk.board import Board
from bot.desk.closing import Closing
from bot.desk.rota import RotaDesk
from bot.desk.team import Team
from bot.desk.views import DeskRefused
from bot.handoff.rota import PLACES
from bot.web.desk_acts import Fields
from bot.web.desk_pages import DeskPages
from bot.web.desk_parts import DeskSettings, Staff
from bot.web.permissions import Doing
from bot.web.security_headers import OWN_ASSETS_ONLY, SecurityHeaders, private_headers
from bot.web.staff_session import SignedIn, door

PRIVATE = [Middleware(SecurityHeaders, headers={**private_headers(OWN_ASSETS_ONLY), "Referrer-Policy": "same-origin"})]
Change = Callable[[SignedIn, Fields], None]


class SupervisorParts(Protocol):
    """The working parts that ``supervisor_routes`` is given."""

    @property
    def settings(self) -> DeskSettings: ...
    @property
    def staff(self) -> Staff: ...
    @property
    def board(self) -> Board: ...
    @property
    def rota(self) -> RotaDesk: ...
    @property
    def team(self) -> Team: ...

    def now(self) -> datetime: ...


def supervisor_routes(app: SupervisorParts) -> list[BaseRoute]:
    """The board's and the rota's routes."""
    return _Routes(app).all()


class _Routes:
    def __init__(self, app: SupervisorParts) -> None:
        self._app = app
        closing = Closing.load(app.settings.content / "desk" / "closing.yml")
        self._pages = DeskPages(service_name=app.settings.service_name, demo=app.settings.demo, closing=closing)

    def all(self) -> list[BaseRoute]:
        """Every route, with the right it needs."""
        rota, board = self._app.rota, self._app.board
        return [
            self._get("/board", Doing.SEE_BOARD, self.board),
            self._csv("/board/incidents.csv", board.incidents_csv),
            self._csv("/board/cases.csv", board.cases_csv),
            self._change("/board/lines-only", "/board", lambda who, f: board.switch_lines_only(who.staff, on=f["on"] == "1")),
            self._change("/board/capacity", "/board", self.capacity),
            self._get("/rota", Doing.SEE_BOARD, self.rota),
            self._change("/rota/shift", "/rota", self.add_shift),
            self._change("/rota/shift/remove", "/rota", lambda who, f: rota.remove_shift(who.staff, _number(f, "shift"))),
            self._change("/rota/holiday", "/rota", lambda who, f: rota.add_holiday(who.staff, f["day"], f["name"])),
            self._change("/rota/holiday/remove", "/rota", lambda who, f: rota.remove_holiday(who.staff, f["day"])),
            self._change("/rota/contact", "/rota", self.contact),
            self._change("/rota/test", "/rota", lambda who, f: rota.test_page(who.staff, _number(f, "person"))),
        ]

    async def board(self, _request: Request, found: SignedIn) -> Response:
        """The board; its script asks again every few seconds."""
        return self._page("board.html", found, view=await run_in_threadpool(self._app.board.now))

    async def rota(self, _request: Request, found: SignedIn) -> Response:
        """The rota."""
        return self._page("rota.html", found, view=await run_in_threadpool(self._app.rota.view), places=PLACES)

    def capacity(self, found: SignedIn, fields: Fields) -> None:
        """How many conversations somebody may hold."""
        self._app.team.set_capacity(found.staff, _number(fields, "person"), _number(fields, "capacity"))

    def add_shift(self, found: SignedIn, fields: Fields) -> None:
        """A shift from the form."""
        self._app.rota.add_shift(
            found.staff,
            person=_number(fields, "person"),
            place=fields["place"],
            days=fields["days"],
            starts=fields["starts"],
            ends=fields["ends"],
            zone=fields["zone"],
        )

    def contact(self, found: SignedIn, fields: Fields) -> None:
        """Where somebody is paged."""
        phone = fields["phone"].replace(" ", "")
        self._app.rota.set_contact(found.staff, _number(fields, "person"), phone=phone, email=fields["email"])

    def _page(self, template: str, found: SignedIn, *, refusal: str = "", status: int = 200, **values: object) -> Response:
        html = self._pages.page(template, staff=found.staff, csrf=found.csrf, now=self._app.now(), refusal=refusal, **values)
        return HTMLResponse(html, status_code=status)

    def _get(self, path: str, doing: Doing, endpoint: Callable[[Request, SignedIn], object]) -> Route:
        return Route(path, door(self._app, doing, endpoint, self._forbidden), methods=["GET"], middleware=PRIVATE)  # type: ignore[arg-type]

    def _csv(self, path: str, made: Callable[[], str]) -> Route:
        async def endpoint(_request: Request, _found: SignedIn) -> Response:
            name = path.rpartition("/")[2]
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response(await run_in_threadpool(made), media_type="text/csv", headers=headers)

        return self._get(path, Doing.EXPORT, endpoint)

    def _change(self, path: str, back: str, change: Change) -> Route:
        views: Mapping[str, Callable[[], object]] = {"/board": self._app.board.now, "/rota": self._app.rota.view}

        async def endpoint(request: Request, found: SignedIn) -> Response:
            fields = await Fields.of(request)
            try:
                await run_in_threadpool(change, found, fields)
            except DeskRefused as refused:
                view = await run_in_threadpool(views[back])
                return self._page(f"{back[1:]}.html", found, refusal=refused.sentence, status=409, view=view, places=PLACES)
            return RedirectResponse(back, status_code=303)

        guarded = door(self._app, Doing.RUN_SHIFT, endpoint, self._forbidden)  # type: ignore[arg-type]
        return Route(path, guarded, methods=["POST"], middleware=PRIVATE)

    def _forbidden(self, _request: Request, found: SignedIn, sentence: str) -> Response:
        html = self._pages.page("refused.html", sentence=sentence, csrf=found.csrf, desk_open=True)
        return HTMLResponse(html, status_code=403)


def _number(fields: Fields, name: str) -> int:
    number = fields.number(name)
    if number is None:
        raise DeskRefused("Fill in the form, then try again.")
    return number
