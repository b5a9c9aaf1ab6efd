"""How a young person's text becomes plain words: unicode, emoji, leetspeak, stretched letters, typos.

It promises: every plain word remembers which characters of the text it came from, and nothing here
drops a word that could carry danger (fillers such as "lol" and "just" are named in the language file).
It knows nothing of danger. ``|`` stands for the end of a sentence and for both ends of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

BREAK = "|"

# Coded and plain emoji, as the word a reader would say; others are dropped.
EMOJI = {
    "\U0001f52a": "knife", "\U0001f5e1": "knife", "\U0001f48a": "pills", "\U0001fa78": "blood",
    "\U0001f52b": "gun", "\U0001f480": "skull", "\U0001f62d": "crying", "\U0001f622": "crying",
    "\U0001f602": "lol", "\U0001f923": "lol", "\U0001f494": "heartbroken", "\U0001f44a": "punch",
    "\U0001f198": "help me", "\U0001f6a8": "alarm", "\U0001fae5": "disappear", "\u26b0": "coffin",
}  # fmt: skip
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_LEET_L = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "l"})
_WORD = re.compile(r"[a-z0-9@$][a-z0-9@$!*']*[a-z0-9@$]|[a-z0-9]|[.!?;\n]+|[^\sa-z0-9]")
_SPACED = re.compile(r"(?<![a-z0-9])(?:[a-z][ .\-_*]){3,}[a-z](?![a-z0-9])")
_QUIZ = re.compile(
    r"^\s*(?:(?:my |mi |ma )?(?:answer|option|respuesta|opcion|reponse|choix)\s*(?:is|es|:)?\s*)?"
    r"(?:\(?[a-e1-5]\s*[).:\-]|[b-e](?=\s*,?\s+(?:i|my|he|she|they|im)\b))\s*"
)
_SENTENCE_END = re.compile(r"[^.]*[!?;\n].*|\.", re.DOTALL)  # "..." is a breath, not an end
_NO_WORDS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Word:
    """A plain word and the characters ``start:end`` of the original text that it stands for."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Spelling:
    """The spelling habits of one language.

    ``rewrites``: words or phrases -> what they stand for ("wanna": "want to"; "moms bf": "stepdad");
    a key that ends in an apostrophe is an elision ("j'": "je").
    ``fillers``: words that never change the meaning. ``lexicon``: the words that patterns look for;
    only these are guessed from leetspeak and typos. ``known``: real words, which are never typos.
    """

    rewrites: Mapping[str, str] = field(default_factory=dict)
    fillers: frozenset[str] = _NO_WORDS
    lexicon: frozenset[str] = _NO_WORDS
    known: frozenset[str] = _NO_WORDS
    _phrases: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = field(default_factory=dict, repr=False)
    _near: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for phrase, meaning in self.rewrites.items():
            parts = tuple(phrase.split())
            self._phrases.setdefault(parts[0], []).append((parts, tuple(meaning.split())))
        for options in self._phrases.values():
            options.sort(key=lambda option: -len(option[0]))
        for word in sorted(self.lexicon):
            if len(word) >= 5:
                for cut in _cuts(word):
                    self._near.setdefault(cut, word)

    def words(self, text: str) -> list[Word]:
        """The plain words that patterns are matched on, with breaks, without fillers."""
        spoken = self._rewritten(self._rewritten(self._corrected(text)))
        kept = [word for word in spoken if word.text not in self.fillers and word.text != ","]
        return [Word(BREAK, 0, 0), *kept, Word(BREAK, len(text), len(text))]

    def plain(self, text: str) -> str:
        """The text as the letter runs read it: corrected and spelled out, fillers kept."""
        words = self._rewritten(self._corrected(text))
        return " ".join("." if word.text == BREAK else word.text for word in words).strip(" .,")

    def _corrected(self, text: str) -> list[Word]:
        folded, places = fold(text)
        start = _quiz_end(folded)
        folded = self._joined(folded)
        found: list[Word] = []
        for match in _WORD.finditer(folded, start):
            first, last = places[match.start()], places[match.end() - 1] + 1
            found += [Word(part, first, last) for part in self._correct(match.group())]
        return found

    def _joined(self, folded: str) -> str:
        """Join letters that were spaced out, keeping every place: "k i l l" -> "kill   "."""

        def join(match: re.Match[str]) -> str:
            letters = re.sub(r"[^a-z]", "", match.group())
            known = letters in self.lexicon or letters in self.rewrites
            return letters.ljust(len(match.group())) if known else match.group()

        return _SPACED.sub(join, folded)

    def _correct(self, raw: str) -> Sequence[str]:
        if not raw[0].isalnum() and not any(ch.isalnum() for ch in raw):
            return [BREAK] if _SENTENCE_END.fullmatch(raw) else ([","] if raw == "," else [])
        if raw in self.rewrites:
            return [raw]
        before, elision, after = raw.partition("'")
        if elision and after and f"{before}'" in self.rewrites:
            return [*self.rewrites[f"{before}'"].split(), *self._correct(after)]
        word = raw.replace("'", "")
        if word in self.rewrites or word in self.lexicon or word.isdigit():
            return [word]
        if not word.isalpha():
            return self._decoded(word)
        return [self._shrunk(word)]

    def _decoded(self, word: str) -> Sequence[str]:
        guesses = (word.translate(_LEET), word.translate(_LEET_L), word.strip("@$!*"))
        for guess in guesses:
            shrunk = self._shrunk(guess)
            if shrunk in self.lexicon or shrunk in self.rewrites:
                return [shrunk]
        if "*" in word:
            shape = re.compile(re.sub(r"\*+", "[a-z]{1,3}", re.escape(word).replace(r"\*", "*")))
            for candidate in sorted(self.lexicon, key=len):
                if shape.fullmatch(candidate):
                    return [candidate]
        return re.findall(r"[a-z]+|[0-9]+|[!]", word) and [
            BREAK if part == "!" else part for part in re.findall(r"[a-z]+[0-9]*|[0-9]+[a-z]*|!", word)
        ]

    def _shrunk(self, word: str) -> str:
        """A word without stretched letters and, when it is no real word, without one slip."""
        if self._real(word):
            return word
        once, twice = re.sub(r"(.)\1+", r"\1", word), re.sub(r"(.)\1{2,}", r"\1\1", word)
        stretched = re.search(r"(.)\1\1", word) is not None
        if not stretched and not self.known:
            return word
        for guess in (twice, once, *_half_shrunk(word)) if stretched or once != word else ():
            if guess in self.lexicon or guess in self.rewrites or (stretched and self._real(guess)):
                return guess
        return self._near_word(word)

    def _real(self, word: str) -> bool:
        return word in self.lexicon or word in self.rewrites or word in self.known or word in self.fillers

    def _near_word(self, word: str) -> str:
        """The word of the lexicon that one slip would turn into this one (first letter right)."""
        if len(word) < 5 or not self.known:
            return word
        for cut in _cuts(word):
            guess = self._near.get(cut)
            if guess and guess[0] == word[0] and one_slip(word, guess):
                return guess
        return word

    def _rewritten(self, words: Sequence[Word]) -> list[Word]:
        result: list[Word] = []
        place = 0
        while place < len(words):
            parts, meaning = self._rewrite_at(words, place)
            if parts == 0:
                result.append(words[place])
                place += 1
                continue
            start, end = words[place].start, words[place + parts - 1].end
            result += [Word(word, start, end) for word in meaning]
            place += parts
        return result

    def _rewrite_at(self, words: Sequence[Word], place: int) -> tuple[int, tuple[str, ...]]:
        for parts, meaning in self._phrases.get(words[place].text, ()):
            if tuple(word.text for word in words[place : place + len(parts)]) == parts:
                return len(parts), meaning
        return 0, ()


