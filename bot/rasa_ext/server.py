"""The engine process: a loaded dialogue behind POST /turn, and two doors that tell how it is.

It promises: it binds where the settings let it (this machine only, unless they name a private network), asks for the
gateway's token, reads at most 16 KB, answers an error with no words in it, and is ready only as long as a message goes
through. It reads no environment.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import logging
import time
from typing import Any

import structlog

from bot.rasa_ext import light_rasa

light_rasa.bring()  # before anything of Rasa

from rasa.utils.log_utils import configure_structlog  # noqa: E402 - after Rasa was brought  # isort: skip

# First of all: without this, Rasa as a library prints every message to standard output.
configure_structlog(logging.WARNING)

from sanic import Sanic  # noqa: E402 - after the logs are quiet
from sanic.request import Request as HttpRequest  # noqa: E402
from sanic.response import HTTPResponse  # noqa: E402
from sanic.response import json as json_response  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

from bot.addresses import HERE  # noqa: E402
from bot.app import ENGINE_PURPOSE, App  # noqa: E402
from bot.rasa_ext.dialogue import TRIAL, Dialogue, EngineError, Request, TurnRefused, note_failure  # noqa: E402
from bot.rasa_ext.parts import NoWords  # noqa: E402
from bot.rasa_ext.rows import StoredRows  # noqa: E402
from bot.rasa_ext.tracker_store import EncryptedTrackerStore, TurnFailed  # noqa: E402
from bot.settings import Settings  # noqa: E402
from bot.store.database import StoreError  # noqa: E402
from bot.training import dialogue_model  # noqa: E402

__all__ = ["EngineError", "create_app", "serve"]

LARGEST_BODY = 16 * 1024
TRIED = 2.0
"""Seconds for which a message that went through says that the engine is ready."""

log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Load the model and answer until asked to stop. Raises EngineError."""
    if settings.engine.host not in HERE and not settings.engine_is_private:
        raise EngineError(
            f"The engine may only listen on this machine, not on {settings.engine.host}: see HANDRAIL_ENGINE_NETWORK."
        )
    quiet(settings.log_level)
    app = App(settings)
    dialogue = Dialogue.load(dialogue_model(settings), tracker_store(app), app.words)
    threadpool_limits(1)  # the matrices of one message are small: more threads only wait for each other
    gc.freeze()  # the model stays: the collector need not walk all of it in the middle of a turn
    server = create_app(dialogue, token=app.vault.service_token(ENGINE_PURPOSE))
    server.run(host=settings.engine.host, port=settings.engine.port, access_log=False, debug=False, motd=False)


def tracker_store(app: App) -> EncryptedTrackerStore:
    """The trackers in the one database."""
    rows = StoredRows(app.store)
    return EncryptedTrackerStore(None, reading=rows.reading, writing=rows.writing)


def quiet(level: str) -> None:
    """No library says more than a warning, and nothing with a transcript in it is written at all."""
    configure_structlog(getattr(logging, level.upper()))
    for name in ("rasa", "rasa_sdk", "sanic.root", "sanic.error", "sanic.access", "asyncio", "apscheduler", "matplotlib"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(NoWords(note_failure))


class Trial:
    """Whether a message goes through now: understood, a next step chosen, and the trackers readable."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._asking = asyncio.Lock()
        self._well_until = 0.0

    async def goes_through(self) -> bool:
        """Try one, unless one went through just before; many who ask at once cause one trial."""
        async with self._asking:
            if time.monotonic() < self._well_until:
                return True
            try:
                await self._dialogue.rehearse(TRIAL)
            except (TurnFailed, StoreError) as error:
                log.error("trial failed", kind=type(error).__name__)
                return False
            self._well_until = time.monotonic() + TRIED
            return True


def create_app(dialogue: Dialogue, *, token: str) -> Sanic:
    """The two doors. Every other path is 404."""
    server = Sanic("handrail-engine", configure_logging=False)
    server.config.REQUEST_MAX_SIZE = LARGEST_BODY
    server.config.KEEP_ALIVE_TIMEOUT = 75
    server.config.GRACEFUL_SHUTDOWN_TIMEOUT = 5.0
    trial, answered = Trial(dialogue), [0]

    @server.before_server_start
    async def try_out(_: Any, __: Any) -> None:
        await dialogue.rehearse(TRIAL)  # the first message is slow, and nobody should wait for it

    @server.exception(Exception)
    def without_words(_: HttpRequest, error: Exception) -> HTTPResponse:
        status = int(getattr(error, "status_code", 500))
        if status >= 500:
            log.error("turn failed", kind=type(error).__name__)
        return json_response({"error": type(error).__name__}, status=status)

    @server.get("/healthz")
    async def healthz(_: HttpRequest) -> HTTPResponse:
        return json_response({"alive": True, "turns": answered[0], "read_again": dialogue.read_again})

    @server.get("/ready")
    async def ready(_: HttpRequest) -> HTTPResponse:
        well = await trial.goes_through()
        return json_response({"ready": well}, status=200 if well else 503)

    @server.post("/turn")
    async def turn(request: HttpRequest) -> HTTPResponse:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return json_response({"error": "token"}, status=401)
        try:
            answer = await dialogue.turn(Request.read(request.json))
        except TurnRefused as refused:
            return json_response({"error": str(refused)}, status=400)
        answered[0] += 1
        return json_response(answer)

    return server
