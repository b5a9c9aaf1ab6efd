"""The outbox process: sends what is queued and moves the clocks."""

from __future__ import annotations

import threading
import time

import structlog

from bot.app import App
from bot.settings import Settings
from bot.store import changes

log = structlog.get_logger()

SWEEP = 1.0
"""Seconds between two looks at the clocks of waiting cases."""

EXPIRY = 600.0
"""Seconds between two looks at what is to be deleted."""


def run(settings: Settings, stop: threading.Event) -> None:
    """Send and sweep until ``stop`` is set."""
    app = App(settings)
    app.store.migrate()
    news = threading.Event()
    changes.watch(app.store, news.set, stop)
    log.info("outbox ready")
    next_sweep = next_expiry = time.monotonic()
    while not stop.is_set():
        news.clear()
        try:
            while not stop.is_set() and app.group_telling.tell_some():
                pass
            while not stop.is_set() and (app.pager.send_next() or app.outbox.send_next()):
                pass
            while not stop.is_set() and app.case_events.send_next():
                pass
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + SWEEP
                app.outbox.sweep()
            if time.monotonic() >= next_expiry:
                next_expiry = time.monotonic() + EXPIRY
                app.outbox.expire()
        except Exception as error:  # noqa: BLE001 - the edge: rows stay as they are, and the next round tries again
            log.error("outbox round failed", kind=type(error).__name__)
            stop.wait(1.0)
        news.wait(SWEEP)