def as_typed(text: str) -> str:
    """The text as the encoder reads it: lower case, straight quotes, no invisible characters, single spaces."""
    straight = re.sub("[\u2018\u2019\u02bc`\u00b4]", "'", unicodedata.normalize("NFKC", text).lower())
    seen = "".join(
        " " if ch.isspace() else ch for ch in straight if ch.isspace() or unicodedata.category(ch) not in {"Cf", "Cc"}
    )
    return " ".join(seen.split())


def fold(text: str) -> tuple[str, Sequence[int]]:
    """Lower case without accents, emoji as words; and for each character its place in ``text``."""
    if text.isascii() and text.replace("\n", "").isprintable():  # most texts: each character stays one, in its place
        return text.lower().replace("`", "'"), range(len(text))
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for letter in _fold_one(character):
            letters.append(letter)
            places.append(place)
    return "".join(letters), places


@lru_cache(maxsize=4096)  # single characters, which tell nothing about anybody
def _fold_one(character: str) -> str:
    if character in EMOJI:
        return f" {EMOJI[character]} "
    if character in "\u2018\u2019\u02bc`\u00b4":
        return "'"
    if unicodedata.category(character) in {"Cf", "Mn", "Cc"} and character != "\n":
        return "" if character not in "\t\r" else " "
    plain = unicodedata.normalize("NFKD", character).lower()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def folded(text: str) -> str:
    """Lower case without accents, as patterns are written down."""
    return fold(text)[0]


def _quiz_end(folded_text: str) -> int:
    match = _QUIZ.match(folded_text)
    return match.end() if match and match.end() < len(folded_text) else 0


def _cuts(word: str) -> Iterable[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def _half_shrunk(word: str) -> Iterable[str]:
    """Each single doubled letter made single: "hittting" is tried as "hitting" and "hiting"."""
    for match in re.finditer(r"(.)\1+", word):
        yield word[: match.start()] + match.group(1) + word[match.end() :]


def one_slip(word: str, other: str) -> bool:
    """True when one letter missing, extra, wrong, or two swapped turns ``word`` into ``other``."""
    if abs(len(word) - len(other)) > 1:
        return False
    short, long = sorted((word, other), key=len)
    if len(short) < len(long):
        return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
    wrong = [i for i in range(len(word)) if word[i] != other[i]]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        return word[wrong[0]] == other[wrong[1]] and word[wrong[1]] == other[wrong[0]]
    return len(wrong) <= 1
