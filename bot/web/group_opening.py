"""Where a facilitator begins: their groups, the form that opens one, their templates, and a colleague's link.

Promises: every page stands behind ``GroupFrame``; what deletes or lets in is a form on a page that says what it does.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.groups.names import LONGEST_NAME
from bot.groups.steps import LANGUAGES, QUESTIONS, Subject
from bot.groups.views import GroupRefused
from bot.threads import BANDS
from bot.web.desk_acts import Fields
from bot.web.group_frame import GroupFrame, RoomParts
from bot.web.staff_session import SignedIn


class GroupOpening:
    """The pages before a group is led."""

    def __init__(self, app: RoomParts, frame: GroupFrame) -> None:
        self._app = app
        self._room = app.group_room
        self._frame = frame

    def all(self) -> list[BaseRoute]:
        """Every route of theirs."""
        get, post = self._frame.get, self._frame.post
        template, link = "/groups/templates/{id:int}/delete", "/groups/{id:int}/together/{token}"
        return [
            get("/groups", self.list),
            post("/groups/open", self.open),
            get(template, self.ask_to_delete),
            post(template, self.delete),
            get(link, self.together),
            post(link, self.come),
            post("/groups/{id:int}/again", self.again),
        ]

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
        name = (await Fields.of(request))["name"]
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
                    name=name,
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
        group_id, token = request.path_params["id"], request.path_params["token"]
        await run_in_threadpool(self._room.check_link, group_id, token)
        return self._frame.page("together.html", found, group_id=group_id, token=token)

    async def come(self, request: Request, found: SignedIn) -> Response:
        """They lead it too."""
        group_id, token = request.path_params["id"], request.path_params["token"]
        await run_in_threadpool(self._room.come_by_link, group_id, found.staff, token)
        return RedirectResponse(f"/groups/{group_id}", status_code=303)

    # --- templates ---

    async def ask_to_delete(self, request: Request, found: SignedIn) -> Response:
        """A plain question first."""
        try:
            template = await run_in_threadpool(self._room.template, request.path_params["id"], found.staff)
        except GroupRefused as refused:
            return await self._list(found, refusal=refused.sentence, status=409)
        title = self._titles().get((template.subject.module, template.subject.lesson), template.subject.lesson)
        return self._frame.page("template.html", found, kept=template, title=title)

    async def delete(self, request: Request, found: SignedIn) -> Response:
        """It is gone."""
        try:
            await run_in_threadpool(self._room.delete_template, request.path_params["id"], found.staff)
        except GroupRefused as refused:
            return await self._list(found, refusal=refused.sentence, status=409)
        return RedirectResponse("/groups", status_code=303)

    # --- parts ---

    async def _list(self, found: SignedIn, *, refusal: str = "", status: int = 200) -> Response:
        lessons = self._app.group_lessons
        known = [(a.id, lessons.activities.say(a.id, "en").say) for a in lessons.activities.all]
        return self._frame.page(
            "list.html", found, refusal=refusal, status=status, titles=self._titles(), modules=lessons.catalog.modules,
            spoken={m.id: lessons.languages(m.id) for m in lessons.catalog.modules}, bands=BANDS,
            languages=LANGUAGES, regions=self._app.directory.regions(), home=self._app.settings.region, activities=known,
            groups=await run_in_threadpool(self._room.groups, found.staff),
            templates=await run_in_threadpool(self._room.templates, found.staff), longest_name=LONGEST_NAME,
        )  # fmt: skip

    def _titles(self) -> dict[tuple[str, str], str]:
        catalog = self._app.group_lessons.catalog
        return {(m.id, each.id): catalog.title(m.id, each.id, "en") for m in catalog.modules for each in m.lessons}
