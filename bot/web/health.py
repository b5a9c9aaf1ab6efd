"""What a probe, a load balancer or a person on call may ask of a gateway.

``/healthz``: this process does its own part, so texts may be sent to it. It says nothing of the engine and the database:
without them a gateway still takes texts in and says so, and taking all gateways away would be silence.
``/readyz``: the whole way is open, out to a phone too, for alarms and for whoever starts things one after the other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.safety.verdict import Level, Verdict
from bot.store.beats import OUTBOX
from bot.store.database import Store, StoreError
from bot.web.crew import Crew

log = structlog.get_logger()

TRIAL = "i want to die"
"""Put through the screening by every probe: a gateway that no longer sees danger must not be given texts."""

PATIENCE = 4.0
"""Seconds that a look may take: probes themselves wait for five."""

TRIED = 2.0
"""Seconds for which a trial is believed; probes of several balancers must not cost more than the texts."""

AT_WORK = 60.0
"""Seconds for which an outbox's sign of life counts: it gives one every ten, and a round with a slow provider takes longer."""


class Screens(Protocol):
    """What looks at a text."""

    def screen(self, text: str) -> Verdict:
        """The verdict."""
        ...


class Asks(Protocol):
    """What knows the engines."""

    async def ready(self) -> bool:
        """Whether one has just run a message through."""
        ...


class HealthParts(Protocol):
    """The working parts that are asked."""

    @property
    def screening(self) -> Screens: ...
    @property
    def store(self) -> Store: ...
    @property
    def engine(self) -> Asks: ...


def health_routes(app: HealthParts, *, clock: Callable[[], float] = time.monotonic) -> list[Route]:
    """The two doors. ``clock`` gives growing seconds."""
    trials, looks = Crew("trial", PATIENCE, hands=1), Crew("look", PATIENCE, hands=2)
    sees = _Remembered(lambda: app.screening.screen(TRIAL).level >= Level.HIGH, clock)
    answers = _Remembered(lambda: _database_answers(app.store), clock)
    sends = _Remembered(lambda: _outbox_works(app.store), clock)

    async def healthz(_request: Request) -> Response:
        """A text was just screened as it must be."""
        return _answer({"alive": True, "screening": await _well(trials, sees)})

    async def readyz(_request: Request) -> Response:
        """A text was screened, the database was read, an engine ran a message through its model, and an outbox is at work."""
        screening, engine = await _well(trials, sees), await app.engine.ready()
        database, outbox = await asyncio.gather(_well(looks, answers), _well(looks, sends))
        return _answer({"screening": screening, "database": database, "engine": engine, "outbox": outbox})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _well(crew: Crew, look: _Remembered) -> bool:
    """What a look says, and that it is not well where it does not come back. In threads of its own: a database that hangs
    takes every thread that waits for it, and must not make whole gateways look ill."""
    try:
        return await crew.does(look)
    except asyncio.TimeoutError:
        log.error("probe failed", kind="timeout")
        return False


class _Remembered:
    """A look whose good result holds for a moment; a bad one is looked at again."""

    def __init__(self, look: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._look, self._clock = look, clock
        self._well_until = float("-inf")

    def __call__(self) -> bool:
        """Whether it is well. Blocks."""
        if self._clock() < self._well_until:
            return True
        try:
            well = self._look()
        except Exception as error:  # noqa: BLE001 - the edge: whatever the reason, it is not well
            log.error("probe failed", kind=type(error).__name__)
            return False
        if well:
            self._well_until = self._clock() + TRIED
        return well


def _database_answers(store: Store) -> bool:
    try:
        with store.read() as work:
            work.messages.newest(limit=1)
    except StoreError:
        return False
    return True


def _outbox_works(store: Store) -> bool:
    """Whether any did a moment ago: without one nothing leaves for a phone, nobody is paged and no clock moves."""
    try:
        with store.read() as work:
            age = work.beats.age(OUTBOX)
    except StoreError:
        return False
    return age is not None and age < AT_WORK


def _answer(state: dict[str, bool]) -> Response:
    return JSONResponse(state, status_code=200 if all(state.values()) else 503)
