"""Takes names and numbers out of a text before a facilitator reads it. Pure.

After what every text loses (``bot.redaction``) comes what only a group needs: there a lost capital letter costs a
facilitator little, and a name on a projector costs a young person a lot. A person still reads every text before
anything is shown.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.redaction import Redaction

NAME, NUMBER, ADDRESS = "[name]", "[number]", "[address]"

_LINK = re.compile(r"(?:https?://|www\.)\S+|\b\w+\.(?:com|ca|org|net|io|me|gg)\b\S*", re.IGNORECASE)
_DATE = re.compile(r"\b\d{1,4}([/.-])\d{1,2}\1\d{1,4}\b")
_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){2,}")
_CAPITAL = re.compile(r"(?<![.!?¿¡:]\s)(?<!^)(?<=\s)(?P<name>[A-ZÀ-ÖØ-Þ][\w'-]*[a-zà-öø-ÿ][\w'-]*)")
_HANDLED = re.compile(
    r"(?<!\[)\b(?P<who>[a-z]{3,12})(?= (?:hits|hit|hurts|hurt|touches|touched|said|told|sent|keeps|made|gave|asked|"
    r"asks|texts|texted|calls|called|wants|likes|took|showed|bought|buys) (?:me|us|my|to|him|her)\b)",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"(?:^|(?<=[.!?¿¡:]\s))(?P<who>[A-ZÀ-ÖØ-Þ][\w'-]+)(?= (?:keeps|makes|made|touches|touched|hits|hit|hurts|hurt|says|said|"
    r"tells|told|sends|sent|asks|asked|texts|texted|calls|called|wants|likes|takes|took|shows|showed|buys|bought|stares|"
    r"follows|followed|grabs|grabbed|won't|always|did|has|had|dice|dijo|quiere|manda|hace|dit|veut|envoie|fait)\b)"
)
_UNKNOWN = re.compile(
    r"(?:^|(?<=[.!?¿¡:]\s))(?P<who>[^\W\d_][\w-]{2,})(?=['’]s\b| (?:is|was|does|did|isn't|isnt|wasn't|wasnt|doesn't|doesnt|"
    r"didn't|didnt|has|had|and|keeps|kept|said|says|tells|told|gets|got|goes|went|makes|made|can|can't|cant|will|won't|wont|"
    r"wants|likes|loves|hates|thinks|knows|lives|always|never|just|touches|touched|hits|hurts|sends|asks|asked|texts|texted|"
    r"calls|called|takes|took|follows|followed|stares|grabs|grabbed)\b)",
    re.IGNORECASE,
)
"""Who begins a sentence in English and does something, in whatever letters: a name, where it is no word."""
_TITLED = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|coach|teacher|prof|señor|señora|profe|monsieur|madame|mme)\.? [b-hj-z]\b(?!['’])",
    re.IGNORECASE,
)
_DIGIT = (
    r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|"
    r"zéro|un|deux|trois|quatre|cinq|sept|huit|neuf|\d)"
)
_SPELLED = re.compile(rf"\b{_DIGIT}(?:[\s,.-]+{_DIGIT}){{3,}}\b", re.IGNORECASE)

_KNOWN = """
I I'm I'd I'll I've Instagram Snapchat Snap TikTok Discord Roblox Minecraft Fortnite WhatsApp YouTube Google Facebook Reddit
Twitch Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September
October November December Christmas English French Spanish Canada Canadian America American
"""
_COMMON = """
i he she they it who that this you we one nobody somebody someone anyone everybody friend dad mom mum mother father brother
sister stepdad stepmom boyfriend girlfriend ex cousin uncle aunt teacher coach boss man guy boy girl person people kid and but
always never just really also only them him her what which parents partner stranger adult worker carer neighbour
it something everything nothing love school family somewhere maybe why how when where if what's
él ella ellos ellas alguien nadie mamá papá amigo amiga qué quién cómo cuando si eso esto il elle on ça cela quelqu'un personne
maman papa qui que quand
"""
_NO_NAMES, _NO_PEOPLE = frozenset(_KNOWN.split()), frozenset(_COMMON.split())
_UNLISTED = """
mam amma appa tita kuya bestie bff stepbro stepsis stepbrother stepsister stepmum stepmother stepfather auntie aunty grandad
granddad counsellor babysitter carer flatmate groomer abuser streamer youtuber catfisher sextortion nudes pics dms selfie
screenshot emoji wifi vape puberty chatgpt insta facetime spotify netflix ppl idk omg lol tbh ngl nvm pls dont thats whats
hes shes whos ive theyve havent evryone everyones someones nunca siempre ahora
"""
"""What young people write that is in no list of words."""


def redacted(text: str, redaction: Redaction) -> str:
    """The text with what says who somebody is, or may, replaced by its kind."""
    plain = _LINK.sub(ADDRESS, redaction.redact(" ".join(text.split())))
    plain = _DATE.sub(NUMBER, plain)
    plain = _NUMBER.sub(NUMBER, _SPELLED.sub(NUMBER, plain))
    plain = _TITLED.sub(NAME, plain)
    plain = _UNKNOWN.sub(lambda found: found["who"] if _is_word(found["who"]) else NAME, plain)
    plain = _FIRST.sub(lambda found: found["who"] if _is_common(found["who"]) else NAME, plain)
    plain = _CAPITAL.sub(lambda found: found["name"] if found["name"] in _NO_NAMES else NAME, plain)
    return _HANDLED.sub(lambda found: found["who"] if found["who"].lower() in _NO_PEOPLE else NAME, plain)


def _is_common(word: str) -> bool:
    """Not a name: a person without one, a word of everyday, or a thing that is done ("Grooming")."""
    return word in _NO_NAMES or word.lower() in _NO_PEOPLE or word.lower().endswith("ing")


def _is_word(who: str) -> bool:
    """Whether all its parts are words, also one with an ending; what is short is left, for much of that is in no list."""
    parts = [part.lower() for part in who.split("-") if len(part) > 2]
    return all(part in _words() or part.endswith("ing") or part.removesuffix("s") in _words() for part in parts)


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    """Read when the first text is: the outbox, which reads none, need not hold what lies behind it."""
    from bot.safety.screening import real_words

    return real_words("en") | frozenset(_UNLISTED.split()) | _NO_PEOPLE | frozenset(name.lower() for name in _NO_NAMES)
