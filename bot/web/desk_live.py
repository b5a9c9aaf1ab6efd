"""The desk's one stream: what changed in the lists and in the open case, without reloading.

Promises: a page is told of a part only when the part differs from what the page says it has, so it can
reconnect at any time without loss; a session that ended is told so within one beat and sees nothing more.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from bot.desk.views import CaseCard, DeskRefused, StaffMember
from bot.web.desk_pages import DeskPages, Lists, Part
from bot.web.desk_parts import DeskParts
from bot.web.permissions import Doing, NotAllowed, check_may
from bot.web.staff_session import SignedIn, signed_in

BEAT_SECONDS = 10.0
CALM_SECONDS = 0.2
"""After news, later news waits this long and comes as one: a busy night must not redraw every page at every commit."""


def lists_for(app: DeskParts, staff: StaffMember) -> Lists:
    """The left column for one person. Blocks."""
    return Lists(
        queue=app.desk.queue(staff),
        mine=app.desk.mine(staff),
        others=app.desk.others(staff),
        closed=app.desk.closed_today(staff),
        offers=app.team.offers(staff),
        away=app.team.is_away(staff),
    )


@dataclass(frozen=True)
class Shown:
    """One person's page: its living parts, and the open case if there is one."""

    parts: list[Part]
    card: CaseCard | None = None


def shown(app: DeskParts, pages: DeskPages, found: SignedIn, case_id: int | None) -> Shown:
    """What one person's page shows now. Blocks; raises DeskRefused when the case cannot be shown.

    The case comes first: looking at it marks it read, and the lists should already say so.
    """
    if case_id is None:
        return Shown(pages.list_parts(lists_for(app, found.staff)))
    view = app.desk.view(case_id, found.staff)
    lists = lists_for(app, found.staff)
    mine = any(card.id == view.card.id for card in lists.mine)
    case = pages.case_parts(view, found, mine=mine, canned=app.desk.canned(case_id, found.staff) if mine else ())
    return Shown(pages.list_parts(lists) + case, view.card)


def read_seen(query: str) -> dict[str, str]:
    """What the page says it has: ``queue:ab12,head:cd34`` -> digest by part; anything else is ignored."""
    pairs = (piece.partition(":") for piece in query.split(","))
    return {name: digest for name, _, digest in pairs if name and digest}


async def desk_events(
    app: DeskParts, pages: DeskPages, request: Request, *, case_id: int | None, seen: Mapping[str, str]
) -> AsyncIterator[str]:
    """The stream; ends with ``signed-out`` when the session does."""
    has = dict(seen)
    present_until, told = 0.0, ""
    topics = ["desk"] if case_id is None else ["desk", f"case:{case_id}"]
    yield "retry: 1000\n\n"
    async with aclosing(either(app, topics)) as wakes:
        async for _ in wakes:
            found = await _still_here(app, request)
            if found is None:
                yield "event: signed-out\ndata: {}\n\n"
                return
            if asyncio.get_running_loop().time() >= present_until:  # being here is news to others, so not at every wake
                await run_in_threadpool(app.staff.seen, found.staff)
                present_until = asyncio.get_running_loop().time() + BEAT_SECONDS
            try:
                parts, refusal = (await run_in_threadpool(shown, app, pages, found, case_id)).parts, ""
            except DeskRefused as refused:
                parts, refusal = pages.list_parts(await run_in_threadpool(lists_for, app, found.staff)), refused.sentence
            news = [p for p in parts if has.get(p.name) != p.digest]
            has.update((p.name, p.digest) for p in news)
            yield as_event(news, now=app.now(), refusal=refusal if refusal != told else "")
            told = refusal


async def _still_here(app: DeskParts, request: Request) -> SignedIn | None:
    """Whose page this is, as long as the session and the role allow it."""
    found = await signed_in(app, request)
    if found is None:
        return None
    try:
        check_may(found.staff, Doing.SEE_CASE)
    except NotAllowed:
        return None
    return found


def as_event(parts: Sequence[Part], *, now: datetime, refusal: str = "") -> str:
    """The changed parts as one event; without news it is a beat that carries the time."""
    data = {
        "now": now.isoformat(timespec="milliseconds"),
        "refusal": refusal,
        "parts": [{"name": p.name, "html": p.html, "digest": p.digest} for p in parts],
    }
    return f"event: desk\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def either(app: DeskParts, topics: Sequence[str]) -> AsyncGenerator[None, None]:
    """Now, then whenever any topic may have news; wakes that pile up become one."""
    woken = asyncio.Event()

    async def listen(topic: str) -> None:
        async for _ in app.live.watch(topic, beat=BEAT_SECONDS):
            woken.set()

    tasks = [asyncio.create_task(listen(topic)) for topic in topics]
    for task in tasks:
        task.add_done_callback(lambda _: woken.set())
    try:
        while True:
            await woken.wait()
            woken.clear()
            for task in tasks:
                if task.done():  # a listener that failed must end the stream, so that the page reconnects
                    task.result()
                    return
            yield None
            await asyncio.sleep(CALM_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
