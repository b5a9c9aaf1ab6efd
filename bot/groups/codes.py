"""Join codes: easy to say, easy to type, hard to guess, and never a word. Pure.

No vowels (no words come about, rude ones included) and nothing that is mistaken for something else when
read from a projector or said aloud across a room: no 0/O, 1/I/L, 2/Z, 5/S, 8/B, V/U, and no G/6, Q/9.
"""

from __future__ import annotations

import re
import secrets

ALPHABET = "CDFHJKMNPRTWXY3479"
LENGTH = 5
"""Eighteen letters and digits in five places: 1.9 million codes. With ten groups open, and guesses held to 60 a
minute from one address, a stranger meets one in two days of guessing on average, and finds a lesson in it and nobody's
name; from many addresses in some hours. No others' guesses keep a right code out: a room that joins comes first."""

_JOIN = re.compile(r"(?:join|unirme|unirse|rejoindre)\s*[:#-]?\s*(?P<code>[\w -]{1,16})", re.IGNORECASE)
_SENTENCE = re.compile(r"\b(?:us|me|him|her|them|my|the|at|in|on|for|a|to)\b", re.IGNORECASE)
_LEAVE = frozenset({"leave", "salir", "sortir"})


def new_code() -> str:
    """A random code; the caller keeps it only when no open group has it."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_code(typed: str) -> str:
    """A typed code as it is kept: capital letters, without the spaces and dashes people put in, or the word before it."""
    plain = typed.strip().strip(".!\"'")
    found = _JOIN.fullmatch(plain)
    code = _plain(found["code"] if found else plain)
    return code if _ours(code) else _plain(plain)


def _plain(typed: str) -> str:
    return "".join(c for c in typed.upper() if c.isalnum())


def _ours(code: str) -> bool:
    return len(code) == LENGTH and set(code) <= set(ALPHABET)


def asked_to_join(text: str) -> str | None:
    """The code of ``JOIN 4F7KM`` (a text of its own); None for every other text.

    A code that is none of ours is one all the same where it was typed as one ("JOIN 12ab"), so that they hear that it is
    wrong; a sentence ("join us at 7", "join 2 others") is no code.
    """
    found = _JOIN.fullmatch(text.strip().strip(".!\"'"))
    if found is None:
        return None
    code = _plain(found["code"])
    typed_as_one = len(found["code"].split()) == 1 and 3 <= len(code) <= 8 and any(c.isdigit() for c in code)
    return code if (_ours(code) and not _SENTENCE.search(found["code"])) or typed_as_one else None


def asks_to_leave(text: str) -> bool:
    """Whether a text is the one word that leaves a group."""
    return text.strip().strip(".!\"'").casefold() in _LEAVE


def spoken(code: str) -> str:
    """A code with a space in it, as it is shown and said: ``4F7 KM``."""
    return f"{code[:3]} {code[3:]}".strip()
