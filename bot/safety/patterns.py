"""Danger written down as data: content/safety/<lang>.yml, read strictly and matched by spaCy.

It promises: a file that is missing, misspelt or half-written refuses to load with one sentence that says
where and what to do; every hit names its pattern and the young person's own words. It never decides that
a text is safe; it only says which patterns it holds.

How a phrase is written (docs/safety.md has the long form):
``word`` one plain word · ``a/b`` either · ``{name}`` any member of a set · ``x?`` may be missing ·
``(two words/other)`` either group · ``~3`` up to three words of the same sentence · ``|`` end of a sentence.
A list of token dictionaries is passed to spaCy's Matcher as it stands (attribute ORTH, plain words).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.safety.light_spacy import Doc, Matcher, Vocab
from bot.safety.spelling import BREAK, Spelling, Word, folded
from bot.safety.verdict import CATEGORIES, Level

FILE_KEYS = {"language", "about", "common", "rewrites", "fillers", "sets", "cues", "patterns", "harmless"}
PATTERN_KEYS = {
    "id", "level", "category", "subject", "why", "match", "with", "unless", "imminent_with",
    "must_match", "must_be_imminent", "must_not_match", "reviewer", "certain",
}  # fmt: skip
REQUIRED_KEYS = {"id", "level", "category", "why", "match", "must_match", "must_not_match", "reviewer"}
MOST_VARIANTS = 1500  # ways to read one phrase; more is a phrase that should be two
_ELEMENT = re.compile(r"\([^)]*\)\??|\S+")
_GAP = re.compile(r"~[1-8]")
_PLAIN = re.compile(r"[a-z0-9$]+\??|\|")

TokenPattern = list[dict[str, Any]]


class PatternError(Exception):
    """A pattern file cannot be used; the message is one sentence: file, place, what is wrong."""


@dataclass(frozen=True)
class Pattern:
    """One reviewed pattern. ``imminent_with`` names cues that raise the level to imminent.

    ``certain`` patterns count whatever the classifier thinks of the text.
    """

    id: str
    level: Level
    category: str
    subject: str
    why: str
    match: tuple[Any, ...]
    needs: tuple[str, ...]
    unless: tuple[str, ...]
    imminent_with: tuple[str, ...]
    must_match: tuple[str, ...]
    must_be_imminent: tuple[str, ...]
    must_not_match: tuple[str, ...]
    reviewer: str
    certain: bool


@dataclass(frozen=True)
class Hit:
    """A pattern that a text holds: the level after its cues, and which words of the text fired."""

    pattern: Pattern
    level: Level
    words: str
    first: int
    last: int


@dataclass(frozen=True)
class _Book:
    """A pattern file as read, before it is compiled."""

    file: Path
    language: str
    rewrites: Mapping[str, str]
    fillers: frozenset[str]
    sets: Mapping[str, tuple[str, ...]]
    cues: Mapping[str, tuple[Any, ...]]
    patterns: tuple[Pattern, ...]
    harmless: tuple[str, ...]
    common: frozenset[str]


class Patterns:
    """The compiled patterns of one language."""

    def __init__(self, book: _Book, known: frozenset[str]) -> None:
        self.language = book.language
        self.patterns = book.patterns
        self.harmless = book.harmless
        self._common = book.common
        self._by_id = {pattern.id: pattern for pattern in book.patterns}
        self._vocab = Vocab()
        self._matcher = Matcher(self._vocab, validate=False)  # every form was built here, from checked words
        lexicon: set[str] = set()
        for key, phrases in _keyed_phrases(book):
            compiled = [form for phrase in phrases for form in _compiled(phrase, book, key)]
            lexicon.update(_literals(compiled))
            self._matcher.add(key, compiled)
        self.spelling = Spelling(book.rewrites, book.fillers, frozenset(lexicon), known)

    @classmethod
    def load(cls, file: Path, known: frozenset[str] = frozenset()) -> Patterns:
        """The patterns in ``file``; ``known`` are real words, never taken for typos.

        Raises PatternError when the file is missing or anything in it is not understood.
        """
        return cls(_read(file), known)

    def hits(self, text: str) -> list[Hit]:
        """Every pattern that the text holds once, guards and cues applied, highest level first."""
        words = self.spelling.words(text)
        doc = Doc(self._vocab, words=[word.text for word in words])
        found = [(self._vocab.strings[key], first, last) for key, first, last in self._matcher(doc)]
        cues = [(key[4:], first, last) for key, first, last in found if key.startswith("cue:")]
        hits = [self._hit(key, first, last, cues, words, text) for key, first, last in found if key in self._by_id]
        ranked = sorted((hit for hit in hits if hit), key=lambda hit: (-hit.level, hit.first - hit.last))
        best: dict[str, Hit] = {}
        for hit in ranked:
            best.setdefault(hit.pattern.id, hit)
        return list(best.values())

    def familiarity(self, text: str) -> int:
        """How many words of the text are everyday words of this language."""
        return sum(word in self._common for word in re.findall(r"[a-z]+", folded(text)))

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


def _keyed_phrases(book: _Book) -> Iterable[tuple[str, tuple[Any, ...]]]:
    for pattern in book.patterns:
        yield pattern.id, pattern.match
    for name, phrases in book.cues.items():
        yield f"cue:{name}", phrases


def _literals(compiled: Iterable[TokenPattern]) -> Iterable[str]:
    for token in itertools.chain.from_iterable(compiled):
        value = token.get("ORTH")
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value.get("IN", ())


# -- phrases -> Matcher ---------------------------------------------------------------------------


def _compiled(phrase: Any, book: _Book, key: str) -> list[TokenPattern]:
    if isinstance(phrase, list):
        return [phrase]
    parts = [_element(element, book, key) for element in _ELEMENT.findall(folded(phrase))]
    forms = [list(itertools.chain.from_iterable(form)) for form in itertools.islice(itertools.product(*parts), MOST_VARIANTS + 1)]
    if len(forms) > MOST_VARIANTS:
        raise PatternError(f"{book.file}, {key}: {phrase!r} reads in more than {MOST_VARIANTS} ways; split it in two.")
    solid = [form for form in forms if any(token.get("OP") != "?" for token in form)]
    if not solid:
        raise PatternError(f"{book.file}, {key}: {phrase!r} would match anything; give it at least one word.")
    return solid


def _element(element: str, book: _Book, key: str) -> list[TokenPattern]:
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
    runs = [[(word,) for word in way] for way in ways]
    for place in range(max((len(run) for run in runs), default=0)):
        folded_runs: dict[tuple[Any, ...], list[tuple[str, ...]]] = {}
        for run in runs:
            fixed = place >= len(run) or not run[place][0].isalnum()
            key = (len(run), *(words for i, words in enumerate(run) if i != place), run[place] if place < len(run) and fixed else ())
            held = folded_runs.setdefault(key, list(run))
            if not fixed:
                held[place] = tuple(dict.fromkeys((*held[place], *run[place])))
        runs = list(folded_runs.values())
    return runs


def _tokens(words: tuple[str, ...], book: _Book, key: str) -> TokenPattern:
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


def _spelled(inner: str, book: _Book, key: str) -> list[str]:
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


# -- the strict reader ----------------------------------------------------------------------------


def _read(file: Path) -> _Book:
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=_YAML_LOADER)
    except OSError as error:
        raise PatternError(f"The pattern file {file} is missing: restore it, or take its language out.") from error
    except yaml.YAMLError as error:
        raise PatternError(f"{file} is not readable YAML ({' '.join(str(error).split())}): mend that line.") from error
    if not isinstance(data, dict):
        raise PatternError(f"{file} is empty: it needs at least `language` and `patterns`.")
    _refuse_unknown(data, FILE_KEYS, {"language", "patterns"}, str(file))
    patterns = tuple(_pattern(file, entry) for entry in data["patterns"] or ())
    _refuse_repeats(file, patterns)
    book = _Book(
        file=file,
        language=data["language"],
        rewrites={folded(str(k)): folded(str(v or "")) for k, v in (data.get("rewrites") or {}).items()},
        fillers=frozenset(folded(str(word)) for word in data.get("fillers") or ()),
        sets={k: tuple(folded(str(v)) for v in _words(values)) for k, values in (data.get("sets") or {}).items()},
        cues={k: tuple(values) for k, values in (data.get("cues") or {}).items()},
        patterns=patterns,
        harmless=tuple(data.get("harmless") or ()),
        common=frozenset(folded(word) for word in _words(data.get("common") or ())),
    )
    _refuse_unknown_cues(book)
    return book


_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one reads ten times faster


def _words(values: Any) -> list[str]:
    """A set is a list, or one string of words parted by commas."""
    return [word.strip() for word in values.split(",")] if isinstance(values, str) else list(values)


def _pattern(file: Path, entry: Any) -> Pattern:
    where = f"{file}, pattern {entry.get('id', '?')!r}" if isinstance(entry, dict) else f"{file}, a pattern"
    if not isinstance(entry, dict):
        raise PatternError(f"{where} is not a list of keys: write it as `- id: ...`.")
    _refuse_unknown(entry, PATTERN_KEYS, REQUIRED_KEYS, where)
    if entry["level"] not in {"elevated", "high", "imminent"}:
        raise PatternError(f"{where}: level {entry['level']!r} is not elevated, high or imminent.")
    if entry["category"] not in CATEGORIES:
        raise PatternError(f"{where}: category {entry['category']!r} is not one of {', '.join(CATEGORIES)}.")
    if entry.get("subject", "self") not in {"self", "other"}:
        raise PatternError(f"{where}: subject {entry['subject']!r} is not self or other.")
    return Pattern(
        id=str(entry["id"]),
        level=Level.of(entry["level"]),
        category=entry["category"],
        subject=entry.get("subject", "self"),
        why=entry["why"],
        needs=_names(entry.get("with"), where),
        **{key: _names(entry.get(key), where) for key in ("unless", "imminent_with")},
        **{key: _texts(entry.get(key, []), key, where) for key in ("match", "must_match", "must_be_imminent", "must_not_match")},
        reviewer=entry["reviewer"],
        certain=entry.get("certain", False) is True,
    )


def _names(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise PatternError(f"{where}: with, unless and imminent_with are lists of cue names.")
    return tuple(value)


def _texts(value: Any, key: str, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or (not value and key != "must_be_imminent"):
        raise PatternError(f"{where}: {key} needs at least one entry.")
    if key != "match" and not all(isinstance(text, str) for text in value):
        raise PatternError(f"{where}: {key} is a list of texts; put quotes round each.")
    return tuple(value)


def _refuse_unknown(data: Mapping[str, Any], allowed: set[str], required: set[str], where: str) -> None:
    unknown = sorted(set(data) - allowed)
    if unknown:
        raise PatternError(f"{where}: unknown key {unknown[0]!r}; allowed are {', '.join(sorted(allowed))}.")
    missing = sorted(required - set(data))
    if missing:
        raise PatternError(f"{where}: the key {missing[0]!r} is missing; add it.")


def _refuse_repeats(file: Path, patterns: Sequence[Pattern]) -> None:
    ids = [pattern.id for pattern in patterns]
    for name in ids:
        if ids.count(name) > 1:
            raise PatternError(f"{file}: the id {name!r} is used twice; rename one.")
    if not ids:
        raise PatternError(f"{file} holds no pattern: without patterns nobody is watched over.")


def _refuse_unknown_cues(book: _Book) -> None:
    for pattern in book.patterns:
        for name in (*pattern.needs, *pattern.unless, *pattern.imminent_with):
            if name not in book.cues:
                raise PatternError(f"{book.file}, pattern {pattern.id!r}: there is no cue {name!r}; add it under `cues`.")
