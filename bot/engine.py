"""Asks the dialogue engine on loopback for a reply.

The engine gets a pseudonym and a text and returns texts, choices and effects. It may be slow, gone or
wrong; every such case is one exception, EngineUnavailable, and the gateway answers by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.choices import Choice


class EngineUnavailable(Exception):
    """No usable answer came in time; the sentence says why, without any words of a young person."""


@dataclass(frozen=True)
class Turn:
    """One message for the engine. ``choice`` is the payload of a choice, when one was made."""

    message_id: int
    thread: str
    text: str
    choice: str | None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """One text to send, with what can be chosen after it."""

    text: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the engine says to a turn, and what it wants done."""

    replies: tuple[Reply, ...]
    effects: tuple[Mapping[str, Any], ...] = ()


class Engine:
    """The engine's client; one connection pool for the process."""

    def __init__(self, *, url: str, token: str, patience: float) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, timeout=patience, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )

    async def ask(self, turn: Turn) -> Answer:
        """The engine's answer to a turn; raises EngineUnavailable when there is none in time."""
        try:
            response = await self._client.post("/turn", json=_as_json(turn))
            response.raise_for_status()
            return _answer(response.json())
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"The dialogue engine did not answer ({type(error).__name__}).") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EngineUnavailable("The dialogue engine answered something unreadable.") from error

    async def ready(self) -> bool:
        """Whether the engine has its model and has run a message through it."""
        try:
            return (await self._client.get("/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


def _as_json(turn: Turn) -> dict[str, Any]:
    return {
        "message_id": turn.message_id,
        "thread": turn.thread,
        "text": turn.text,
        "choice": turn.choice,
        "metadata": dict(turn.metadata),
    }


def _answer(data: Mapping[str, Any]) -> Answer:
    replies = tuple(_reply(r) for r in data["replies"])
    if not any(r.text for r in replies):
        raise ValueError("An answer needs words.")
    return Answer(replies=replies, effects=tuple(_effects(data.get("effects", ()))))


def _reply(data: Mapping[str, Any]) -> Reply:
    return Reply(text=str(data["text"]), choices=tuple(Choice.from_json(c) for c in data.get("choices", ())))


def _effects(data: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [dict(effect) for effect in data]
