"""A Handrail of the bench's own: chosen processes on free ports, its database in a temporary folder.

It promises that no setting of a real installation reaches it, and that everything it started has ended when it ends.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot import settings as settings_module
from bot.app import App
from bot.serve.outbox import BEAT
from bot.settings import DESCRIPTIONS, Settings, child_environment

LONGEST_START = 400.0
"""Seconds: an engine alone takes about 15, and on a machine that others use as much as four minutes were seen."""
GRACE = 15.0
PLACES = ("PUBLIC", "STAFF", "ENGINE", "DEMO_PHONE")

EVERYTHING = "everything"
"""Names `handrail serve`, which starts all the others."""


class BenchError(Exception):
    """Something could not be measured; the sentence says why."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Installation:
    """Settings that nobody else uses, and the processes that run under them."""

    settings: Settings
    environment: dict[str, str] = field(repr=False)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def starts(self, *names: str) -> dict[str, float]:
        """Start processes ("engine", "gateway", "outbox", or EVERYTHING), wait until all are ready; seconds each took.

        Raises BenchError.
        """
        began, took = time.monotonic(), dict[str, float]()
        for name in names:
            self.running[name] = self._spawned(name)
        while len(took) < len(names):
            for name in names:
                if name not in took and self._ready(name)():
                    took[name] = time.monotonic() - began
                if self.running[name].poll() is not None or time.monotonic() - began > LONGEST_START:
                    raise BenchError(f"The {name} did not start: {self._last_words(name)}")
            time.sleep(0.02)
        return took

    def stops(self, name: str) -> None:
        """End a process and wait until it has."""
        child = self.running.pop(name)
        child.terminate()
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def pid(self, name: str) -> int:
        """The process id of a running process."""
        return self.running[name].pid

    def _spawned(self, name: str) -> subprocess.Popen[bytes]:
        if name == "outbox":
            (self.settings.var / BEAT).unlink(missing_ok=True)  # of the one before it
        with self._log(name).open("ab") as log:
            command = [sys.executable, "-m", "bot.cli", "serve", *([] if name == EVERYTHING else [name])]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)

    def _log(self, name: str) -> Path:
        return self.settings.var / f"{name}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing.")

    def _ready(self, name: str) -> Callable[[], bool]:
        urls = {
            "gateway": f"{self.settings.public.url}/healthz",
            "engine": f"{self.settings.engine.url}/ready",
            EVERYTHING: f"{self.settings.engine.url}/ready",  # the last of all
            "phone": f"{self.settings.demo_phone.url}/healthz",
        }
        if name in urls:
            return lambda: answers(urls[name])
        return (self.settings.var / BEAT).exists


@contextmanager
def installed(settings: Settings, **more: str) -> Iterator[Installation]:
    """An installation with the models of ``settings``; ``more`` are settings such as HANDRAIL_TWILIO_API_URL."""
    with tempfile.TemporaryDirectory(prefix="handrail-bench-") as folder:
        (Path(folder) / "models").symlink_to(settings.models.resolve())
        ours = {f"HANDRAIL_{place}_BIND": f"127.0.0.1:{free_port()}" for place in PLACES}
        ours |= {"HANDRAIL_DEMO": "1", "HANDRAIL_VAR": folder, "HANDRAIL_LOG_LEVEL": "warning", **more}
        if settings.root != Path(settings_module.__file__).resolve().parents[1]:
            raise BenchError("A bench measures the code it is part of.")
        values = {**dict.fromkeys(DESCRIPTIONS, ""), **ours}
        apart = Installation(settings_module.load(values, root=settings.root), child_environment(**values))
        _migrated(apart.settings)
        try:
            yield apart
        finally:
            for name in list(apart.running):
                apart.stops(name)


def _migrated(settings: Settings) -> None:
    """The tables are there before any process asks for them, as `handrail serve` sees to."""
    app = App(settings)
    app.store.migrate()
    app.store.close()


def answers(url: str) -> bool:
    """Whether a server says 200 to a GET."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
