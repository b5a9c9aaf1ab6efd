"""Where Rasa's trackers live: one compacted blob a thread, written with compare-and-swap.

It promises: a turn costs the same at message 10 and at message 500; nobody's words are kept here; a
read or write that fails is an error (never a blank tracker, as Rasa's fail-safe wrapper would give); and
the message answered, its replies and its effects are part of the same write.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from actions.elsewhere import SAID_TO
from actions.situation import ANY, BEFORE
from bot.store.trackers import TrackerRow

log = structlog.get_logger()

OWN_WORDS = "own_words"
"""The slot that holds a text as it stands, within one turn."""

EVENT_TYPES: Mapping[str, type[Event]] = {
    c.type_name: c for c in reversed(all_subclasses(Event)) if isinstance(getattr(c, "type_name", None), str)
}
"""Built once: Rasa's own search walks every event class for every event, and takes the first of a name, as here."""


class Rows(Protocol):
    """The shelf of trackers in one transaction."""

    def load(self, thread_id: str) -> TrackerRow | None:
        """The row of a thread, or None."""
        ...

    def save(
        self, thread_id: str, *, expected_version: int, message_id: int | None, blob: bytes, answered: Mapping[str, Any] | None
    ) -> None:
        """Write the next version, or raise StaleTracker."""
        ...


class TurnFailed(Exception):
    """A turn could not be finished; nothing of it is kept, and the gateway answers instead."""


@dataclass
class Answering:
    """The turn that is running: what it answers, what it found stored, and whether a part of it failed."""

    message_id: int
    answer: Callable[[], dict[str, Any]]
    version: int = 0
    failures: list[str] = field(default_factory=list)


ANSWERING: ContextVar[Answering | None] = ContextVar("answering", default=None)


class EncryptedTrackerStore(TrackerStore):
    """Rasa's tracker store over our database; ``reading`` and ``writing`` open its transactions."""

    def __init__(
        self,
        domain: Domain | None,
        *,
        reading: Callable[[], AbstractContextManager[Rows]],
        writing: Callable[[], AbstractContextManager[Rows]],
    ) -> None:
        super().__init__(domain)
        self._reading = reading
        self._writing = writing
        self._loaded: dict[str, TrackerRow] = {}

    @property
    def domain(self) -> Domain:
        """The domain whose slots a tracker has."""
        return self._domain

    @domain.setter
    def domain(self, domain: Domain | None) -> None:
        self._domain = domain or Domain.empty()

    async def row(self, thread_id: str) -> TrackerRow | None:
        """What is stored for a thread. Read here and now: handing it to a thread costs more than the read."""
        return self._read(thread_id)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a thread; None where there is none, or none that a key opens. A failed read raises."""
        row = self._loaded.pop(sender_id, None) or await self.row(sender_id)
        running = ANSWERING.get()
        if running is not None:
            running.version = row.version if row else 0
        if row is None:
            return None
        if row.blob is None:  # for good: they begin anew, and are not told at every text that we are away
            log.error("tracker unreadable", begun="anew")
            return None
        return self._tracker(sender_id, row.blob)

    def hand_over(self, thread_id: str, row: TrackerRow) -> None:
        """A row just read, so that the turn that follows need not read it again."""
        self._loaded[thread_id] = row

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The same tracker: older turns are not kept."""
        return await self.retrieve(conversation_id)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A new tracker. It is first written at the end of its first turn, with the answer."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the tracker with the answer of the turn that runs. Raises TurnFailed, StaleTracker."""
        running = ANSWERING.get()
        if running is None:
            raise TurnFailed("A tracker is only written at the end of a turn.")
        if running.failures:
            raise TurnFailed(f"A part of the turn failed: {running.failures[0]}.")
        answered = running.answer()
        if not answered["replies"]:
            raise TurnFailed("Nothing was said.")
        blob = json.dumps([_as_kept(e) for e in compacted(tracker)], separators=(",", ":")).encode()
        await asyncio.to_thread(self._write, tracker.sender_id, running, blob, answered)

    async def keys(self) -> Iterable[str]:
        """Nobody lists threads through Rasa."""
        return ()

    def _read(self, thread_id: str) -> TrackerRow | None:
        with self._reading() as rows:
            return rows.load(thread_id)

    def _write(self, thread_id: str, running: Answering, blob: bytes, answered: dict[str, Any]) -> None:
        with self._writing() as rows:
            rows.save(thread_id, expected_version=running.version, message_id=running.message_id, blob=blob, answered=answered)

    def _tracker(self, thread_id: str, blob: bytes) -> DialogueStateTracker:
        tracker = self.init_tracker(thread_id)
        for kept in json.loads(blob):
            event = EVENT_TYPES[kept["event"]]._from_parameters(kept)
            if event is not None:
                tracker.update(event, self.domain)
        return tracker


def compacted(tracker: DialogueStateTracker) -> list[Event]:
    """The events that still matter. What was said is dropped; between turns only the slots count, for every rule reads one
    message, and Rasa holds its rules against every turn that is kept. An open form needs all of its own."""
    if tracker.latest_action_name == ACTION_LISTEN_NAME and not tracker.active_loop_name:
        return _summary(tracker)
    return [e for e in tracker.events if not isinstance(e, BotUttered) and not _is_own_words(e)]


def _summary(tracker: DialogueStateTracker) -> list[Event]:
    changed = {name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value}
    changed.pop(OWN_WORDS, None)
    slots = [SlotSet(name, value) for name, value in {**changed, BEFORE: _came_before(tracker)}.items()]
    return [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted(), *slots, ActionExecuted(ACTION_LISTEN_NAME)]


def _came_before(tracker: DialogueStateTracker) -> dict[str, int]:
    """So that nobody hears a reply twice in a row, and who is rude again is offered a person. Of what they say only chatter is
    told apart."""
    said = [e.intent_name for e in tracker.events if isinstance(e, UserUttered)]
    given = [e.action_name for e in tracker.events if isinstance(e, ActionExecuted) and is_response(e.action_name)]
    came = Counter([*([ANY] * len(said)), *(intent for intent in said if intent in SAID_TO), *given])
    return dict(came + Counter(tracker.get_slot(BEFORE) or {}))


def is_response(action: str | None) -> bool:
    """Whether an action says one of the domain's responses."""
    return (action or "").startswith("utter_")


def _is_own_words(event: Event) -> bool:
    """Their summary or their private word, which were passed on in the turn that filled the slot."""
    return isinstance(event, SlotSet) and event.key == OWN_WORDS and event.value is not None


def _as_kept(event: Event) -> dict[str, Any]:
    """An event without words: of a message only its intent and entities stay."""
    kept: dict[str, Any] = event.as_dict()
    if isinstance(event, UserUttered):
        parsed = {"intent": event.intent, "entities": event.entities, "text": ""}
        kept.update(text="", parse_data=parsed, metadata={}, message_id=None)
    kept.pop("policy", None)
    kept.pop("confidence", None)
    return kept
