"""Which text can be a private word, and which is said too often to be one. Pure.

It promises: no everyday answer, no word that does something here, and nothing without letters or digits becomes a word, for
each of them would be met again, and hidden, where a person needs to read it.
"""

from __future__ import annotations

import unicodedata

from bot.threads import HELP_WORDS, KEYWORDS, START_WORDS, is_stop

SHORTEST = 3

_EVERYDAY = (
    "yes|yeah|yep|yup|yess|yea|nope|nah|okay|okey|kay|sure|maybe|perhaps|idk|dunno|i don't know|dont know|not sure|"
    "fine|good|bad|great|cool|nice|well|thanks|thank you|thx|please|pls|plz|sorry|hello|hey|hiya|bye|later|now|why|"
    "what|who|when|where|how|nothing|nobody|none|never|always|sometimes|i'm ok|im okay|i'm fine|i'm good|i'm safe|"
    "not really|of course|whatever|word|my word|private word|a word|wait|lol|omg|brb|new|safe|not safe|help me|alone|"
    "home|school|mom|dad|mum|oui|ouais|non|peut-être|je sais pas|je ne sais pas|j'sais pas|jsp|chais pas|d'accord|"
    "dac|bien|mal|ça va|merci|salut|bonjour|papa|pardon|rien|personne|jamais|toujours|parfois|pourquoi|quoi|qui|bof|"
    "mot|nouveau|attends|pas sûr|pas sûre|maman|mon mot|sip|nop|vale|dale|bueno|quizás|quizá|tal vez|a lo mejor|"
    "no sé|nose|no lo sé|claro|gracias|hola|adiós|perdón|nada|nadie|nunca|siempre|a veces|por qué|qué|quién|palabra|"
    "mi palabra|nuevo|espera|no estoy seguro|no estoy segura|estoy bien|mamá|papá|casa|escuela"
)


def plain(text: str) -> str:
    """Letters and digits alone, without their marks: as a word is told from another here."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in apart if c.isalnum())


EVERYDAY = frozenset(plain(said) for said in _EVERYDAY.split("|"))
"""Answers that everybody gives, in three languages."""

_DOES_SOMETHING = frozenset(plain(said) for said in (*KEYWORDS, *HELP_WORDS, *START_WORDS))


def fits(text: str) -> bool:
    """Whether this text can be somebody's private word."""
    said = plain(text)
    return len(said) >= SHORTEST and said not in EVERYDAY and said not in _DOES_SOMETHING and not is_stop(text)
