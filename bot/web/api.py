"""A small API for other systems' desks, on the staff listener (docs/other-desks.md, with a worked client).

A token acts as the member of staff it was made for, with that role's rights; every change is in the audit under
their name. JSON in and out, one clear sentence for every refusal.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk.closing import Closing
from bot.desk.views import Conflict, DeskRefused, NoSuchCase, NotYours, StaffMember
from bot.text import storable
from bot.web.desk_parts import Desk, DeskSettings
from bot.web.permissions import Doing, NotAllowed, check_may
from bot.web.security_headers import NOTHING_AT_ALL, SecurityHeaders, private_headers
from bot.web.youth_doors import bearer, small_body

PRIVATE = [Middleware(SecurityHeaders, headers=private_headers(NOTHING_AT_ALL))]
Body = dict[str, Any]
Answer = Callable[[Request, StaffMember, Body], Awaitable[Any]]
STATUS: tuple[tuple[type[DeskRefused], int], ...] = ((NoSuchCase, 404), (NotYours, 403), (Conflict, 409), (DeskRefused, 409))


class ApiStaff(Protocol):
    """Whom a token acts as."""

    def by_api_token(self, token: str) -> StaffMember | None:
        """The member of staff; None for a token that is unknown or taken back."""
        ...

    def seen(self, staff: StaffMember) -> None:
        """They are at work."""
        ...


class ApiParts(Protocol):
    """The working parts that ``api_routes`` is given."""

    @property
    def settings(self) -> DeskSettings: ...
    @property
    def staff(self) -> ApiStaff: ...
    @property
    def desk(self) -> Desk: ...


class BadRequest(Exception):
    """The request cannot be read; the sentence says what it needs."""


def api_routes(app: ApiParts) -> list[BaseRoute]:
    """The API's routes."""
    return _Api(app).all()


class _Api:
    def __init__(self, app: ApiParts) -> None:
        self._app = app
        self._closing = Closing.load(app.settings.content / "desk" / "closing.yml")

    def all(self) -> list[BaseRoute]:
        """Every route, with the right it needs."""
        one = "/api/v1/cases/{id:int}"
        return [
            self._route("/api/v1/cases", "GET", Doing.SEE_DESK, self.cases),
            self._route(one, "GET", Doing.SEE_CASE, self.case),
            self._route(f"{one}/accept", "POST", Doing.ACCEPT, self.accept),
            self._route(f"{one}/reply", "POST", Doing.SAY, self.reply),
            self._route(f"{one}/note", "POST", Doing.NOTE, self.note),
            self._route(f"{one}/hand-back", "POST", Doing.HAND_BACK, self.hand_back),
            self._route(f"{one}/close", "POST", Doing.CLOSE, self.close),
        ]

    async def cases(self, _request: Request, staff: StaffMember, _body: Body) -> Any:
        """Waiting, mine, and closed in the last 24 hours. Asking counts as being at the desk."""
        desk = self._app.desk
        await run_in_threadpool(self._app.staff.seen, staff)
        lists = {"waiting": desk.queue, "mine": desk.mine, "closed": desk.closed_today}
        return {name: [asdict(card) for card in await run_in_threadpool(make, staff)] for name, make in lists.items()}

    async def case(self, request: Request, staff: StaffMember, _body: Body) -> Any:
        """One case with its transcript; audited as a look."""
        return asdict(await run_in_threadpool(self._app.desk.view, _id(request), staff))

    async def accept(self, request: Request, staff: StaffMember, _body: Body) -> Any:
        """Take a case."""
        await run_in_threadpool(self._app.desk.accept, _id(request), staff)
        return {"accepted": _id(request)}

    async def reply(self, request: Request, staff: StaffMember, body: Body) -> Any:
        """Write to the young person; the same ``once`` twice is one message."""
        text, once = _text(body, "text"), _text(body, "once")
        await run_in_threadpool(lambda: self._app.desk.say(_id(request), staff, text, once=f"api.{staff.id}.{once[:40]}"))
        return {"queued": True}

    async def note(self, request: Request, staff: StaffMember, body: Body) -> Any:
        """Keep a note between staff."""
        await run_in_threadpool(self._app.desk.note, _id(request), staff, _text(body, "text"))
        return {"kept": True}

    async def hand_back(self, request: Request, staff: StaffMember, _body: Body) -> Any:
        """Back to the queue."""
        await run_in_threadpool(self._app.desk.hand_back, _id(request), staff)
        return {"queued": True}

    async def close(self, request: Request, staff: StaffMember, body: Body) -> Any:
        """Close with an outcome and a category of content/desk/closing.yml."""
        outcome, category = _text(body, "outcome"), _text(body, "category")
        if not self._closing.has_outcome(outcome) or not self._closing.has_category(category):
            known = ", ".join(o.id for o in self._closing.outcomes)
            raise BadRequest(f"outcome must be one of {known}, and category one of the words in content/desk/closing.yml.")
        await run_in_threadpool(self._app.desk.close, _id(request), staff, outcome, category)
        return {"closed": _id(request)}

    def _route(self, path: str, method: str, doing: Doing, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            staff = await run_in_threadpool(self._app.staff.by_api_token, bearer(request)) if bearer(request) else None
            if staff is None:
                return _refusal("Send a token as `Authorization: Bearer ...`; `handrail staff api-token` makes one.", 401)
            try:
                check_may(staff, doing)
                body = await _body(request) if method == "POST" else {}
                return Response(_json(await answer(request, staff, body)), media_type="application/json")
            except NotAllowed as error:
                return _refusal(error.sentence, 403)
            except BadRequest as error:
                return _refusal(str(error), 400)
            except DeskRefused as error:
                return _refusal(error.sentence, next(status for kind, status in STATUS if isinstance(error, kind)))

        return Route(path, endpoint, methods=[method], middleware=PRIVATE)


def _id(request: Request) -> int:
    return int(request.path_params["id"])


async def _body(request: Request) -> Body:
    raw = await small_body(request)
    if not raw:
        return {}
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise BadRequest("Send a JSON object.")
    return read


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{name} is missing: send it as text.")
    return storable(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda at: at.isoformat() if isinstance(at, datetime) else str(at))


def _refusal(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status_code=status)
