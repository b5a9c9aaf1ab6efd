"""The word cloud as everybody may see it: equal words are one, sized in fives, in an order that says nothing. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.groups.suppression import LEAST

LARGEST = 3
"""Sizes go from 0 (fewer than five gave it) to this: fifteen or more."""


def cloud(words: Iterable[str], salt: str) -> Sequence[tuple[str, int]]:
    """Each word once with its size, shuffled by ``salt``: the same at every look, and not the order in which they came."""
    counted = Counter(" ".join(word.split()).casefold() for word in words)
    sized = [(word, min(LARGEST, count // LEAST)) for word, count in counted.items()]
    return sorted(sized, key=lambda one: hashlib.sha256(f"{salt} {one[0]}".encode()).digest())
