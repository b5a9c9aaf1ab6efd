"""How much the redaction finds: recall by kind and language on lines that no rule was made for, and what it takes wrongly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.redaction import KINDS, Found, Redaction

_MARK = re.compile(r"\[(" + "|".join(KINDS) + r"):([^\]]*)\]")


@dataclass(frozen=True)
class Marked:
    """A line, what must go from it, and the part of the file it stands in."""

    text: str
    wanted: tuple[Found, ...]
    part: str


def read_marked(file: Path) -> list[Marked]:
    """The lines of a file like data/redaction/unseen.txt."""
    found, part = [], ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            part = line[2:]
        elif line.strip():
            found.append(_marked(line, part))
    return found


def _marked(line: str, part: str) -> Marked:
    text, wanted, done = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[done : mark.start()]
        wanted.append(Found(mark[1], len(text), len(text) + len(mark[2])))
        text, done = text + mark[2], mark.end()
    return Marked(text + line[done:], tuple(wanted), part)


def is_gone(wanted: Found, found: Sequence[Found]) -> bool:
    """Whether nothing of what must go is left, under whatever kind it was taken."""
    return all(any(f.start <= place < f.end for f in found) for place in range(wanted.start, wanted.end))


@dataclass(frozen=True)
class Figures:
    """Counts: what there was and what went, by kind and by part; lines without anything, and those that were changed."""

    there: Counter[str]
    gone: Counter[str]
    clean: int
    changed: tuple[str, ...]
    missed: tuple[str, ...]

    def recall(self, name: str = "all") -> float:
        """The share that went, of a kind, a part of the file, or all."""
        return self.gone[name] / self.there[name] if self.there[name] else 1.0


def measure(redaction: Redaction, lines: Iterable[Marked]) -> Figures:
    """The figures of a redaction on marked lines."""
    there: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    clean, changed, missed = 0, [], []
    for line in lines:
        found = redaction.find(line.text)
        if not line.wanted:
            clean += 1
            changed += [redaction.redact(line.text)] if found else []
        for wanted in line.wanted:
            names = ("all", wanted.kind, line.part)
            there.update(names)
            if is_gone(wanted, found):
                gone.update(names)
            else:
                missed.append(f"{wanted.kind}: {redaction.redact(line.text)}")
    return Figures(there, gone, clean, tuple(changed), tuple(missed))


def report(figures: Figures) -> str:
    """The figures as text, with every miss: all lines are invented, so they may be shown."""
    rows = [
        f"{name:<10} {figures.gone[name]:>3} of {figures.there[name]:>3}  {figures.recall(name):6.1%}" for name in figures.there
    ]
    wrong = f"lines with nothing to take out: {figures.clean}, changed all the same: {len(figures.changed)}"
    return "\n".join(
        [
            "what       went",
            *rows,
            wrong,
            *(f"  changed {c}" for c in figures.changed),
            *(f"  missed {m}" for m in figures.missed),
        ]
    )
