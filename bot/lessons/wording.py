"""What every text to a young person must keep to, as far as it can be measured. Pure.

The phone alphabet, two segments, one question, no blaming words. Whether it is kind and true is for
readers; docs/authoring.md says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.reading import grade, mean_sentence
from bot.text import for_sms, not_gsm, segments
from bot.yaml_files import plain

MOST_SEGMENTS = 2
MOST_CHARACTERS = 306
"""Two segments of GSM-7 (3GPP TS 23.038): 2 x 153."""

MOST_WORDS_A_SENTENCE = 12.0
CARRIER_WORDS = frozenset({
    "STOP", "STOPALL", "END", "CANCEL", "QUIT", "UNSUBSCRIBE", "REVOKE", "OPTOUT", "ARRET", "HELP", "AIDE", "INFO", "START",
    "YES", "UNSTOP",
})  # fmt: skip
"""What carriers and Twilio answer by themselves (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out.md)."""

OUR_WORDS = frozenset({
    "NEXT", "BACK", "MENU", "SKIP", "REPEAT", "PERSON", "ME", "FRIEND", "PAUSE", "LINES", "SUPPORT", "LESSONS", "FORGET ME",
})  # fmt: skip
"""What anybody may type anywhere; an option with such a label could never be chosen by typing it."""


@dataclass(frozen=True)
class Banned:
    """A phrase that may not be said, why, and sentences in which it may."""

    phrase: re.Pattern[str]
    word: str
    why: str
    allow: tuple[str, ...] = ()


class BannedWordsError(Exception):
    """The list of banned words cannot be used; the sentence names the file and the mend."""


def read_banned(file: Path) -> tuple[Banned, ...]:
    """The reviewed list; raises BannedWordsError."""
    try:
        rows = plain(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise BannedWordsError(f"{file} cannot be read: restore it from the repository.") from error
    if not isinstance(rows, list) or not rows:
        raise BannedWordsError(f"{file} lists nothing: restore it from the repository.")
    return tuple(_banned(file, row) for row in rows)


def _banned(file: Path, row: object) -> Banned:
    if not isinstance(row, dict) or not {"word", "why"} <= set(row) <= {"word", "why", "allow"}:
        raise BannedWordsError(f"{file}: each entry needs a word and why, and may have allow; mend {row}.")
    return Banned(_whole_words(str(row["word"])), str(row["word"]), str(row["why"]), tuple(row.get("allow", ())))


def _whole_words(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(phrase)}\b", re.IGNORECASE)


def says_banned(text: str, banned: Sequence[Banned]) -> Iterator[str]:
    """What a text says that it may not."""
    for rule in banned:
        left = text
        for allowed in rule.allow:
            left = left.replace(allowed, "")
        if rule.phrase.search(left):
            yield f'it says "{rule.word}", which {rule.why}; say it another way.'


def fits_a_phone(text: str) -> Iterator[str]:
    """What keeps a text, as it leaves, from being two plain segments."""
    odd = not_gsm(for_sms(text))
    if odd:
        yield f"{' '.join(sorted(odd))} is not in the phone alphabet; write it plainly."
    elif segments(for_sms(text)) > MOST_SEGMENTS:
        yield f"it takes {segments(text)} segments with its choices, {len(text)} characters; cut it to {MOST_CHARACTERS}."


def asks_once(text: str) -> Iterator[str]:
    """One question a message: two cannot both be answered by a tap."""
    if text.count("?") > 1:
        yield f"it asks {text.count('?')} questions; ask one, and the other in a later step."


def reads_easily(text: str, most: float) -> Iterator[str]:
    """Whether English is at most grade ``most``, taken over many sentences."""
    if grade(text) > most:
        yield f"reading level is grade {grade(text):.1f}, at most {most:.0f}; use shorter words and sentences."
    if mean_sentence(text) > MOST_WORDS_A_SENTENCE:
        yield f"{mean_sentence(text):.1f} words a sentence, at most {MOST_WORDS_A_SENTENCE:.0f}; cut sentences in two."


def reserved(word: str) -> Iterator[str]:
    """Why a word cannot be the label or the key of a choice."""
    plain = word.strip().strip(".!?").upper()
    if plain in CARRIER_WORDS:
        yield f"{word!r} is a word the carriers answer themselves; use another label."
    elif plain in OUR_WORDS:
        yield f"{word!r} already means something everywhere; use another label."
