"""The desk: the staff side's routes. One screen, its live stream, and what a worker can do.

Promises: every route but sign-in and the files of the page stands behind ``door``. What may not be done
comes back as one calm sentence beside the case, never as an error page. Refuses to know: how it is done.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.desk.closing import Closing
from bot.desk.views import DeskRefused, NoSuchCase, NotYours, SignInRefused
from bot.text import storable
from bot.web.callers import Callers
from bot.web.desk_acts import Act, Acts, Fields
from bot.web.desk_live import desk_events, lists_for, read_seen, shown
from bot.web.desk_pages import DeskPages, Part
from bot.web.desk_parts import DeskParts
from bot.web.pace import Pace
from bot.web.permissions import Doing, first_page, may
from bot.web.row_ids import row_id
from bot.web.security_headers import OWN_ASSETS_ONLY, SecurityHeaders, private_headers
from bot.web.staff_session import (
    Endpoint,
    SignedIn,
    door,
    end_session,
    from_own_page,
    is_htmx,
    keep_session,
    signed_in,
)

__all__ = ["DeskParts", "desk_routes"]

STATIC = Path(__file__).parent / "static"
MOST_TRIES = 20
"""Tries to sign in from one address in a minute: a whole shift behind one address fits, a list of passwords does not."""

THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
OPEN_TO_ALL = frozenset({"/sign-in", "/static"})
"""The only paths of ``desk_routes`` that need no session."""

# With "no-referrer" a browser hides even from us where a form stood; no other site is told either way.
HEADERS = {**private_headers(OWN_ASSETS_ONLY), "Referrer-Policy": "same-origin"}
PRIVATE = [Middleware(SecurityHeaders, headers=HEADERS)]
# Our own files hold nothing private; the browser may keep them as long as it asks whether they changed.
PUBLIC_FILES = [Middleware(SecurityHeaders, headers={**HEADERS, "Cache-Control": "no-cache"})]


def desk_routes(app: DeskParts) -> list[BaseRoute]:
    """The staff listener's routes. Raises ClosingError when content/desk/closing.yml cannot be used."""
    closing = Closing.load(app.settings.content / "desk" / "closing.yml", app.modules)
    pages = DeskPages(service_name=app.settings.service_name, demo=app.settings.demo, closing=closing)
    return _Routes(app, pages, Acts(app.desk, app.team, closing)).all()


