"""The trained half of the screening: the adapted encoder with three small heads, joined with letter runs and patterns.

It promises: levels from thresholds calibrated on held-out text, read from one folder that `handrail train`
wrote, and a refusal to load when a file of it is missing or damaged. Plain numpy at run time. A pattern that
fires is evidence here: it makes danger likelier, and where danger is seen its level is the least there is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from bot.encoder import Encoder
from bot.safety.ngrams import SLOTS, score
from bot.safety.patterns import Hit
from bot.safety.spelling import as_typed
from bot.safety.verdict import CATEGORIES, Level

HEADS = "heads.safetensors"
NGRAMS = "ngrams.safetensors"
THRESHOLDS = "thresholds.json"
SHAPES = {
    "level.weight": (4, 384), "level.bias": (4,),
    "category.weight": (len(CATEGORIES), 384), "category.bias": (len(CATEGORIES),),
    "subject.weight": (1, 384), "subject.bias": (1,),
    "ngrams.table": (SLOTS, 4), "ngrams.idf": (SLOTS,), "ngrams.scale": (4,), "ngrams.bias": (4,),
}  # fmt: skip
# How the opinions are joined (docs/safety.md, "What was tried"): exponents of the encoder's and the letter runs' chances,
# and what a pattern that fires adds to the logarithm of every chance of danger, and to that of its own level.
ENCODER_SHARE, NGRAMS_SHARE, HIT_DANGER, HIT_LEVEL = 1.0, 0.15, 1.0, 0.7
TOLD = 0.4  # the least chance of danger that is enough where a pattern fired: chatter around plain words must not drown them
HIT_CATEGORY = 2.0  # what a pattern adds to the score of its own category
MOST_GLANCED = 600  # characters
LONG = 36  # words; a longer text is also read in overlapping windows, for one clause can hide in it
WINDOW, STRIDE, MOST_WINDOWS = 24, 12, 10
_PARTS = re.compile(r"[^.!?\n]+[.!?]*")


class ClassifierError(Exception):
    """The classifier cannot be loaded; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Opinion:
    """What the classifier says of one text; ``words`` are the part of it that weighed most."""

    level: Level = Level.NONE
    category: str | None = None
    subject: str = "self"
    words: str = ""


@dataclass(frozen=True)
class Thresholds:
    """The least chance for each level: elevated or more, high or more, imminent."""

    elevated: float
    high: float
    imminent: float

    def level(self, chances: np.ndarray, *, told: bool = False) -> Level:
        """The level for four chances: none, elevated, high, imminent. Where a pattern ``told`` of danger, less is enough."""
        danger = 1 - float(chances[0])
        if danger < (min(self.elevated, TOLD) if told else self.elevated):
            return Level.NONE
        if float(chances[2] + chances[3]) < self.high:
            return Level.ELEVATED
        return Level.IMMINENT if float(chances[3]) >= self.imminent else Level.HIGH


