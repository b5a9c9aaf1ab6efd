"""When somebody is alone with us: their group waits for them then, and nothing they write is taken for the group's. Pure.

Promises: one answer to this, for what they are told and for what they write.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.choices import Choice, payload, read_choice
from bot.handoff.cases import HELD, State

OURS = "/group_"
"""How the payload of a group's own choice begins, so that a letter is read against what the bot offered first."""

WITH_PEOPLE = HELD | {State.CONSENTED, State.QUEUED, State.TIMED_OUT, State.DROPPED}
"""Cases whose young person talks with somebody, or waits for one. No other keeps them from their group: who wants no person, or
was given a line, is back in it, and a question that is still open counts by itself."""

OWN_WORDS = Choice(label="", payload=payload("own_words"), aside=True)
"""Stands for a question to which any words are the answer. It has no key and no label: nothing typed names it."""

QUESTIONS = frozenset({"affirm", "deny", "unsure", "keep_talking", "disclosure", "pass_on", "check_in", "own_words"})
"""What only a question about them leads to: are you safe, a person, what is passed on, a text later, words of theirs.

Not what stands beside any answer ("a person", "lessons"): that waits for nothing.
"""


def in_private(case: State | None, offered: Sequence[Choice]) -> bool:
    """Whether people have their case, or the bot has asked them something; ``offered`` is what they can choose now."""
    return case in WITH_PEOPLE or any(_intent(choice) in QUESTIONS for choice in offered)


def answers_group(text: str, offered: Sequence[Choice]) -> bool:
    """Whether a text is exactly a choice of the group's, which nothing else was asked after."""
    named = read_choice(text, offered)
    return named is not None and named.payload.startswith(OURS)


def _intent(choice: Choice) -> str:
    return choice.payload.lstrip("/").partition("{")[0]
