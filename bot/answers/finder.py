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

AT_HOME = 0.05
"""By how much an answer in another language than the talk's has to be nearer: what a cognate and a typo differ by."""


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

    def decide(self, first: float, second: float, outside: float) -> Decision:
        """The decision for the scores of the nearest, the next nearest and what lies outside."""
        if first < self.outside or outside > first:
            return Decision.OUT_OF_SCOPE
        if first >= self.sure and first - second >= self.lead:
            return Decision.SURE
        if first >= self.likely and first - second >= self.likely_lead:
            return Decision.LIKELY
        return Decision.UNSURE


@dataclass(frozen=True)
class Found:
    """The nearest answer and the runner-up, with their scores."""

    answer: str
    score: float
    second: str
    second_score: float
    decision: Decision
    lang: str = "en"
    """The language in which it was found."""


class Shelf:
    """The rows of one language, each owned by an answer (or by OUTSIDE), with the head that learned them."""

    def __init__(self, lang: str, owners: Sequence[str], vectors: Numbers, spelling: Spelling, head: Head) -> None:
        self.lang = lang
        self._owners = np.array(owners)
        self._names, owner_number = np.unique(self._owners, return_inverse=True)
        self._own_rows, self._own_counts = _rows_by_owner(owner_number, len(self._names))
        self._vectors = vectors
        self._spelling = spelling
        self._head = head

    @classmethod
    def of(cls, lang: str, rows: Sequence[tuple[str, str]], embed: Embed) -> Shelf:
        """Index rows of an owner and a text."""
        owners, plain = zip(*rows, strict=True)
        texts = [written_out(t) for t in plain]
        names, numbers = np.unique(owners, return_inverse=True)
        vectors = embed(texts)
        return cls(lang, owners, vectors, Spelling.of(texts), Head.learned(vectors, numbers, len(names)))

    def find(self, text: str, vector: Numbers, limits: Thresholds) -> Found:
        """The two nearest answers to a text that is written out, given its vector (of length 1)."""
        meaning = np.einsum("ij,j->i", self._vectors, vector)  # on one core quicker than "@"
        best = self._by_owner(MEANING * meaning + (1 - MEANING) * self._spelling.likeness(text))
        best += LEARNED * self._head.chances(vector)
        outside = float(best[self._names == OUTSIDE].max(initial=-1.0))
        best[self._names == OUTSIDE] = -1.0
        first, second = np.argsort(-best)[:2]
        return Found(
            answer=str(self._names[first]),
            score=float(best[first]),
            second=str(self._names[second]),
            second_score=float(best[second]),
            decision=limits.decide(float(best[first]), float(best[second]), outside),
            lang=self.lang,
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

    def save(self, folder: Path) -> None:
        """Write the index; ``load`` reads it."""
        s = self._spelling
        np.savez(
            folder / f"answers_{self.lang}.npz",
            vectors=self._vectors.astype(np.float16),
            idf=s.idf,
            starts=s.starts,
            rows=s.rows,
            weights=s.weights,
            head=self._head.weights,
            offsets=self._head.offsets,
        )
        words = {"owners": self._owners.tolist(), "pieces": s.vocabulary}
        (folder / f"answers_{self.lang}.json").write_text(json.dumps(words), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, lang: str) -> Shelf:
        """The index that ``save`` wrote; raises OSError when it is not there."""
        words = json.loads((folder / f"answers_{lang}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"answers_{lang}.npz", allow_pickle=False) as kept:
            spelling = Spelling(
                words["pieces"], kept["idf"], kept["starts"], kept["rows"], kept["weights"], len(words["owners"])
            )
            head = Head(kept["head"], kept["offsets"])
            return cls(lang, words["owners"], kept["vectors"].astype(np.float32), spelling, head)


class Finder:
    """A shelf for each language. Each learns by itself, so that more ways of asking in one change no score in another."""

    def __init__(self, shelves: Sequence[Shelf], thresholds: Thresholds | None = None) -> None:
        self._shelves = shelves
        self._thresholds = thresholds or Thresholds()

    @classmethod
    def build(
        cls, answers: Iterable[Answer], outside: Sequence[str], embed: Embed, thresholds: Thresholds | None = None
    ) -> Finder:
        """Index every way of asking, every label and every answer's own words."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for a in answers:
            rows.setdefault(a.lang, []).extend((a.id, t) for t in (*a.questions, a.label, a.say["default"]))
        beside = [(OUTSIDE, t) for t in outside]
        return cls([Shelf.of(lang, own + beside, embed) for lang, own in rows.items()], thresholds)

    def find(self, text: str, vector: Numbers, *, lang: str | None = None) -> Found:
        """The two nearest answers of any one language to a text, given the vector (of length 1) of the text written out.

        ``lang`` is what they talk in: another language's answer has to be nearer by AT_HOME, for "violence" is a word in two.
        """
        written = written_out(text)
        every = [shelf.find(written, vector, self._thresholds) for shelf in self._shelves]
        return max(every, key=lambda found: found.score + AT_HOME * (found.lang == lang))

    def save(self, folder: Path) -> None:
        """Write the shelves; ``load`` reads them."""
        folder.mkdir(parents=True, exist_ok=True)
        for shelf in self._shelves:
            shelf.save(folder)

    @classmethod
    def load(cls, folder: Path, thresholds: Thresholds | None = None) -> Finder:
        """What ``save`` wrote; raises OSError when it is not there."""
        langs = sorted(file.stem.removeprefix("answers_") for file in folder.glob("answers_*.json"))
        if not langs:
            raise FileNotFoundError(f"{folder} holds no index of answers: run `handrail train`.")
        return cls([Shelf.load(folder, lang) for lang in langs], thresholds)


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
