"""Who is at the desk: the session cookie, the form token, and the one door every desk page stands behind.

Promises: without a session nothing is shown; without the form token nothing is changed; a role that may
not do a thing is told so. Refuses to know: passwords, codes, how long a session lives.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.desk.views import StaffMember
from bot.text import storable
from bot.web.desk_parts import DeskParts
from bot.web.permissions import Doing, NotAllowed, check_may

COOKIE = "handrail_desk"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
CHANGES_NOTHING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class SignedIn:
    """Somebody at the desk, with the session's token and the token their forms carry."""

    staff: StaffMember
    token: str

    @property
    def csrf(self) -> str:
        """Bound to the session and not reversible, so that it may stand in the page."""
        return hmac.new(self.token.encode(), b"handrail desk form", hashlib.sha256).hexdigest()


class ForgedForm(Exception):
    """A change came without the page's own token."""

    sentence = "This page was open too long or came from elsewhere. Reload it and try again."


Endpoint = Callable[[Request, SignedIn], Awaitable[Response]]
Refuse = Callable[[Request, SignedIn, str], Response]


async def signed_in(app: DeskParts, request: Request) -> SignedIn | None:
    """Whose session the request carries, if any."""
    token = request.cookies.get(COOKIE, "")
    staff = await run_in_threadpool(app.staff.by_session, token) if token else None
    return SignedIn(staff=staff, token=token) if staff else None


def door(
    app: DeskParts, doing: Doing | None, endpoint: Endpoint, refuse: Refuse, *, listens: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint behind session, role and form token.

    ``doing`` None is for what every signed-in person may do, such as leaving. ``listens`` marks a page
    that only listens: it does not keep the session awake.
    """

    async def guarded(request: Request) -> Response:
        found = await signed_in(app, request)
        if found is None:
            return to_sign_in(request)
        try:
            if doing is not None:
                check_may(found.staff, doing)
            if request.method not in CHANGES_NOTHING:
                await check_form(request, found)
        except (NotAllowed, ForgedForm) as refusal:
            return refuse(request, found, refusal.sentence)
        if not listens:
            await run_in_threadpool(app.staff.touch, found.token)
        return await endpoint(request, found)

    return guarded


async def check_form(request: Request, found: SignedIn) -> None:
    """Raise ForgedForm unless the change carries this session's form token and came from our own page."""
    given = request.headers.get(CSRF_HEADER) or storable(str((await request.form()).get(CSRF_FIELD, "")))
    if not hmac.compare_digest(given.encode(), found.csrf.encode()) or not from_own_page(request):
        raise ForgedForm


def from_own_page(request: Request) -> bool:
    """Whether the browser says that the form stood on this site; older browsers say nothing."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def to_sign_in(request: Request) -> Response:
    """Send somebody without a session to the sign-in page; a page's own request gets a plain 401."""
    if request.method in CHANGES_NOTHING and "text/html" in request.headers.get("accept", "") and not is_htmx(request):
        return RedirectResponse("/sign-in", status_code=303)
    return Response("Please sign in again.", status_code=401, headers={"HX-Redirect": "/sign-in"}, media_type="text/plain")


def is_htmx(request: Request) -> bool:
    """Whether the page's own script asks for a part of itself."""
    return request.headers.get("hx-request") == "true"


def keep_session(response: Response, token: str, *, secure: bool) -> None:
    """Give the browser the session; it ends with the browser, or earlier on our side."""
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, path="/")


def end_session(response: Response, *, secure: bool) -> None:
    """Take the session from the browser."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=secure, path="/")
