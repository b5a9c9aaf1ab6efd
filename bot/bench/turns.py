"""One turn, side by side with Rasa's starter bot: alone, many at once, and late in a long thread.

A whole turn of ours is everything between a text that arrives and a reply that waits in the outbox: kept, screened,
through Rasa with a custom action, its tracker written, the reply kept. The starter's is the turn alone.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import httpx

from bot.app import App
from bot.bench import starter
from bot.bench.installation import Installation, installed
from bot.bench.starter import Starter
from bot.bench.traffic import ordinary_texts
from bot.channels.base import Inbound
from bot.engine import Answer, Engine, Turn
from bot.settings import Settings
from bot.shares import quantile, quantiles

Say = Callable[[str], None]

QUESTION = "?"
CONVERSATION = (QUESTION, "menu", "1", "1", QUESTION, "next")
"""Six turns: two questions, other ones every time, and a way into a lesson and through it by choices."""


class TimedEngine:
    """The engine's client, noting how long each answer took."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.took: list[tuple[bool, float]] = []

    async def ask(self, turn: Turn) -> Answer:
        """The engine's answer, timed; and whether a choice was made."""
        started = time.perf_counter()
        answer = await self._engine.ask(turn)
        self.took.append((turn.choice is not None, 1000 * (time.perf_counter() - started)))
        return answer

    async def ready(self) -> bool:
        """Whether the engine is."""
        return await self._engine.ready()

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.close()


class TimedApp(App):
    """The real parts, with an engine that is timed."""

    @cached_property
    def engine(self) -> TimedEngine:  # type: ignore[override]
        """The dialogue engine's client."""
        return TimedEngine(App.engine.func(self))  # type: ignore[attr-defined]


@dataclass
class Whole:
    """Whole turns of ours against a running engine."""

    app: TimedApp
    questions: Iterator[str]
    receive: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    def opens(self) -> str:
        """A new thread on the web, where replies are queued as shown."""
        return str(self.app.chat.thread_of(self.app.chat.open("13-15", "CA", "en")))

    async def turn(self, thread_id: str, text: str) -> float:
        """Milliseconds for one whole turn; for a question, another one is asked every time."""
        text = next(self.questions) if text == QUESTION else text
        inbound = Inbound(channel="web", provider_id=f"bench:{next(self._number)}", text=text, thread_id=thread_id)
        started = time.perf_counter()
        await asyncio.to_thread(self.app.conversation.receive, inbound)
        received = time.perf_counter()
        await self.app.conversation.reply()  # the oldest that waits: with many at once it may be another's
        self.receive.append(1000 * (received - started))
        self.whole.append(1000 * (time.perf_counter() - started))
        return self.whole[-1]


def of(installation: Installation) -> Whole:
    """Whole turns in the database of an installation; its engine must be running."""
    settings = replace(installation.settings, engine_patience=60.0)
    return Whole(TimedApp(settings), itertools.cycle(ordinary_texts(settings)))


def bench_turn(settings: Settings, say: Say, *, conversations: int = 60, seconds: float = 20.0) -> None:
    """One turn through Rasa and through the whole path, and turns a second, beside Rasa's starter bot."""
    with starter.running(settings, say) as other, installed(settings) as house:
        house.starts("engine")
        ours = of(house)
        asyncio.run(_turns(ours, other, say, conversations, seconds))


async def _turns(ours: Whole, other: Starter, say: Say, conversations: int, seconds: float) -> None:
    stock: list[float] = []
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        for number in range(-3, conversations):  # the first three warm everything up
            if number == 0:
                stock, ours.whole, ours.receive, ours.app.engine.took = [], [], [], []
            stock += [await other.turn(client, f"one-{number}", text) for text in starter.CONVERSATION]
            thread_id = ours.opens()
            for text in CONVERSATION:
                await ours.turn(thread_id, text)
        _say_turns(ours, stock, say)
        theirs = await _a_second(seconds, lambda name: _talks(other, client, name))
        mine = await _a_second(seconds, lambda _: _talks_to_us(ours))
    await ours.app.engine.close()
    say(f"turns a second, 8 at a time: starter {theirs:.1f}, ours, whole {mine:.1f} ({mine / theirs:.2f} x)")


def _say_turns(ours: Whole, stock: Sequence[float], say: Say) -> None:
    texts = [ms for chosen, ms in ours.app.engine.took if not chosen]
    choices = [ms for chosen, ms in ours.app.engine.took if chosen]
    whole_texts = [ms for (chosen, _), ms in zip(ours.app.engine.took, ours.whole, strict=True) if not chosen]
    say(quantiles("starter bot, the turn alone", stock))
    say(quantiles("ours, through Rasa: a text", texts))
    say(quantiles("ours, through Rasa: a choice", choices))
    say(quantiles("ours, kept and screened", ours.receive))
    say(quantiles("ours, the whole turn", ours.whole))
    say(quantiles("ours, the whole turn: a text", whole_texts))
    say(f"median, whole turn / starter's turn: {quantile(ours.whole, 0.5) / quantile(stock, 0.5):.2f}")


async def _a_second(seconds: float, talk: Callable[[str], Awaitable[int]], at_once: int = 8) -> float:
    """Turns a second of ``at_once`` talkers, each starting a new conversation when one is over."""
    until, done = time.perf_counter() + seconds, 0
    began = time.perf_counter()

    async def talker(who: int) -> None:
        nonlocal done
        for number in itertools.count():
            if time.perf_counter() >= until:
                return
            turns = await talk(f"many-{who}-{number}")  # on its own: others count while this one waits
            done += turns

    await asyncio.gather(*(talker(who) for who in range(at_once)))
    return done / (time.perf_counter() - began)


async def _talks(other: Starter, client: httpx.AsyncClient, name: str) -> int:
    for text in starter.CONVERSATION:
        await other.turn(client, name, text)
    return len(starter.CONVERSATION)


async def _talks_to_us(ours: Whole) -> int:
    thread_id = await asyncio.to_thread(ours.opens)
    for text in CONVERSATION:
        await ours.turn(thread_id, text)
    return len(CONVERSATION)


def bench_long(settings: Settings, say: Say, *, turns: int = 500) -> None:
    """The same turn at 10, 100 and 500 of one thread, ours and the starter bot's."""
    with starter.running(settings, say) as other, installed(settings) as house:
        house.starts("engine")
        asyncio.run(_long(of(house), other, say, turns))


async def _long(ours: Whole, other: Starter, say: Say, turns: int) -> None:
    thread_id, stock = ours.opens(), []
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        for number in range(turns):
            await ours.turn(thread_id, CONVERSATION[number % len(CONVERSATION)])
            stock.append(await other.turn(client, "long", starter.CONVERSATION[number % len(starter.CONVERSATION)]))
    await ours.app.engine.close()
    for name, took in (("starter bot", stock), ("ours, the whole turn", ours.whole)):
        at = [(place, _around(took, place)) for place in (10, 100, 500) if place <= turns]
        told = ", ".join(f"turn {place}: {ms:.1f} ms" for place, ms in at)
        say(f"{name}: {told}; last / first {at[-1][1] / at[0][1]:.2f}")


def _around(took: Sequence[float], place: int, reach: int = 6) -> float:
    """The median of the turns around one, six either side, so that every kind of turn is in it."""
    return quantile(took[max(0, place - 1 - reach) : place + reach], 0.5)
