"""The doors that only a key opens, tried by somebody who has one: staff of every role, another desk, a seat, a page.

Whoever has a session is trusted with less than the whole house: what they send must break nothing either. Each request
carries the session's form token and, as often as not, the number of a case, a group or a text that is really there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import quote, urlencode

from bot.app import App
from bot.channels.base import Inbound
from bot.desk.views import Role, StaffMember
from bot.fuzz_parts import Hostile, Tally, ask, client
from bot.groups.state import GroupEvent
from bot.groups.steps import Subject
from bot.privacy import new_token
from bot.sign_in import member
from bot.web.staff_session import COOKIE, CSRF_FIELD, CSRF_HEADER, SignedIn

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
FIELDS = (
    "text", "once", "level", "outcome", "chi_category", "then", "check_in", "to", "reason", "person", "capacity", "shift",
    "day", "name", "place", "days", "starts", "ends", "zone", "phone", "email", "on", "lesson", "band", "lang", "region",
    "also", "pace", "keep", "do", "event", "number", "open", "words", "how_soon", "category", "id", "step", "options", "code",
    "back",
)  # fmt: skip
LISTENED_FOR = 15.0
"""Seconds in which a stream must begin."""


@dataclass(frozen=True)
class Inside:
    """What is really there."""

    staff: Mapping[str, StaffMember]
    ids: tuple[int, ...]
    group: int
    api: Mapping[str, str]


async def inside(app: App, public: Any, staff: Any, tally: Tally, hostile: Hostile, *, rounds: int) -> None:
    """Try every door of both listeners with every key: as it is meant to be used with each, and by every method with one."""
    there = await asyncio.to_thread(_furnish, app)
    times = max(1, rounds // 80)
    async with client(staff) as desk, client(public) as page:
        for role, who in there.staff.items():
            for method, path in _doors(staff):
                meant = method in ("GET", "POST")
                for number in range(times if meant else int(role == "supervisor")):
                    headers = await asyncio.to_thread(_session, app, who)
                    if path.startswith("/api/"):
                        headers = {"Authorization": f"Bearer {there.api[role]}"}
                    if path.endswith("/events") and method in ("GET", "HEAD"):
                        await _listens(staff, tally, hostile, there, method, path, headers)
                    else:
                        await _tries(desk, tally, hostile, there, method, path, headers, is_there=number == 0)
        for path in dict.fromkeys(route.path for route in public.routes):
            if path.startswith(("/group/", "/chat/")):
                await _with_a_token(app, public, page, tally, hostile, there, path, times)


def _doors(site: Any) -> Iterator[tuple[str, str]]:
    """Each method that a door takes, and then those that it does not."""
    taken: dict[str, set[str]] = {}
    for route in site.routes:
        taken.setdefault(route.path, set()).update(getattr(route, "methods", None) or {"GET"})
    for path, methods in taken.items():
        yield from ((method, path) for method in METHODS if method in methods or method not in ("GET", "POST"))


async def _with_a_token(
    app: App, public: Any, page: Any, tally: Tally, hostile: Hostile, there: Inside, path: str, times: int
) -> None:
    """The doors of a seat or a chat, under a token that opens them: a new one each time, for some doors end it."""
    for method in METHODS:
        for _ in range(times + 2 if method in ("POST", "PUT") else 2):
            token = await asyncio.to_thread(_seat if path.startswith("/group/") else _page, app, there)
            headers = {"Authorization": f"Bearer {token}"}
            if path.endswith("/events") and method in ("GET", "HEAD"):
                await _listens(public, tally, hostile, there, method, path, headers)
            else:
                await _tries(page, tally, hostile, there, method, path, headers)


async def _tries(
    opened: Any,
    tally: Tally,
    hostile: Hostile,
    there: Inside,
    method: str,
    door: str,
    headers: Mapping[str, str],
    *,
    is_there: bool = False,
) -> None:
    """One request with hostile fields; ``is_there`` aims it at a row that exists."""
    door_there = door.replace("{id:int}", str(there.group if door.startswith("/groups") else 1)) if is_there else door
    body, kind = _body(hostile, there, headers) if method in ("POST", "PUT", "DELETE", "PATCH") else (None, {})
    path = _path(hostile, there, door_there)
    await ask(opened, tally, method, door, path, content=body, params=_query(hostile, there), headers={**headers, **kind})


async def _listens(
    site: Any, tally: Tally, hostile: Hostile, there: Inside, method: str, door: str, headers: Mapping[str, str]
) -> None:
    """Open a stream, wait for its beginning, and go."""
    is_first = f"{method} {door}" not in tally.answers  # as a page asks for it; then as nobody should
    last = (
        ""
        if is_first
        else hostile.dice.choice(("0", "7", "-1", "1e5", "9" * 15, "9" * 400, "\u0663".encode().decode("latin-1"), "x"))
    )
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.wait([begun])
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start" and not begun.done():
            begun.set_result(int(message["status"]))

    query = urlencode({**_query(hostile, there), "view": hostile.dice.choice(("screen", "room", "x"))}).encode()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "root_path": "",
        "path": _path(hostile, there, door), "raw_path": b"", "query_string": query, "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1), "headers": [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in {**headers, "Host": "127.0.0.1", "Last-Event-ID": last}.items()
        ],
    }  # fmt: skip
    try:
        await asyncio.wait_for(site(scope, receive, send), LISTENED_FOR)
    except Exception as error:  # noqa: BLE001 - the edge: whatever came out of a door is what is looked for
        tally.errors.append(f"{method} {door}: {type(error).__name__}")
        return
    tally.note(f"{method} {door}", begun.result() if begun.done() else 500)


def _path(hostile: Hostile, there: Inside, door: str) -> str:
    part = quote(hostile.text().encode("utf-8", "surrogatepass"), safe="")[:200] or "x"
    odd = (0, 2**31 - 1, 2**31, 2**63, 10**30)
    number = hostile.dice.choice((*there.ids, *there.ids, *there.ids, *odd))
    path = door.replace("{id:int}", str(number)).replace("{module}", hostile.dice.choice(("grooming", part)))
    for name in ("{name}", "{token}", "{kind}"):
        path = path.replace(name, part)
    return path.replace("{format}", hostile.dice.choice(("pdf", part)))


def _query(hostile: Hostile, there: Inside) -> dict[str, str]:
    asked = {name: _value(hostile, there) for name in hostile.dice.sample(("case", "seen", "lang", "region", "band", "c"), 2)}
    return {name: value.encode("utf-8", "ignore").decode()[:300] for name, value in asked.items()}


def _value(hostile: Hostile, there: Inside) -> str:
    known = ("1", "high", "yes", "supported", "Violence: emotional", "grooming/trust", "13-15", "en", "Europe/Paris", "09:00")
    numbers = ("0", "-1", "9" * 12, "9" * 30, "9" * 5000, "\u0663", "\u00b2", *(str(i) for i in there.ids))
    return hostile.dice.choice((hostile.text(), hostile.dice.choice(known), hostile.dice.choice(numbers)))


def _body(hostile: Hostile, there: Inside, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """A form, a form in an encoding of its own, or JSON; now and then what is none of these."""
    wanted = {name: _value(hostile, there) for name in hostile.dice.sample(FIELDS, 12)}
    kind = hostile.dice.randrange(5)
    if kind == 0:
        return hostile.body(), {}
    if kind == 1 and "Authorization" not in headers:
        return _parts(wanted, headers.get(CSRF_HEADER, "")), {"Content-Type": "multipart/form-data; boundary=x; charset=utf-7"}
    if "Authorization" in headers:
        odd = {name: hostile.value() for name in hostile.dice.sample(FIELDS, 4)}
        named = {"text": hostile.text(), "id": hostile.text()[:60], "to": hostile.dice.choice(("box", "step", "me", "x"))}
        named["word"] = hostile.dice.choice(("otter", hostile.text()))
        return json.dumps({**wanted, **named, **(odd if kind == 2 else {})}).encode(), {"Content-Type": "application/json"}
    form = urlencode(wanted, errors="surrogatepass").encode()
    return form, {"Content-Type": "application/x-www-form-urlencoded"}


def _parts(wanted: Mapping[str, str], csrf: str) -> bytes:
    """A form by parts in UTF-7, where half a character can be written out."""
    given = {CSRF_FIELD: csrf, **wanted}
    one = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return "".join(one.format(name, f"+2AA-{name}") for name in given).encode() + b"--x--\r\n"


def _furnish(app: App) -> Inside:
    """Somebody of each role, a case, a group that runs, and what belongs to it."""
    with app.store.begin() as work:
        for role in get_args(Role):
            work.staff.add(username=f"fuzz-{role}", first_name="Sam", role=role, password_hash="-", totp=None)
        staff = {role: member(found) for role in get_args(Role) if (found := work.staff.by_username(f"fuzz-{role}"))}
    inbound = Inbound("sms", "sms:inside", "i want to die", address="+15005550999", number="+15005550999")
    app.conversation.receive(inbound)
    leader, module = staff["facilitator"], app.group_lessons.catalog.modules[0]
    subject = Subject(module.id, module.lessons[0].id, "13-15", "en")
    group = app.group_room.open(leader, subject, region=None, free=True)
    app.group_room.move(group, leader, GroupEvent.START)
    api = {role: app.staff.api_token(f"fuzz-{role}") for role in staff}
    return Inside(staff=staff, ids=(1, 2, group), group=group, api=api)


def _session(app: App, who: StaffMember) -> dict[str, str]:
    """A new session each time: some of what is tried ends it."""
    token = new_token()
    with app.store.begin() as work:
        work.staff.open_session(token, who.id)
    return {"Cookie": f"{COOKIE}={token}", CSRF_HEADER: SignedIn(staff=who, token=token).csrf}


def _seat(app: App, there: Inside) -> str:
    """In the group, whose door a facilitator may have shut meanwhile."""
    with app.store.begin() as work:
        work.groups.change(there.group, door_open=True)
        code = work.groups.get(there.group).code
    return app.group_seats.join(code, "en").token


def _page(app: App, _there: Inside) -> str:
    return app.chat.open(None, None, "en")
