"""Starts the processes, says when they are ready, starts them again when they die, stops them together."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx

from bot.settings import Settings, child_environment

LONGEST_START = 180.0
GRACE = 8.0
"""Seconds a process gets to end by itself."""


@dataclass
class Process:
    """One process: how to start it, and how to tell that it is ready."""

    name: str
    arguments: tuple[str, ...]
    ready_url: str | None = None
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0


def processes(settings: Settings) -> list[Process]:
    """What runs: the engine first, because it takes longest."""
    found = [
        Process("engine", ("serve", "engine")),
        Process("gateway", ("serve", "gateway"), f"{settings.public.url}/healthz"),
        Process("outbox", ("serve", "outbox")),
    ]
    if settings.demo:
        found.append(Process("demo phone", ("serve", "phone"), f"{settings.demo_phone.url}/healthz"))
    return found


class Supervisor:
    """Keeps processes up until told to stop."""

    def __init__(self, settings: Settings, wanted: list[Process], say: Callable[[str], None]) -> None:
        self._logs = settings.var / "logs"
        self._wanted = wanted
        self._say = say
        self._stop = threading.Event()

    def run(self, when_ready: Callable[[], None], engine_ready: Callable[[], bool]) -> None:
        """Start everything, say so, and stay until Ctrl-C or a TERM signal."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        self._logs.mkdir(parents=True, exist_ok=True)
        try:
            for process in self._wanted:
                self._start(process)
            self._wait_until_ready(engine_ready)
            if not self._stop.is_set():
                when_ready()
            while not self._stop.wait(0.5):
                self._revive()
        finally:
            self._end_all()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self, process: Process) -> None:
        log = (self._logs / f"{process.name.replace(' ', '-')}.log").open("ab")
        process.child = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", *process.arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=child_environment(),
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends the others in order
        )
        log.close()
        process.started = time.monotonic()

    def _wait_until_ready(self, engine_ready: Callable[[], bool]) -> None:
        checks = {p.name: _check(p, engine_ready) for p in self._wanted}
        limit = time.monotonic() + LONGEST_START
        while checks and not self._stop.wait(0.2):
            for name in [n for n, check in checks.items() if check()]:
                checks.pop(name)
                self._say(f"  {name} is ready ({time.monotonic() - limit + LONGEST_START:.0f} s)")
            self._refuse_dead(checks, limit)

    def _refuse_dead(self, checks: Mapping[str, object], limit: float) -> None:
        for process in self._wanted:
            if process.name in checks and process.child and process.child.poll() is not None:
                raise StartError(f"The {process.name} stopped while starting: {last_words(self._logs, process.name)}")
        if time.monotonic() > limit:
            raise StartError(f"Not ready after {LONGEST_START:.0f} s: {', '.join(checks)}. Read {self._logs}.")

    def _revive(self) -> None:
        for process in self._wanted:
            if process.child and process.child.poll() is not None:
                process.deaths += 1
                self._say(f"  the {process.name} stopped; starting it again")
                self._stop.wait(min(5.0, 0.2 * process.deaths))
                self._start(process)

    def _end_all(self) -> None:
        running = [p.child for p in self._wanted if p.child and p.child.poll() is None]
        for child in running:
            child.terminate()
        limit = time.monotonic() + GRACE
        for child in running:
            try:
                child.wait(max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


class StartError(Exception):
    """A process did not come up; the sentence says which, and its last words."""


def last_words(logs: Path, name: str) -> str:
    """The last line a process wrote."""
    written = (logs / f"{name.replace(' ', '-')}.log").read_text(encoding="utf-8", errors="replace")
    lines = [line.strip(" │") for line in written.splitlines() if any(c.isalnum() for c in line)]
    return lines[-1] if lines else "it said nothing."


def _check(process: Process, engine_ready: Callable[[], bool]) -> Callable[[], bool]:
    if process.name == "engine":
        return engine_ready
    if process.ready_url is None:
        return lambda: process.child is not None and time.monotonic() - process.started > 1.0
    return lambda: _answers(str(process.ready_url))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
