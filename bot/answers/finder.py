"""How a question finds its answer: likeness in meaning and in spelling, and a small trained head. Pure numpy.

It promises a decision with every find: sure (say it), likely (say it, and offer the next nearest with it), unsure
(offer the two nearest and a person) or out of scope. It never composes words; it only points at a reviewed answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np

from bot.answers.catalog import Answer
from bot.answers.head import Head
from bot.answers.shorthand import written_out
from bot.answers.spelling import Numbers, Spelling

Embed = Callable[[Sequence[str]], Numbers]

OUTSIDE = "out_of_scope"
"""Owner of the rows that are examples of what this service does not answer."""

MEANING = 0.85
"""Share of likeness that meaning has; spelling has the rest."""

COMPANY = 0.3
"""Share of an answer's likeness that its three nearest rows have together; the nearest alone has the rest."""

WIDTHS = (100,)
"""Rows of an owner, by which owners are scored side by side: answers have some fifty, OUTSIDE well over a thousand."""

LEARNED = 0.4
"""What the head's chance of an answer adds to its likeness, so that a score goes from 0 to 1.4."""


class Decision(str, Enum):
    """What to do with what was found."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Thresholds:
    """Where sure and likely begin and scope ends, in scores.

    Chosen on four sets of questions by strangers that had been opened before (data/answers/unseen, the first four): sure
    where at most three in a hundred get another topic, likely where the nearest is right more often than not. What is likely
    is said with the next nearest beside it. The newest set had no part in it.
    """

    sure: float = 0.90
    lead: float = 0.45
    likely: float = 0.40
    likely_lead: float = 0.03
    outside: float = 0.28


@dataclass(frozen=True)
class Found:
    """The nearest answer and the runner-up, with their scores."""

    answer: str
    score: float
    second: str
    second_score: float
    decision: Decision
    lang: str = "en"
    """The language of the nearest way of asking."""


class Finder:
    """Rows of text, each owned by an answer (or by OUTSIDE)."""

    def __init__(
        self,
        owners: Sequence[str],
        langs: Sequence[str],
        vectors: Numbers,
        spelling: Spelling,
        head: Head,
        thresholds: Thresholds | None = None,
    ) -> None:
        self._owners = np.array(owners)
        self._langs = np.array(langs)
        self._names, self._owner_number = np.unique(self._owners, return_inverse=True)
        self._own_rows, self._own_counts = _rows_by_owner(self._owner_number, len(self._names))
        self._vectors = vectors
        self._spelling = spelling
        self._head = head
        self._thresholds = thresholds or Thresholds()

    @classmethod
    def build(
        cls, answers: Iterable[Answer], outside: Sequence[str], embed: Embed, thresholds: Thresholds | None = None
    ) -> Finder:
        """Index every way of asking, every label and every answer's own words."""
        rows = [(a.id, a.lang, t) for a in answers for t in (*a.questions, a.label, a.say["default"])]
        rows += [(OUTSIDE, "en", t) for t in outside]
        owners, langs, plain = zip(*rows, strict=True)
        texts = [written_out(t) for t in plain]
        names, numbers = np.unique(owners, return_inverse=True)
        vectors = embed(texts)
        head = Head.learned(vectors, numbers, len(names))
        return cls(owners, langs, vectors, Spelling.of(texts), head, thresholds)

    def find(self, text: str, vector: Numbers) -> Found:
        """The two nearest answers to a text, given the vector (of length 1) of the text written out."""
        likeness = self._spelling.likeness(written_out(text))
        meaning = np.einsum("ij,j->i", self._vectors, vector)  # on one core quicker than "@"
        rows = MEANING * meaning + (1 - MEANING) * likeness
        best = self._by_owner(rows)
        best += LEARNED * self._head.chances(vector)
        outside = float(best[self._names == OUTSIDE].max(initial=-1.0))
        best[self._names == OUTSIDE] = -1.0
        first, second = np.argsort(-best)[:2]
        return Found(
            answer=str(self._names[first]),
            score=float(best[first]),
            second=str(self._names[second]),
            second_score=float(best[second]),
            decision=self._decide(float(best[first]), float(best[second]), outside),
            lang=str(self._langs[np.where(self._owner_number == first, rows, -np.inf).argmax()]),
        )

    def _by_owner(self, score: Numbers) -> Numbers:
        """One score an owner: mostly its nearest row, partly its three nearest.

        The nearest rows are taken group by group: owners of a few rows would else be filled up to the owner of the most.
        """
        filled = np.append(score, np.float32(-np.inf))
        tops = np.empty((len(self._names), 3), dtype=np.float32)
        for owners, own_rows in self._own_rows:
            ranked = filled[own_rows]
            ranked.partition(ranked.shape[1] - 3, axis=1)
            tops[owners] = -np.sort(-ranked[:, -3:], axis=1)
        company = np.where(np.isfinite(tops), tops, np.float32(0)).sum(axis=1) / self._own_counts
        best: Numbers = (1 - COMPANY) * tops[:, 0] + COMPANY * company
        return best.astype(np.float32)

    def _decide(self, first: float, second: float, outside: float) -> Decision:
        limits = self._thresholds
        if first < limits.outside or outside > first:
            return Decision.OUT_OF_SCOPE
        if first >= limits.sure and first - second >= limits.lead:
            return Decision.SURE
        if first >= limits.likely and first - second >= limits.likely_lead:
            return Decision.LIKELY
        return Decision.UNSURE

    def save(self, folder: Path) -> None:
        """Write the index; ``load`` reads it."""
        folder.mkdir(parents=True, exist_ok=True)
        s = self._spelling
        np.savez(
            folder / "answers.npz",
            vectors=self._vectors.astype(np.float16),
            idf=s.idf,
            starts=s.starts,
            rows=s.rows,
            weights=s.weights,
            head=self._head.weights,
            offsets=self._head.offsets,
        )
        words = {"owners": self._owners.tolist(), "langs": self._langs.tolist(), "pieces": s.vocabulary}
        (folder / "answers.json").write_text(json.dumps(words), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, thresholds: Thresholds | None = None) -> Finder:
        """The index that ``save`` wrote; raises OSError when it is not there."""
        words = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
        with np.load(folder / "answers.npz", allow_pickle=False) as kept:
            spelling = Spelling(
                words["pieces"], kept["idf"], kept["starts"], kept["rows"], kept["weights"], len(words["owners"])
            )
            head = Head(kept["head"], kept["offsets"])
            return cls(words["owners"], words["langs"], kept["vectors"].astype(np.float32), spelling, head, thresholds)


def _rows_by_owner(numbers: Numbers, count: int) -> tuple[list[tuple[Numbers, Numbers]], Numbers]:
    """Owners of about as many rows, with each one's rows, filled up with the row after the last; and how many of an owner's
    nearest rows count, at most three."""
    order = np.argsort(numbers, kind="stable")
    owned = np.split(order, np.searchsorted(numbers[order], np.arange(1, count)))
    sizes = np.array([len(own) for own in owned])
    groups = []
    for least, most in zip((0, *WIDTHS), (*WIDTHS, len(numbers)), strict=True):
        owners = np.flatnonzero((sizes > least) & (sizes <= most))
        if len(owners):
            groups.append((owners, _filled([owned[owner] for owner in owners], len(numbers))))
    return groups, np.minimum(3, sizes).astype(np.float32)


def _filled(owned: list[Numbers], nothing: int) -> Numbers:
    """The rows of each, side by side, at least three; ``nothing`` stands where there is no more."""
    rows = np.full((len(owned), max(3, *map(len, owned))), nothing, dtype=np.int64)
    for owner, own in enumerate(owned):
        rows[owner, : len(own)] = own
    return rows
