"""Letters in a row as numbers: what a text is made of, for the second opinion beside the encoder.

It promises: the same small bag of hashed character runs for the same text, everywhere. Runs of 2 to 5
letters inside words see typos, slang and languages that the encoder does not know.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections import Counter

import numpy as np

SLOTS = 1 << 16
SHORTEST, LONGEST = 2, 5


def bag(plain: str) -> tuple[np.ndarray, np.ndarray]:
    """Slots and weights (unit length) of the character runs and words of a plain text."""
    words, found = plain.split(), list[str]()
    for padded in (f" {word} " for word in words):
        for size in range(SHORTEST, LONGEST + 1):
            found += [padded[start : start + size] for start in range(max(1, len(padded) - size + 1))]
    found += [f"_{first} {second}" for first, second in itertools.pairwise(words)]
    weights: dict[int, float] = {}
    for run, count in Counter(found).items():
        slot = zlib.crc32(run.encode()) % SLOTS
        weights[slot] = weights.get(slot, 0.0) + 1 + math.log(count)
    slots = np.fromiter(weights, dtype=np.int64, count=len(weights))
    values = np.fromiter(weights.values(), dtype=np.float32, count=len(weights))
    return slots, values / max(float(np.linalg.norm(values)), 1e-9)


def score(plain: str, table: np.ndarray, idf: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Four level scores; ``table`` is int8 (SLOTS, 4), ``idf`` int8 sixteenths, ``scale`` and ``bias`` of length 4."""
    slots, values = bag(plain)
    values = values * (idf[slots].astype(np.float32) / 16)
    values = values / max(float(np.linalg.norm(values)), 1e-9)
    result: np.ndarray = (values @ table[slots].astype(np.float32)) * scale + bias
    return result
