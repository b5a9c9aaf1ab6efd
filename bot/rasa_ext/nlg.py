"""Turns the message ids in the domain's responses into reviewed words in the thread's language.

A response in domain/ carries the id of a message in content/messages/; so do its buttons. It promises:
no sentence comes from anywhere else, and a response whose words cannot be said is an error, not a gap.
"""

# ruff: noqa: ARG002 - Rasa calls these methods by the names of their parameters
from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from actions.situation import BEFORE
from bot.words import Words

MESSAGES = Path(__file__).resolve().parents[2] / "content" / "messages"


class ReviewedWords(TemplatedNaturalLanguageGenerator):
    """Says reviewed words. Rasa makes it from endpoints.yml (`nlg: type:`), our server by itself."""

    def __init__(
        self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None, words: Words | None = None
    ) -> None:
        super().__init__(domain.responses if domain else {})
        self._words = words or Words.load(MESSAGES)

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The response for an utter action, in words. Raises WordsError."""
        variations = self.responses.get(utter_action)
        if not variations:
            return None
        told = int((tracker.get_slot(BEFORE) or {}).get(utter_action, 0))
        told += sum(1 for e in tracker.events if getattr(e, "action_name", None) == utter_action)
        facts = tracker.latest_message.metadata if tracker.latest_message else {}
        return self._in_words(variations[told % len(variations)], facts or {})

    def _in_words(self, response: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        lang, values = str(facts.get("lang") or "en"), values_from(facts)
        said = copy.deepcopy(dict(response))
        said["text"] = self._words.say(said["text"], lang, **values)
        for button in said.get("buttons", ()):
            button["title"] = self._words.say(button["title"], lang, **values)
        return said


def values_from(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a sentence may say about this thread: open lines, the emergency number, whether people are here."""
    lines = [str(line["say"]) for line in facts.get("lines") or ()]
    return {
        "people_here": bool(facts.get("people_here")),
        "emergency": facts.get("emergency"),
        "line": lines[0] if lines else None,
        "lines": lines,
    }
