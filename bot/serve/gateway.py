"""The gateway process: both listeners, the replies, and the live pages. Light: no TensorFlow, no Rasa."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from bot.app import App
from bot.serve.outbox import SteadyClock
from bot.settings import Settings
from bot.store.database import StoreError
from bot.web.listener import listen
from bot.web.metrics import Metrics
from bot.web.sites import public_site, staff_site

log = structlog.get_logger()

AT_ONCE = 8
"""Threads answered at the same time; an engine itself works on one turn after the other."""

LEAVING = 2.0
"""Seconds over the patience with the engine that a reply which was begun gets when the process is asked to stop."""

Task = asyncio.Future[None]

YIELDS = 1.0
"""Seconds that a reply stands back for texts that come in, at most: under the worst load some are given all the same. The words
for danger now do not wait for it; they are queued with the text itself."""

GLANCE = 5.0
"""Seconds after which the inbox is looked at even when nobody told us of a change."""


DRAIN = 1.0
"""Seconds between two looks at what waits on disk."""


SELDOM = 100
"""How many collections of the middle generation go by before one walks all that lasts (Python's own: 10). With five hundred
pages open that walk stops everybody for 50 to 100 ms, and it came with every burst of answers."""


FORGET, EXPIRY = 10.0, 600.0
"""Seconds between two looks at what was put aside on this machine's disk: of people who were forgotten, and by its age."""


async def run(settings: Settings, make: Callable[[Settings], App] = App) -> None:
    """Serve until cancelled; also while the database is down, for then texts are kept on disk."""
    app = make(settings)
    try:
        app.store.migrate()
    except StoreError as error:
        log.error("database down at start", reason=str(error))
    parts = (app.conversation, app.desk, app.words)  # everything unreadable shows now, not later
    collect_seldom()
    log.info("gateway ready", parts=len(parts))
    wake, leaving, metrics = Wake(), asyncio.Event(), Metrics(app.store, app.engine)
    doors = [
        _task(listen(public_site(app, metrics), settings.public)),
        _task(listen(staff_site(app, metrics), settings.staff)),
    ]
    repliers = [_task(_reply(app, wake, leaving, metrics)) for _ in range(AT_ONCE)]
    watchers = [_task(app.live.run()), _task(_tell_replier(app, wake)), _task(_drain(app)), _task(_tidy(app))]
    try:
        ended, _ = await asyncio.wait([*doors, *repliers, *watchers], return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()  # no part ends by itself: its failure is the process's
    finally:
        leaving.set()
        wake.one()
        await _leave(doors, repliers, watchers, seconds=settings.engine_patience + LEAVING)


def collect_seldom() -> None:
    """What was loaded stays, and the collector need not walk it; nor often what the open pages hold."""
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], SELDOM)


async def _leave(doors: list[Task], repliers: list[Task], watchers: list[Task], *, seconds: float) -> None:
    """Take nothing new, finish what was begun, then go: a restart is not noticed by anybody who waits for an answer."""
    for door in doors:
        door.cancel()
    await asyncio.wait([*doors, *repliers], timeout=seconds)
    left = [*watchers, *repliers, *doors]
    for _ in range(3):  # Python 3.10's wait_for can lose a cancellation that comes together with what it waits for
        for task in left:
            task.cancel()
        if not (await asyncio.wait(left, timeout=0.5))[1]:
            return


def _task(part: Coroutine[Any, Any, None]) -> Task:
    return asyncio.ensure_future(part)


class Wake:
    """Wakes one of those who wait, not all: a look into an empty queue costs the database as much as one into a full one.

    Whoever finds something wakes the next, so that all are up while there is work for all.
    """

    def __init__(self) -> None:
        self._news: asyncio.Queue[None] = asyncio.Queue(maxsize=1)

    def one(self) -> None:
        """There may be something to do."""
        if not self._news.full():
            self._news.put_nowait(None)

    async def up(self) -> None:
        """Sleep until there may be."""
        await self._news.get()


async def _tell_replier(app: App, wake: Wake) -> None:
    async for _ in app.live.watch("gateway", beat=GLANCE):
        wake.one()


async def _drain(app: App) -> None:
    """Take in what waits on disk as soon as the database answers; its schema may have to be made current first."""
    while True:
        if not app.spool.is_empty():
            try:
                await asyncio.to_thread(app.store.migrate)
                await asyncio.to_thread(app.intake.drain)
            except Exception as error:  # noqa: BLE001 - the edge: it waits on disk, and the next round tries again
                log.error("kept texts not taken in", kind=type(error).__name__)
        await asyncio.sleep(DRAIN)


async def _tidy(app: App) -> None:
    """The disk is this gateway's own, where the outbox may run elsewhere: what was put aside on it goes from here."""
    steady, looked = SteadyClock(app.now, time.monotonic), time.monotonic()
    while True:
        await asyncio.sleep(FORGET)
        try:
            if app.spool.aside():
                await asyncio.to_thread(app.intake.forget)
            if time.monotonic() - looked >= EXPIRY:
                looked = time.monotonic()
                if steady.is_steady():
                    await asyncio.to_thread(app.leftovers.expire, app.now())
        except Exception as error:  # noqa: BLE001 - the edge: the next round tries again
            log.error("disk not tidied", kind=type(error).__name__)


async def _reply(app: App, wake: Wake, leaving: asyncio.Event, metrics: Metrics) -> None:
    """Answer what waits; sleep when nothing does. A failure here must not stop the next reply."""
    while not leaving.is_set():
        try:
            while not leaving.is_set():
                await app.conversation.calm(at_most=YIELDS)  # texts that come in go first: one of them may be danger
                if leaving.is_set():
                    break
                started = time.perf_counter()
                if not await app.conversation.reply(found=wake.one):
                    break
                metrics.replied.observe(time.perf_counter() - started)
        except Exception as error:  # noqa: BLE001 - the edge: the claim runs out and the message is taken up again
            log.error("reply failed", kind=type(error).__name__)
            await asyncio.sleep(1.0)
            continue
        if not leaving.is_set():
            await wake.up()
    wake.one()  # the next one leaves as well
