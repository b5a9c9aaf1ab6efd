"""The gateway process: both listeners, the replies, and the live pages. Light: no TensorFlow, no Rasa."""

from __future__ import annotations

import asyncio
import gc
import time

import structlog

from bot.app import App
from bot.settings import Settings
from bot.web.listener import listen
from bot.web.metrics import Metrics
from bot.web.sites import public_site, staff_site

log = structlog.get_logger()

AT_ONCE = 8
"""Threads answered at the same time; the engine itself works on one turn after the other."""

GLANCE = 5.0
"""Seconds after which the inbox is looked at even when nobody told us of a change."""


async def run(settings: Settings) -> None:
    """Serve until cancelled."""
    app = App(settings)
    app.store.migrate()
    parts = (app.conversation, app.desk, app.words)  # everything unreadable shows now, not later
    gc.freeze()  # what was loaded stays: the collector need not walk it at every message
    log.info("gateway ready", parts=len(parts))
    wake, metrics = asyncio.Event(), Metrics(app.store)
    await asyncio.gather(
        app.live.run(),
        _tell_replier(app, wake),
        *(_reply(app, wake, metrics) for _ in range(AT_ONCE)),
        listen(public_site(app, metrics), settings.public),
        listen(staff_site(app, metrics), settings.staff),
    )


async def _tell_replier(app: App, wake: asyncio.Event) -> None:
    async for _ in app.live.watch("gateway", beat=GLANCE):
        wake.set()


async def _reply(app: App, wake: asyncio.Event, metrics: Metrics) -> None:
    """Answer what waits; sleep when nothing does. A failure here must not stop the next reply."""
    while True:
        try:
            while True:
                started = time.perf_counter()
                if not await app.conversation.reply():
                    break
                metrics.replied.observe(time.perf_counter() - started)
        except Exception as error:  # noqa: BLE001 - the edge: the claim runs out and the message is taken up again
            log.error("reply failed", kind=type(error).__name__)
            await asyncio.sleep(1.0)
        await wake.wait()
        wake.clear()
