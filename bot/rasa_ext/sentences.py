"""Features of a whole sentence alone: Rasa also makes those of every word, and copies and joins both, for nobody here.

Of our pipeline only the classifier of intents reads features, and those of the sentence. Whether the same is understood as
before is tried by who calls ``leave_out_words`` (``shortcuts``), and undone where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.nlu.constants import DENSE_FEATURIZABLE_ATTRIBUTES
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import csr_matrix, vstack


def leave_out_words(components: Iterable[Any]) -> Callable[[], None]:
    """From now on a loaded pipeline makes and reads no features of words; returns what undoes it."""
    changed: list[tuple[Any, str]] = []
    for component in components:
        if isinstance(component, CountVectorsFeaturizer):
            component._create_features = partial(_of_sentences, component)
            changed.append((component, "_create_features"))
        if isinstance(component, LogisticRegressionClassifier):
            component._create_X = _rows
            changed.append((component, "_create_X"))

    def undo() -> None:
        for component, name in changed:
            delattr(component, name)  # what the class has shows again

    return undo


def _of_sentences(
    counting: CountVectorsFeaturizer, attribute: str, texts: Sequence[Sequence[str]]
) -> tuple[list[Any], list[Any]]:
    """Nothing for the words; for each text its sentence's counts, as Rasa makes them."""
    vectorizer = counting.vectorizers.get(attribute)
    if not vectorizer:
        return [None], [None]
    return [None] * len(texts), [_counts(vectorizer, attribute, tokens) for tokens in texts]


def _counts(vectorizer: Any, attribute: str, tokens: Sequence[str]) -> Any:
    if not tokens or attribute not in DENSE_FEATURIZABLE_ATTRIBUTES:
        return None
    counts = vectorizer.transform([" ".join(tokens)])
    counts.sort_indices()
    return counts.tocoo()


def _rows(messages: Sequence[Message]) -> csr_matrix:
    """One row of numbers for each message: its sparse features, then the others, in the order they were made."""
    rows = [_row(message) for message in messages]
    return rows[0] if len(rows) == 1 else vstack(rows)


def _row(message: Message) -> csr_matrix:
    found = [f for f in message.features if f.attribute == TEXT and f.type == FEATURE_TYPE_SENTENCE]
    data, columns, width = list[Any](), list[Any](), 0
    for feature in sorted(found, key=lambda f: not f.is_sparse()):  # in Python a sort keeps the order of equals
        numbers = feature.features
        if feature.is_sparse():
            place, values = numbers.col, numbers.data
        else:
            place = np.flatnonzero(numbers[0])
            values = numbers[0][place]
        data.append(values)
        columns.append(place + width)
        width += numbers.shape[1]
    joined, where = np.concatenate(data), np.concatenate(columns)
    return csr_matrix((joined, where, [0, len(joined)]), shape=(1, width))
