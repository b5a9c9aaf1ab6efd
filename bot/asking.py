"""``handrail ask``: each line is a fresh thread through the real spine and the real engine.

A conversation on a database of its own, thrown away afterwards, and an engine on a free port: nothing
here touches a running installation.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.app import App
from bot.channels.base import Inbound
from bot.settings import Address, Settings, child_environment

LONGEST_START = 120.0


class AskingError(Exception):
    """The engine did not come up; the sentence says what to do."""


def asked(settings: Settings, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The answers to the lines, in order. Raises AskingError."""
    with tempfile.TemporaryDirectory(prefix="handrail-ask-") as folder:
        apart = _apart(settings, Path(folder))
        app = App(apart)
        app.store.migrate()
        with _running_engine(apart, Path(folder)) as child:
            return asyncio.run(_ask_all(app, lines, child))


def _apart(settings: Settings, folder: Path) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    engine = Address("127.0.0.1", port)
    return replace(
        settings,
        database_url=f"sqlite:///{folder / 'ask.db'}",
        engine=engine,
        engine_urls=(engine.url,),
        engine_patience=30.0,
    )


@contextmanager
def _running_engine(settings: Settings, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = child_environment(
        HANDRAIL_DATABASE_URL=settings.database_url, HANDRAIL_ENGINE_BIND=f"{settings.engine.host}:{settings.engine.port}"
    )
    with (folder / "engine.log").open("wb") as out:
        child = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve", "engine"], stdout=out, stderr=out, env=environment)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(20)


async def _ask_all(app: App, lines: Sequence[Mapping[str, Any]], child: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    limit = time.monotonic() + LONGEST_START
    while not await app.engine.ready():
        if child.poll() is not None or time.monotonic() > limit:
            raise AskingError(
                "The dialogue engine did not start: run `handrail train`, then `handrail serve engine` to see why."
            )
        await asyncio.sleep(0.3)
    answers = [await _ask(app, number, line) for number, line in enumerate(lines)]
    await app.engine.close()
    return answers


async def _ask(app: App, number: int, line: Mapping[str, Any]) -> dict[str, Any]:
    token = app.chat.open(line.get("band"), line.get("region"), str(line.get("lang") or "en"))
    thread_id = app.chat.thread_of(token)
    inbound = Inbound(channel="web", provider_id=f"ask:{number}", text=str(line.get("text", "")), thread_id=thread_id)
    app.conversation.receive(inbound)
    while await app.conversation.reply():
        pass
    with app.store.read() as work:
        said = work.messages.transcript(str(thread_id))
        tracker = work.trackers.load(str(thread_id))
    told: dict[str, Any] = (tracker.answered if tracker else None) or {}
    found: dict[str, Any] = next((e for e in told.get("effects", ()) if e.get("effect") == "answered"), {})
    return {
        "id": line.get("id"),
        "replies": [m.text for m in said if m.direction == "out"],
        "answer": found.get("answer"),
        "topic": found.get("topic"),
        "or_topic": found.get("or_topic"),
        "sure": found.get("sure"),
        "level": max(m.verdict.level for m in said).word,
    }
