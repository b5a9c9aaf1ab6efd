"""The screening: one text in, one safety verdict out, in every enabled language each time.

It promises: every language's patterns and the classifier read every text; the classifier weighs the patterns
that fire as evidence (docs/safety.md says why), and without one the patterns alone decide; a missing pattern
file or a damaged classifier refuses to load: no rules is never "safe".
Between texts it keeps levels under a hash that nobody can turn back; it knows nothing of threads, cases or replies.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.encoder_weights import EncoderError, minilm_words
from bot.safety.classifier import Classifier, ClassifierError, Opinion
from bot.safety.pattern_file import PatternError
from bot.safety.patterns import Hit, Patterns, plain_words
from bot.safety.verdict import Level, Reason, Verdict

LANGUAGES = ("en", "es", "fr")
RECENT_TEXTS = 5  # a disclosure split over more texts than this is caught text by text
SEAM = 28  # words looked at where texts meet; longer parts were read alone. Of 36, 28, 24 and 20 the best (docs/safety.md)
MOST_REASONS = 4
AT_A_GLANCE = 160  # characters; of more a glance sees too little, and would take too long
LONGEST = 3000  # characters looked at; Twilio joins at most 1,600


class ScreeningError(Exception):
    """The screening cannot start; the message is one sentence that says what to do."""


class Levels:
    """The levels of the texts looked at last, under a keyed hash: no words are kept, and none can be read back."""

    def __init__(self, most: int = 4096) -> None:
        self._key = secrets.token_bytes(32)
        self._most = most
        self._known: dict[bytes, Level] = {}

    def get(self, text: str) -> Level | None:
        """The level of a text, if it was looked at lately."""
        return self._known.get(self._name(text))

    def note(self, text: str, level: Level) -> None:
        """Remember a level; when there are too many, all begins anew."""
        if len(self._known) >= self._most:
            self._known = {}
        self._known[self._name(text)] = level

    def _name(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()


class Screening:
    """Patterns of every language, and the classifier when a model folder is given."""

    def __init__(self, patterns: Sequence[Patterns], classifier: Classifier | None) -> None:
        self._patterns = tuple(patterns)
        self._classifier = classifier
        self._levels = Levels()

    @classmethod
    def load(cls, content_dir: Path, model_dir: Path | None = None, languages: Sequence[str] = LANGUAGES) -> Screening:
        """Read content_dir/<lang>.yml for every language, and the classifier in ``model_dir``.

        ``model_dir=None`` runs on patterns alone. Raises ScreeningError when any of it is missing or damaged.
        """
        if not languages:
            raise ScreeningError("No language is enabled for the screening: set at least one.")
        try:
            patterns = [Patterns.load(content_dir / f"{language}.yml", real_words(language)) for language in languages]
            classifier = Classifier.load(model_dir, _plain(patterns)) if model_dir else None
        except (PatternError, ClassifierError, EncoderError) as error:
            raise ScreeningError(str(error)) from error
        return cls(patterns, classifier)

    def screen(self, text: str, recent: Sequence[str] = (), *, at_once: bool = False) -> Verdict:
        """The verdict on ``text``; ``recent`` are the thread's texts of the last minutes, oldest first.

        Recent texts are joined with this one, so that a disclosure split over several is seen. The join
        counts only for what none of its texts showed alone: a danger already seen is not seen again. With ``at_once`` the
        newest of them came in the same moment, and may have been written after this one: both orders are looked at.
        """
        alone = self._one(text[:LONGEST])
        earlier = recent[-RECENT_TEXTS:]
        if not earlier or alone.level is Level.IMMINENT:  # nothing is higher
            return alone
        joins = [_seam(earlier, text), *([_seam((*earlier[:-1], text), earlier[-1])] if at_once else [])]
        joined = max((self._one(join) for join in joins), key=lambda verdict: verdict.level)
        if joined.level <= alone.level or self._seen_in(earlier, joined.level):
            return alone
        return joined

    def glance(self, text: str, recent: Sequence[str] = ()) -> float:
        """How likely danger is, from 0 to 1, by the letters alone of what ``screen`` looks at joined; a long text may be.

        Half a millisecond, for whose text is looked at first where many wait; it says nothing of safety.
        """
        seen = _seam(recent[-RECENT_TEXTS:], text) if recent else text
        if len(seen) > AT_A_GLANCE:
            return 1.0
        return self._classifier.glance(seen) if self._classifier else float(self._level(seen) > Level.NONE)

    def _seen_in(self, earlier: Sequence[str], level: Level) -> bool:
        """Whether earlier texts, joined or each alone, showed this level: chatter after one may hide it in the join."""
        return any(self._level(text) >= level for text in (_seam(earlier[:-1], earlier[-1]), *reversed(earlier)))

    def _level(self, text: str) -> Level:
        """The level of a text that was most likely looked at minutes ago, and is not looked at again then."""
        known = self._levels.get(text)
        return self._one(text).level if known is None else known

    def _one(self, text: str) -> Verdict:
        if not text.strip() or self._levels.get(text) is Level.NONE:  # the same words again show the same nothing
            return Verdict()
        verdict = self._looked_at(text)
        self._levels.note(text, verdict.level)
        return verdict

    def _looked_at(self, text: str) -> Verdict:
        read = [patterns.read(text) for patterns in self._patterns]
        hits = [hit for reading in read for hit in reading.hits]
        ranked = sorted(hits, key=lambda hit: (-hit.level, -(hit.last - hit.first)))
        if self._classifier is None:
            return _told_by_patterns(ranked)
        if not ranked and any(reading.asks_about_people for reading in read):
            return Verdict()
        return _told_by_classifier(self._classifier.judge(text, self._read_as(text), ranked), ranked)

    def _read_as(self, text: str) -> str:
        """The language whose everyday words the text holds most of; the first enabled one when in doubt."""
        words = plain_words(text)
        return max(self._patterns, key=lambda patterns: patterns.familiarity(words)).language


def _told_by_patterns(ranked: Sequence[Hit]) -> Verdict:
    """The pattern with the highest level says everything."""
    if not ranked:
        return Verdict()
    return Verdict(ranked[0].level, ranked[0].pattern.category, ranked[0].pattern.subject, _reasons(ranked, None))


def _told_by_classifier(opinion: Opinion, ranked: Sequence[Hit]) -> Verdict:
    """The classifier has weighed the patterns; what fired is told as a reason, first where its level is the verdict's. One
    that stands by itself is not weighed: what it found is true whatever else the text is like."""
    standing = next((hit for hit in ranked if hit.pattern.stands), None)
    if standing is not None and standing.level > opinion.level:
        first = [standing, *(hit for hit in ranked if hit is not standing)]
        return Verdict(standing.level, standing.pattern.category, standing.pattern.subject, _reasons(first, None))
    if opinion.level is Level.NONE:
        return Verdict()
    return Verdict(opinion.level, opinion.category, opinion.subject, _reasons(ranked, opinion))


def _reasons(ranked: Sequence[Hit], opinion: Opinion | None) -> tuple[Reason, ...]:
    reasons = [Reason(f"pattern:{hit.pattern.id}", hit.words) for hit in ranked]
    if opinion is not None:
        leads = not ranked or opinion.level > ranked[0].level
        reasons.insert(0 if leads else len(reasons), Reason("classifier", opinion.words))
    return tuple(dict.fromkeys(reasons))[:MOST_REASONS]


def _seam(earlier: Sequence[str], text: str) -> str:
    """The end of the earlier texts and the beginning of this one, half of the words each where both are long."""
    before, here = " ".join(earlier).split(), text.split()
    before = before[-max(SEAM // 2, SEAM - len(here)) :]
    return " ".join((*before, *here[: SEAM - len(before)]))


def _plain(patterns: Sequence[Patterns]) -> Callable[[str], str]:
    """How the encoder reads a text: as English spells it, for its published weights are English."""
    chosen = next((entry for entry in patterns if entry.language == "en"), patterns[0])
    return chosen.spelling.plain


def real_words(language: str) -> frozenset[str]:
    """English words that are never typos, from the published model's vocabulary; none for others."""
    if language != "en":
        return frozenset()
    return frozenset(word for word in minilm_words() if len(word) > 2 and word.isascii() and word.isalpha())
