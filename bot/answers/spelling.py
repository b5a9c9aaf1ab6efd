"""Sparse likeness of texts: character n-grams with tf-idf, kept as one inverted index. Pure numpy.

Youth spelling ("wat iz grooming") breaks words but leaves their pieces; this looks at the pieces.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.safety.spelling import folded

Numbers = NDArray[Any]

SIZES = (3, 4)
_SPACE = re.compile(r"[^a-z0-9']+")


def pieces(text: str) -> Counter[str]:
    """The character n-grams of a text, word by word, with how often each occurs."""
    found: Counter[str] = Counter()
    for word in _SPACE.sub(" ", folded(text)).split():
        padded = f" {word} "
        for size in SIZES:
            found.update(padded[i : i + size] for i in range(max(1, len(padded) - size + 1)))
    return found


class Spelling:
    """An inverted index over rows of text; ``likeness`` gives the cosine of a text with every row."""

    def __init__(
        self, vocabulary: Sequence[str], idf: Numbers, starts: Numbers, rows: Numbers, weights: Numbers, size: int
    ) -> None:
        self.vocabulary = list(vocabulary)
        self.idf, self.starts, self.rows, self.weights, self.size = idf, starts, rows, weights, size
        self._number = {piece: i for i, piece in enumerate(self.vocabulary)}

    @classmethod
    def of(cls, texts: Sequence[str]) -> Spelling:
        """Index these texts, one row each."""
        counted = [pieces(t) for t in texts]
        vocabulary = sorted({p for c in counted for p in c})
        number = {p: i for i, p in enumerate(vocabulary)}
        found_in = np.zeros(len(vocabulary))
        for counts in counted:
            found_in[[number[p] for p in counts]] += 1
        idf = (np.log((1 + len(texts)) / (1 + found_in)) + 1).astype(np.float32)
        entries = [(number[p], row, w) for row, c in enumerate(counted) for p, w in _weighted(c, number, idf)]
        entries.sort()
        pieces_, rows, weights = (np.array(column) for column in zip(*entries, strict=True))
        starts = np.searchsorted(pieces_, np.arange(len(vocabulary) + 1))
        return cls(vocabulary, idf, starts.astype(np.int64), rows.astype(np.int32), weights.astype(np.float32), len(texts))

    def likeness(self, text: str) -> Numbers:
        """Cosine with every row, 0 to 1."""
        known = Counter({p: n for p, n in pieces(text).items() if p in self._number})
        if not known:
            return np.zeros(self.size, dtype=np.float32)
        said = _weighted(known, self._number, self.idf)
        parts = [slice(self.starts[self._number[piece]], self.starts[self._number[piece] + 1]) for piece, _ in said]
        rows = np.concatenate([self.rows[part] for part in parts])
        weights = np.concatenate([weight * self.weights[part] for part, (_, weight) in zip(parts, said, strict=True)])
        return np.bincount(rows, weights, self.size).astype(np.float32)


def _weighted(counts: Counter[str], number: dict[str, int], idf: Numbers) -> list[tuple[str, float]]:
    weights = {p: (1 + np.log(n)) * float(idf[number[p]]) for p, n in counts.items()}
    length = float(np.sqrt(sum(w * w for w in weights.values()))) or 1.0
    return [(p, w / length) for p, w in weights.items()]
