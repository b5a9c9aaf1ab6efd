"""A Rasa component: finds the reviewed answer to a question and writes its id as an entity.

One intent `ask` and one rule stand for all answers. It promises: the intent `ask` only where a text is a question with an
answer near, with the entities `answer`, `answer_2` and `sure` and the property `answer_score`; what is near nothing stays with
the classifier, or becomes `out_of_scope`. What is near a text of whatever kind is noted for the screening component, for who
tells of mild danger is offered it beside care.
"""

# ruff: noqa: ARG003 - Rasa calls these methods by the names of their parameters
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.answers.catalog import Answer, Answers
from bot.answers.finder import Decision, Finder, Found
from bot.rasa_ext.meaning import CODE, encoder, encoder_folder, fingerprint_of, vector_of
from bot.text import asks

ASK = "ask"
OUT_OF_SCOPE = "out_of_scope"
NEAR = "near"
"""The property under which the entities of what is near any text are kept; it is not part of what is told of a text."""

OUTSIDE_INTENTS = frozenset({OUT_OF_SCOPE, "insult", "testing", "wrong_number", "injection", "small_talk", "medicine"})
"""Intents whose examples lie outside of what the answers are about."""

OPEN_INTENTS = frozenset({ASK, OUT_OF_SCOPE, "nlu_fallback"})
"""Intents that say nothing about what is wanted; any other intent is asked about only when it is a guess."""

A_GUESS = 0.6
"""Confidence of the classifier below which a text is looked at as a question too."""

PLAINLY = 0.95
"""A score from which a text is plainly a question, unless the classifier is certain of something else."""

CERTAIN = 0.85

NEVER_A_QUESTION = frozenset({"want_person", "happening_to_me", "forget_me", "change_language"})
"""Ways to people and out: taken as such even where an answer would be near."""

REFUSED = frozenset({"refuse", "no_person"})
"""Who refuses something has asked for nothing: only what is put as a question, or is plainly one, is."""

HOW_TO_FORGET = re.compile(r"\W*(so |ok |um |hey |wait )?(how|wh?at happens|(can|could) i|is there a way)\b", re.IGNORECASE)
"""Who asks how to be forgotten is told how: nothing is erased for a question."""

NAVIGATION = frozenset(
    {"repeat", "start_lesson", "next", "back_step", "skip", "pause", "lesson_choice", "slower", "set_band", "set_region"}
)
"""Ways through: "can you say that again" is put as a question and is none."""

GIVEN = frozenset({"lines", "support", "grounding"})
"""Whoever asks for one of these plainly is given the list or the exercise: "is there art therapy" and "can we do that breathing
thing again" are put as questions, and an answer about feelings is near them."""

ASKED, FEWEST_WORDS = 0.7, 4
"""A text that is put as a question, of so many words and with an answer this near, is one whatever the classifier took it for:
"what if my friend hates me for telling" is more than worry about a friend."""


ANSWERS = Path(__file__).resolve().parents[2] / "content" / "answers"


def all_answers() -> list[Answer]:
    """The reviewed answers of every language: one id has the ways of asking of them all."""
    folders = sorted(p for p in ANSWERS.iterdir() if p.is_dir())
    return [answer for folder in folders for answer in Answers.load(folder, folder.name)]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class AnswerRetriever(GraphComponent):
    """Points a question at an answer."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, finder: Finder | None = None) -> None:
        self._storage = model_storage
        self._resource = resource
        self._finder = finder

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> AnswerRetriever:
        """An empty component, to be trained."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> AnswerRetriever:
        """The component with its trained index."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, Finder.load(folder))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Another answer file, finder or encoder is a reason to train again."""
        code = (CODE / "encoder.py", *sorted((CODE / "answers").glob("*.py")))
        return fingerprint_of(*sorted(ANSWERS.glob("*/*.yml")), *code)

    def train(self, training_data: TrainingData) -> Resource:
        """Index the answers, with the examples of what lies outside."""
        outside = [str(e.get(TEXT)) for e in training_data.intent_examples if e.get(INTENT) in OUTSIDE_INTENTS]
        self._finder = Finder.build(all_answers(), outside, encoder(encoder_folder()).embed)
        with self._storage.write_to(self._resource) as folder:
            self._finder.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Write what was found for every message that may be a question."""
        for message in messages:
            vector = vector_of(message)
            if self._finder is None or vector is None:
                continue
            intent = message.get(INTENT) or {}
            if intent.get("name") == "forget_me" and HOW_TO_FORGET.match(str(message.get(TEXT))):
                intent = {"name": ASK, "confidence": 0.0}
            spoken = (message.get("metadata") or {}).get("lang")
            found = self._finder.find(str(message.get(TEXT)), vector, lang=spoken)
            asked = not _asks_for_what_we_have(intent) and _is_asked(str(message.get(TEXT)), found)
            if asked or self._may_be_a_question(intent, found):
                self._write(message, intent, found, asked=asked)
            if found.decision is not Decision.OUT_OF_SCOPE and intent.get("name") not in NEVER_A_QUESTION:
                message.set(NEAR, _entities(found))
        return messages

    @staticmethod
    def _may_be_a_question(intent: dict[str, Any], found: Found) -> bool:
        name, confidence = intent.get("name"), float(intent.get("confidence") or 0.0)
        if name in REFUSED:
            return confidence < A_GUESS and found.decision is Decision.SURE and found.score >= PLAINLY
        if name in OPEN_INTENTS or confidence < A_GUESS:
            return True
        if name in NEVER_A_QUESTION or confidence >= CERTAIN:
            return False
        return found.decision is Decision.SURE and found.score >= PLAINLY

    def _write(self, message: Message, intent: dict[str, Any], found: Found, *, asked: bool) -> None:
        if asked and intent.get("name") in NEVER_A_QUESTION:
            return
        if found.decision is Decision.OUT_OF_SCOPE:
            if intent.get("name") in OPEN_INTENTS:
                message.set(INTENT, {"name": OUT_OF_SCOPE, "confidence": 1.0 - found.score}, add_to_output=True)
            return
        if found.decision is not Decision.SURE and not asked and intent.get("name") not in OPEN_INTENTS:
            return
        message.set(INTENT, {"name": ASK, "confidence": found.score}, add_to_output=True)
        message.set(ENTITIES, _entities(found), add_to_output=True)
        message.set("answer_score", round(found.score, 4), add_to_output=True)


def _asks_for_what_we_have(intent: dict[str, Any]) -> bool:
    name, confidence = intent.get("name"), float(intent.get("confidence") or 0.0)
    return name in NAVIGATION or (name in GIVEN and confidence >= CERTAIN)


def _is_asked(text: str, found: Found) -> bool:
    near = found.decision in (Decision.SURE, Decision.LIKELY) and found.score >= ASKED
    return near and len(text.split()) >= FEWEST_WORDS and asks(text)


def _entities(found: Found) -> list[dict[str, Any]]:
    entities = [_entity("answer", found.answer), _entity("sure", found.decision.value)]
    if found.decision is not Decision.SURE:
        entities.append(_entity("answer_2", found.second))
    if found.lang != "en":
        entities.append(_entity("lang", found.lang))
    return entities


def _entity(name: str, value: str) -> dict[str, Any]:
    return {"entity": name, "value": value, "start": 0, "end": 0, "extractor": "AnswerRetriever"}
