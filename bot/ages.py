"""The age band that a text names, or an age in it falls into, in figures or in words. Pure; the age itself is kept nowhere."""

from __future__ import annotations

import re

from bot.safety.spelling import folded
from bot.threads import BANDS

YOUNGEST = 9

_IN_WORDS = {
    "en": ["nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"],
    "es": ["nueve", "diez", "once", "doce", "trece", "catorce", "quince", "dieciseis", "diecisiete", "dieciocho"],
    "fr": ["neuf", "dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix sept", "dix huit"],
}
"""Nine to eighteen, without accents and hyphens, for thumbs leave them out."""

_SPLIT = re.compile(r"\b(?:diez y|dieci) (seis|siete|ocho)\b")
"""As many write sixteen to eighteen in Spanish."""

_BAND = re.compile(rf"(?<![\d-])(?:{'|'.join(BANDS)})(?![\d-])")

_FIGURES = r"9|1[0-8]"

_BEHIND = r"(?:yo|yrs?|y|f|m)?"
"""What thumbs leave no space before: "15yo", "14f"."""

_NO_AGE_OF_OURS = re.compile(
    r"\b(?:(?:19|20)\d\d|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|veinti?\w*|treinta|(?:cuar|cincu|ses|set|och|nov)enta"
    r"|vingt|trente|quarante|cinquante|soixante|septante|quatre vingts?)\b"
)
"""Twenty and more in words, for "twenty nine" is not nine; and years, as in a day of birth."""

_SCHOOL_YEAR = re.compile(r"\b(?:grades?|gr|year|yr|form|class|grado|secundaria|secondaire|sec)\.? (?:\d+|[a-z]+)\b")
"""Grade nine is no age."""


def band_in(text: str, lang: str = "en") -> str | None:
    """The band of the one age that a text in ``lang`` names; None where it names none, several, or one that is not 9 to 18."""
    named = _BAND.search(text)
    if named:
        return named[0]
    words = {word: age for age, word in enumerate(_IN_WORDS.get(lang, _IN_WORDS["en"]), YOUNGEST)}
    longest_first = "|".join(sorted(words, key=len, reverse=True))  # "dix sept" is no "dix"
    said = _SCHOOL_YEAR.sub("", _SPLIT.sub(r"dieci\1", re.sub("[-\u2010-\u2015]", " ", folded(text))))
    found = re.findall(rf"\b({_FIGURES}|{longest_first}){_BEHIND}\b", said)
    if len(found) != 1 or _NO_AGE_OF_OURS.search(said):
        return None
    age = words.get(found[0]) or int(found[0])
    return "9-12" if age <= 12 else "13-15" if age <= 15 else "16-18"
