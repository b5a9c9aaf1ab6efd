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
name; from many addresses (300 a minute, and as many by chat) in some hours."""

_JOIN = re.compile(r"(?:join|unirme|unirse|rejoindre)\s*[:#-]?\s*(?P<code>[\w -]{1,16})", re.IGNORECASE)
_LEAVE = frozenset({"leave", "salir", "sortir"})


def new_code() -> str:
    """A random code; the caller keeps it only when no open group has it."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_code(typed: str) -> str:
    """A typed code as it is kept: capital letters, without the spaces and dashes people put in."""
    return "".join(c for c in typed.upper() if c.isalnum())


def asked_to_join(text: str) -> str | None:
    """The code of ``JOIN 4F7KM`` (a text of its own); None for every other text."""
    found = _JOIN.fullmatch(text.strip().strip(".!\"'"))
    code = read_code(found["code"]) if found else ""
    ours = len(code) == LENGTH and set(code) <= set(ALPHABET)
    return code if ours or (3 <= len(code) <= 8 and any(c.isdigit() for c in code)) else None


def asks_to_leave(text: str) -> bool:
    """Whether a text is the one word that leaves a group."""
    return text.strip().strip(".!\"'").casefold() in _LEAVE


def spoken(code: str) -> str:
    """A code with a space in it, as it is shown and said: ``4F7 KM``."""
    return f"{code[:3]} {code[3:]}".strip()
