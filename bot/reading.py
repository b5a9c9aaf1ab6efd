"""How hard a text is to read: Flesch-Kincaid grade and words a sentence. Pure, for English.

Grade = 0.39 words/sentence + 11.8 syllables/word - 15.59 (Kincaid et al., 1975). A formula misleads on
very short text, so it is taken over all of a lesson's words in a band, and readers still decide.
"""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"[.!?]+[\"')]*(?:\s+|$)")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'-]*")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^aeiouyl]es|[^aeiouytd]ed|[^aeiouyl]e)$")
"""Endings that are written and not spoken: "likes", "asked", "line"; not "noises", "wanted", "little"."""


def sentences(text: str) -> list[str]:
    """The sentences of a text; a colon does not end one."""
    return [s for s in _SENTENCE_END.split(text) if _WORD.search(s)]


def syllables(word: str) -> int:
    """About how many syllables a word has; at least one."""
    bare = re.sub(r"[^a-z]", "", word.lower().removesuffix("'s"))
    count = len(_VOWELS.findall(bare))
    if _SILENT.search(bare) and not re.search(r"(?:[sxzcg]|sh|ch)es$", bare):
        count -= 1
    return max(1, count)


def mean_sentence(text: str) -> float:
    """Mean words a sentence; 0 for a text without words."""
    found = sentences(text)
    return len(_WORD.findall(text)) / len(found) if found else 0.0


def grade(text: str) -> float:
    """The Flesch-Kincaid grade; 0 for a text without words."""
    words = _WORD.findall(text)
    if not words:
        return 0.0
    return 0.39 * mean_sentence(text) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
