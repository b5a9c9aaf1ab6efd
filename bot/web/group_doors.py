"""A young person's side of a group: the join page, and the doors that its script uses.

Promises: no name, no account, no cookie; the token only in a header; a text is always screened, an answer is one
of the options that are on the screen or is refused; no pace silences a text that shows danger.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.chat import ChatRefused
from bot.group_seats import GroupSeats, Sitting, UnknownCode
from bot.web.callers import Callers
from bot.web.group_guesses import CodeGuesses
from bot.web.group_screens import GroupScreens
from bot.web.open_streams import OpenStreams
from bot.web.pace import Pace, YouthPaces
from bot.web.security_headers import YOUTH_POLICY, SecurityHeaders, private_headers
from bot.web.youth_doors import MOST_ID, bearer, read_object, refusal, shows_danger, text_field
from bot.web.youth_page import YouthPage
from bot.web.youth_parts import YouthParts

MOST_SEATS, MOST_ANSWERS, IN_SECONDS = 600, 20, 10.0
"""Seats taken in all, and answers of one seat, in ``IN_SECONDS``: a whole school may join in one go."""

NO_SEAT = 401
MOST_DIGITS = 15
AIMS = frozenset({"box", "step", "me"})
Door = Callable[[Request, str, Sitting], Any]


class GroupParts(YouthParts, Protocol):
    """The working parts that ``group_routes`` is given."""

    @property
    def group_seats(self) -> GroupSeats: ...


def group_routes(
    app: GroupParts, *, guesses: CodeGuesses | None = None, clock: Callable[[], float] = time.monotonic
) -> list[Route]:
    """The join page and its doors; ``clock`` gives growing seconds, for their pace, and ``guesses`` are the chats' too."""
    return _Doors(app, clock, guesses).all()


