"""What a thread is, and which route a message takes. Pure.

Routes, in order (the order is the product): danger comes before everything that could swallow it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from bot.choices import Choice, payload
from bot.safety.verdict import Level

BANDS = ("9-12", "13-15", "16-18")


class Route(str, Enum):
    """Who answers a message."""

    DANGER = "danger"
    WORD = "word"
    HELD = "held"
    OPTED_OUT = "opted_out"
    KEYWORD = "keyword"
    GROUP = "group"
    ORDINARY = "ordinary"


@dataclass(frozen=True)
class Thread:
    """One young person's conversation on one channel, by pseudonym."""

    id: str
    channel: str
    lang: str = "en"
    band: str | None = None
    region: str | None = None
    level: Level = Level.NONE
    lesson: str | None = None
    held: bool = False
    opted_out: bool = False
    waits: bool = False
    """We wrote to them after a long silence, and ask nothing before they answer (with their word, if they chose one)."""
    has_word: bool = False
    choices: tuple[Choice, ...] = ()


# Carriers reserve these (Twilio's default opt-out words, with the French and Spanish ones Canada and
# Mexican-American services are asked to honour). Exact match only: "make him stop" is not STOP.
STOP_WORDS = frozenset(
    [
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "opt-out",
        "opt out",
        "arret",
        "arreter",
        "arretez",
        "alto",
        "parar",
        "detener",
        "baja",
    ]
)
START_WORDS = frozenset({"start", "unstop"})
HELP_WORDS = frozenset({"help", "info", "aide", "ayuda"})

# A carrier word said twice, or kindly. "Please stop" and "stop it" are as often meant for somebody else.
_WORD = "|".join(sorted(map(re.escape, STOP_WORDS | {"stop all"}), reverse=True))
_KIND_STOP = re.compile(
    rf"({_WORD})([,.!]* \1)*([,.!]* (please|pls|plz|s'il (te|vous) plait|svp|stp|por favor))?|(stop|unsubscribe|cancel) now"
)

# Plain-language refusals that the US rule of April 2025 asks senders to honour ("any reasonable
# expression"). Anchored at both ends, and addressed to the sender, never about somebody else.
_PLAIN_STOP = re.compile(
    r"(please |pls |plz )?"
    r"((stop|quit) (texting|messaging|contacting)( me)?"
    r"|(stop|quit) sending (me )?((these|those)( texts| messages)?|(any )?(more )?(texts|messages))"
    r"|((don'?t|do not|dont)( ever)?|never( ever)?) (text|message|contact) me( any ?more| again| ever again)?"
    r"|(i )?(don'?t|do not|dont) want (any |more |these |your )*(texts|messages)( any ?more| from you)?"
    r"|leave me alone|unsubscribe me|opt me out|i want to opt out|no more (texts|messages)|wrong number"
    r"|(take me off|remove me from) (this|the|your) list|remove me)"
    r"( please| pls| plz| now)?[.! ]*"
    # French and Spanish, written without their marks as in ``_unmarked``
    r"|(s'il (te|vous) plait |svp |stp )?"
    r"(arrete[zr]? de (m'ecrire|me texter|m'envoyer des (messages|textos|sms)|me contacter)"
    r"|ne m'(ecris|ecrivez) plus|ne me (contacte|contactez|texte|textez) plus"
    r"|ne m'(envoie|envoies|envoyez) plus (rien|de (messages|textos|sms))"
    r"|(laisse|laissez)[- ]moi tranquille|(fiche|fichez|fous|foutez)[- ]moi la paix"
    r"|(desabonne|desabonnez|desinscris|desinscrivez)[- ]moi|je veux me (desabonner|desinscrire)|plus de (messages|textos|sms))"
    r"( s'il (te|vous) plait| svp| stp| maintenant)?[.! ]*"
    r"|(por favor,? )?"
    r"((deja|deje|dejen|para|pare|paren) de (escribirme|textearme|contactarme|(mandarme|enviarme) (mensajes|textos))"
    r"|(ya )?no me (escribas|escriba|escriban|contactes|contacte|contacten)( mas)?"
    r"|(ya )?no me (mandes|mande|manden|envies|envie|envien) (mas )?(mensajes|textos)( mas)?"
    r"|(dejame|dejeme|dejenme) (en paz|tranquil[oae])|(ya )?no (quiero )?mas (mensajes|textos)"
    r"|(dame|deme|denme|quiero darme) de baja|(borrame|quitame|saquenme|sacame) de (la|esta|tu|su) lista)"
    r"( por favor| ya| ahora)?[.! ]*"
)

# Plain wishes to be forgotten, for when no engine is there to read them: anchored, and about what is kept here.
_PLAIN_FORGET = re.compile(
    r"((can|could|will) (you|u) )?(please |pls |plz )?"
    r"(forget me|(delete|erase|wipe|remove) (all )?"
    r"(my (data|info|messages|texts|chat)|this (chat|conversation)"
    r"|(everything|what|all) (i (said|wrote|sent|typed|told you)|about me)))"
    r"(,? (please|pls|plz|now|right now))*[?.! ]*"
    # French and Spanish, written without their marks
    r"|(s'il (te|vous) plait,? |svp |stp )?"
    r"((oublie|oubliez)[- ]moi"
    r"|(efface|effacez|supprime|supprimez) (toutes )?(mes (donnees|messages|infos|textos)|cette (conversation|discussion)"
    r"|(tout )?ce que j'ai (dit|ecrit)))"
    r"(,? (s'il (te|vous) plait|svp|stp|maintenant))*[?.! ]*"
    r"|(por favor,? )?"
    r"(olvidame|olvideme|(borra|borre|borren|elimina|elimine) (todos )?"
    r"(mis (datos|mensajes|textos)|esta (conversacion|charla)|(todo )?lo que (dije|escribi|te dije|he dicho|he escrito)))"
    r"(,? (por favor|ya|ahora))*[?.! ]*"
)
_DELETE_ALL = re.compile(
    r"(please |pls |por favor,? |stp |svp )?"
    r"((delete|erase|wipe) (everything|all of it|it all)|borra(lo)? todo|elimina(lo)? todo|(efface|supprime) tout)"
    r"( please| pls| plz| now| por favor| ya| ahora| stp| svp| maintenant)*[?.! ]*"
)

