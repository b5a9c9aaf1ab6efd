"""``/metrics`` in Prometheus' own format, on the staff listener: counts and times, and nothing about anybody.

Promises: labels come from fixed lists (levels, states, channels, routes); no thread, number, name or word is ever one.
What waits is read from the database when it is asked for, so that every gateway says the same of it. While the database does
not answer the rest is told all the same, and that it does not: then of all times somebody looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.store.database import Store
from bot.store.gauges import Gauges
from bot.web.crew import Crew

log = structlog.get_logger()

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PATIENCE = 2.0
"""Seconds that the database gets: who collects gives up after ten, and would know nothing at all."""

NO_ROUTE = "other"
STREAM = "/events"
"""How the routes of streams end. They stay open for as long as a page does; how long says nothing about speed."""


class Asks(Protocol):
    """The engines' client, as far as it is measured."""

    def tells(self, note: Callable[[bool, float], None]) -> None:
        """Call ``note`` after every turn: whether it was answered, and the seconds it took."""
        ...

    def known(self) -> int:
        """How many engines there are."""
        ...

    def resting(self) -> int:
        """How many of them failed just now."""
        ...


class Metrics:
    """The measures of one process. ``engine`` is None where none is asked."""

    def __init__(self, store: Store, engine: Asks | None = None) -> None:
        self.registry = CollectorRegistry()
        self.answered = Histogram(
            "handrail_http_seconds", "Time to answer a request.", ("listener", "route", "status"),
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        self.replied = Histogram(
            "handrail_reply_seconds", "Time from taking up a message that waits to its kept reply.",
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        self.turns = Histogram(
            "handrail_engine_seconds", "Time until the engines answered a turn, or were given up.", ("outcome",),
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        if engine is not None:
            self._watches(engine)
        ProcessCollector(registry=self.registry)
        self._store = store
        self._looks, self._writes = Crew("waiting", PATIENCE, hands=1), Crew("metrics", None, hands=1)

    def _watches(self, engine: Asks) -> None:
        engine.tells(lambda answered, took: self.turns.labels("answered" if answered else "given up").observe(took))
        for name, about, value in (
            ("handrail_engines_known", "Engines that this gateway knows of.", engine.known),
            ("handrail_engines_resting", "Engines that did not answer this gateway just now.", engine.resting),
        ):
            Gauge(name, about, registry=self.registry).set_function(value)

    def route(self) -> Route:
        """GET /metrics."""

        async def metrics(_request: Request) -> Response:
            waiting = Waiting(await self._waiting())
            return Response(await self._writes.does(self._text, waiting), media_type=FORMAT)

        return Route("/metrics", metrics, methods=["GET"])

    def _text(self, waiting: Waiting) -> bytes:
        return bytes(generate_latest(self.registry)) + bytes(generate_latest(waiting))

    async def _waiting(self) -> Gauges | None:
        """What waits; None where the database does not say so in time. One look at a time, in a thread of its own: one that
        hangs takes nobody else's."""
        try:
            return await self._looks.does(self._look)
        except Exception as error:  # noqa: BLE001 - the edge: whatever the reason, the rest is told, and that this is missing
            log.warning("what waits is not known", kind=type(error).__name__)
            return None

    def _look(self) -> Gauges:
        with self._store.read() as work:
            return work.gauges.now()


class Waiting(Collector):
    """What waits in the one database: messages, cases by state and level, the longest wait, staff at work; only that it does
    not answer where ``seen`` is None."""

    def __init__(self, seen: Gauges | None) -> None:
        self._seen = seen

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """As families."""
        seen = self._seen
        yield GaugeMetricFamily("handrail_database_up", "Whether the database answered just now.", int(seen is not None))
        if seen is None:
            return
        yield _gauge("handrail_messages_waiting", "Messages to be answered (in) or sent (out).", "direction", seen.messages)
        yield _gauge(
            "handrail_oldest_message_seconds", "Age of the oldest message to be answered (in) or sent (out) that is due.",
            "direction", seen.oldest,
        )  # fmt: skip
        cases = GaugeMetricFamily("handrail_cases_open", "Open cases.", labels=("level", "state"))
        for (level, state), count in sorted(seen.cases.items()):
            cases.add_metric((level, state), count)
        yield cases
        yield _gauge("handrail_longest_wait_seconds", "Longest wait of a case for a person.", "level", seen.waits)
        yield GaugeMetricFamily("handrail_cases_overdue", "Cases past their deadline.", seen.overdue)
        yield GaugeMetricFamily("handrail_staff_here", "People at the desk.", seen.staff_here)
        yield GaugeMetricFamily("handrail_messages_failed_day", "Messages given up in the last 24 hours.", seen.failed)
        if seen.outbox_beat is not None:
            yield GaugeMetricFamily(
                "handrail_outbox_beat_seconds",
                "Since any outbox was last at work; it says so every few seconds.",
                seen.outbox_beat,
            )


def _gauge(name: str, about: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=(label,))
    for value, count in sorted(values.items()):
        family.add_metric((value,), count)
    return family


class Timed:
    """ASGI middleware that times every answer by its route's pattern, never by its address."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, listener: str, routes: list[BaseRoute]) -> None:
        self._app = app
        self._metrics = metrics
        self._listener = listener
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how long its answer took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route, started, status = self._route(scope), time.perf_counter(), [500]

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if not route.endswith(STREAM):
                took = time.perf_counter() - started
                self._metrics.answered.labels(self._listener, route, f"{status[0] // 100}xx").observe(took)

    def _route(self, scope: Scope) -> str:
        for route in self._routes:
            if route.matches(scope)[0] is not Match.NONE:
                return str(getattr(route, "path", NO_ROUTE))
        return NO_ROUTE
