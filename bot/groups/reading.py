"""What a text means to a group: an answer, a practised sentence, words for the cloud, a question for the box, or none
of its business. Pure.

Promises: only what plainly is the group's is the group's. Everything else stays between the young person and
the bot: asking privately is what happens by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.choices import Choice, read_choice
from bot.groups.steps import GroupStep
from bot.text import asks
from bot.threads import asks_to_be_forgotten, keyword

LONGEST_WORD, MOST_WORDS = 24, 2
"""What fits a word cloud: up to two words, 24 characters."""

LONGEST_QUESTION = 300

_ASK = re.compile(
    r"\s*(?:ask|box|preguntar|pregunta|demander|question)\b\s*[:,-]?\s*(?P<question>.+)", re.IGNORECASE | re.DOTALL
)
_ASKS_PERSON = re.compile(
    r"(?:(?:to|can i|i want to|i need to) )*(?:(?:talk|speak|chat|write)(?: to| with)? )?(?:for )?"
    r"(?:a |an |the )?(?:real |live )?(?:person|human|someone|somebody|worker|counsell?or|helper)"
    r"(?: to (?:talk|speak|chat|text)(?: to| with)?(?: me)?)?"
    r"(?: here)?(?: please| pls| plz| now)*"
    r"|(?:(?:à|a|de) )?(?:parler (?:à|a|avec) )?(?:une (?:vraie )?personne|personne|quelqu.un|un humain|un intervenant)"
    r"(?: svp| stp| s.il (?:te|vous) pla[iî]t)?"
    r"|(?:por )?(?:hablar con )?(?:una )?(?:persona(?: real| de verdad)?|alguien)(?: por favor)?",
    re.IGNORECASE,
)
OF_A_CLOUD = frozenset({"calm"})
"""What is a word of ours elsewhere, and at a cloud a thing that people say of people."""

_KEYS = re.compile(r"(?:\s+(?:and|y|et)\s+)|[\s,;+&/.]+", re.IGNORECASE)


class Matter(str, Enum):
    """What a text is to the group."""

    ANSWER = "answer"
    NEXT = "next"
    PRACTISED = "practised"
    WORD = "word"
    QUESTION = "question"


@dataclass(frozen=True)
class Reading:
    """What a text is, with the options it names or the words it gives."""

    matter: Matter
    options: tuple[str, ...] = ()
    words: str = ""


def without_ask(text: str) -> str:
    """A text without the word that puts it into the question box, which would stand between the parts of a disclosure."""
    question = _ASK.fullmatch(text)
    return question["question"] if question else text


def is_theirs_alone(text: str, *, cloud: bool = False) -> bool:
    """Whether a text is one of the words that mean the same everywhere (PERSON, LINES, FORGET ME), or plainly asks for a
    person or to be forgotten: no group's matter, wherever it is typed, also behind the word that means the box.
    """
    question = _ASK.fullmatch(text)
    if question and _ASKS_PERSON.fullmatch(question["question"].strip().strip(".!?")):
        return True
    said = [text, question["question"]] if question else [text]
    at_cloud = cloud and text.strip().strip(".!").casefold() in OF_A_CLOUD
    return any(asks_to_be_forgotten(each) for each in said) or (any(keyword(each) for each in said) and not at_cloud)


def read(
    text: str, *, step: GroupStep | None, labels: Mapping[str, str], offered: Sequence[Choice], free: bool
) -> Reading | None:
    """What a text is to the group on this step (None: it waits); None when it is none of the group's business.

    ``offered`` are choices that somebody else offered since (the bot, privately): a letter is read against those first.
    """
    goes_on = free and text.strip().strip(".!").casefold() in ("next", "siguiente", "suivant")
    if not goes_on and is_theirs_alone(text, cloud=step is not None and step.kind == "cloud"):
        return None
    question = _ASK.fullmatch(text)
    if question and len(question["question"].split()) > 1:
        return Reading(Matter.QUESTION, words=question["question"].strip()[:LONGEST_QUESTION])
    if step is None or read_choice(text, offered):
        return None
    if goes_on:
        return Reading(Matter.NEXT)
    options = _options(text, step, labels)
    if options:
        return Reading(Matter.ANSWER, options=options)
    if step.kind == "cloud" and _is_word(text):
        return Reading(Matter.WORD, words=text.strip().strip(".!,"))
    if step.kind == "practise" and len(text.split()) > 2 and not asks(text):
        return Reading(Matter.PRACTISED)
    return None


def _options(text: str, step: GroupStep, labels: Mapping[str, str]) -> tuple[str, ...]:
    choices = [Choice(labels.get(o, o), o, key=o.upper()) for o in step.options]
    one = read_choice(text, choices)
    if one is not None:
        return (one.payload,)
    if step.kind != "many":
        return ()
    named = [read_choice(piece, choices) for piece in _KEYS.split(text.strip()) if piece]
    if not named or any(choice is None for choice in named):
        return ()
    return tuple(sorted({choice.payload for choice in named if choice}))


def _is_word(text: str) -> bool:
    plain = text.strip()
    return 0 < len(plain) <= LONGEST_WORD and len(plain.split()) <= MOST_WORDS and any(c.isalpha() for c in plain)
