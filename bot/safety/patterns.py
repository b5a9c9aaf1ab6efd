"""Danger written down as data (content/safety/<lang>.yml), matched by spaCy.

It promises: a phrase that cannot be read refuses to load with one sentence; every hit names its pattern and the
young person's own words. It never decides that
a text is safe; it only says which patterns it holds.

How a phrase is written (docs/safety.md has the long form):
``word`` one plain word · ``a/b`` either · ``{name}`` any member of a set · ``x?`` may be missing ·
``(two words/other)`` either group · ``~3`` up to three words of the same sentence · ``|`` end of a sentence.
A list of token dictionaries is passed to spaCy's Matcher as it stands (attribute ORTH, plain words).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.safety.light_spacy import Doc, Matcher, Vocab
from bot.safety.pattern_file import Book, Pattern, PatternError, read
from bot.safety.spelling import BREAK, Spelling, Word, folded
from bot.safety.verdict import Level

ALWAYS = ""  # no word: what may fire in any text
MOST_VARIANTS = 1500  # ways to read one phrase; more is a phrase that should be two
_ELEMENT = re.compile(r"\([^)]*\)\??|\S+")
_GAP = re.compile(r"~[1-8]")
_PLAIN = re.compile(r"[a-z0-9$]+\??|\|")

TokenPattern = list[dict[str, Any]]
Match = tuple[str, int, int]
"""A key (a pattern, or a cue), its first word, and the word after its last."""


@dataclass(frozen=True)
class Hit:
    """A pattern that a text holds: the level after its cues, and which words of the text fired."""

    pattern: Pattern
    level: Level
    words: str
    first: int
    last: int


@dataclass(frozen=True)
class Reading:
    """What the patterns of one language found in a text: their hits, guards and cues applied, highest level first; and whether
    it is nothing but a question about people in general."""

    hits: list[Hit]
    asks_about_people: bool


PEOPLE_IN_GENERAL = "cue:people_in_general"
"""The cue of questions in which nobody is: why people do something. Knowledge, whatever it is about."""


class Patterns:
    """The compiled patterns of one language."""

    def __init__(self, book: Book, known: frozenset[str]) -> None:
        self.language = book.language
        self.patterns = book.patterns
        self.harmless = book.harmless
        self._common = book.common
        self._by_id = {pattern.id: pattern for pattern in book.patterns}
        self._vocab = Vocab()
        self._matchers: list[Matcher] = []
        self._wanted: dict[str, set[int]] = {}  # a word -> the matchers that may fire where it stands
        lexicon: set[str] = set()
        for key, phrases in _keyed_phrases(book):
            compiled = [form for phrase in phrases for form in _compiled(phrase, book, key)]
            lexicon.update(_literals(compiled))
            self._add(key, compiled)
        self.spelling = Spelling(book.rewrites, book.fillers, frozenset(lexicon), known)

    @classmethod
    def load(cls, file: Path, known: frozenset[str] = frozenset()) -> Patterns:
        """The patterns in ``file``; ``known`` are real words, never taken for typos.

        Raises PatternError when the file is missing or anything in it is not understood.
        """
        return cls(read(file), known)

    def read(self, text: str) -> Reading:
        """What a text holds."""
        words = self.spelling.words(text)
        found = self._found([word.text for word in words])
        return Reading(self._hits(words, found, text), _asks_about_people(words, found))

    def hits(self, text: str) -> list[Hit]:
        """Every pattern that the text holds once, guards and cues applied, highest level first."""
        return self.read(text).hits

    def _hits(self, words: Sequence[Word], found: Sequence[Match], text: str) -> list[Hit]:
        cues = [(key[4:], first, last) for key, first, last in found if key.startswith("cue:")]
        hits = [self._hit(key, first, last, cues, words, text) for key, first, last in found if key in self._by_id]
        ranked = sorted((hit for hit in hits if hit), key=lambda hit: (-hit.level, hit.first - hit.last))
        best: dict[str, Hit] = {}
        for hit in ranked:
            best.setdefault(hit.pattern.id, hit)
        return list(best.values())

    def _add(self, key: str, forms: Sequence[TokenPattern]) -> None:
        """One matcher for all forms that cannot fire without the same word; most texts wake a few of them only."""
        groups: dict[tuple[str, ...], list[TokenPattern]] = {}
        for form in forms:
            groups.setdefault(_anchor(form, self._common), []).append(form)
        for anchor, group in groups.items():
            matcher = Matcher(self._vocab, validate=False)  # every form was built here, from checked words
            matcher.add(key, group)
            for word in anchor or (ALWAYS,):
                self._wanted.setdefault(word, set()).add(len(self._matchers))
            self._matchers.append(matcher)

    def _found(self, words: list[str]) -> list[Match]:
        """Every match of every form: key, first word, word after the last."""
        awake = sorted(set().union(*(self._wanted.get(word, ()) for word in (ALWAYS, *words))))
        doc = Doc(self._vocab, words=words)
        found = [match for number in awake for match in self._matchers[number](doc)]
        return [(self._vocab.strings[key], first, last) for key, first, last in found]

    def familiarity(self, words: Sequence[str]) -> int:
        """How many of the words (``plain_words``) are everyday words of this language."""
        return sum(word in self._common for word in words)

    def _hit(
        self, key: str, first: int, last: int, cues: Sequence[tuple[str, int, int]], words: Sequence[Word], text: str
    ) -> Hit | None:
        pattern = self._by_id[key]
        present = {name for name, _, _ in cues}
        near = {name for name, start, end in cues if _same_sentence(words, start, end, first, last)}
        if near.intersection(pattern.unless) or (pattern.needs and not present.intersection(pattern.needs)):
            return None
        level = Level.IMMINENT if present.intersection(pattern.imminent_with) else pattern.level
        own = [word for word in words[first:last] if word.text != BREAK] or list(words[first:last])
        return Hit(pattern, level, text[own[0].start : own[-1].end], own[0].start, own[-1].end)


def plain_words(text: str) -> list[str]:
    """The runs of letters of a text, in lower case without accents."""
    return re.findall(r"[a-z]+", folded(text))


def _same_sentence(words: Sequence[Word], start: int, end: int, first: int, last: int) -> bool:
    """True when no break stands between the cue ``start:end`` and the match ``first:last``."""
    while start < end and words[start].text == BREAK:
        start += 1
    while end > start and words[end - 1].text == BREAK:
        end -= 1
    if start >= last and any(word.text == BREAK for word in words[first:last][-1:]):
        return False
    between = words[min(end, last) : max(start, first)]
    return all(word.text != BREAK for word in between)


def _asks_about_people(words: Sequence[Word], found: Sequence[Match]) -> bool:
    """Whether the cue of that name holds all that is said."""
    said = [place for place, word in enumerate(words) if word.text != BREAK]
    return any(key == PEOPLE_IN_GENERAL and first <= said[0] and last > said[-1] for key, first, last in found)


def _keyed_phrases(book: Book) -> Iterable[tuple[str, tuple[Any, ...]]]:
    for pattern in book.patterns:
        yield pattern.id, pattern.match
    for name, phrases in book.cues.items():
        yield f"cue:{name}", phrases


def _anchor(form: TokenPattern, common: frozenset[str]) -> tuple[str, ...]:
    """The words of which a text must hold one for this form to fire: of its tokens, the one with the rarest words."""
    needed = [tuple(_literals([[token]])) for token in form if token.get("OP", "1") == "1"]
    told = [words for words in needed if words and BREAK not in words]
    return min(told, key=lambda words: (sum(word in common for word in words), len(words)), default=())


def _literals(compiled: Iterable[TokenPattern]) -> Iterable[str]:
    for token in itertools.chain.from_iterable(compiled):
        value = token.get("ORTH")
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value.get("IN", ())


# -- phrases -> Matcher ---------------------------------------------------------------------------


def _compiled(phrase: Any, book: Book, key: str) -> list[TokenPattern]:
    if isinstance(phrase, list):
        return [phrase]
    parts = [_element(element, book, key) for element in _ELEMENT.findall(folded(phrase))]
    forms = [
        list(itertools.chain.from_iterable(form)) for form in itertools.islice(itertools.product(*parts), MOST_VARIANTS + 1)
    ]
    if len(forms) > MOST_VARIANTS:
        raise PatternError(f"{book.file}, {key}: {phrase!r} reads in more than {MOST_VARIANTS} ways; split it in two.")
    solid = [form for form in forms if any(token.get("OP") != "?" for token in form)]
    if not solid:
        raise PatternError(f"{book.file}, {key}: {phrase!r} would match anything; give it at least one word.")
    return solid


def _element(element: str, book: Book, key: str) -> list[TokenPattern]:
    """The ways to read one element, each a run of Matcher tokens."""
    optional = element.endswith("?") and len(element) > 1
    body = element[:-1] if optional else element
    inner = body[1:-1] if body.startswith("(") else body
    ways = [option.replace(BREAK, f" {BREAK} ").split() for option in _spelled(inner, book, key)]
    singles = sorted({way[0] for way in ways if len(way) == 1 and not _GAP.fullmatch(way[0])})
    runs = _merged([way for way in ways if len(way) > 1 or (way and _GAP.fullmatch(way[0]))])
    longer = [[token for words in run for token in _tokens(words, book, key)] for run in runs]
    optional = optional or any(not way for way in ways)
    if not singles:
        return [*longer, []] if optional else longer
    for single in singles:
        _tokens((single,), book, key)
    token: dict[str, Any] = {"ORTH": singles[0] if len(singles) == 1 else {"IN": singles}}
    return [[{**token, "OP": "?"} if optional else token], *longer]


def _merged(ways: list[list[str]]) -> list[list[tuple[str, ...]]]:
    """Fold runs that differ in one place only into one run, so that the Matcher has less to hold."""
    runs: list[list[tuple[str, ...]]] = [[(word,) for word in way] for way in ways]
    for place in range(max((len(run) for run in runs), default=0)):
        folded_runs: dict[tuple[Any, ...], list[tuple[str, ...]]] = {}
        for run in runs:
            fixed = place >= len(run) or not run[place][0].isalnum()
            key = (
                len(run),
                *(words for i, words in enumerate(run) if i != place),
                run[place] if place < len(run) and fixed else (),
            )
            held = folded_runs.setdefault(key, list(run))
            if not fixed:
                held[place] = tuple(dict.fromkeys((*held[place], *run[place])))
        runs = list(folded_runs.values())
    return runs


def _tokens(words: tuple[str, ...], book: Book, key: str) -> TokenPattern:
    """The Matcher tokens for one place of a run; several words there are alternatives."""
    if len(words) > 1:
        return [{"ORTH": {"IN": sorted(words)}}]
    word = words[0]
    if _GAP.fullmatch(word):
        return [{"ORTH": {"NOT_IN": [BREAK]}, "OP": "?"}] * int(word[1])
    if not _PLAIN.fullmatch(word):
        raise PatternError(f"{book.file}, {key}: {word!r} is not a plain word; docs/safety.md says how to write one.")
    plain = word.rstrip("?")
    return [{"ORTH": plain, "OP": "?"}] if plain != word else [{"ORTH": plain}]


def _spelled(inner: str, book: Book, key: str) -> list[str]:
    """The options of an element, with every ``{set}`` spelled out; an option may hold several."""
    options: list[str] = []
    for part in inner.split("/"):
        name = re.search(r"\{([^}]*)\}", part)
        if not name:
            options.append(part.strip())
        elif name.group(1) not in book.sets:
            raise PatternError(f"{book.file}, {key}: there is no set {{{name.group(1)}}}; add it under `sets`.")
        else:
            members = book.sets[name.group(1)]
            options += [way for member in members for way in _spelled(part.replace(name.group(), member, 1), book, key)]
    return options
