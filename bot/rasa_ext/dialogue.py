"""One turn of dialogue: a message in, replies and effects out. Rasa does the talking; this holds it to its promises.

A message that was answered before gets the same answer. A turn in which anything failed keeps nothing
and raises TurnFailed, so that the gateway speaks instead of nobody. Nothing here is ever logged with words.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.core.events import UserUttered

from actions import parts as spoken
from actions.in_process import InProcessActions
from actions.situation import BEFORE
from bot.answers.catalog import AnswerError
from bot.choices import intent_and_entities
from bot.rasa_ext import light_rasa, shortcuts
from bot.rasa_ext.nlg import ReviewedWords
from bot.rasa_ext.parts import (
    ActionsHere,
    Collected,
    NoWords,
    OneAtATime,
    as_parse_data,
)
from bot.rasa_ext.screening_component import DISCLOSURE, SCREENING, is_danger
from bot.rasa_ext.tracker_store import ANSWERING, Answering, EncryptedTrackerStore, TurnFailed
from bot.store.trackers import StaleTracker
from bot.words import Words

log = structlog.get_logger()

LONGEST_TEXT = 2000
"""Characters of a message that the dialogue looks at; the screening has seen all of it before."""

TRIAL = "what can you do"


class TurnRefused(Exception):
    """The request is not one that the gateway makes; the sentence says what is wrong with it."""


class EngineError(Exception):
    """The engine cannot start; the sentence says what to do."""


@dataclass(frozen=True)
class Request:
    """One message to answer."""

    message_id: int
    thread: str
    text: str
    choice: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Any) -> Request:
        """What the gateway sent; raises TurnRefused."""
        try:
            request = cls(
                message_id=int(data["message_id"]),
                thread=str(data["thread"]),
                text=str(data.get("text") or ""),
                choice=data.get("choice") or None,
                metadata=dict(data.get("metadata") or {}),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise TurnRefused("A turn needs message_id, thread, text, choice and metadata.") from None
        if not request.thread:
            raise TurnRefused("A turn needs a thread.")
        return request


class Dialogue:
    """A loaded model with our own parts around it."""

    def __init__(self, agent: Agent, store: EncryptedTrackerStore) -> None:
        self._processor: MessageProcessor = agent.processor
        self._store = store
        self._locks = agent.lock_store
        self._intents = frozenset(agent.domain.intents) - frozenset(DEFAULT_INTENTS)  # those restart or rewind a thread
        self._entities = frozenset(agent.domain.entities)
        self.shortcuts: frozenset[str] = frozenset()
        self.read_again = 0
        """Turns whose tracker another engine had written meanwhile."""

    @classmethod
    def load(cls, model: Path, store: EncryptedTrackerStore, words: Words) -> Dialogue:
        """Load the model and put our parts in their places. Raises EngineError."""
        warnings.simplefilter("ignore")  # Rasa's warnings can quote a message
        if not model.is_file():
            raise EngineError(f"{model} is not there: run `handrail train`.")
        try:
            spoken.read_all()
        except AnswerError as error:
            raise EngineError(str(error)) from error
        actions = InProcessActions(failed=note_failure)
        try:
            with light_rasa.loading():
                agent = Agent.load(
                    model, tracker_store=store, lock_store=OneAtATime(), action_endpoint=ActionsHere(actions),
                    generator=ReviewedWords(words=words),
                )  # fmt: skip
        except Exception as error:  # Rasa raises many kinds for one cause
            raise EngineError(
                f"{model.name} cannot be loaded ({type(error).__name__}): run `handrail train --force`."
            ) from error
        _check_actions(agent, actions)
        agent.tracker_store = agent.processor.tracker_store = store  # out of the wrapper that would forget silently
        logging.getLogger("rasa.core.processor").addFilter(NoWords(note_failure))  # it swallows what an action raises
        dialogue = cls(agent, store)
        dialogue.shortcuts = shortcuts.take(agent.processor)
        return dialogue

    async def turn(self, request: Request) -> dict[str, Any]:
        """Answer a message: {"replies", "effects"}. Raises TurnRefused, TurnFailed."""
        message = self._message(request)
        async with self._locks.lock(request.thread):
            try:
                return await self._answer(request, message)
            except StaleTracker:  # another engine answered in this thread: read it again, once
                self.read_again += 1
                return await self._answer(request, self._message(request))

    async def rehearse(self, text: str) -> None:
        """Read the trackers, understand a text, choose what to do, and keep nothing. Raises TurnFailed, StoreError."""
        await self._store.row("rehearsal")
        tracker = self._store.init_tracker("rehearsal")
        message = UserMessage(text, metadata={SCREENING: {"level": "none"}})
        try:
            parsed = await self._processor.parse_message(message, tracker)
            tracker.update(UserUttered(text, parsed["intent"], parsed["entities"], parsed), self._processor.domain)
            self._processor.predict_next_with_tracker(tracker)
        except Exception as error:
            raise TurnFailed(f"The trial message failed ({type(error).__name__}).") from error

    async def _answer(self, request: Request, message: UserMessage) -> dict[str, Any]:
        row = await self._store.row(request.thread)
        if row is not None and row.message_id == request.message_id and row.answered is not None:
            return dict(row.answered)
        if row is not None:
            self._store.hand_over(request.thread, row)
        collected = message.output_channel
        running = Answering(request.message_id, collected.answer)
        token = ANSWERING.set(running)
        try:
            await self._processor.handle_message(message)
        except (StaleTracker, TurnFailed):
            raise
        except Exception as error:  # noqa: BLE001 - the edge: whatever failed, the gateway answers
            raise TurnFailed(f"The turn failed ({type(error).__name__}).") from None
        finally:
            ANSWERING.reset(token)
        return collected.answer()

    def _message(self, request: Request) -> UserMessage:
        verdict = request.metadata.get(SCREENING)
        text = request.text.strip()[:LONGEST_TEXT]
        parsed = None if is_danger(verdict) or not request.choice else self._chosen(request.choice, text)
        if parsed is None and text.startswith("/"):
            raise TurnRefused("A text may not begin with a slash: the gateway takes it off.")
        return UserMessage(
            text or "(nothing)", Collected(), request.thread, parse_data=parsed, input_channel=Collected.name(),
            message_id=str(request.message_id), metadata=dict(request.metadata),
        )  # fmt: skip

    def _chosen(self, payload: str, text: str) -> dict[str, Any]:
        try:
            intent, entities = intent_and_entities(payload)
        except ValueError:
            raise TurnRefused("The choice cannot be read.") from None
        if intent not in self._intents or not set(entities) <= self._entities:
            raise TurnRefused("The choice names an intent or entity that the dialogue does not have.")
        parsed = as_parse_data(intent, entities, text)
        if intent == DISCLOSURE:
            parsed[SCREENING] = {
                "level": entities.get("level", "high"),
                "category": entities.get("category"),
                "subject": "self",
            }
        return parsed


def note_failure(what: str) -> None:
    """Remember that a part of the running turn failed; without a turn it is only logged."""
    running = ANSWERING.get()
    if running is not None:
        running.failures.append(what)
    log.error("dialogue failed", what=what)


def _check_actions(agent: Agent, actions: InProcessActions) -> None:
    if BEFORE not in {slot.name for slot in agent.domain.slots}:
        raise EngineError("The dialogue was trained for an older version: run `handrail train`.")
    missing = [a for a in agent.domain.user_actions if not a.startswith("utter_") and a not in actions.names]
    if missing:
        raise EngineError(f"The domain names {missing[0]}, which no file in actions/ defines: add it or take it out.")
