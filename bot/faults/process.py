"""The processes that are killed: the real gateway and outbox, and an engine that answers from a script.

They are forked from one process that has read the code and the content, so that a thousand of them start in minutes
instead of hours; each has memory, connections and a database session of its own, as in service. The screening runs with
its reviewed patterns; the trained part and Rasa itself are killed in tests/faults/test_kills.py.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import threading
from collections.abc import Callable
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar, cast

import bot.web.sites  # noqa: F401 - read before the fork
from bot.app import App
from bot.directory import Directory
from bot.faults.traffic import effects_of
from bot.lessons.catalog import Catalog
from bot.safety.screening import Screening
from bot.serve import gateway, logs, outbox
from bot.settings import Settings
from bot.words import Words

T = TypeVar("T")
_READ: dict[str, Any] = {}
CONTENT = Path(__file__).resolve().parents[2] / "content"


class ReadyApp(App):
    """The real parts, over content that was read before the fork."""

    @cached_property
    def words(self) -> Words:
        """The reviewed words."""
        return _once("words", lambda: Words.load(CONTENT / "messages"))

    @cached_property
    def lessons(self) -> Catalog:
        """All lessons."""
        return _once("lessons", lambda: Catalog.load(CONTENT / "lessons"))

    @cached_property
    def directory(self) -> Directory:
        """The help lines."""
        today = self.now().date()
        return _once("directory", lambda: Directory.load(CONTENT / "directory", today=today, production=False))

    @cached_property
    def screening(self) -> Screening:
        """The reviewed patterns."""
        return _once("screening", lambda: Screening.load(CONTENT / "safety", None, languages=self.settings.languages))


def run_gateway(settings: Settings) -> None:
    """The gateway, until killed."""
    logs.configure("error")
    asyncio.run(gateway.run(settings, make=ReadyApp))


def run_outbox(settings: Settings) -> None:
    """The outbox, until killed."""
    logs.configure("error")
    outbox.run(settings, threading.Event(), make=ReadyApp)


def run_engine(settings: Settings) -> None:
    """The scripted engine, until killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Server((settings.engine.host, settings.engine.port), _Engine).serve_forever()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A gateway that was killed in the middle of a request is what we are here for."""


class _Engine(BaseHTTPRequestHandler):
    """Says back what it heard, and takes up the wish for a person; the same every time it is asked about a message."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        turn = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say({"replies": [{"text": f"Heard: {turn['text']}", "choices": []}], "effects": effects_of(turn["text"])})

    def do_GET(self) -> None:
        self._say({"ready": True})

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a request holds words."""

    def _say(self, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _once(name: str, read: Callable[[], T]) -> T:
    if name not in _READ:
        _READ[name] = read()
    return cast(T, _READ[name])


def read_all() -> None:
    """Read what every process needs, once, before any is forked."""
    from bot import settings as settings_module

    app = ReadyApp(settings_module.load({"HANDRAIL_DEMO": "1", "HANDRAIL_SECRET_KEY": secrets.token_hex(32)}))
    _ = app.words, app.lessons, app.directory, app.screening


read_all()
