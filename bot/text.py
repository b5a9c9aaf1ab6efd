"""Text on its way in and out: what a phone can show, how many segments it takes, what came in. Pure.

GSM-7 is the alphabet of 3GPP TS 23.038: 160 characters in one segment, 153 in each of several; any other
character turns the whole message into UCS-2 with 70 and 67. Characters of the extension table count twice.
"""

from __future__ import annotations

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
        "\t": " ", "œ": "oe", "Œ": "OE", "×": "x", "→": "->", "`": "'", "´": "'",
    }
)  # fmt: skip
"""Typographic characters and what a phone shows instead, without losing a meaning."""


def not_gsm(text: str) -> set[str]:
    """The characters of a text that would make a phone count it in UCS-2."""
    return set(text) - BASIC - EXTENDED


def segments(text: str) -> int:
    """How many SMS segments a text takes; an empty one takes one."""
    if not_gsm(text):
        units = len(text.encode("utf-16-be")) // 2
        return 1 if units <= 70 else -(-units // 67)
    units = sum(2 if c in EXTENDED else 1 for c in text)
    return 1 if units <= 160 else -(-units // 153)


def for_sms(text: str) -> str:
    """A text as it should leave for a phone: typographic characters made plain.

    Letters that GSM-7 lacks (French and Spanish accents, names) stay: "ou" is not "où". The message then
    takes more segments, which content is checked for, and a helper's words are worth.
    """
    return "\n".join(line.rstrip() for line in text.translate(PLAIN).strip().splitlines())


def normalise(text: str) -> str:
    """A text as it came in, made safe to look at: composed, without control characters, bounded.

    A leading slash goes: it would be a command to the dialogue engine.
    """
    composed = unicodedata.normalize("NFC", text[:LONGEST_IN])
    kept = "".join(c for c in composed if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))
    return kept.strip().lstrip("/\\").strip()
