"""The parts of a facilitator's pages that stay fresh by themselves: the projector's screen, and the room beside it.

Promises: what young people read on the wall is in the group's language, from ``content/messages``; a part is rendered
from views in which nothing is about a person, and is sent only when it changed.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlencode

import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from bot.group_sights import GroupSights
from bot.groups.views import GroupRefused, GroupView
from bot.settings import Settings
from bot.web.desk_pages import DeskPages
from bot.web.permissions import Doing, NotAllowed, check_may
from bot.web.staff_session import SignedIn, signed_in
from bot.web.youth_parts import Live
from bot.words import Words

BEAT_SECONDS = 10.0
CALM_SECONDS = 0.25
"""Between two looks of an open page: four a second is live to a room, and spares the database in a burst."""

AWAKE_SECONDS = 300.0
"""How often the open page of a group that goes on keeps its session awake: nobody clicks on a projector for an hour, and a
screen that signs itself out in front of a room would miss the calm screen too."""

QUIET_ZONE = 4
"""Modules of white around a QR code: what its standard asks for, so that a camera at the back of the room finds it."""

SCREEN, JOIN, ROOM = "screen", "join", "room"
PARTS = {name: f"groups/part_{name}.html" for name in (SCREEN, JOIN, ROOM)}


class WallParts(Protocol):
    """The working parts that ``GroupWalls`` is given."""

    @property
    def settings(self) -> Settings: ...
    @property
    def staff(self) -> Any: ...
    @property
    def group_sights(self) -> GroupSights: ...
    @property
    def words(self) -> Words: ...
    @property
    def live(self) -> Live: ...


class GroupWalls:
    """Renders and streams the living parts."""

    def __init__(self, app: WallParts, pages: DeskPages) -> None:
        self._app = app
        self._pages = pages

    def wall(self, group: GroupView) -> dict[str, Any]:
        """What every page for the projector says: in the group's language, with the ways to join."""
        say = partial(self._app.words.say, lang=group.subject.lang)
        return {"group": group, "say": say, "join_url": self._join_url(), "number": self._number()}

    def room(self, group_id: int, found: SignedIn) -> dict[str, Any]:
        """What the facilitator's own page shows; its words are for staff, in English."""
        room = self._app.group_sights.room(group_id, found.staff)
        return {"room": room, "group": room.group, "say": self.staff_say}

    @property
    def staff_say(self) -> Any:
        """The same words for staff, in English."""
        return partial(self._app.words.say, lang="en")

    def qr(self, code: str, region: str | None = None) -> bytes:
        """The join page with a code in it, and with the group's region, whose lines of help then come first; as an SVG."""
        query = {"c": code, **({"region": region} if region else {})}
        made = segno.make(f"{self._app.settings.public_url}/join?{urlencode(query)}", error="m")
        drawn = io.BytesIO()
        made.save(drawn, kind="svg", scale=8, border=QUIET_ZONE, dark="#16282a", light="#ffffff", omitsize=True, xmldecl=False)
        return drawn.getvalue()

    async def events(self, request: Request, group_id: int, view: str, seen: str = "") -> AsyncGenerator[str, None]:
        """The stream of one open page: a part when it changed, or a beat when nothing was sent for long, so that the page knows
        that it still hears. Not at every wake: that would tell a quiet room that somebody wrote just now.

        ``seen`` is the digest of what the page has."""
        yield "retry: 1000\n\n"
        clock = asyncio.get_running_loop().time
        awake_until = beats_at = 0.0
        async with aclosing(self._app.live.watch("groups", beat=BEAT_SECONDS)) as wakes:
            async for _ in wakes:
                found = await signed_in(self._app, request)  # type: ignore[arg-type]
                if found is None:
                    yield "event: signed-out\ndata: {}\n\n"
                    return
                try:
                    check_may(found.staff, Doing.RUN_GROUPS)
                    html, digest, goes_on = await run_in_threadpool(self._part, group_id, found, view)
                except (GroupRefused, NotAllowed) as refused:
                    yield f"event: out\ndata: {json.dumps({'sentence': refused.sentence})}\n\n"
                    return
                if digest != seen or clock() >= beats_at:
                    changed = json.dumps({"html": html, "digest": digest}, ensure_ascii=False)
                    yield f"event: part\ndata: {changed}\n\n" if digest != seen else "event: beat\ndata: {}\n\n"
                    seen, beats_at = digest, clock() + BEAT_SECONDS
                if goes_on and clock() >= awake_until:
                    awake_until = clock() + AWAKE_SECONDS
                    await run_in_threadpool(self._app.staff.touch, found.token)
                await asyncio.sleep(CALM_SECONDS)

    def _part(self, group_id: int, found: SignedIn, view: str) -> tuple[str, str, bool]:
        """The part, its digest, and whether the group goes on."""
        if view == ROOM:
            values = self.room(group_id, found)
        else:
            values = self.wall(self._app.group_sights.presenter(group_id, found.staff))
        html = self._pages.page(PARTS[view], csrf=found.csrf, **values)
        return html, hashlib.sha256(html.encode()).hexdigest()[:16], values["group"].ended_at is None

    def _join_url(self) -> str:
        return f"{self._app.settings.public_url.partition('://')[2]}/join"

    def _number(self) -> str:
        """The number that is texted; a messaging service has none to show."""
        sender = self._app.settings.twilio.sender
        return sender if sender.startswith("+") else ""
