"""The outbox process: sends what is queued and moves the clocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from bot.app import App
from bot.settings import Settings
from bot.store import changes
from bot.store.beats import OUTBOX

log = structlog.get_logger()

SWEEP = 1.0
"""Seconds between two looks at the clocks of waiting cases."""

JUMP = 120.0
"""Seconds that the clock may be set by without anything being put off: far above what time servers correct."""

BEAT = "outbox.alive"
"""The file that is touched at every round, so that whoever watches this process can tell that it goes on."""

LIFE = 10.0
"""Seconds between two signs of life in the database, for those who watch from elsewhere: ``/metrics`` tells their age."""

EXPIRY = 600.0
"""Seconds between two looks at what is to be deleted."""


CATCH_UP = 300.0
"""Seconds between two questions to the provider for texts, and for reports of texts, that never came."""


def run(settings: Settings, stop: threading.Event, make: Callable[[Settings], App] = App) -> None:
    """Send and sweep until ``stop`` is set."""
    app = make(settings)
    app.store.migrate()
    settings.var.mkdir(parents=True, exist_ok=True)
    beat = settings.var / BEAT
    news = threading.Event()
    changes.watch(app.store, news.set, stop)
    clock = SteadyClock(app.now, time.monotonic)
    log.info("outbox ready")
    work = Rounds(
        (SWEEP, app.outbox.sweep),
        (LIFE, lambda: _says_it_is_alive(app)),
        (EXPIRY, lambda: clock.is_steady() and app.outbox.expire()),
    )
    for name, look in (("catch up", app.catch_up.look), ("reports", app.missed_reports.look)):
        threading.Thread(target=_ask_for_missed, args=(look, stop), name=name, daemon=True).start()
    tells, pages = Part("groups", app.group_telling.tell_some), Part("pages", app.pager.send_next)
    texts, events = Part("texts", app.outbox.send_next), Part("events", app.case_events.send_next)

    def sends() -> bool:
        return pages() or texts()  # whoever is called to help comes first

    while not stop.is_set():
        news.clear()
        beat.touch()
        for does_some in (tells, sends, events):
            while not stop.is_set() and does_some():
                beat.touch()
                work.do_what_is_due()  # a long queue must not stop the clocks
        work.do_what_is_due()
        news.wait(_rest(app))


def _ask_for_missed(look: Callable[[], object], stop: threading.Event) -> None:
    """In a thread of its own: the provider's list of a busy hour is long, and no clock may wait for it."""
    work = Rounds((CATCH_UP, look))
    while not stop.is_set():
        work.do_what_is_due()
        stop.wait(SWEEP)


def _rest(app: App) -> float:
    """Seconds until there may be something to do that nobody tells of."""
    try:
        return min(SWEEP, app.outbox.rest() or SWEEP)
    except Exception as error:  # noqa: BLE001 - the edge: the database is away, and the next round says so again
        log.error("outbox round failed", kind=type(error).__name__, part="rest")
        return SWEEP


class Part:
    """One thing that the outbox does; where it fails it rests a second, and keeps nothing else from its turn."""

    def __init__(self, name: str, act: Callable[[], bool]) -> None:
        self._name, self._act = name, act
        self._again = 0.0

    def __call__(self) -> bool:
        """Do it once; whether it did something."""
        if time.monotonic() < self._again:
            return False
        try:
            return self._act()
        except Exception as error:  # noqa: BLE001 - the edge: rows stay as they are, and a later round tries again
            log.error("outbox round failed", kind=type(error).__name__, part=self._name)
            self._again = time.monotonic() + SWEEP
            return False


def _says_it_is_alive(app: App) -> None:
    with app.store.begin() as work:
        work.beats.beats(OUTBOX)


class Rounds:
    """What is done again and again, each at its own pace; one that fails does not keep the others from their turn."""

    def __init__(self, *wanted: tuple[float, Callable[[], object]]) -> None:
        self._wanted = wanted
        self._next = [time.monotonic()] * len(wanted)

    def do_what_is_due(self) -> None:
        """Do each whose time has come."""
        for place, (seconds, act) in enumerate(self._wanted):
            if time.monotonic() >= self._next[place]:
                self._next[place] = time.monotonic() + seconds
                try:
                    act()
                except Exception as error:  # noqa: BLE001 - the edge: its next turn tries again
                    log.error("outbox round failed", kind=type(error).__name__, part=place)


class SteadyClock:
    """Whether the machine's time went on as it should since we last asked.

    A clock that jumps months ahead would make everything overdue: nothing is deleted before it has been steady for a while.
    """

    def __init__(self, now: Callable[[], datetime], elapsed: Callable[[], float]) -> None:
        self._now, self._elapsed = now, elapsed
        self._seen: tuple[datetime, float] | None = None

    def is_steady(self) -> bool:
        """False at the first question, and when the time moved otherwise than the seconds that passed."""
        now, elapsed, seen = self._now(), self._elapsed(), self._seen
        self._seen = now, elapsed
        if seen is None:
            return False
        steady = abs((now - seen[0]).total_seconds() - (elapsed - seen[1])) < JUMP
        if not steady:
            log.error("clock jumped", deleted="nothing")
        return steady
