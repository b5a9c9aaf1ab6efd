"""Screening that fails towards a person: when it breaks, somebody should look.

What a verdict rests on is kept without names, schools, phones and the like: staff read it first, and need none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from bot.redaction import Redaction
from bot.safety.verdict import Level, Reason, Verdict

log = structlog.get_logger()

UNSEEN = Verdict(Level.HIGH, "distress_general", "self", (Reason("screening failed", ""),))
"""The verdict on a text that could not be screened: never "safe"."""


class Screens(Protocol):
    """Whatever gives a verdict on a text."""

    def screen(self, text: str, recent: Sequence[str] = (), *, at_once: bool = False) -> Verdict:
        """The verdict on a text, given the texts just before it, of which the newest may have come ``at_once`` with it."""
        ...

    def glance(self, text: str, recent: Sequence[str] = ()) -> float:
        """How likely the text, joined with those before it, is danger at a glance: from 0 to 1."""
        ...


class Careful:
    """A screening that never raises."""

    def __init__(self, screening: Screens, redaction: Redaction) -> None:
        self._screening = screening
        self._redaction = redaction

    def look(self, text: str, recent: Sequence[str] = (), *, at_once: bool = False) -> Verdict:
        """The verdict; a screening that fails is treated as needing a person."""
        try:
            verdict = self._screening.screen(text, recent, at_once=at_once)
            reasons = tuple(replace(reason, words=self._redaction.redact(reason.words)) for reason in verdict.reasons)
            return replace(verdict, reasons=reasons)
        except Exception as error:  # noqa: BLE001 - the edge where a broken screening becomes a case
            log.error("screening failed", kind=type(error).__name__)
            return UNSEEN

    def glance(self, text: str, recent: Sequence[str] = ()) -> float:
        """How likely the text is danger, joined with those before it; one that cannot be glanced at goes first."""
        try:
            return self._screening.glance(text, recent)
        except Exception as error:  # noqa: BLE001 - as above
            log.error("glance failed", kind=type(error).__name__)
            return 1.0
