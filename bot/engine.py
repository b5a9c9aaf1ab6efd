"""Asks a dialogue engine for a reply: on loopback, or one of several on a private network.

The engine gets a pseudonym and a text and returns texts, choices and effects. It may be slow, gone or
wrong; every such case is one exception, EngineUnavailable, and the gateway answers by itself.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.choices import Choice
from bot.engines import Engines, worth_another

CONNECT = 1.0
"""Seconds to wait for a connection: an engine whose machine is gone must not take the whole patience."""


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
    """The engines' client; one connection pool for the process."""

    def __init__(self, *, urls: Sequence[str], token: str, patience: float, engines: Engines | None = None) -> None:
        self._engines = engines or Engines(urls)
        self._patience = patience
        self._headers = {"Authorization": f"Bearer {token}"}
        self._opened: aiohttp.ClientSession | None = None
        self._note: Callable[[bool, float], None] = lambda _answered, _took: None

    async def ask(self, turn: Turn) -> Answer:
        """The answer to a turn; raises EngineUnavailable when there is none in time.

        Asking a second engine is safe: the message's id travels with it, and an engine that finds it answered says the
        same again.
        """
        answered, began = False, time.perf_counter()
        try:
            answer = await asyncio.wait_for(self._first_answer(turn), self._patience)
            answered = True
        except asyncio.TimeoutError as error:
            raise EngineUnavailable("The dialogue engine did not answer (in time).") from error
        finally:
            self._note(answered, time.perf_counter() - began)
        return answer

    def tells(self, note: Callable[[bool, float], None]) -> None:
        """Call ``note`` after every turn: whether it was answered, and the seconds it took."""
        self._note = note

    def known(self) -> int:
        """How many engines there are."""
        return self._engines.known()

    def resting(self) -> int:
        """How many of them failed just now."""
        return self._engines.resting()

    async def ready(self) -> bool:
        """Whether an engine has its model and has just run a message through it."""
        return any(await asyncio.gather(*(self._is_ready(url) for url in await self._engines.all())))

    async def close(self) -> None:
        """Give the connections back."""
        if self._opened is not None:
            await self._opened.close()

    def _session(self) -> aiohttp.ClientSession:
        """Opened at the first question: it belongs to the event loop that asks."""
        if self._opened is None:
            patience = aiohttp.ClientTimeout(total=None, sock_connect=min(CONNECT, self._patience))  # ``ask`` holds the whole
            no_cookies = aiohttp.DummyCookieJar()
            self._opened = aiohttp.ClientSession(headers=self._headers, timeout=patience, cookie_jar=no_cookies)
        return self._opened

    async def _first_answer(self, turn: Turn) -> Answer:
        last: EngineUnavailable | None = None
        for url in await self._engines.for_thread(turn.thread):
            try:
                answer = await self._ask(url, turn)
            except aiohttp.ClientError as error:
                self._engines.failed(url)
                last = EngineUnavailable(f"The dialogue engine did not answer ({type(error).__name__}).")
                if not worth_another(error):
                    raise last from error
            except asyncio.CancelledError:
                self._engines.failed(url)  # it let the whole patience pass
                raise
            else:
                self._engines.answered(url)
                return answer
        raise last or EngineUnavailable("There is no dialogue engine.")

    async def _ask(self, url: str, turn: Turn) -> Answer:
        async with self._session().post(
            f"{url}/turn", json=_as_json(turn), raise_for_status=True, allow_redirects=False
        ) as response:
            body = await response.read()
        try:
            return _answer(json.loads(body))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise EngineUnavailable("The dialogue engine answered something unreadable.") from error

    async def _is_ready(self, url: str) -> bool:
        try:
            async with self._session().get(
                f"{url}/ready", timeout=aiohttp.ClientTimeout(total=self._patience), allow_redirects=False
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return False


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
