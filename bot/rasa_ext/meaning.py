"""A Rasa featurizer: the sentence encoder's numbers beside the sparse features.

It promises one dense sentence vector a message and refuses to know what any text means for anybody.
"""

# ruff: noqa: ARG003 - Rasa calls these methods by the names of their parameters
from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot import settings
from bot.answers.near import ADAPTER, build_encoder
from bot.answers.shorthand import written_out
from bot.encoder import Encoder

ORIGIN = "meaning"
WEIGHT = np.float32(6.0)
"""How much the vector weighs for the classifier beside the counts of letters and words; by three-fold cross-validation over
the examples, 0 reads 62 % of the ways through right, 1: 65 %, 4: 72 %, 6: 74 %, 15: 73 %."""
LONGEST = 600
"""Characters of a text that are encoded: a longer one costs time and says no more about its intent."""


CODE = Path(__file__).resolve().parents[1]


def fingerprint_of(*files: Path) -> str:
    """A hash of files that Rasa's training cache does not look at by itself."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=2)
def encoder(folder: Path) -> Encoder:
    """The encoder in ``folder``, built first when nobody has built it yet; raises EncoderError."""
    if not (folder / "manifest.json").exists():
        build_encoder(folder)
    return Encoder.load(folder)


def encoder_folder() -> Path:
    """Where `handrail train` puts the encoder."""
    return settings.load().models / "encoder"


def vector_of(message: Message) -> NDArray[Any] | None:
    """The vector (of length 1) that this component gave a message, or None."""
    found = [f for f in message.features if f.origin == ORIGIN and f.attribute == TEXT]
    return np.asarray(found[0].features[0]) / WEIGHT if found else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Meaning(GraphComponent):
    """Adds the encoder's vector to a message."""

    def __init__(self, encoder_in: Path) -> None:
        self._folder = encoder_in

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Meaning:
        """The component; the encoder itself is loaded once a process."""
        component = cls(encoder_folder())
        encoder(component._folder)
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Another encoder or another way of writing out shorthand is a reason to train again."""
        return fingerprint_of(ADAPTER, CODE / "encoder.py", CODE / "answers" / "shorthand.py", Path(__file__))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the vector to every message that has a text."""
        told = [m for m in messages if m.get(TEXT)]
        texts = [written_out(str(m.get(TEXT))[:LONGEST]) for m in told]
        for message, vector in zip(told, encoder(self._folder).embed(texts), strict=True):
            message.add_features(Features(WEIGHT * vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, ORIGIN))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The same for training examples."""
        self.process(training_data.training_examples)
        return training_data
