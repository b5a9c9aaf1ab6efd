"""The desk's pages and their living parts, rendered with autoescape and strictly.

Promises: a part depends only on what it shows, never on the clock, so that the same state gives the same
text and an open page is told only of changes. Times stand in the page as UTC and are counted there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.desk.closing import Closing
from bot.desk.views import CaseCard, CaseView
from bot.web.permissions import Doing, may
from bot.web.phone_numbers import parts
from bot.web.staff_session import SignedIn

TEMPLATES = Path(__file__).parent / "templates"

STATE_WORDS: Mapping[str, str] = {
    "detected": "just raised",
    "offered": "offered a person",
    "consented": "said yes",
    "queued": "waiting",
    "accepted": "taken",
    "live": "talking",
    "closed": "closed",
    "declined": "said not now",
    "timed_out": "nobody came in time",
    "fallback_given": "was given a line",
    "dropped": "went quiet",
}
CATEGORY_WORDS: Mapping[str, str] = {
    "self_harm": "self-harm",
    "grooming_online": "grooming online",
    "trafficking_control": "controlled by someone",
    "dating_violence": "violence in a relationship",
    "runaway_unsafe": "away from home, unsafe",
    "violence_threat": "threat of violence",
    "eating_distress": "eating and distress",
    "third_party_concern": "worried about someone",
    "distress_general": "distress",
}
WANTS_WORDS: Mapping[str, str] = {
    "person": "A person, here",
    "line": "A line to call or text",
    "bot": "To keep talking to the bot",
    "stop": "To stop for now",
}
HELD = frozenset({"accepted", "live"})
CLOSABLE = frozenset({"declined", "fallback_given", "dropped"})
"""States that somebody may close without holding the case, so that a list does not fill with the past."""


@dataclass(frozen=True)
class Part:
    """A living part of the page; ``digest`` changes exactly when its HTML does."""

    name: str
    html: Markup
    digest: str


@dataclass(frozen=True)
class Lists:
    """What the left column shows."""

    queue: Sequence[CaseCard]
    mine: Sequence[CaseCard]
    others: Sequence[CaseCard]
    closed: Sequence[CaseCard]
    offers: Sequence[CaseCard] = ()
    away: bool = False


class DeskPages:
    """Renders the desk for one service."""

    def __init__(self, *, service_name: str, demo: bool, closing: Closing) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters.update(
            state_words=lambda word: STATE_WORDS.get(word, word.replace("_", " ")),
            about=about,
            wants_words=lambda word: WANTS_WORDS.get(word, word),
            iso=lambda at: at.isoformat(timespec="seconds"),
            plain_time=lambda at: at.strftime("%H:%M UTC"),
            mark_words=mark_words,
            parts=parts,
        )
        self._environment.globals.update(
            service_name=service_name, demo=demo, closing=closing, HELD=HELD, CLOSABLE=CLOSABLE, may=may, Doing=Doing
        )

    def page(self, template: str, **values: Any) -> str:
        """A whole page or a plain fragment from ``templates/desk/``, or from the folder before the name (``groups/x.html``)."""
        return self._environment.get_template(template if "/" in template else f"desk/{template}").render(**values)

    def list_parts(self, lists: Lists) -> list[Part]:
        """The left column, the counts at the top, and the words for a quiet moment."""
        return [self._part(name, lists=lists) for name in ("strip", "queue", "rest")]

    def case_parts(self, view: CaseView, found: SignedIn, *, mine: bool, canned: Sequence[tuple[str, str]]) -> list[Part]:
        """The open case: heading, transcript, what can be done, facts."""
        values = {"view": view, "card": view.card, "mine": mine, "csrf": found.csrf, "canned": canned}
        values["can_reveal"] = may(found.staff, Doing.REVEAL)
        values["can_reassign"] = may(found.staff, Doing.RUN_SHIFT)
        return [self._part(name, **values) for name in ("head", "transcript", "work", "facts")]

    def _part(self, name: str, **values: Any) -> Part:
        html = self.page(f"part_{name}.html", **values)
        return Part(name=name, html=Markup(html), digest=hashlib.sha256(html.encode()).hexdigest()[:16])


def about(card: CaseCard) -> str:
    """What a case is about, in plain words."""
    words = CATEGORY_WORDS.get(card.category, card.category.replace("_", " "))
    return f"{words}, about someone else" if card.subject == "other" and card.category != "third_party_concern" else words


def mark_words(text: str, why: Sequence[tuple[str, str]]) -> Markup:
    """The text, escaped, with the words that raised the case marked where they stand."""
    spans = _spans(text, [words for _, words in why])
    out, done = Markup(), 0
    for start, end in spans:
        out += escape(text[done:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        done = end
    return out + escape(text[done:])


def _spans(text: str, phrases: Sequence[str]) -> list[tuple[int, int]]:
    """Where the phrases stand, in order, without overlap; a longer phrase wins where two begin."""
    low = text.lower()
    if len(low) != len(text):  # a letter whose lower case is longer would shift every place after it
        return []
    spans: list[tuple[int, int]] = []
    for phrase in sorted(filter(None, phrases), key=len, reverse=True):
        start = low.find(phrase.lower())
        if start >= 0 and all(start + len(phrase) <= s or start >= e for s, e in spans):
            spans.append((start, start + len(phrase)))
    return sorted(spans)
