"""The terminal as a channel, for authors and developers: it uses the public doors of a running gateway."""

from __future__ import annotations

import json
import sys
import threading
import uuid
from typing import Any

import httpx

from bot.choices import Choice, as_text
from bot.settings import Settings


class ConsoleError(Exception):
    """There is nobody to talk to; the sentence says what to start."""


def talk(settings: Settings, *, band: str | None, region: str | None, lang: str) -> None:
    """Talk until an empty line or Ctrl-D, then have the thread forgotten. Raises ConsoleError."""
    with httpx.Client(base_url=settings.public.url, trust_env=False, timeout=10) as client:
        try:
            opened = client.post("/chat/threads", json={"band": band, "region": region, "lang": lang})
        except httpx.HTTPError as error:
            raise ConsoleError("Nothing answers: start `handrail serve` in another terminal first.") from error
        client.headers["Authorization"] = f"Bearer {opened.json()['token']}"
        threading.Thread(target=_listen, args=(settings.public.url, dict(client.headers)), daemon=True).start()
        print("Talking to the bot. An empty line ends it.")
        for line in sys.stdin:
            if not line.strip():
                break
            client.post("/chat/messages", json={"id": uuid.uuid4().hex, "text": line.strip()})
        client.delete("/chat/threads")


def _listen(url: str, headers: dict[str, str]) -> None:
    with httpx.stream("GET", f"{url}/chat/events", headers=headers, timeout=None, trust_env=False) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: {") and len(line) > len("data: {}"):
                _show(json.loads(line.removeprefix("data: ")))


def _show(said: dict[str, Any]) -> None:
    if said.get("who") == "you":
        return
    choices = [Choice(c["label"], "", c["key"], c["aside"]) for c in said.get("choices", ())]
    who = said.get("name") or said["who"]
    print(f"{who}> {as_text(said['text'], choices)}", flush=True)
