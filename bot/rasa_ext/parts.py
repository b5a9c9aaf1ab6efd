"""The pieces that replace Rasa's own around a loaded model, in the places that Rasa leaves for them: actions, locks, output,
logs. Its lock polls every second, its log of a failed action holds the transcript (docs/adr).
"""

# ruff: noqa: ARG002 - Rasa calls these methods by the names of their parameters
from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.channels.channel import OutputChannel
from rasa.core.lock_store import LockStore
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from actions.in_process import InProcessActions, Rejected

CHANNEL = "handrail"


class ActionsHere(EndpointConfig):
    """Stands where Rasa expects an action server, and runs the actions in this process."""

    def __init__(self, actions: InProcessActions) -> None:
        super().__init__(url="in-process", selective_domain=True)
        self._actions = actions

    async def request(self, method: str = "post", subpath: str | None = None, **call: Any) -> Any:
        """Run one action. A rejected form is Rasa's own error for that."""
        try:
            return await self._actions.run(call["json"])
        except Rejected as rejected:
            raise ClientResponseError(400, "rejected", rejected.reason) from None


class OneAtATime(LockStore):
    """A lock a thread, first come first served, inside this process."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def lock(self, conversation_id: str, *_: Any, **__: Any) -> AsyncIterator[None]:
        """Hold a thread while its message is answered."""
        lock, waiting = self._locks.get(conversation_id, (asyncio.Lock(), 0))
        self._locks[conversation_id] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks.pop(conversation_id)
            if waiting > 1:
                self._locks[conversation_id] = (lock, waiting - 1)


class Collected(OutputChannel):
    """Takes what the dialogue says: texts with choices, and effects."""

    def __init__(self) -> None:
        self.replies: list[dict[str, Any]] = []
        self.effects: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """The channel's name inside Rasa."""
        return CHANNEL

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """One message of the bot: words, choices and an effect, whichever it has."""
        custom = message.get("custom") or {}
        if custom.get("effect"):
            self.effects.append(dict(custom))
        if message.get("text"):
            self.replies.append({"text": message["text"], "choices": [_choice(b) for b in message.get("buttons") or ()]})

    def answer(self) -> dict[str, Any]:
        """What goes back to the gateway."""
        return {"replies": self.replies, "effects": self.effects}


def _choice(button: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "label": button["title"],
        "payload": button["payload"],
        "key": button.get("key") or "",
        "aside": bool(button.get("aside")),
        "word": button.get("word") or "",
    }


class NoWords(logging.Filter):
    """Keeps Rasa's records of errors out of the logs (they can hold a transcript) and tells who asks."""

    def __init__(self, failed: Callable[[str], None]) -> None:
        super().__init__()
        self._failed = failed

    def filter(self, record: logging.LogRecord) -> bool:
        """Let a record pass unless it carries an exception."""
        if not record.exc_info:
            return True
        kind = record.exc_info[0]
        self._failed(f"{record.name}: {kind.__name__ if kind else 'an error'}")
        return False


def as_parse_data(intent: str, entities: Mapping[str, str], text: str) -> dict[str, Any]:
    """A choice as Rasa would have understood it, with certainty."""
    name = {"name": intent, "confidence": 1.0}
    found = [{"entity": k, "value": v, "start": 0, "end": 0, "extractor": CHANNEL} for k, v in entities.items()]
    return {"text": text, "intent": name, "intent_ranking": [name], "entities": found, "chosen": True}
