"""A small trained head: from a sentence's vector to how likely each answer is. Softmax regression, pure numpy.

It learns from the ways of asking in the answer files, which likeness alone weighs one by one. The same
rows always give the same head.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

STEPS = 400
STRENGTH = 0.1
"""L2 penalty on a mean loss; with it the head stays unsure about what it has not seen."""

RATE = 0.05


class Head:
    """Weights and offsets; ``chances`` turns vectors into probabilities that add up to 1."""

    def __init__(self, weights: Numbers, offsets: Numbers) -> None:
        self.weights, self.offsets = weights, offsets

    @classmethod
    def learned(cls, vectors: Numbers, owners: Sequence[int], count: int) -> Head:
        """Fit to rows with their owners (0..count-1); every owner weighs the same, however many rows it has."""
        truth = np.eye(count, dtype=np.float32)[list(owners)]
        weigh = (1 / (truth.sum(axis=0) * np.float32(count)))[list(owners)][:, None]
        parameters = np.zeros((vectors.shape[1] + 1, count), dtype=np.float32)
        rows = np.hstack([vectors, np.ones((len(vectors), 1))]).astype(np.float32)
        first, second = np.zeros_like(parameters), np.zeros_like(parameters)
        for step in range(1, STEPS + 1):
            slope = rows.T @ ((_softmax(rows @ parameters) - truth) * weigh)
            slope[:-1] += STRENGTH / count * parameters[:-1] / len(rows)
            first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
            parameters -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        return cls(parameters[:-1], parameters[-1])

    def chances(self, vectors: Numbers) -> Numbers:
        """One row of probabilities for each vector."""
        return _softmax(vectors @ self.weights + self.offsets)


def _softmax(scores: Numbers) -> Numbers:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Numbers = raised / raised.sum(axis=-1, keepdims=True)
    return result