class _Routes:
    """The endpoints over one set of working parts."""

    def __init__(self, app: DeskParts, pages: DeskPages, acts: Acts) -> None:
        self._app = app
        self._pages = pages
        self._acts = acts
        self._callers = Callers(app.settings.proxies)
        self._tries = Pace(most=MOST_TRIES, seconds=60.0, clock=time.monotonic)

    def all(self) -> list[BaseRoute]:
        """Every route; what is done to a case is one line each, with the right it needs."""
        return [
            Route("/sign-in", self.sign_in, methods=["GET", "POST"], middleware=PRIVATE),
            Mount("/static", StaticFiles(directory=STATIC), middleware=PUBLIC_FILES),
            Route("/", door(self._app, Doing.SEE_DESK, self.screen, self._no_desk), methods=["GET"], middleware=PRIVATE),
            self._get("/case/{id:int}", Doing.SEE_CASE, self.screen),
            self._get("/events", Doing.SEE_CASE, self.events, listens=True),
            self._post("/sign-out", None, self.sign_out),
            self._post("/active", Doing.SEE_DESK, self.active),
            self._act("accept", Doing.ACCEPT, self._acts.accept),
            self._act("say", Doing.SAY, self._acts.say),
            self._act("raise", Doing.RAISE, self._acts.raise_level),
            self._act("note", Doing.NOTE, self._acts.note),
            self._act("close", Doing.CLOSE, self._acts.close),
            self._act("hand-back", Doing.HAND_BACK, self._acts.hand_back),
            self._act("take-over", Doing.ACCEPT, self._acts.take_over),
            self._act("decline", Doing.ACCEPT, self._acts.decline),
            self._act("typing", Doing.SAY, self._acts.typing),
            self._act("open-anyway", Doing.OPEN_ANYWAY, self._acts.open_anyway),
            self._act("reveal", Doing.REVEAL, self._acts.reveal),
            self._post("/away", Doing.SEE_DESK, self.away),
            self._post("/back", Doing.SEE_DESK, self.back),
        ]

    def _get(self, path: str, doing: Doing, endpoint: Endpoint, *, listens: bool = False) -> Route:
        guarded = door(self._app, doing, endpoint, self._forbidden, listens=listens)
        return Route(path, guarded, methods=["GET"], middleware=PRIVATE)

    def _post(self, path: str, doing: Doing | None, endpoint: Endpoint) -> Route:
        return Route(path, door(self._app, doing, endpoint, self._forbidden), methods=["POST"], middleware=PRIVATE)

    def _act(self, verb: str, doing: Doing, act: Act) -> Route:
        async def endpoint(request: Request, found: SignedIn) -> Response:
            return await self._done(request, found, act)

        return self._post(f"/case/{{id:int}}/{verb}", doing, endpoint)

    # --- signing in and out ---

    async def sign_in(self, request: Request) -> Response:
        """The sign-in page, and the try itself."""
        if request.method != "POST":
            here = await signed_in(self._app, request)
            return RedirectResponse("/", status_code=303) if here else self._sign_in_page(self._needs_https(request))
        fields = await Fields.of(request)
        if not from_own_page(request):
            return self._sign_in_page("Please sign in from this page.", status=403)
        if not self._tries.takes(self._callers.key(request) or f"name {fields['username']}"):
            return self._sign_in_page("Too many tries from here. Wait a minute, then try again.", status=429)
        password = storable(str((await request.form()).get("password", "")))  # as typed: a password may begin with a space
        code = fields["totp"].replace(" ", "") or None
        try:
            token = await run_in_threadpool(self._app.staff.sign_in, fields["username"], password, code)
        except SignInRefused as refused:
            return self._sign_in_page(refused.sentence, username=fields["username"], status=401)
        answer = RedirectResponse("/", status_code=303)
        keep_session(answer, token, secure=self._secure(request))
        return answer

    def _sign_in_page(self, refusal: str = "", *, username: str = "", status: int = 200) -> Response:
        needs_totp = self._app.staff.needs_totp
        html = self._pages.page("sign_in.html", refusal=refusal, username=username, needs_totp=needs_totp)
        return HTMLResponse(html, status_code=status)

    def _needs_https(self, request: Request) -> str:
        """Why nobody could stay signed in here, if so: a browser drops the session of a plain address."""
        if request.url.scheme == "https" or not self._secure(request) or request.url.hostname in THIS_MACHINE:
            return ""
        return "This desk is in real use, so it signs people in only over https. Open its https address."

    def _secure(self, request: Request) -> bool:
        """Outside the demo the session travels only over https (or on this very machine)."""
        return request.url.scheme == "https" or not self._app.settings.demo

    async def sign_out(self, request: Request, found: SignedIn) -> Response:
        """End the session."""
        await run_in_threadpool(self._app.staff.sign_out, found.token)
        answer = RedirectResponse("/sign-in", status_code=303)
        end_session(answer, secure=self._secure(request))
        return answer

    async def active(self, _request: Request, _found: SignedIn) -> Response:
        """The person is reading or typing; the door already kept the session awake."""
        return Response(status_code=204)

    async def away(self, _request: Request, found: SignedIn) -> Response:
        """Away: what they hold goes back to the queue."""
        returned = await run_in_threadpool(self._app.team.go_away, found.staff)
        told = f"You are away. {returned} back in the queue." if returned else "You are away. Take your time."
        return await self._lists_again(found, told)

    async def back(self, _request: Request, found: SignedIn) -> Response:
        """Here again."""
        await run_in_threadpool(self._app.team.come_back, found.staff)
        return await self._lists_again(found, "Welcome back.")

    async def _lists_again(self, found: SignedIn, told: str) -> Response:
        lists = await run_in_threadpool(lists_for, self._app, found.staff)
        return self._answer(self._pages.list_parts(lists), told, status=200)

    # --- looking ---

    async def screen(self, request: Request, found: SignedIn) -> Response:
        """The whole screen, or for the page's own script the case alone."""
        return await self._screen(request, found, request.path_params.get("id"))

    async def _screen(
        self, request: Request, found: SignedIn, case_id: int | None, refusal: str = "", status: int = 200
    ) -> Response:
        try:
            values = await run_in_threadpool(self._values, found, case_id)
        except DeskRefused as refused:
            if is_htmx(request):
                return self._answer([], refused.sentence, status=_status(refused))
            values = await run_in_threadpool(self._values, found, None)
            refusal, status = refused.sentence, _status(refused)
        template = "case.html" if is_htmx(request) else "desk.html"
        return HTMLResponse(self._pages.page(template, refusal=refusal, **values), status_code=status)

    def _values(self, found: SignedIn, case_id: int | None) -> dict[str, object]:
        screen = shown(self._app, self._pages, found, case_id)
        return {
            "parts": {p.name: p for p in screen.parts},
            "card": screen.card,
            "colleagues": self._app.team.colleagues(found.staff) if case_id else (),
            "case_id": case_id,
            "csrf": found.csrf,
            "staff": found.staff,
            "may_run": may(found.staff, Doing.SEE_BOARD),
            "now": self._app.now(),
        }

    async def events(self, request: Request, _found: SignedIn) -> Response:
        """The live stream of the lists and, with ``case``, of that case."""
        stream = desk_events(
            self._app,
            self._pages,
            request,
            case_id=row_id(request.query_params.get("case", "")),
            seen=read_seen(request.query_params.get("seen", "")),
        )
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    # --- doing ---

    async def _done(self, request: Request, found: SignedIn, act: Act) -> Response:
        """Do it, then show the case as it now is, with a sentence."""
        case_id: int = request.path_params["id"]
        fields = await Fields.of(request)
        try:
            done, refusal, status = await run_in_threadpool(act, case_id, found, fields), "", 200
        except DeskRefused as refused:
            done, refusal, status = None, refused.sentence, _status(refused)
        if not is_htmx(request):
            here = RedirectResponse(f"/case/{case_id}", status_code=303)
            return here if done else await self._screen(request, found, case_id, refusal, status)
        try:
            parts = (await run_in_threadpool(shown, self._app, self._pages, found, case_id)).parts
        except DeskRefused:
            parts = self._pages.list_parts(await run_in_threadpool(lists_for, self._app, found.staff))
        changed = [p for p in parts if p.name not in (done.leaves if done else ()) and p.name != "rest"]
        return self._answer(changed, done.told if done else refusal, status=status, revealed=done.revealed if done else "")

    # --- answering ---

    def _answer(self, changed: Sequence[Part], sentence: str, *, status: int, revealed: str = "") -> Response:
        html = self._pages.page("oob.html", changed=changed, sentence=sentence, refused=status != 200, revealed=revealed)
        # Only the named parts change: whatever asked, what it pointed at stays as it is.
        return HTMLResponse(html, status_code=status, headers={"HX-Reswap": "none", "HX-Push-Url": "false"})

    def _no_desk(self, request: Request, found: SignedIn, sentence: str) -> Response:
        """Whoever has no desk is shown the way to their own first page."""
        page = first_page(found.staff)
        return self._forbidden(request, found, sentence) if page == "/" else RedirectResponse(page, status_code=303)

    def _forbidden(self, request: Request, found: SignedIn, sentence: str) -> Response:
        if is_htmx(request):
            return self._answer([], sentence, status=403)
        desk_open = may(found.staff, Doing.SEE_DESK)
        return HTMLResponse(
            self._pages.page("refused.html", sentence=sentence, csrf=found.csrf, desk_open=desk_open), status_code=403
        )


def _status(refused: DeskRefused) -> int:
    if isinstance(refused, NoSuchCase):
        return 404
    return 403 if isinstance(refused, NotYours) else 409