# Somebody who would rather talk with another person may say so at any time, also to the person.
_OTHER_PERSON = re.compile(
    r"(can i (have|talk to|speak to)|i want|i'?d like|give me|get me|could i (have|talk to))? ?"
    r"(a different|another|some other|somebody different|someone different|someone else|somebody else|an?other)"
    r"( person| helper| worker| one)?( to talk to)?( please| pls| plz)?"
)

RE_CONTACT = timedelta(minutes=30)
"""After this long without a text from a phone, somebody else may hold it: nothing is said before they answer."""

KEYWORDS: dict[str, str] = {
    "next": "next",
    "back": "back_step",
    "menu": "menu",
    "lessons": "menu",
    "skip": "skip",
    "repeat": "repeat",
    "pause": "pause",
    "person": "want_person",
    "personne": "want_person",
    "persona": "want_person",
    "me": "happening_to_me",
    "friend": "worried_about_friend",
    "more": "grounding",
    "calm": "grounding",
    "lines": "lines",
    "directory": "lines",
    "forget me": "forget_me",
    "delete my data": "forget_me",
    "oublie-moi": "forget_me",
    "oubliez-moi": "forget_me",
    "olvídame": "forget_me",
    "olvidame": "forget_me",
}
"""Typed words that mean the same everywhere, and the intent each stands for."""


def _bare(text: str) -> str:
    straight = text.replace("\u2019", "'")  # as phones write the apostrophe by themselves
    return re.sub(r"\s+", " ", straight.strip().strip(".!\"'").strip()).casefold()


def _unmarked(said: str) -> str:
    """Without accents and the signs that open a Spanish sentence: thumbs leave them out as often as not."""
    return "".join(c for c in unicodedata.normalize("NFD", said) if not unicodedata.combining(c) and c not in "\u00a1\u00bf")


def is_stop(text: str) -> bool:
    """Whether a text asks us to stop texting: a carrier word alone, or a plain sentence to us."""
    said = _unmarked(_bare(text))
    return _KIND_STOP.fullmatch(said) is not None or _PLAIN_STOP.fullmatch(said) is not None


def is_start(text: str) -> bool:
    """Whether a text asks us to text again."""
    return _bare(text) in START_WORDS


def is_help(text: str) -> bool:
    """Whether a text is the carrier's HELP or its kin, alone."""
    return _bare(text) in HELP_WORDS


def is_fresh_start(text: str) -> bool:
    """Whether somebody who does not know the word wants to begin anew."""
    return _bare(text) in ("new", "nuevo", "nouveau")


def wants_other_person(text: str) -> bool:
    """Whether a text asks for somebody else, and says nothing more."""
    return _OTHER_PERSON.fullmatch(_bare(text).rstrip("?")) is not None


def keyword(text: str) -> str | None:
    """The payload a typed word stands for, such as PERSON; None for anything longer."""
    intent = "forget_me" if asks_to_be_forgotten(text) else KEYWORDS.get(_bare(text))
    return payload(intent) if intent else None


def asks_to_be_forgotten(text: str, *, held: bool = False) -> bool:
    """Whether a text is the wish to be forgotten, typed or plainly said, and nothing more.

    To a person who holds the thread, "delete everything" alone may be what somebody told them to do, and is no wish.
    """
    said = _unmarked(_bare(text))
    wishes = (_PLAIN_FORGET,) if held else (_PLAIN_FORGET, _DELETE_ALL)
    return KEYWORDS.get(_bare(text)) == "forget_me" or any(wish.fullmatch(said) for wish in wishes)


def asks_for_person(text: str) -> bool:
    """Whether a text is the typed wish for a person, and nothing more."""
    return KEYWORDS.get(_bare(text)) == "want_person"


def choose_route(*, thread: Thread, text: str, level: Level, group: bool = False) -> Route:
    """One route for a message.

    A carrier word is an opt-out even in a crisis (the case stays with a person, who is told). After a long silence
    nothing is said before their word, if they chose one, except to danger; and whoever erases hears of no case. Then a
    person who holds the thread, danger, opted out; and only then their group, for a text plainly meant for it (``group``).
    """
    if thread.channel == "sms" and (is_stop(text) or is_start(text) or is_help(text)):
        return Route.KEYWORD
    if thread.waits and level < Level.HIGH and (thread.has_word or asks_to_be_forgotten(text, held=thread.held)):
        return Route.WORD
    if thread.held:
        return Route.HELD
    if level >= Level.ELEVATED:
        return Route.DANGER
    if thread.opted_out:
        return Route.OPTED_OUT
    if group:
        return Route.GROUP
    return Route.ORDINARY
