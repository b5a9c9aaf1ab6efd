"""Measure the screening: recall, false alarms, category, latency, each with how sure the figure is.

It promises: figures on texts it is given and nothing else; the intervals are Wilson's, 95 %. By default it
measures the held-out tenth of data/safety (``held_out``), which development never trained on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.safety.classifier import LONG
from bot.safety.screening import Screening
from bot.safety.verdict import Level, Verdict
from bot.shares import quantiles, share


@dataclass(frozen=True)
class Example:
    """One labelled text; ``kind`` groups harmless texts (the file or note it came with)."""

    text: str
    level: Level
    category: str | None
    lang: str
    kind: str


@dataclass(frozen=True)
class Judged:
    """An example, what the screening said, and how long it took in milliseconds."""

    example: Example
    verdict: Verdict
    milliseconds: float


def held_out(text: str) -> bool:
    """True for the tenth of all texts, by sha256, that development never trains on."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10 == 0


def examples(folder: Path, keep: Callable[[str], bool] = held_out) -> list[Example]:
    """The labelled texts under ``folder`` (JSON lines as data/safety/README.md describes) that ``keep`` keeps."""
    found: dict[str, Example] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                level = Level.of(row.get("level", "none"))
                kind = str(row.get("note") or file.stem)
                entry = Example(row["text"], level, row.get("category"), row.get("lang", "en"), kind)
                found.setdefault(row["text"], entry)
    return [entry for text, entry in found.items() if keep(text)]


def judge(screening: Screening, texts: Iterable[Example]) -> list[Judged]:
    """Screen every example by itself, timing each."""
    judged = []
    for example in texts:
        started = time.perf_counter()
        verdict = screening.screen(example.text)
        judged.append(Judged(example, verdict, 1000 * (time.perf_counter() - started)))
    return judged


def report(judged: Sequence[Judged]) -> str:
    """The figures as lines of text, for a terminal or for docs/safety.md."""
    danger = [entry for entry in judged if entry.example.level >= Level.HIGH]
    mild = [entry for entry in judged if entry.example.level is Level.ELEVATED]
    harmless = [entry for entry in judged if entry.example.level is Level.NONE]
    lines = [f"{len(judged)} texts: {len(danger)} imminent or high, {len(mild)} elevated, {len(harmless)} harmless"]
    lines += _recall(danger, "imminent + high")
    for level in (Level.IMMINENT, Level.HIGH):
        lines += _recall([entry for entry in danger if entry.example.level is level], level.word)
    lines.append(_share("elevated raised", mild, _raised))
    lines.append(_share("category right where raised", [e for e in [*danger, *mild] if _raised(e)], _category_right))
    for name in sorted({entry.example.category or "" for entry in danger}):
        lines.append(_share(f"  {name} raised", [e for e in danger if e.example.category == name], _raised))
    for lang in sorted({entry.example.lang for entry in judged}):
        lines.append(_share(f"  {lang}: danger raised", [e for e in danger if e.example.lang == lang], _raised))
        lines.append(_share(f"  {lang}: harmless raised", [e for e in harmless if e.example.lang == lang], _raised))
    lines.append(_share("harmless raised", harmless, _raised))
    lines.append(_share("harmless raised to high or imminent", harmless, _high))
    lines += _by_kind(harmless)
    return "\n".join([*lines, latency(judged)])


def _recall(entries: Sequence[Judged], name: str) -> list[str]:
    return [_share(f"{name}: raised at all", entries, _raised), _share(f"{name}: raised to high or more", entries, _high)]


def _by_kind(harmless: Sequence[Judged]) -> list[str]:
    kinds = sorted({entry.example.kind for entry in harmless})
    groups = [(kind, [entry for entry in harmless if entry.example.kind == kind]) for kind in kinds]
    return [_share(f"  {kind}", group, _raised) for kind, group in groups if any(map(_raised, group))]


def _share(name: str, entries: Sequence[Judged], test: Callable[[Judged], bool]) -> str:
    return share(name, sum(test(entry) for entry in entries), len(entries))


def _raised(entry: Judged) -> bool:
    return entry.verdict.level > Level.NONE


def _high(entry: Judged) -> bool:
    return entry.verdict.level >= Level.HIGH


def _category_right(entry: Judged) -> bool:
    return entry.verdict.category == entry.example.category


def latency(judged: Sequence[Judged]) -> str:
    """Time for one message in milliseconds, for harmless texts, which nearly all are, and for long ones."""
    harmless = [entry for entry in judged if entry.example.level is Level.NONE]
    long = [entry for entry in judged if len(entry.example.text.split()) > LONG]
    short = [entry for entry in harmless if len(entry.example.text.split()) <= LONG]
    groups = {"all": judged, "harmless": harmless, f"harmless, up to {LONG} words": short, f"over {LONG} words": long}
    return "\n".join(quantiles(f"one message, {name}", [e.milliseconds for e in group]) for name, group in groups.items())
