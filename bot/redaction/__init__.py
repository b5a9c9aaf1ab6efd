"""Takes out of a text what says who somebody is: names, schools, phones, handles, addresses, e-mails, birth dates. Pure.

It promises: what is found is replaced by its kind in brackets, so that the sentence still reads. It does not promise to
find everything: its recall is measured (``handrail bench redact``), and nothing rests on it that must never fail. What
counts as a name stands in content/redaction; how people write about themselves in English, French and Spanish,
in ``ways``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.redaction.ways import COMMON_SURNAME, DOES_SOMETHING, MAYBE_NAME, PATTERNS, SAID_NAME, SURNAME, TITLE, TOLL_FREE, WORD
from bot.yaml_files import plain

LISTS = ("sure", "also_words", "never")
KINDS = ("email", "birth date", "phone", "handle", "address", "school", "name")
"""In the order in which they are looked for; what one has taken no later one takes again."""


class RedactionError(Exception):
    """The list of names cannot be used; the sentence names the file and the mend."""


@dataclass(frozen=True)
class Found:
    """One place of a text that says who somebody is."""

    kind: str
    start: int
    end: int


class Redaction:
    """Finds and takes out. Words come in small letters without accents: names, names that are words too, never names."""

    def __init__(self, *, sure: frozenset[str], also_words: frozenset[str], never: frozenset[str]) -> None:
        self._sure = sure - also_words
        self._also_words = also_words
        self._never = never

    @classmethod
    def load(cls, folder: Path) -> Redaction:
        """From content/redaction; raises RedactionError."""
        file = folder / "names.yml"
        try:
            data = plain(file.read_text(encoding="utf-8"))
            lists = {name: frozenset(_plain(word) for word in data[name].split()) for name in LISTS}
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
            raise RedactionError(f"{file} must hold {', '.join(LISTS)}: restore it from the repository.") from None
        return cls(**lists)

    def redact(self, text: str) -> str:
        """The text with what was found replaced by its kind."""
        for found in sorted(self.find(text), key=lambda f: f.start, reverse=True):
            text = f"{text[: found.start]}[{found.kind}]{text[found.end :]}"
        return text

    def find(self, text: str) -> list[Found]:
        """What says who somebody is, without overlaps, in order of place."""
        taken: list[Found] = []
        for kind in KINDS:
            for start, end in sorted(self._places(kind, text), key=lambda place: place[0] - place[1]):  # longest first
                if start < end and not any(start < f.end and f.start < end for f in taken):
                    taken.append(Found(kind, start, end))
        return sorted(taken, key=lambda f: f.start)

    def _places(self, kind: str, text: str) -> Iterator[tuple[int, int]]:
        if kind == "name":
            yield from self._names(text)
            return
        for pattern in PATTERNS[kind]:
            for match in pattern.finditer(text):
                start, end = match.span("it")
                if kind != "phone" or _is_phone(match["it"]):
                    yield start, end

    def _names(self, text: str) -> Iterator[tuple[int, int]]:
        for match in SAID_NAME.finditer(text):  # "my name is ...": whatever follows
            yield from self._after(text, match.end(), any_word=True)
        for match in TITLE.finditer(text):  # "Mrs ...": the title goes with the name
            for _, end in self._after(text, match.end(), any_word=match["sure"] is not None):
                yield match.start("title"), end
        for match in MAYBE_NAME.finditer(text):  # "i'm ...", "my friend ...": a name, or a word with a capital
            yield from self._after(text, match.end(), any_word=False)
        for match in WORD.finditer(text):
            if _plain(match.group()) in self._sure or self._stands_as_name(text, match):
                yield match.start(), self._with_surname(text, match.end())
            elif _plain(match.group()) in self._also_words and (more := COMMON_SURNAME.match(text, match.end())):
                yield match.start(), more.end()

    def _after(self, text: str, place: int, *, any_word: bool) -> Iterator[tuple[int, int]]:
        """The name that begins at a place, if one does."""
        match = WORD.match(text, place)
        word = _plain(match.group()) if match else ""
        begins = re.split("['’]", word)[0]
        if any_word and begins in ("o", "d", "l"):
            begins = ""  # "Mrs O'Brien", where "it's" is no name
        if match is None or len(word) < 2 or {word, begins} & self._never:
            return
        if any_word or word in self._sure or (match.group()[0].isupper() and not match.group().isupper()):
            yield match.start(), self._with_surname(text, match.end())
        elif word in self._also_words and match.group()[0].isupper():
            yield match.start(), match.end()

    def _stands_as_name(self, text: str, match: re.Match[str]) -> bool:
        """A name that is a word too: capital, and not merely the first word of a sentence, unless a verb of people follows."""
        if _plain(match.group()) not in self._also_words or not match.group()[0].isupper() or match.group().isupper():
            return False
        first = not text[: match.start()].strip() or text[: match.start()].rstrip()[-1] in ".!?\n"
        return not first or DOES_SOMETHING.match(text, match.end()) is not None

    def _with_surname(self, text: str, end: int) -> int:
        """With the capitalised words that follow the first name; in a text that shouts, what they do is no surname."""
        while (more := SURNAME.match(text, end)) and _plain(more["word"]) not in self._never:
            if DOES_SOMETHING.match(text, end):
                break
            end = more.end()
        return end


def _plain(word: str) -> str:
    """Small letters without accents, and without an English 's."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))
    return re.sub(r"['’]s$", "", bare)


def _is_phone(written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    return 7 <= len(digits) <= 15 and not TOLL_FREE.match(digits)
