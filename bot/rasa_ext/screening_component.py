"""The screening's second line inside Rasa: the last component, which nothing can overwrite.

The gateway screens every text first and sends its verdict along; where there is none (`rasa shell`,
`rasa test`) the same screening runs here. It promises: a text at elevated or above carries the intent
`disclosure` and the property `screening`, whatever the classifier thought.
"""

# ruff: noqa: ARG003 - Rasa calls these methods by the names of their parameters
from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import settings
from bot.rasa_ext.answer_retriever import NEAR
from bot.safety.screening import Screening
from bot.safety.verdict import Level

SCREENING = "screening"
DISCLOSURE = "disclosure"


ANSWER_TOO = ("answer", "answer_2", "sure")
"""What is kept of what is near a text that discloses: care comes first, then the answer, or two to choose from
(actions/handoff.py)."""


@lru_cache(maxsize=1)
def screening() -> Screening:
    """The screening for texts that came without a verdict; raises ScreeningError."""
    found = settings.load()
    model = found.models / "safety"
    return Screening.load(found.content / "safety", model if model.exists() else None, languages=found.languages)


def verdict_on(message: Message) -> dict[str, Any]:
    """The gateway's verdict when it sent one, else our own: level, category and subject."""
    sent = (message.get("metadata") or {}).get(SCREENING)
    if isinstance(sent, dict) and sent.get("level"):
        return sent
    verdict = screening().screen(str(message.get(TEXT) or ""))
    return {"level": verdict.level.word, "category": verdict.category, "subject": verdict.subject}


def is_danger(verdict: dict[str, Any] | None) -> bool:
    """Whether a verdict asks for care; a level that nobody knows counts as danger."""
    if not verdict:
        return False
    try:
        return Level.of(str(verdict.get("level"))) >= Level.ELEVATED
    except KeyError:
        return True


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ScreeningComponent(GraphComponent):
    """Marks what needs care."""

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> ScreeningComponent:
        """The component; it learns nothing."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Give every text at elevated or above the intent `disclosure` and its verdict."""
        for message in messages:
            if message.get(TEXT):
                self._mark(message)
        return messages

    def _mark(self, message: Message) -> None:
        verdict = verdict_on(message)
        if not is_danger(verdict):
            return
        intent = {"name": DISCLOSURE, "confidence": 1.0}
        message.set(SCREENING, verdict, add_to_output=True)
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, [intent], add_to_output=True)
        kept = [e for e in message.get(NEAR) or () if e.get("entity") in ANSWER_TOO]
        message.set(ENTITIES, kept, add_to_output=True)
