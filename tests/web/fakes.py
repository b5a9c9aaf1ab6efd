"""A tiny chat in memory that stands in for the whole system behind the youth page."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.chat import ChatRefused, TooManyReturns
from bot.choices import Choice
from bot.web.youth import youth_error_pages, youth_routes
from tests.talking import WORDS

CONTENT = Path(__file__).parents[2] / "content"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
ASIDES = (
    Choice("Skip", '/skip{"step": "pick", "at": "3/6"}', "SKIP", aside=True),
    Choice("This is happening to me", "/happening_to_me", "ME", aside=True),
    Choice("I'm worried about a friend", "/worried_about_friend", "FRIEND", aside=True),
    Choice("Talk to a person", "/want_person", "PERSON", aside=True),
)
DIFFERENTLY = Choice("Say it differently", "/repeat", "REPEAT", aside=True)
STEP = (
    Choice("Feel flattered, nothing more", "/lesson_choice", "A"),
    Choice("Notice it and slow down", "/lesson_choice", "B"),
    Choice("Tell someone I trust", "/lesson_choice", "C"),
    *ASIDES,
)
LINES = {
    "CA": (
        "Kids Help Phone: call 1-800-668-6868 or text 686868 (24/7)",
        "9-8-8 Suicide Crisis Helpline: call or text 988 (24/7)",
    ),
    "US": ("988 Lifeline: call or text 988 (24/7)", "Crisis Text Line: text HOME to 741741 (24/7)"),
    "GB": ("Childline (under 19): call 0800 1111",),
}
EMERGENCY = {"CA": "911", "US": "911", "GB": "999"}


@dataclass(frozen=True)
class FakeSaid:
    seq: int
    who: str
    text: str
    name: str | None = None
    choices: tuple[Choice, ...] = ()
    at: datetime = NOON


@dataclass
class FakeThread:
    token: str
    opened_with: tuple[str | None, str | None, str]
    said: list[FakeSaid] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


class FakeLive:
    """Wakes watchers from any thread."""

    def __init__(self) -> None:
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._lock = threading.Lock()

    def changed(self) -> None:
        with self._lock:
            for loop, event in self._waiting:
                with suppress(RuntimeError):  # a loop of an earlier test client may be closed
                    loop.call_soon_threadsafe(event.set)

    async def watch(self, topic: str, *, beat: float) -> AsyncGenerator[None, None]:
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.add(waiter)
        try:
            while True:
                yield
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(waiter[1].wait(), beat)
                waiter[1].clear()
        finally:
            with self._lock:
                self._waiting.discard(waiter)


class FakeChat:
    """Threads in a dict, and a bot that answers by a few fixed rules."""

    def __init__(self, live: FakeLive) -> None:
        self.live = live
        self.threads: dict[str, FakeThread] = {}
        self.forgotten: list[str] = []
        self.ways_back: dict[str, str] = {}
        self.too_many_returns = False
        self.silent = False
        self.typed: list[str] = []
        self.helper_until: datetime | None = None
        self.asked = False
        self._numbers = itertools.count(1)

    def open(self, band: str | None, region: str | None, lang: str) -> str:
        token = secrets.token_urlsafe(18)
        self.threads[f"t{next(self._numbers)}"] = FakeThread(token, (band, region, lang))
        return token

    def thread_of(self, token: str) -> str | None:
        return next((name for name, thread in self.threads.items() if thread.token == token), None)

    def why_gone(self, thread_id: str, token: str) -> str:
        if thread_id in self.forgotten:
            return "forgotten"
        return "moved" if self.threads[thread_id].token else "over"

    def send(self, thread_id: str, client_id: str, text: str) -> None:
        thread = self.threads[thread_id]
        if len(text) > 1000:
            raise ChatRefused("That is too long to send at once. Please send it in parts.", status=413)
        if client_id in thread.ids:
            return
        thread.ids.add(client_id)
        self.add(thread_id, "you", text)
        if not self.silent:
            self._answer(thread_id, text)

    def shows_danger(self, text: str, thread_id: str | None) -> bool:
        return "scared" in text

    def knows_code(self, code: str) -> bool:
        return False

    def since(self, thread_id: str, seq: int) -> Sequence[FakeSaid]:
        thread = self.threads.get(thread_id)
        return [said for said in thread.said if said.seq > seq] if thread else []

    def types(self, thread_id: str) -> None:
        self.typed.append(thread_id)

    def helper_types_until(self, thread_id: str) -> datetime | None:
        return self.helper_until

    def person_asked(self, thread_id: str) -> bool:
        return self.asked

    def keep_way_back(self, thread_id: str, word: str) -> str:
        if not word.isalpha():
            raise ChatRefused("Use one word of 3 to 20 letters.")
        self.ways_back[f"{word} 482 716"] = thread_id
        return f"{word} 482 716"

    def come_back(self, said: str) -> str | None:
        if self.too_many_returns:
            raise TooManyReturns
        thread = self.threads.get(self.ways_back.get(said, ""))
        if thread is None:
            return None
        thread.token = secrets.token_urlsafe(18)
        self.live.changed()
        return thread.token

    def leave(self, thread_id: str) -> None:
        if thread_id in self.ways_back.values():
            self.threads[thread_id].token = ""
            self.live.changed()
        else:
            self.forget(thread_id)

    def forget(self, thread_id: str) -> None:
        self.threads.pop(thread_id, None)
        self.forgotten.append(thread_id)
        self.live.changed()

    def add(self, thread_id: str, who: str, text: str, *, name: str | None = None, choices: tuple[Choice, ...] = ()) -> None:
        said = self.threads[thread_id].said
        said.append(FakeSaid(len(said) + 1, who, text, name, choices, NOON + timedelta(seconds=len(said))))
        self.live.changed()

    def _answer(self, thread_id: str, text: str) -> None:
        if text == "LESSONS":
            self.add(thread_id, "bot", "This one is about people who seem kind at first. About 4 minutes.")
            question = "A new friend online says: you're not like the others, keep our chats between us. What would you do?"
            self.add(thread_id, "bot", question, choices=STEP)
        elif text in ("A", "B", "C"):
            self.add(thread_id, "bot", "That makes sense. Kind people can wait. Nobody who cares needs your silence.")
            self.add(thread_id, "bot", "Which line would you feel OK saying?", choices=STEP)
        elif text in ("ME", "PERSON") or "scared" in text:
            self.add(
                thread_id,
                "bot",
                "Thank you for telling me. I believe you, and it's not your fault. Are you safe to text right now?",
                choices=(
                    Choice("Yes", "/affirm", "Y"),
                    Choice("No", "/deny", "N"),
                    Choice("Not sure", "/unsure", "U"),
                ),
            )
        elif text == "Y":
            self.add(thread_id, "note", "Asking a person to join. You can also call 988 now.")
            self.add(thread_id, "note", "Sam is here now.", name="Sam")
            self.add(
                thread_id,
                "helper",
                "Hi, I'm Sam. I read what you told the bot, so no need to say it twice. I'm glad you wrote.",
                name="Sam",
            )
        else:
            self.add(
                thread_id,
                "bot",
                "Grooming is when someone builds trust with a young person so they can use or hurt them. "
                "It can look like kindness at first.",
                choices=(Choice("Take the lesson", "/menu", "LESSONS"), DIFFERENTLY, ASIDES[3]),
            )


@dataclass
class FakeSettings:
    demo: bool = True
    service_name: str = "Handrail"
    page_title: str = "Notes"
    exit_url: str = "https://www.example.org/weather"
    proxies: tuple[str, ...] = ("127.0.0.1",)
    embed_origins: tuple[str, ...] = ()


class FakeApp:
    """The parts of the youth page, in memory."""

    def __init__(self, **settings: object) -> None:
        self.settings = FakeSettings(**settings)  # type: ignore[arg-type]
        self.words = WORDS(CONTENT / "messages")
        self.regions = (("CA", "Canada"), ("US", "United States"), ("GB", "United Kingdom"))
        self.live = FakeLive()
        self.chat = FakeChat(self.live)

    def page_lines(self, region: str | None, lang: str = "en") -> Sequence[str]:
        return LINES.get(region or "", ())

    def every_line(self, region: str, lang: str = "en") -> Sequence[str]:
        return LINES.get(region, ())

    def emergency(self, region: str | None) -> str | None:
        return EMERGENCY.get(region or "")


def site(app: FakeApp, *, groups: bool = False) -> Starlette:
    """The youth page alone, as the public listener would mount it; with ``groups``, as where groups can be joined."""
    join = [Route("/join", lambda _: HTMLResponse("<title>Notes</title><h1>Join</h1>"))] if groups else []
    return Starlette(routes=[*youth_routes(app), *join], exception_handlers=dict(youth_error_pages(app)))
