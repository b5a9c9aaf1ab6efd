"""Takes names and numbers out of a text before a facilitator reads it. Pure.

It errs towards taking out: a lost capital letter costs a facilitator little, a name on a projector costs a young
person a lot. A person still reads every text before anything is shown.
"""

from __future__ import annotations

import re

NAME, NUMBER, ADDRESS = "[name]", "[number]", "[address]"

_ADDRESS = re.compile(
    r"\S+@\S+\.\S+|(?:https?://|www\.)\S+|(?<!\w)@\w[\w.]+|\b\w+\.(?:com|ca|org|net|io|me|gg)\b\S*", re.IGNORECASE
)
_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){2,}")
_PLACE = re.compile(r"\b\d+\s+(?:\w+\s+){1,3}(?:street|st|road|rd|avenue|ave|drive|dr|lane|rue|calle)\b", re.IGNORECASE)
_SAID = re.compile(
    r"\b(?P<lead>my name(?:'s| is)|i'?m called|is called|named|me llamo|se llama|je m'appelle|s'appelle|mr\.?|mrs\.?|ms\.?|"
    r"miss|coach|uncle|aunt|auntie|t[ií]o|t[ií]a|oncle|tante)\s+(?P<name>[^\W\d_][\w'-]+)",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"(?<![.!?¿¡:]\s)(?<!^)(?<=\s)(?P<name>[A-ZÀ-ÖØ-Þ][\w'-]*[a-zà-öø-ÿ][\w'-]*)")
_HANDLED = re.compile(
    r"\b(?P<who>[a-z]{3,12})(?= (?:hits|hit|hurts|hurt|touches|touched|said|told|sent|keeps|made) (?:me|us|my)\b)",
    re.IGNORECASE,
)

_KNOWN = """
I I'm I'd I'll I've Instagram Snapchat Snap TikTok Discord Roblox Minecraft Fortnite WhatsApp YouTube Google Facebook Reddit
Twitch Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September
October November December Christmas English French Spanish Canada Canadian America American
"""
_COMMON = """
i he she they it who that this you we one nobody somebody someone anyone everybody friend dad mom mum mother father brother
sister stepdad stepmom boyfriend girlfriend ex cousin uncle aunt teacher coach boss man guy boy girl person people kid and but
always never just really also only them him her what which parents partner stranger adult worker carer neighbour
"""
_NO_NAMES, _NO_PEOPLE = frozenset(_KNOWN.split()), frozenset(_COMMON.split())


def redacted(text: str) -> str:
    """The text with addresses, numbers and what may be a name replaced by what it was."""
    plain = " ".join(text.split())
    plain = _PLACE.sub(ADDRESS, _ADDRESS.sub(ADDRESS, plain))
    plain = _NUMBER.sub(NUMBER, plain)
    plain = _SAID.sub(lambda found: f"{found['lead']} {NAME}", plain)
    plain = _CAPITAL.sub(lambda found: found["name"] if found["name"] in _NO_NAMES else NAME, plain)
    return _HANDLED.sub(lambda found: found["who"] if found["who"].lower() in _NO_PEOPLE else NAME, plain)
