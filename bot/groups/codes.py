"""Join codes: easy to say, easy to type, hard to guess, and nothing to giggle about. Pure.

No vowels, none of the short forms and misspellings that a class reads as a rude word, and nothing that is mistaken for
something else when read from a projector: no 0/O, 1/I/L, 2/Z, 5/S, 8/B, V/U, and no G/6, Q/9. Of letters that sound alike
across a room one is kept where it can be: M and not N, T and not D or P.
"""

from __future__ import annotations

import re
import secrets

ALPHABET = "CFHJKMRTWXY3479"
LENGTH = 5
"""Fifteen letters and digits in five places, with one of each at least: 0.6 million codes. With ten groups open, and guesses
held to 60 a minute from one address, on /join and in its chats together, a stranger meets one in 16 hours on average, and in
four with a whole site of IPv6. They find a lesson in it and nobody's name, and can answer in it. No guesses from
another address, or of IPv6 another /48, keep a right code out, and none keep it out by text: a room that joins comes first, and
its facilitator can close the door.
"""

READ = frozenset(ALPHABET + "DNP")
"""What is read as a code: codes of groups that were opened before had these too."""

_LOOKS = str.maketrans("3479", "EATG")
_UNFIT = re.compile("WTF|FTW|FCK|FKC|KKK|XXX|F[AE]G|FAT|GAY|JEW|TWAT|HAT[ER]|HARM|METH|RAG|JERK|WHR|CRK|KYM|R[AE]TH?ARD")
"""Fragments that no code has, its digits read as the letters they look like."""

_WORDS = {
    "en": ("join", "join code", "join group"),
    "es": ("unirme", "unirse", "entrar"),
    "fr": ("rejoindre", "rejoins", "entrer"),
}
_JOIN = re.compile(
    rf"(?P<word>{'|'.join(sorted(sum(_WORDS.values(), ()), key=len, reverse=True))})\b\s*[:#-]?\s*(?P<code>[\w -]{{1,16}}?)"
    r"(?: (?:please|pls|plz|por favor|svp|stp|s.il (?:te|vous) pla[iî]t))?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\b(?:us|me|him|her|them|my|the|at|in|on|for|a|to)\b", re.IGNORECASE)
_LEAVE = frozenset({"leave", "salir", "sortir"})


def new_code() -> str:
    """A random code, by itself known as one; the caller keeps it only when no group has or had it."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if _is_mixed(code) and not _UNFIT.search(code.translate(_LOOKS)):
            return code


def read_code(typed: str) -> str:
    """A typed code as it is kept: capital letters, without the spaces and dashes people put in, or the word before it."""
    plain = typed.strip().strip(".!\"'")
    found = _JOIN.fullmatch(plain)
    code = _plain(found["code"] if found else plain)
    return code if _ours(code) else _plain(plain)


def _plain(typed: str) -> str:
    return "".join(c for c in typed.upper() if c.isalnum())


def _ours(code: str) -> bool:
    return len(code) == LENGTH and set(code) <= READ


def _is_mixed(code: str) -> bool:
    return any(c.isdigit() for c in code) and any(c.isalpha() for c in code)


def asked_to_join(text: str) -> str | None:
    """The code of ``JOIN 4F7KM``, or of ``4F7KM`` alone (a text of its own); None for every other text.

    A code that is none of ours is one all the same where it was typed as one ("JOIN 12ab"), so that they hear that it is
    wrong; a sentence ("join us at 7", "join 2 others") is no code.
    """
    plain = text.strip().strip(".!\"'")
    found = _JOIN.fullmatch(plain)
    if found is None:
        alone = _plain(plain) if len(plain) <= LENGTH + 2 else ""  # "4F7 KM", as it stands on the wall
        return alone if _ours(alone) and _is_mixed(alone) else None
    code = _plain(found["code"])
    typed_as_one = len(found["code"].split()) == 1 and 3 <= len(code) <= 8 and any(c.isdigit() for c in code)
    return code if (_ours(code) and not _SENTENCE.search(found["code"])) or typed_as_one else None


def word_language(text: str) -> str | None:
    """The language of the word that somebody joins with."""
    found = _JOIN.fullmatch(text.strip().strip(".!\"'"))
    said = found["word"].casefold() if found else ""
    return next((lang for lang, words in _WORDS.items() if said in words), None)


def asks_to_leave(text: str) -> bool:
    """Whether a text is the one word that leaves a group."""
    return text.strip().strip(".!\"'").casefold() in _LEAVE


def spoken(code: str) -> str:
    """A code with a space in it, as it is shown and said: ``4F7 KM``."""
    return f"{code[:3]} {code[3:]}".strip()
