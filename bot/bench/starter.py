"""Rasa's own starter bot, the one that ``rasa init`` writes, as the measure beside ours.

It promises the stock thing: its files, its default pipeline and policies, its own server with the REST channel. It is
trained once, into var/bench, which takes some minutes.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.bench.installation import BenchError, answers, free_port
from bot.settings import Settings, child_environment

CONVERSATION = ("hello", "I am very good", "are you a bot?", "so sad", "no", "bye")
"""Six turns, from the starter's own training data."""

LONGEST_START = 400.0


@dataclass
class Starter:
    """A running starter bot."""

    url: str
    process: subprocess.Popen[bytes]
    seconds_to_ready: float

    async def turn(self, client: httpx.AsyncClient, sender: str, text: str) -> float:
        """Milliseconds for one message and its replies, by the REST channel. Raises BenchError."""
        started = time.perf_counter()
        answer = await client.post(f"{self.url}/webhooks/rest/webhook", json={"sender": sender, "message": text})
        took = 1000 * (time.perf_counter() - started)
        if answer.status_code != 200:
            raise BenchError(f"The starter bot answered {answer.status_code}.")
        return took


def trained(settings: Settings, say: Callable[[str], None]) -> Path:
    """The starter's folder with its model, made at first use. Raises BenchError."""
    folder = settings.var / "bench" / "starter"
    if not list(folder.glob("models/*.tar.gz")):
        say("Training Rasa's starter bot, once; some minutes ...")
        folder.mkdir(parents=True, exist_ok=True)
        log = folder.parent / "starter.log"
        with log.open("wb") as out:
            done = subprocess.run(
                [sys.executable, "-m", "rasa", "init", "--no-prompt", "--init-dir", str(folder)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder, env=child_environment(), check=False,
            )  # fmt: skip
        if done.returncode or not list(folder.glob("models/*.tar.gz")):
            raise BenchError(f"Rasa's starter bot could not be made: read the end of {log}.")
    return folder


@contextmanager
def running(settings: Settings, say: Callable[[str], None]) -> Iterator[Starter]:
    """The starter bot's stock server on a free port, ready to answer."""
    folder, port = trained(settings, say), free_port()
    command = [sys.executable, "-m", "rasa", "run", "--port", str(port), "--interface", "127.0.0.1"]
    began = time.monotonic()
    with (folder.parent / "starter-server.log").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=child_environment()
        )
    try:
        while not answers(f"http://127.0.0.1:{port}/"):
            if process.poll() is not None or time.monotonic() - began > LONGEST_START:
                raise BenchError(f"Rasa's starter bot did not start: read {folder.parent / 'starter-server.log'}.")
            time.sleep(0.1)
        yield Starter(f"http://127.0.0.1:{port}", process, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait(30)
