"""The facilitator's pages: lead a group, show it on a projector, print what is left of it.

Promises: every page stands behind ``GroupFrame``; the presenter's and the facilitator's pages are rendered from views in
which nothing is about a person; every button is a plain form, and a script only keeps the page fresh.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.group_sights import LESSON_GONE
from bot.groups.export import as_csv
from bot.groups.names import LONGEST_NAME
from bot.groups.state import GroupEvent
from bot.groups.steps import LessonGone
from bot.groups.views import GroupRefused
from bot.web.desk_acts import Fields
from bot.web.group_frame import GroupFrame, RoomParts
from bot.web.group_opening import GroupOpening
from bot.web.group_walls import JOIN, PARTS, SCREEN, GroupWalls
from bot.web.lesson_pages import read_sheet
from bot.web.row_ids import row_id
from bot.web.staff_session import SignedIn


def room_routes(app: RoomParts) -> list[BaseRoute]:
    """The routes under /groups."""
    frame = GroupFrame(app)
    return [*GroupOpening(app, frame).all(), *_Leading(app, frame).all()]


class _Leading:
    def __init__(self, app: RoomParts, frame: GroupFrame) -> None:
        self._app = app
        self._frame = frame
        self._room = app.group_room
        self._sights = app.group_sights
        self._sheet = read_sheet(app.settings.content / "desk" / "sheet.yml")
        self._walls = GroupWalls(app, frame.pages)

    def all(self) -> list[BaseRoute]:
        """Every route; all of them need the right to run groups."""
        one = "/groups/{id:int}"
        get, room = self._frame.get, self._room
        return [
            get(one, self.lead),
            get(f"{one}/screen", self.screen),
            get(f"{one}/join", self.join),
            get(f"{one}/qr.svg", self.qr),
            get(f"{one}/events", self.events, listens=True),
            get(f"{one}/summary", self.summary),
            get(f"{one}/export.csv", self.export),
            self._act("move", lambda group, who, f: room.move(group, who.staff, GroupEvent(f["event"]))),
            self._act("step", lambda group, who, f: room.step(group, who.staff, _number(f, "number"))),
            self._act("close", lambda group, who, _f: room.close_poll(group, who.staff)),
            self._act("reopen", lambda group, who, _f: room.open_poll(group, who.staff)),
            self._act("door", lambda group, who, f: room.door(group, who.staff, is_open=f["open"] == "1")),
            self._act(
                "text", lambda group, who, f: room.settle(group, who.staff, _number(f, "text"), release=f["do"] == "release")
            ),
            self._act("worry", lambda group, who, f: room.worry(group, who.staff, f["words"], f["how_soon"])),
            self._act("name", lambda group, who, f: room.name(group, who.staff, f["name"])),
            self._act("end-link", lambda group, who, _f: room.end_link(group, who.staff)),
            self._act("new-link", lambda group, who, _f: room.new_link(group, who.staff)),
        ]

    # --- leading ---

    async def lead(self, request: Request, found: SignedIn) -> Response:
        """The facilitator's own page."""
        return await self._lead(request.path_params["id"], found)

    async def _lead(self, group_id: int, found: SignedIn, *, refusal: str = "", status: int = 200) -> Response:
        values = await run_in_threadpool(self._walls.room, group_id, found)
        region = values["group"].region or self._app.settings.region
        directory = self._app.directory
        return self._frame.page(
            "room.html", found, refusal=refusal, status=status, **values, region=region, sheet=self._sheet,
            duty=directory.reporting(region), emergency=directory.emergency(region),
            lines=directory.lines(region, now=self._app.now(), limit=4),
            desk_is_there=await run_in_threadpool(self._room.desk_is_there),
            together=await run_in_threadpool(self._room.together, group_id, found.staff),
            link_start=f"{self._app.settings.staff_url}/groups/{group_id}/together/", longest_name=LONGEST_NAME,
        )  # fmt: skip

    async def screen(self, request: Request, found: SignedIn) -> Response:
        """The presenter view, for the projector."""
        group = await run_in_threadpool(self._sights.presenter, request.path_params["id"], found.staff)
        return self._frame.page("screen.html", found, view=SCREEN, **self._walls.wall(group))

    async def join(self, request: Request, found: SignedIn) -> Response:
        """The big join screen."""
        group = await run_in_threadpool(self._sights.presenter, request.path_params["id"], found.staff)
        return self._frame.page("screen.html", found, view=JOIN, **self._walls.wall(group))

    async def qr(self, request: Request, found: SignedIn) -> Response:
        """The join page with the code in it, as a QR code."""
        group = await run_in_threadpool(self._sights.presenter, request.path_params["id"], found.staff)
        return Response(self._walls.qr(group.code, group.region), media_type="image/svg+xml")

    async def events(self, request: Request, found: SignedIn) -> Response:
        """What changed on an open page."""
        view = request.query_params.get("view", "")
        if view not in PARTS:
            return Response(status_code=404)
        group_id = request.path_params["id"]
        await run_in_threadpool(self._sights.presenter, group_id, found.staff)
        stream = self._walls.events(request, group_id, view, request.query_params.get("seen", ""))
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    # --- afterwards ---

    async def summary(self, request: Request, found: SignedIn) -> Response:
        """One page to print."""
        summary = await run_in_threadpool(self._sights.summary, request.path_params["id"], found.staff)
        return self._frame.page(
            "summary.html", found, summary=summary, group=summary.group, say=self._walls.staff_say,
            longest_name=LONGEST_NAME,
        )  # fmt: skip

    async def export(self, request: Request, found: SignedIn) -> Response:
        """The same as CSV."""
        group_id = request.path_params["id"]
        summary = await run_in_threadpool(self._sights.summary, group_id, found.staff)
        headers = {"Content-Disposition": f'attachment; filename="group-{group_id}.csv"'}
        return Response(as_csv(summary), media_type="text/csv", headers=headers)

    # --- parts ---

    def _act(self, verb: str, act: Callable[[int, SignedIn, Fields], None]) -> Route:
        async def endpoint(request: Request, found: SignedIn) -> Response:
            group_id, fields = request.path_params["id"], await Fields.of(request)
            try:
                await run_in_threadpool(act, group_id, found, fields)
            except (GroupRefused, LessonGone, ValueError) as refused:
                sentence = _why(refused)
                return await self._lead(group_id, found, refusal=sentence, status=409)
            after = "/summary" if fields["back"] == "summary" else ""
            return RedirectResponse(f"/groups/{group_id}{after}", status_code=303)

        return self._frame.post(f"/groups/{{id:int}}/{verb}", endpoint)


def _why(refused: Exception) -> str:
    if isinstance(refused, LessonGone):
        return LESSON_GONE.text
    return refused.sentence if isinstance(refused, GroupRefused) else "Fill in the form, then try again."


def _number(fields: Fields, name: str) -> int:
    """A number of a form; raises ValueError, which is answered with a sentence."""
    number = row_id(fields[name])
    if number is None:
        raise ValueError(name)
    return number
