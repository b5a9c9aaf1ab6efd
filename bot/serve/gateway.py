"""The gateway process: both listeners, the replies, and the live pages. Light: no TensorFlow, no Rasa."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import structlog

from bot.app import App
from bot.settings import Settings
from bot.store.database import StoreError
from bot.web.listener import listen
from bot.web.sites import public_site, staff_site

log = structlog.get_logger()

AT_ONCE = 8
"""Threads answered at the same time; the engine itself works on one turn after the other."""

GLANCE = 5.0
"""Seconds after which the inbox is looked at even when nobody told us of a change."""


DRAIN = 1.0
"""Seconds between two looks at what waits on disk."""


async def run(settings: Settings, make: Callable[[Settings], App] = App) -> None:
    """Serve until cancelled; also while the database is down, for then texts are kept on disk."""
    app = make(settings)
    try:
        app.store.migrate()
    except StoreError as error:
        log.error("database down at start", reason=str(error))
    parts = (app.conversation, app.desk, app.words)  # everything unreadable shows now, not later
    gc.freeze()  # what was loaded stays: the collector need not walk it at every message
    log.info("gateway ready", parts=len(parts))
    wake = asyncio.Event()
    await asyncio.gather(
        app.live.run(),
        _tell_replier(app, wake),
        _drain(app),
        *(_reply(app, wake) for _ in range(AT_ONCE)),
        listen(public_site(app), settings.public),
        listen(staff_site(app), settings.staff),
    )


async def _tell_replier(app: App, wake: asyncio.Event) -> None:
    async for _ in app.live.watch("gateway", beat=GLANCE):
        wake.set()


async def _drain(app: App) -> None:
    """Take in what waits on disk as soon as the database answers; its schema may have to be made current first."""
    while True:
        if app.spool.waiting():
            try:
                await asyncio.to_thread(app.store.migrate)
                await asyncio.to_thread(app.intake.drain)
            except Exception as error:  # noqa: BLE001 - the edge: it waits on disk, and the next round tries again
                log.error("kept texts not taken in", kind=type(error).__name__)
        await asyncio.sleep(DRAIN)


async def _reply(app: App, wake: asyncio.Event) -> None:
    """Answer what waits; sleep when nothing does. A failure here must not stop the next reply."""
    while True:
        try:
            while await app.conversation.reply():
                pass
        except Exception as error:  # noqa: BLE001 - the edge: the claim runs out and the message is taken up again
            log.error("reply failed", kind=type(error).__name__)
            await asyncio.sleep(1.0)
            continue
        await wake.wait()
        wake.clear()
