"""Text on its way in and out: what a phone can show, how many segments it takes, what came in. Pure.

GSM-7 is the alphabet of 3GPP TS 23.038: 160 characters in one segment, 153 in each of several; any other
character turns the whole message into UCS-2 with 70 and 67. Characters of the extension table count twice.
"""

from __future__ import annotations

import re
import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")

LONGEST_IN = 1600
"""Characters of a text that are looked at: ten segments, more than a phone sends at once."""

PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "′": "'", "″": '"',
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
        "\t": " ", "\u200b": "", "\ufeff": "", "\u00ad": "", "œ": "oe", "Œ": "OE", "×": "x", "→": "->", "`": "'", "´": "'",
    }
)  # fmt: skip
"""Typographic characters and what a phone shows instead, without losing a meaning."""


def not_gsm(text: str) -> set[str]:
    """The characters of a text that would make a phone count it in UCS-2."""
    return set(text) - BASIC - EXTENDED


def segments(text: str) -> int:
    """How many SMS segments a text takes; an empty one takes one.

    A character that counts twice is never split over two segments, so that a segment may stay one short.
    """
    if not_gsm(text):
        alone, joined, units = 70, 67, [2 if ord(c) > 0xFFFF else 1 for c in text]
    else:
        alone, joined, units = 160, 153, [2 if c in EXTENDED else 1 for c in text]
    if sum(units) <= alone:
        return 1
    count, room = 1, joined
    for unit in units:
        if unit > room:
            count, room = count + 1, joined
        room -= unit
    return count


def for_sms(text: str) -> str:
    """A text as it should leave for a phone: typographic characters made plain, and letters that GSM-7 lacks without
    their marks.

    French and Spanish keep é, è, à, ù, ñ and ü, so "ou" is still not "où"; "forêt" and "corazón" lose a mark that every
    reader puts back. One such letter would otherwise turn two segments into five.
    """
    plain = "".join(_without_mark(letter) for letter in text.translate(PLAIN).strip())
    return "\n".join(line.rstrip() for line in plain.splitlines())


def _without_mark(letter: str) -> str:
    if letter in BASIC or letter in EXTENDED:
        return letter
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base in BASIC else letter


def storable(text: str) -> str:
    """A text without half characters and nulls, which no database keeps."""
    return text.encode("utf-8", "ignore").decode().replace("\0", "")


def normalise(text: str) -> str:
    """A text as it came in, made safe to look at: composed, without control characters, bounded.

    Leading slashes go, also behind spaces or invisible characters: they would be a command to the dialogue engine.
    """
    kept = "".join(c for c in text[:LONGEST_IN] if c in "\n\t" or not _is_control(c))
    composed = unicodedata.normalize("NFC", kept)[:LONGEST_IN]
    begins = next((i for i, c in enumerate(composed) if not _is_lead(c)), len(composed))
    return composed[begins:].rstrip()


def _is_control(character: str) -> bool:
    """Control, surrogate, private or never a character. An emoji newer than this Python is none of them."""
    return unicodedata.category(character) in ("Cc", "Cs", "Co") or (ord(character) & 0xFFFE) == 0xFFFE


def _is_lead(character: str) -> bool:
    return character.isspace() or character in "/\\" or unicodedata.category(character) == "Cf"


_QUESTION = re.compile(
    r"\s*(so |ok |um |hey )?"
    r"(what|whats|wat|how|hows|who|whos|why|when|where|is|are|can|could|do|does|did|should|will|would|am)\b.*"
    r"|.*\?\s*$|.*\b(is (it|that|this)|what (if|do|should)|how (do|can|to)|should i|or (no|not|nah))\b.*"
    r"|.*\b((do|does|will|would) (they|he|she|it|u|ppl|people)|do (i|you) (have|need|get)|(are|r) (they|those|these))\b.*"
    r"|\s*\u00bf.*|\s*(y |oye |et |pis |ok )?"
    r"(qu\u00e9|c\u00f3mo|cu\u00e1ndo|d\u00f3nde|qui\u00e9n(es)?|por qu\u00e9"
    r"|que (hago|significa|pasa si)|que es (?!mi|tu|su|que)"
    r"|est[ -]ce|qu.est[ -]ce|c.?est quoi|c quoi"
    r"|comment (on (fait|sait|peut|dit)|(?!on\b)\w+)|pourquoi|pk|o\u00f9"
    r"|puis[ -]je|peux[ -]tu|qui est)\b.*",
    re.IGNORECASE | re.DOTALL,
)


def asks(text: str) -> bool:
    """Whether a text is put as a question: by its first word, its mark, or in English the turn of phrase inside it."""
    return bool(_QUESTION.match(text))
