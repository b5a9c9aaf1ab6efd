"""The stream of a thread as server-sent events: resumable, with a heartbeat, ending when forgotten.

Promises: every line after the one the browser last saw, once and in order. A choice leaves here as its
key and label only; what it does stays on our side.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool

from bot.web.phone_numbers import parts
from bot.web.youth_choices import Say, how_far, with_steering
from bot.web.youth_parts import Chat, Said, YouthParts

BEAT_SECONDS = 15.0
TYPING = "event: typing\ndata: {}\n\n"
"""The person with them is typing; the page shows it for a few seconds."""

ASKED = {is_: f'event: asked\ndata: {{"asked": {json.dumps(is_)}}}\n\n' for is_ in (True, False)}
"""Whether a person was asked for and has not come yet: said at the start of a stream, and when it changes."""


def as_event(said: Said, say: Say) -> str:
    """One line of the transcript as one event; its id is what ``Last-Event-ID`` brings back."""
    return f"id: {said.seq}\nevent: said\ndata: {json.dumps(as_json(said, say), ensure_ascii=False)}\n\n"


def as_json(said: Said, say: Say) -> dict[str, Any]:
    """A line as the page reads it: ``parts`` only when a number in it can be tapped, ``place`` only in a lesson.

    ``say`` says a message of the page in its language.
    """
    line: dict[str, Any] = {
        "seq": said.seq,
        "who": said.who,
        "name": said.name,
        "text": said.text,
        "choices": [{"key": c.key, "label": c.label, "aside": c.aside} for c in with_steering(said.choices, say)],
        "at": said.at.isoformat(timespec="seconds"),
    }
    pieces = parts(said.text) if said.who != "you" else ()
    if any(href for _, href in pieces):
        line["parts"] = pieces
    place = how_far(said.choices)
    if place:
        line["place"] = place
    return line


class Beside:
    """What a page has been told of the person beside a young person: whether one was asked for, and whether they type."""

    def __init__(self, chat: Chat, thread_id: str) -> None:
        self._chat = chat
        self._thread_id = thread_id
        self._typed: datetime | None = None
        self._asked: bool | None = None

    def news(self) -> str:
        """The events of what is new since the last time; "" when nothing is. Blocks on the database."""
        until = self._chat.helper_types_until(self._thread_id)
        told = TYPING if until and until != self._typed else ""
        self._typed = until or self._typed
        was, self._asked = self._asked, self._chat.person_asked(self._thread_id)
        return told + (ASKED[self._asked] if self._asked != was else "")


async def events(app: YouthParts, *, token: str, thread_id: str, after: int, lang: str = "en") -> AsyncGenerator[str, None]:
    """The stream from the line after ``after``; ends with a ``gone`` event that says why."""
    beside = Beside(app.chat, thread_id)
    say = partial(app.words.say, lang=lang)
    yield "retry: 1000\n\n"
    async with aclosing(_wakes(app, thread_id)) as wakes:
        async for _ in wakes:
            if await run_in_threadpool(app.chat.thread_of, token) != thread_id:
                why = await run_in_threadpool(app.chat.why_gone, thread_id, token)
                yield f"event: gone\ndata: {json.dumps({'why': why})}\n\n"
                return
            lines = await run_in_threadpool(app.chat.since, thread_id, after)
            news = await run_in_threadpool(beside.news)
            yield "".join(as_event(line, say) for line in lines) + news or ": beat\n\n"
            after = lines[-1].seq if lines else after


async def _wakes(app: YouthParts, thread_id: str) -> AsyncGenerator[None, None]:
    """Now, and then whenever there may be news."""
    yield None
    async with aclosing(app.live.watch(f"thread:{thread_id}", beat=BEAT_SECONDS)) as watch:
        async for _ in watch:
            yield None