class Classifier:
    """Adapted encoder, heads and thresholds; ``plain`` spells a text as the letter runs were trained on."""

    def __init__(
        self, encoder: Encoder, heads: dict[str, np.ndarray], thresholds: Mapping[str, Thresholds], plain: Callable[[str], str]
    ) -> None:
        self._encoder = encoder
        self._heads = heads
        self._thresholds = thresholds
        self._plain = plain

    @classmethod
    def load(cls, folder: Path, plain: Callable[[str], str]) -> Classifier:
        """What `handrail train` wrote; raises ClassifierError or EncoderError when it is not whole."""
        thresholds = _thresholds(folder)
        heads = {**load_file(folder / HEADS), **load_file(folder / NGRAMS)}
        if {name: value.shape for name, value in heads.items()} != SHAPES:
            raise ClassifierError(f"{folder / HEADS} or {NGRAMS} does not fit this version: run `handrail train` again.")
        return cls(Encoder.load(folder), heads, thresholds, plain)

    def judge(self, text: str, language: str = "en", hits: Sequence[Hit] = ()) -> Opinion:
        """The opinion on one text that was read as ``language``, in which the patterns found ``hits``."""
        windows, told = _windows(text, hits)
        if not windows[0]:
            return Opinion()
        rows = self._encoder.embed(windows)
        chances = self._joined(windows, rows, [hits] * len(windows))
        limits = self._thresholds[language]
        level = max(limits.level(row, told=place < told) for place, row in enumerate(chances))
        if level is Level.NONE:
            return Opinion()
        worst = rows[int(np.argmin(chances[:, 0]))][None]
        subject = "other" if float(self._head("subject", worst)[0, 0]) > 0 else "self"
        return Opinion(max(level, _top(hits)), self._category(worst, hits), subject, self._weightiest(text))

    def glance(self, text: str) -> float:
        """How likely a text is danger by its letter runs alone: half a millisecond, and no level."""
        typed = as_typed(text)[:MOST_GLANCED]  # one character can become eighteen
        return 1 - float(softmax(self._letters([self._plain(typed)]))[0, 0])

    def chances(self, texts: Sequence[str], hits: Sequence[Sequence[Hit]]) -> np.ndarray:
        """Four chances for each text and its hits, without windows; for calibration and benches."""
        typed = [as_typed(text) for text in texts]
        return self._joined(typed, self._encoder.embed(typed), hits)

    def _joined(self, typed: Sequence[str], rows: np.ndarray, hits: Sequence[Sequence[Hit]]) -> np.ndarray:
        """What the encoder, the letter runs and the patterns say together."""
        letters = log_softmax(self._letters([self._plain(text) for text in typed]))
        both = ENCODER_SHARE * log_softmax(self._head("level", rows)) + NGRAMS_SHARE * letters
        for place, found in enumerate(hits):
            if found:
                both[place, 1:] += HIT_DANGER
                both[place, _top(found)] += HIT_LEVEL
        return softmax(both)

    def _category(self, row: np.ndarray, hits: Sequence[Hit]) -> str:
        scores = log_softmax(self._head("category", row))[0]
        for name in {hit.pattern.category for hit in hits if hit.level is _top(hits)}:
            scores[CATEGORIES.index(name)] += HIT_CATEGORY
        return CATEGORIES[int(scores.argmax())]

    def _head(self, name: str, rows: np.ndarray) -> np.ndarray:
        result: np.ndarray = rows @ self._heads[f"{name}.weight"].T + self._heads[f"{name}.bias"]
        return result

    def _weightiest(self, text: str) -> str:
        """The sentence of a raised text that is likeliest to be danger by itself."""
        parts = [part.strip() for part in _PARTS.findall(text) if part.strip()][:8]
        if len(parts) < 2:
            return text.strip()
        worst = int(np.argmin(softmax(self._letters([self._plain(part) for part in parts]))[:, 0]))
        return str(parts[worst])

    def _letters(self, plain: Sequence[str]) -> np.ndarray:
        parts = [self._heads[f"ngrams.{name}"] for name in ("table", "idf", "scale", "bias")]
        return np.stack([score(text, *parts) for text in plain])


def _top(hits: Sequence[Hit]) -> Level:
    return max((hit.level for hit in hits), default=Level.NONE)


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Rows of scores as rows of logarithms of chances."""
    result: np.ndarray = np.log(np.maximum(softmax(scores), 1e-7))
    return result


def softmax(scores: np.ndarray) -> np.ndarray:
    """Rows of scores as rows of chances that add up to 1."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return result


def _windows(text: str, hits: Sequence[Hit]) -> tuple[list[str], int]:
    """The text as typed; of a long one, also the words of each hit, which what surrounds them must not drown, and overlapping
    pieces of it all. And how many of the first of them a pattern told of."""
    typed = as_typed(text)
    words = typed.split()
    if len(words) <= LONG:
        return [typed], len(hits[:1])
    alone = list(dict.fromkeys(as_typed(hit.words) for hit in hits))
    starts = range(0, len(words) - WINDOW + STRIDE, STRIDE)
    pieces = [" ".join(words[start : start + WINDOW]) for start in starts]
    return [typed, *alone, *pieces][:MOST_WINDOWS], len(alone) + 1 if alone else 0


def _thresholds(folder: Path) -> dict[str, Thresholds]:
    try:
        data: dict[str, Any] = json.loads((folder / THRESHOLDS).read_text(encoding="utf-8"))
        found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (HEADS, NGRAMS)}
    except (OSError, ValueError) as error:
        raise ClassifierError(f"No screening classifier in {folder}: run `handrail train` to build it.") from error
    if data.get("sha256") != found:
        raise ClassifierError(f"The classifier in {folder} is damaged: run `handrail train` to build it again.")
    return {language: Thresholds(**values) for language, values in data["thresholds"].items()}
