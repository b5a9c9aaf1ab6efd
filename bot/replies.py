"""The other half of the spine: the next kept message is answered, by the engine or without it.

It promises: replies, what they bring about and the end of the message are kept together or not at all; nobody meets
silence when the engine is down, or when the answer to one message fails again and again; and nothing is said to a
thread that a person holds, or that said STOP in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.choices import Choice
from bot.effects import Effects, lasts, offered_by
from bot.engine import Answer, Engine, EngineUnavailable, Turn
from bot.forgetting import forgotten_and_told
from bot.safety.verdict import Level
from bot.store.database import Store, StoreDown
from bot.store.messages import Message
from bot.store.unit_of_work import UnitOfWork
from bot.threads import Thread
from bot.voice import Voice

log = structlog.get_logger()

MOST_TRIES = 3
"""How often a reply may fail before it is given without the engine."""

SOON = timedelta(seconds=2)
"""When a reply that failed is tried again."""


class Replies:
    """Replies to kept messages, one at a time."""

    def __init__(self, *, store: Store, engine: Engine, voice: Voice, effects: Effects) -> None:
        self._store = store
        self._engine = engine
        self._voice = voice
        self._effects = effects

    async def next(self, found: Callable[[], None] = lambda: None) -> bool:
        """Answer the next kept message, whichever thread it is of; False when none waits.

        ``found`` is called when there is one, before it is answered: another may wait behind it.
        """
        message = await asyncio.to_thread(self._claim)
        if message is None:
            return False
        found()
        try:
            await self._reply_to(message)
        except StoreDown:
            raise  # it says nothing about the message, which is taken up when the claim is over
        except Exception:
            await asyncio.to_thread(self._try_again, message)
            raise
        return True

    async def _reply_to(self, message: Message) -> None:
        """Ask the engine, unless people silenced it, it is away, or its answer to this one failed again and again."""
        if message.attempts >= MOST_TRIES:
            log.error("answered without engine", tries=message.attempts, message_id=message.id)
            await asyncio.to_thread(self._answer_without_engine, message)
            return
        turn = await asyncio.to_thread(self._turn, message)
        if turn.metadata["lines_only"]:  # a supervisor has silenced the dialogue
            await asyncio.to_thread(self._answer_without_engine, message, lines_only=True)
            return
        try:
            answer = await self._engine.ask(turn)
        except EngineUnavailable as error:
            log.warning("engine unavailable", reason=str(error), message_id=message.id)
            await asyncio.to_thread(self._answer_without_engine, message)
        else:
            await asyncio.to_thread(self._answer, message, answer)

    def _claim(self) -> Message | None:
        with self._store.begin(lasting=False) as work:
            return work.messages.claim(direction="in", states=("kept",))

    def _turn(self, message: Message) -> Turn:
        with self._store.read() as work:
            thread = thread_of(work, message)
            return Turn(
                message_id=message.id,
                thread=thread.id,
                text=message.text,
                choice=_choice(message),
                metadata=self._voice.for_engine(work, thread, message.verdict),
            )

    def _answer(self, message: Message, answer: Answer) -> None:
        """Replies, effects and the end of the message: all of it is kept, or none.

        Words alone need no wait for the disk: what a power cut undoes is said again, for the message itself lasts, and what
        leaves as a text lasts with the outbox's next step, before it leaves.
        """
        with self._store.begin(lasting=lasts(answer.effects) or message.verdict.level > Level.NONE) as work:
            thread = self._still_ours(work, message)
            if thread is None:
                return
            silent = _is_silent(thread, message)
            self._settle(work, thread, message, "noted" if silent else "answered")
            for effect in answer.effects:  # before the words, so that "forget me" cannot erase its own answer
                self._effects.apply(work, thread, effect, message)
            if silent:
                return
            offered: tuple[Choice, ...] = ()
            for reply in answer.replies:
                offered = self._voice.send(work, thread, reply.text, reply.choices) or offered
            work.threads.offer(thread.id, offered or offered_by(answer.effects))

    def _answer_without_engine(self, message: Message, *, lines_only: bool = False) -> None:
        """A plain sentence with a line; danger, or asking for a person, still brings a person."""
        with self._store.begin() as work:
            thread = self._still_ours(work, message)
            if thread is None:
                return
            silent, chosen = _is_silent(thread, message), _choice(message) or ""
            self._settle(work, thread, message, "noted" if silent else "answered")
            if chosen.startswith("/want_person"):
                self._effects.apply(work, thread, {"effect": "case", "event": "consent"})
            if chosen.startswith("/forget_me"):
                forgotten_and_told(work, self._voice, thread, message.said_at)
            elif silent:
                return
            elif chosen.startswith("/want_person"):
                self._voice.say(work, thread, "person_asked_without_engine")
                work.threads.offer(thread.id, ())
            elif message.verdict.level >= Level.ELEVATED:
                self._voice.offer_without_engine(work, thread)
            else:
                self._voice.say(work, thread, "lines_only" if lines_only else "engine_down")

    def _settle(self, work: UnitOfWork, thread: Thread, message: Message, state: str) -> None:
        """It is answered. Where it was their private word, said though nobody asked for it, no worker reads it from now on."""
        work.messages.settle(message.id, state)
        if work.threads.said_word(thread, message.text, message.verdict.level):
            work.messages.hide_word(message)

    def _try_again(self, message: Message) -> None:
        """Its reply failed: soon again, and not only when the claim is over."""
        with self._store.begin() as work:
            now = work.messages.get(message.id)
            if now is not None and now.state == "kept":
                work.messages.settle(message.id, "kept", due_at=work.now + SOON)

    def _still_ours(self, work: UnitOfWork, message: Message) -> Thread | None:
        """Its thread; none when a person took over in between, or another gateway answered: the bot is silent then."""
        work.threads.hold(message.thread_id)
        now = work.messages.get(message.id)
        if now is None or now.state != "kept" or now.thread_id != message.thread_id:
            return None  # its number may have become somebody else's meanwhile, who is not to hear the answer
        thread, ours = thread_of(work, message), message.who == "event"
        if (thread.held and not ours) or (thread.waits and ours):
            work.messages.settle(message.id, "waits" if ours else "noted")
            return None
        return thread


def _is_silent(thread: Thread, message: Message) -> bool:
    """They said STOP while this was on its way: what they wished is done, and nothing is said. Danger is answered still."""
    return thread.opted_out and message.verdict.level < Level.ELEVATED


def _choice(message: Message) -> str | None:
    """The payload that a message stands for: what was chosen, or what the gateway wrote to itself."""
    return message.text if message.who == "event" else message.chosen


def thread_of(work: UnitOfWork, message: Message) -> Thread:
    """The thread of a message that was kept, which therefore exists."""
    thread = work.threads.get(message.thread_id)
    if thread is None:
        raise LookupError("The thread of a kept message is gone.")
    return thread
