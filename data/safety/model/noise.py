"""How training text is worn: slips of the thumb, chatter around it, a texter's shorthand. What it means stays the same."""

from __future__ import annotations

import random


def noise(text: str, chance: random.Random) -> str:
    """A slip of the thumb, a quiz letter in front, chatter behind, or lost punctuation."""
    kind = chance.random()
    if kind < 0.25:
        return slips(text, chance)
    if kind < 0.33:
        return chance.choice(("b ", "c . ", "a . ", "d ", "ok ", "um ", "lol ", "hey ", "hi ")) + text
    if kind < 0.41:
        return text + chance.choice((" lol", " i do not know", " haha", " jk", " anyway", " lmao", " thx"))
    return text.replace(".", "").replace(",", "") if kind < 0.48 else text


SHORT = {
    "to": "2", "too": "2", "two": "2", "for": "4", "four": "4", "you": "u", "your": "ur", "are": "r", "be": "b", "see": "c",
    "why": "y", "and": "n", "with": "wif", "the": "d", "that": "dat", "this": "dis", "there": "dere", "what": "wot",
    "when": "wen", "will": "wil", "have": "hav", "tonight": "2nite", "tomorrow": "tmr", "before": "b4", "great": "gr8",
    "later": "l8r", "because": "cos", "about": "abt", "please": "plz", "message": "msg", "am": "m", "ok": "k", "going": "goin",
    "text": "txt",
}  # fmt: skip


def shorthand(text: str, chance: random.Random) -> str:
    """Numbers and letters for words, vowels left out, words run together, letters of a word mixed, capitals throughout."""
    words = [_short(word, chance) for word in text.split()]
    if len(words) > 3 and chance.random() < 0.3:
        place = chance.randrange(len(words) - 1)
        words[place : place + 2] = [words[place] + words[place + 1]]
    result = " ".join(words)
    kind = chance.random()
    return result.upper() if kind < 0.15 else result.lower() if kind < 0.5 else result


def _short(word: str, chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.6 and word.lower() in SHORT:
        return SHORT[word.lower()]
    if len(word) < 4 or not word.isalpha() or kind > 0.3:
        return word
    inner = word[1:-1]
    if kind < 0.18:
        return word[0] + "".join(letter for letter in inner if letter not in "aeiou") + word[-1]
    return word[0] + "".join(chance.sample(inner, len(inner))) + word[-1] if kind < 0.22 else word[:-1]


def slips(text: str, chance: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(letters) // 25)):
        place = chance.randrange(max(1, len(letters)))
        if place + 1 >= len(letters) or not letters[place].isalpha():
            continue
        kind = chance.random()
        if kind < 0.4:
            del letters[place]
        elif kind < 0.7:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        else:
            letters.insert(place, letters[place])
    return "".join(letters)
