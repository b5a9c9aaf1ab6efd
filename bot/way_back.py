"""The way back to a web chat: a word of their own and a number of ours. Pure.

Promises: one word alone opens nothing (people choose words that others guess, so six random digits go with it); what
is typed later is read however it is spaced or spelled large and small. Refuses to know: which chat it opens.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

SHORTEST, LONGEST = 3, 20
DIGITS = 6
"""A million numbers, five tries an hour for one word, counted for all gateways together and through restarts, and a chat that
is gone after three days: somebody who knows the word and tries all the time finds the number once in 2,700 chats (365 tries
of a million)."""


@dataclass(frozen=True)
class Limit:
    """At most ``most`` tries of a key ``within`` a time, refilled steadily."""

    key: str
    most: int
    within: timedelta

    @property
    def each(self) -> timedelta:
        """The time that one try takes to be free again."""
        return self.within / self.most


MOST_TRIES, TRIES_WITHIN = 20, timedelta(minutes=1)
MOST_OF_A_WORD, WORD_WITHIN = 5, timedelta(hours=1)
"""Tries to come back: in all, and with one word."""


def limits(said: str) -> tuple[Limit, Limit]:
    """What holds back a try with these words."""
    return Limit("all", MOST_TRIES, TRIES_WITHIN), Limit(f"word {word_of(said)}", MOST_OF_A_WORD, WORD_WITHIN)


def guesses(thread_id: str) -> Limit:
    """What holds back whoever guesses the private word of a phone that was silent for long."""
    return Limit(f"private word {thread_id}", MOST_OF_A_WORD, WORD_WITHIN)


def fits(word: str) -> bool:
    """Whether this can be a private word: one word, letters and digits, neither very short nor long."""
    said = word.strip()
    return SHORTEST <= len(said) <= LONGEST and said.isalnum() and not said.isdecimal()


def make(word: str) -> str:
    """The way back as it is shown once, such as "otter 482 716"."""
    number = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    return f"{word.strip()} {number[:3]} {number[3:]}"


def word_of(said: str) -> str:
    """The word in what somebody types to come back, so that tries can be counted by it."""
    return plain(said).rstrip("0123456789")


def plain(said: str) -> str:
    """What somebody types to come back, without spaces, signs and large letters."""
    return "".join(c for c in unicodedata.normalize("NFKC", said).casefold() if c.isalnum())
