"""The facilitator's pages: open a group, lead it, show it on a projector, print what is left of it.

Promises: every page stands behind ``door``; the presenter's and the facilitator's pages are rendered from views in
which nothing is about a person; every button is a plain form, and a script only keeps the page fresh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.desk.closing import Closing
from bot.directory import Directory
from bot.groups.state import GroupEvent
from bot.groups.steps import LANGUAGES, QUESTIONS, GroupLessons, Subject
from bot.groups.views import GroupRefused
from bot.threads import BANDS
from bot.web.desk_acts import Fields
from bot.web.desk_pages import DeskPages
from bot.web.group_walls import PARTS, GroupWalls, WallParts
from bot.web.lesson_pages import read_sheet
from bot.web.permissions import Doing
from bot.web.row_ids import row_id
from bot.web.staff_session import Endpoint, SignedIn, door
from bot.web.supervisor import PRIVATE


class RoomParts(WallParts, Protocol):
    """The working parts that ``room_routes`` is given."""

    @property
    def directory(self) -> Directory: ...
    @property
    def group_lessons(self) -> GroupLessons: ...

    def now(self) -> Any: ...


def room_routes(app: RoomParts) -> list[BaseRoute]:
    """The routes under /groups."""
    return _Routes(app).all()


class _Routes:
    def __init__(self, app: RoomParts) -> None:
        self._app = app
        self._room = app.group_room
        content = app.settings.content
        self._sheet = read_sheet(content / "desk" / "sheet.yml")
        closing = Closing.load(content / "desk" / "closing.yml")
        self._pages = DeskPages(service_name=app.settings.service_name, demo=app.settings.demo, closing=closing)
        self._walls = GroupWalls(app, self._pages)

    def all(self) -> list[BaseRoute]:
        """Every route; all of them need the right to run groups."""
        one = "/groups/{id:int}"
        room = self._room
        return [
            self._get("/groups", self.list),
            self._post("/groups/open", self.open),
            self._get(one, self.lead),
            self._get(f"{one}/screen", self.screen),
            self._get(f"{one}/join", self.join),
            self._get(f"{one}/qr.svg", self.qr),
            self._get(f"{one}/events", self.events, listens=True),
            self._get(f"{one}/summary", self.summary),
            self._get(f"{one}/export.csv", self.export),
            self._get(f"{one}/together/{{token}}", self.together),
            self._post(f"{one}/together/{{token}}", self.come),
            self._post(f"{one}/again", self.again),
            self._act("move", lambda group, who, f: room.move(group, who.staff, GroupEvent(f["event"]))),
            self._act("step", lambda group, who, f: room.step(group, who.staff, _number(f, "number"))),
            self._act("close", lambda group, who, _f: room.close_poll(group, who.staff)),
            self._act("door", lambda group, who, f: room.door(group, who.staff, is_open=f["open"] == "1")),
            self._act(
                "text", lambda group, who, f: room.settle(group, who.staff, _number(f, "text"), release=f["do"] == "release")
            ),
            self._act("worry", lambda group, who, f: room.worry(group, who.staff, f["words"], f["how_soon"])),
        ]

    # --- opening ---

    async def list(self, _request: Request, found: SignedIn) -> Response:
        """What somebody ran before, their templates, and the form that opens a new one."""
        return await self._list(found)

    async def open(self, request: Request, found: SignedIn) -> Response:
        """Open a group from the form."""
        form = await request.form()
        module, _, lesson = str(form.get("lesson", "")).partition("/")
        band, lang = str(form.get("band", "")), str(form.get("lang", ""))
        known = (QUESTIONS, *(a.id for a in self._app.group_lessons.activities.all))
        chosen = tuple(name for name in known if name in form.getlist("also"))
        regions = {code for code, _ in self._app.directory.regions()}
        region = str(form.get("region", ""))
        if band not in BANDS or lang not in LANGUAGES:
            return await self._list(found, refusal="Choose a band and a language.", status=409)
        subject = Subject(module, lesson, band, lang, chosen)
        try:
            group_id = await run_in_threadpool(
                lambda: self._room.open(
                    found.staff,
                    subject,
                    region=region if region in regions else None,
                    free=form.get("pace") == "free",
                    keep=form.get("keep") == "1",
                )
            )
        except GroupRefused as refused:
            return await self._list(found, refusal=refused.sentence, status=409)
        return RedirectResponse(f"/groups/{group_id}", status_code=303)

    async def again(self, request: Request, found: SignedIn) -> Response:
        """The same once more."""
        group_id = await run_in_threadpool(self._room.again, request.path_params["id"], found.staff)
        return RedirectResponse(f"/groups/{group_id}", status_code=303)

    async def together(self, request: Request, found: SignedIn) -> Response:
        """A colleague followed the link: one button, so that following it alone changes nothing."""
        return self._page("together.html", found, group_id=request.path_params["id"], token=request.path_params["token"])

    async def come(self, request: Request, found: SignedIn) -> Response:
        """They run it too."""
        group_id, token = request.path_params["id"], request.path_params["token"]
        await run_in_threadpool(self._room.come_by_link, group_id, found.staff, token)
        return RedirectResponse(f"/groups/{group_id}", status_code=303)

    # --- leading ---

    async def lead(self, request: Request, found: SignedIn) -> Response:
        """The facilitator's own page."""
        return await self._lead(request.path_params["id"], found)

    async def _lead(self, group_id: int, found: SignedIn, *, refusal: str = "", status: int = 200) -> Response:
        values = await run_in_threadpool(self._walls.room, group_id, found)
        region = values["group"].region or self._app.settings.region
        directory = self._app.directory
        return self._page(
            "room.html", found, refusal=refusal, status=status, **values, region=region, sheet=self._sheet,
            duty=directory.reporting(region), emergency=directory.emergency(region),
            lines=directory.lines(region, now=self._app.now(), limit=4),
            desk_is_there=await run_in_threadpool(self._room.desk_is_there),
            link=f"{self._app.settings.staff_url}/groups/{group_id}/together/{self._room.link_token(group_id)}",
        )  # fmt: skip

    async def screen(self, request: Request, found: SignedIn) -> Response:
        """The presenter view, for the projector."""
        group = await run_in_threadpool(self._room.presenter, request.path_params["id"], found.staff)
        return self._page("screen.html", found, **self._walls.wall(group))

    async def join(self, request: Request, found: SignedIn) -> Response:
        """The big join screen."""
        group = await run_in_threadpool(self._room.presenter, request.path_params["id"], found.staff)
        return self._page("join.html", found, **self._walls.wall(group))

    async def qr(self, request: Request, found: SignedIn) -> Response:
        """The join page with the code in it, as a QR code."""
        group = await run_in_threadpool(self._room.presenter, request.path_params["id"], found.staff)
        return Response(self._walls.qr(group.code), media_type="image/svg+xml")

    async def events(self, request: Request, found: SignedIn) -> Response:
        """What changed on an open page."""
        view = request.query_params.get("view", "")
        if view not in PARTS:
            return Response(status_code=404)
        group_id = request.path_params["id"]
        await run_in_threadpool(self._room.presenter, group_id, found.staff)
        stream = self._walls.events(request, group_id, view, request.query_params.get("seen", ""))
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    # --- afterwards ---

    async def summary(self, request: Request, found: SignedIn) -> Response:
        """One page to print."""
        summary = await run_in_threadpool(self._room.summary, request.path_params["id"], found.staff)
        return self._page("summary.html", found, summary=summary, group=summary.group, say=self._walls.staff_say)

    async def export(self, request: Request, found: SignedIn) -> Response:
        """The same as CSV."""
        group_id = request.path_params["id"]
        made = await run_in_threadpool(self._room.export, group_id, found.staff)
        headers = {"Content-Disposition": f'attachment; filename="group-{group_id}.csv"'}
        return Response(made, media_type="text/csv", headers=headers)

    # --- parts ---

    async def _list(self, found: SignedIn, *, refusal: str = "", status: int = 200) -> Response:
        lessons = self._app.group_lessons
        titles = {
            (m.id, each.id): lessons.catalog.title(m.id, each.id, "en") for m in lessons.catalog.modules for each in m.lessons
        }
        known = [(a.id, lessons.activities.say(a.id, "en").say) for a in lessons.activities.all]
        return self._page(
            "list.html", found, refusal=refusal, status=status, titles=titles, modules=lessons.catalog.modules,
            spoken={m.id: lessons.languages(m.id) for m in lessons.catalog.modules}, bands=BANDS,
            languages=LANGUAGES, regions=self._app.directory.regions(), home=self._app.settings.region, activities=known,
            groups=await run_in_threadpool(self._room.groups, found.staff),
            templates=await run_in_threadpool(self._room.templates, found.staff),
        )  # fmt: skip

    def _page(self, template: str, found: SignedIn, *, refusal: str = "", status: int = 200, **values: Any) -> Response:
        html = self._pages.page(
            f"groups/{template}",
            staff=found.staff,
            csrf=found.csrf,
            now=self._app.now(),
            refusal=refusal,
            here="groups",
            **values,
        )
        return HTMLResponse(html, status_code=status)

    def _get(self, path: str, endpoint: Endpoint, *, listens: bool = False) -> Route:
        guarded = door(self._app, Doing.RUN_GROUPS, self._kindly(endpoint), self._forbidden, listens=listens)  # type: ignore[arg-type]
        return Route(path, guarded, methods=["GET"], middleware=PRIVATE)

    def _post(self, path: str, endpoint: Endpoint) -> Route:
        guarded = door(self._app, Doing.RUN_GROUPS, self._kindly(endpoint), self._forbidden)  # type: ignore[arg-type]
        return Route(path, guarded, methods=["POST"], middleware=PRIVATE)

    def _act(self, verb: str, act: Callable[[int, SignedIn, Fields], None]) -> Route:
        async def endpoint(request: Request, found: SignedIn) -> Response:
            group_id, fields = request.path_params["id"], await Fields.of(request)
            try:
                await run_in_threadpool(act, group_id, found, fields)
            except (GroupRefused, ValueError) as refused:
                sentence = refused.sentence if isinstance(refused, GroupRefused) else "Fill in the form, then try again."
                return await self._lead(group_id, found, refusal=sentence, status=409)
            return RedirectResponse(f"/groups/{group_id}", status_code=303)

        return self._post(f"/groups/{{id:int}}/{verb}", endpoint)

    def _kindly(self, endpoint: Endpoint) -> Endpoint:
        """A group that is not there, or not theirs, is one sentence."""

        async def kind(request: Request, found: SignedIn) -> Response:
            try:
                return await endpoint(request, found)
            except GroupRefused as refused:
                return self._forbidden(request, found, refused.sentence)

        return kind

    def _forbidden(self, _request: Request, found: SignedIn, sentence: str) -> Response:
        html = self._pages.page("refused.html", sentence=sentence, csrf=found.csrf, desk_open=True)
        return HTMLResponse(html, status_code=403)


def _number(fields: Fields, name: str) -> int:
    """A number of a form; raises ValueError, which is answered with a sentence."""
    number = row_id(fields[name])
    if number is None:
        raise ValueError(name)
    return number
