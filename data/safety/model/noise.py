"""How training text is worn: slips of the thumb, chatter around it. What it means stays the same."""

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
