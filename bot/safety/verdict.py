"""What the screening says about a text. Pure data, no judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """How soon a person is needed; ordered, so that ``max`` is "the highest wins"."""

    NONE = 0
    ELEVATED = 1
    HIGH = 2
    IMMINENT = 3

    @property
    def word(self) -> str:
        """The level as the glossary writes it."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Level:
        """The level that a glossary word names; raises KeyError for any other word."""
        return cls[word.upper()]


CATEGORIES = (
    "suicide",
    "self_harm",
    "abuse_at_home",
    "sexual_exploitation",
    "sextortion",
    "grooming_online",
    "trafficking_control",
    "dating_violence",
    "runaway_unsafe",
    "medical_emergency",
    "violence_threat",
    "eating_distress",
    "third_party_concern",
    "distress_general",
)


@dataclass(frozen=True)
class Reason:
    """Why: ``source`` is ``pattern:<id>`` or ``classifier``; ``words`` are the young person's own."""

    source: str
    words: str


@dataclass(frozen=True)
class Verdict:
    """The safety verdict on one text; ``category`` is None exactly when the level is none."""

    level: Level = Level.NONE
    category: str | None = None
    subject: str = "self"
    reasons: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A plain dict in the shape that ``handrail screen`` prints."""
        return {
            "level": self.level.word,
            "category": self.category,
            "subject": self.subject,
            "reasons": [{"source": r.source, "words": r.words} for r in self.reasons],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """The reverse of ``to_json``."""
        return cls(
            level=Level.of(data["level"]),
            category=data.get("category"),
            subject=data.get("subject", "self"),
            reasons=tuple(Reason(r["source"], r["words"]) for r in data.get("reasons", ())),
        )
