"""Finds the phone numbers in a ready sentence, so that a page can make them tappable. Pure.

Only a number that follows "call" or "text" (or their kin in French and Spanish) counts: an age range,
an hour or a year never becomes something to dial.
"""

from __future__ import annotations

import re

Part = tuple[str, str | None]
"""A piece of a sentence and, when it is a number, the address that dials or texts it."""

_NUMBER = re.compile(r"(?<![\w/])\+?\d[\d \-().]*\d(?![\w/])")
_CALL = re.compile(r"\b(call|phone|dial|appel\w*|llam\w*|marc\w*)\b", re.IGNORECASE)
_TEXT = re.compile(r"\b(text|texte\w*|sms|mensaje|env[ií]\w*)\b", re.IGNORECASE)


def parts(sentence: str) -> tuple[Part, ...]:
    """The sentence in pieces; joined again they are the sentence.

    "call or text 988" dials. A number's verb is looked for after the number before it.
    """
    pieces: list[Part] = []
    done = 0
    for found in _NUMBER.finditer(sentence):
        href = _address(sentence[done : found.start()], found.group())
        if href is None:
            continue
        pieces += [(sentence[done : found.start()], None), (found.group(), href)]
        done = found.end()
    pieces.append((sentence[done:], None))
    return tuple(piece for piece in pieces if piece[0])


def dial(number: str) -> str:
    """The ``tel:`` address of a number as it is written."""
    return "tel:" + re.sub(r"[^\d+]", "", number)


def _address(before: str, number: str) -> str | None:
    if len(re.sub(r"\D", "", number)) < 3:
        return None
    if _CALL.search(before):
        return dial(number)
    return "sms:" + re.sub(r"[^\d+]", "", number) if _TEXT.search(before) else None