class _Doors:
    def __init__(self, app: GroupParts, clock: Callable[[], float], guesses: CodeGuesses | None) -> None:
        self._app = app
        self._page = YouthPage(app)
        self._screens = GroupScreens(seats=app.group_seats, chat=app.chat, live=app.live, words=app.words)
        self._seats_pace = Pace(most=MOST_SEATS, seconds=IN_SECONDS, clock=clock)
        self._answers_pace = Pace(most=MOST_ANSWERS, seconds=IN_SECONDS, clock=clock)
        callers = Callers(app.settings.proxies)
        self._texts_pace = YouthPaces(callers=callers, clock=clock)
        self._streams = OpenStreams(callers=callers)
        self._guesses = guesses or CodeGuesses(callers=callers, clock=clock)

    def all(self) -> list[Route]:
        """Every address of a group's page."""
        dressed = [Middleware(SecurityHeaders, headers=private_headers(YOUTH_POLICY))]
        packed = [*dressed, Middleware(GZipMiddleware, minimum_size=800)]
        return [
            Route("/join", self.page, methods=["GET"], middleware=packed),
            Route("/group/seats", self.join, methods=["POST"], middleware=dressed),
            Route("/group/seats", self._seated(self.leave), methods=["DELETE"], middleware=dressed),
            Route("/group/seat", self._seated(self.look), methods=["GET"], middleware=dressed),
            Route("/group/events", self._seated(self.events), methods=["GET"], middleware=dressed),
            Route("/group/answers", self._refusing(self.answer), methods=["POST"], middleware=dressed),
            Route("/group/next", self._seated(self.go_on), methods=["POST"], middleware=dressed),
            Route("/group/texts", self._seated(self.write), methods=["POST"], middleware=dressed),
        ]

    async def page(self, request: Request) -> Response:
        """GET /join: the page; a code in the address (``?c=``) is filled in."""
        lang = self._page.language(request)
        code = "".join(c for c in request.query_params.get("c", "")[:10] if c.isalnum())
        region = self._page.region(request.query_params.get("region"))
        return HTMLResponse(self._page.group_html(lang, code, region))

    async def join(self, request: Request) -> Response:
        """POST /group/seats {"code"} -> 201 {"token", "nickname", "lang", "region"}."""
        lang = self._page.language(request)
        try:
            wish = await read_object(self._app, self._page, request)
            if not self._guesses.may(request):  # after the body, which a guesser sends when it suits them
                raise self._refused(request, "group_too_many_tries", 429)
            if not self._seats_pace.has("seat"):
                raise self._refused(request, "page_error_busy", 429)
            taken = await run_in_threadpool(self._app.group_seats.join, text_field(wish, "code")[:24], lang)
            self._seats_pace.charge("seat")  # only now: who guesses takes no seat, and shuts no class out
            region = await run_in_threadpool(self._region_of_seat, taken.token)
        except ChatRefused as refused:
            if isinstance(refused, UnknownCode):
                if self._guesses.too_many():
                    refused = self._refused(request, "group_too_many_tries", 429)
                self._guesses.wrong(request)
            return refusal(refused)
        seat = {"token": taken.token, "nickname": taken.nickname, "lang": taken.lang, "region": region}
        return JSONResponse(seat, status_code=201)

    async def look(self, _request: Request, token: str, sitting: Sitting) -> Response:
        """GET /group/seat -> {"nickname", "lang", "seq", "region"}: whether the seat is still there, and its newest line."""
        region = await run_in_threadpool(self._region_of_seat, token)
        return JSONResponse({"nickname": sitting.nickname, "lang": sitting.lang, "seq": sitting.last_seq, "region": region})

    def _region_of_seat(self, token: str) -> str | None:
        """The group's region, whose lines of help come first on the page of a seat."""
        sitting = self._app.group_seats.sitting(token)
        return self._app.group_seats.group_now(sitting.group_id).region if sitting else None

    async def events(self, request: Request, token: str, sitting: Sitting) -> Response:
        """GET /group/events: server-sent events; the step that is on comes first, private lines after ``Last-Event-ID``."""
        last = request.headers.get("last-event-id", "")
        if last and not (last.isascii() and last.isdigit() and len(last) <= MOST_DIGITS):
            raise self._refused(request, "page_error_unreadable", 400)
        if not self._streams.may_open(request):
            raise self._refused(request, "page_error_busy", 429)
        stream = self._screens.events(token, sitting, after=int(last) if last else None)
        stream = self._streams.counted(request, sitting.thread_id, stream)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def answer(self, request: Request) -> Response:
        """POST /group/answers {"step", "options"} -> 200 {"kept", "said"}, after it is kept.

        Whose seat it is the batch finds out, for all in it: 0.7 ms an answer less. Only who was not seen lately is looked up
        before, so that strangers stand in nobody's line, and take no pace.
        """
        token = bearer(request)
        seat = self._app.group_seats.key_of(token)
        given = await read_object(self._app, self._page, request)
        if not self._answers_pace.knows(seat) and await run_in_threadpool(self._app.group_seats.sitting, token) is None:
            raise self._refused(request, "page_gone", NO_SEAT)
        options = given.get("options")
        if not isinstance(options, list) or not 0 < len(options) <= 9 or not all(isinstance(o, str) for o in options):
            raise self._refused(request, "page_error_unreadable", 400)
        if not self._answers_pace.takes(seat):
            raise self._refused(request, "page_error_fast", 429)
        step, lang = text_field(given, "step"), self._page.language(request)
        try:
            return JSONResponse(await self._app.group_seats.answer(token, step, options, lang))
        except ChatRefused as refused:
            if refused.status == NO_SEAT:
                self._answers_pace.forget(seat)
            raise

    async def go_on(self, request: Request, token: str, sitting: Sitting) -> Response:
        """POST /group/next {"from"} -> 200 with the next screen, where everybody goes at their own pace.

        ``from`` is the number of the step on the page: what is sent twice goes on once.
        """
        given = await read_object(self._app, self._page, request)
        number = given.get("from")
        if not isinstance(number, int) or isinstance(number, bool):
            raise self._refused(request, "page_error_unreadable", 400)
        await run_in_threadpool(self._app.group_seats.go_on, token, number)
        screen = await run_in_threadpool(self._app.group_seats.screen, sitting.group_id, token, sitting.lang)
        return JSONResponse(screen)

    async def write(self, request: Request, _token: str, sitting: Sitting) -> Response:
        """POST /group/texts {"id", "text", "to"} -> 202: to the box, the step, or the bot alone ("me").

        "step" is the one that a text to the step answers: by the time it arrives another may be on.
        """
        given = await read_object(self._app, self._page, request)
        client_id, text, aim, step = (text_field(given, name) for name in ("id", "text", "to", "step"))
        if not client_id or len(client_id) > MOST_ID or not text.strip() or aim not in AIMS:
            raise self._refused(request, "page_error_unreadable", 400)
        is_danger = partial(shows_danger, self._app, text, sitting.thread_id)
        if not await self._texts_pace.may_say(request, sitting.thread_id, is_danger):
            raise self._refused(request, "page_error_fast", 429)
        await run_in_threadpool(self._app.group_seats.write, sitting, client_id, text, aim, step)
        return JSONResponse({"id": client_id}, status_code=202)

    async def leave(self, _request: Request, token: str, _sitting: Sitting) -> Response:
        """DELETE /group/seats -> 204."""
        await run_in_threadpool(self._app.group_seats.leave, token)
        self._answers_pace.forget(self._app.group_seats.key_of(token))
        return Response(status_code=204)

    def _refused(self, request: Request, words_id: str, status: int) -> ChatRefused:
        return ChatRefused(self._app.words.say(words_id, self._page.language(request)), status=status)

    def _refusing(self, door: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                answer: Response = await door(request)
            except ChatRefused as refused:
                return refusal(refused)
            return answer

        return guarded

    def _seated(self, door: Door) -> Callable[[Request], Any]:
        """A door that only a seat opens."""

        async def seated(request: Request) -> Response:
            token = bearer(request)
            sitting = await run_in_threadpool(self._app.group_seats.sitting, token)
            if sitting is None:
                raise self._refused(request, "page_gone", NO_SEAT)
            self._answers_pace.has(self._app.group_seats.key_of(token))  # known from now on to the door of answers
            answer: Response = await door(request, token, sitting)
            return answer

        return self._refusing(seated)
