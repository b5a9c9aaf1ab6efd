"""Choices a young person can tap or type. Pure.

A choice carries a Rasa button payload such as ``/lesson_choice{"option": "b"}``. The payload never
leaves our side: the web page and the phone see only a key and a label, and what comes back is read
against the choices that were offered.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.safety.spelling import folded


@dataclass(frozen=True)
class Choice:
    """One thing to choose.

    ``key`` is what can be typed ("A", "SKIP"); ``aside`` marks the quiet choices that every step
    carries (skip, "this is happening to me", a friend, a person). ``word`` is what a phone shows to be typed instead of the
    key, where that is no word of the language ("MOI").
    """

    label: str
    payload: str
    key: str = ""
    aside: bool = False
    word: str = ""

    def to_json(self) -> dict[str, Any]:
        """A plain dict, as stored and as sent between the engine and the gateway."""
        return {"label": self.label, "payload": self.payload, "key": self.key, "aside": self.aside, "word": self.word}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Choice:
        """The reverse of ``to_json``; missing ``key``, ``aside`` and ``word`` take their defaults."""
        return cls(
            label=str(data["label"]),
            payload=str(data["payload"]),
            key=str(data.get("key") or ""),
            aside=bool(data.get("aside", False)),
            word=str(data.get("word") or ""),
        )


def payload(intent: str, **entities: str) -> str:
    """The Rasa button payload for an intent with entities."""
    return f"/{intent}{json.dumps(entities, ensure_ascii=False)}" if entities else f"/{intent}"


def intent_and_entities(button_payload: str) -> tuple[str, dict[str, str]]:
    """Split a payload of ours into intent and entities.

    Raises ValueError when it is not one of ours; user text never reaches this function.
    """
    name, brace, rest = button_payload.lstrip("/").partition("{")
    entities = json.loads(brace + rest) if brace else {}
    return name, {str(k): str(v) for k, v in entities.items()}


def keyed(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Give every choice without a key the next free letter: A, B, C."""
    given = list(choices)
    taken = {c.key for c in given}
    letters = (letter for letter in string.ascii_uppercase if letter not in taken)
    return tuple(c if c.key else replace(c, key=next(letters)) for c in given)


def read_choice(text: str, offered: Sequence[Choice]) -> Choice | None:
    """The offered choice that a text names by key, number or label; None when it names none.

    Exact after trimming, in any case, with accents or as a phone shows it without: "b", "B)", "2" and the label itself. A
    longer sentence is never a choice, so that a quiz cannot swallow what somebody tells us.
    """
    said = _plain(text)
    mains = [c for c in offered if not c.aside]
    for choice in offered:
        if said and said in (_plain(choice.key), _plain(choice.label), _plain(choice.word)):
            return choice
    if said.isdecimal() and 1 <= int(said) <= len(mains):
        return mains[int(said) - 1]
    return None


def _plain(text: str) -> str:
    return folded(text).strip().strip(".!?)(:\u00a1\u00bf").strip()


def _line(choice: Choice) -> str:
    typed = choice.word or choice.key
    return f"{typed} {choice.label}" if typed != choice.label.upper() else typed


def as_text(text: str, choices: Sequence[Choice]) -> str:
    """A message with its choices written out, for a channel without buttons."""
    mains = [_line(c) for c in choices if not c.aside]
    asides = [c.word or c.key for c in choices if c.aside]
    lines = [text, *mains]
    if asides:
        named = ", ".join(asides)
        lines.append(named if any(c.word for c in choices) else f"Or: {named}")
    return "\n".join(lines)
