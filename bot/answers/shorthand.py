"""Youth shorthand written out ("wat r u" -> "what are you"), so that meaning can be compared. Pure.

Only for finding an answer or an intent; the screening has its own reading and sees the text untouched.
"""

from __future__ import annotations

import re

WORDS = {
    "u": "you", "ur": "your", "r": "are", "y": "why", "wat": "what", "wut": "what", "wht": "what", "wats": "what is",
    "whats": "what is", "iz": "is", "da": "the", "dat": "that", "dis": "this", "wen": "when", "wher": "where",
    "n": "and", "b": "be", "c": "see", "2": "to", "4": "for", "b4": "before", "gr8": "great", "l8r": "later",
    "sum1": "someone", "some1": "someone", "any1": "anyone", "every1": "everyone", "no1": "no one", "smth": "something",
    "sth": "something", "ppl": "people", "pls": "please", "plz": "please", "bc": "because", "cuz": "because", "cus": "because",
    "coz": "because", "w": "with", "wit": "with", "w/": "with", "abt": "about", "rn": "right now", "irl": "in real life",
    "bf": "boyfriend", "gf": "girlfriend", "bff": "best friend", "bestie": "best friend", "tmrw": "tomorrow",
    "tn": "tonight", "dms": "messages", "dm": "message", "gc": "group chat", "pic": "picture", "pics": "pictures",
    "nudes": "nude pictures", "insta": "instagram", "snap": "snapchat", "thru": "through", "tho": "though", "til": "until",
    "gonna": "going to", "wanna": "want to", "gotta": "have to", "gimme": "give me", "lemme": "let me", "kinda": "kind of",
    "idk": "i do not know", "dunno": "do not know", "dont": "do not", "doesnt": "does not", "didnt": "did not",
    "cant": "can not", "wont": "will not", "isnt": "is not", "im": "i am", "ive": "i have", "hes": "he is", "shes": "she is",
    "theyre": "they are", "thats": "that is", "whos": "who is", "hows": "how is", "theyll": "they will", "ill": "i will",
    "yr": "year", "yrs": "years", "hw": "homework", "ty": "thank you", "tysm": "thank you so much", "thx": "thanks",
    "ik": "i know", "ngl": "honestly", "tbh": "honestly", "rly": "really", "srsly": "seriously", "ofc": "of course",
    "convo": "conversation", "mom": "mother", "dad": "father", "bro": "brother", "sis": "sister", "ex": "ex partner",
}  # fmt: skip

_WORD = re.compile(r"[\w'/]+")


def written_out(text: str) -> str:
    """The text in lower case with known shorthand as whole words."""
    plain = text.casefold().replace("\u2019", "'")
    return _WORD.sub(lambda m: WORDS.get(m.group().replace("'", ""), m.group()), plain)
