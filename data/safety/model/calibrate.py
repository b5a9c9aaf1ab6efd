"""Choose the thresholds of the classifier on held-out text, and write thresholds.json beside it.

Runs in the project's own environment, from the root:
    PYTHONPATH=. .venv/bin/python data/safety/model/calibrate.py PREPARED.jsonl
It takes the adapter and heads beside it, trained WITHOUT the held-out fifth. The rule, for each language: of the
harmless held-out texts at most RAISED are raised at all and HIGH to high or more, by classifier and patterns
together, and of the everyday ones at most EVERYDAY; among the choices that keep it, the one that raises
most of the imminent and high.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from bot import encoder
from bot.safety.bench import Example
from bot.safety.classifier import HEADS, NGRAMS, Classifier
from bot.safety.patterns import Patterns
from bot.safety.screening import LANGUAGES, real_words
from bot.safety.verdict import Level

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
RAISED = {"en": 0.045, "es": 0.08, "fr": 0.08}  # few held-out lines in Spanish and French: coarser
HIGH = {"en": 0.035, "es": 0.06, "fr": 0.06}
FLOORS = {"en": (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5), "es": (0.0, 0.05, 0.1), "fr": (0.0, 0.05, 0.1)}
EVERYDAY = 0.011
FEWEST = 20  # harmless held-out lines; below that a language borrows from all of them


class Sheet:
    """Held-out texts of one language: chances, pattern levels, labels."""

    def __init__(self, classifier: Classifier, books: list[Patterns], texts: list[Example]) -> None:
        self.chances = classifier.chances([entry.text for entry in texts])
        hits = [[hit for book in books for hit in book.hits(entry.text)] for entry in texts]
        self.certain = np.array([max((hit.level for hit in found if hit.pattern.certain), default=0) for found in hits])
        self.pattern = np.array([max((hit.level for hit in found), default=0) for found in hits])
        self.labels = np.array([entry.level for entry in texts])

        self.everyday = np.array([entry.kind == "everyday" for entry in texts])

    def levels(self, elevated: float, high: float, floor: float) -> np.ndarray:
        danger, grave = 1 - self.chances[:, 0], self.chances[:, 2] + self.chances[:, 3]
        own = np.where(danger < elevated, 0, np.where(grave < high, 1, 2))
        return np.maximum(own, np.where(danger < floor, self.certain, self.pattern))


def chosen(sheet: Sheet, language: str) -> dict[str, float]:
    """The thresholds by the rule above, tried on a grid."""
    harmless, danger = (sheet.labels == Level.NONE) & ~sheet.everyday, sheet.labels >= Level.HIGH
    best, score = {"elevated": 0.99, "high": 0.99, "floor": 0.5}, -1.0
    for floor in FLOORS[language]:
        for elevated in np.arange(0.3, 0.995, 0.01):
            for high in np.arange(0.2, 0.96, 0.05):
                levels = sheet.levels(elevated, high, floor)
                if (levels[harmless] > 0).mean() > RAISED[language] or (levels[harmless] > 1).mean() > HIGH[language]:
                    continue
                if sheet.everyday.any() and (levels[sheet.everyday] > 0).mean() > EVERYDAY:
                    continue
                reached = (levels[danger] > 0).mean() + 0.7 * (levels[danger] > 1).mean()
                if reached > score:
                    best, score = {"elevated": elevated, "high": high, "floor": floor}, reached
    raised = danger & (1 - sheet.chances[:, 0] >= best["elevated"])
    tried = np.arange(0.2, 0.8, 0.02)
    right = [((sheet.chances[raised, 3] >= cut) == (sheet.labels[raised] == Level.IMMINENT)).mean() for cut in tried]
    best["imminent"] = float(tried[int(np.argmax(right))]) if raised.any() else 0.5
    return {name: round(float(value), 3) for name, value in best.items()}


def main() -> None:
    """Build, calibrate, write, and print what each choice gives."""
    books = [Patterns.load(ROOT / f"content/safety/{lang}.yml", real_words(lang)) for lang in LANGUAGES]
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    texts = [
        Example(row["text"], Level.of(row["level"]), row["category"], row["lang"], row["file"])
        for row in rows
        if row["held_out"]
    ]
    with tempfile.TemporaryDirectory() as folder:
        encoder.build(Path(folder), HERE / "adapter.safetensors")
        heads = {**load_file(HERE / HEADS), **load_file(HERE / NGRAMS)}
        classifier = Classifier(encoder.Encoder.load(Path(folder)), heads, {}, books[0].spelling.plain)
        sheets = {lang: Sheet(classifier, books, _of(texts, lang)) for lang in LANGUAGES}
    thresholds = {lang: chosen(sheet, lang) for lang, sheet in sheets.items()}
    for lang, sheet in sheets.items():
        _print(lang, sheet, thresholds[lang])
    sha256 = {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in (HEADS, NGRAMS)}
    result = {"sha256": sha256, "thresholds": thresholds}
    (HERE / "thresholds.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _of(texts: list[Example], lang: str) -> list[Example]:
    own = [entry for entry in texts if entry.lang == lang]
    enough = sum(entry.level is Level.NONE for entry in own) >= FEWEST
    return own if enough else [entry for entry in texts if entry.lang != "en"] or texts


def _print(lang: str, sheet: Sheet, values: dict[str, float]) -> None:
    levels = sheet.levels(values["elevated"], values["high"], values["floor"])
    everyday = levels[sheet.everyday]
    harmless, danger = levels[(sheet.labels == Level.NONE) & ~sheet.everyday], levels[sheet.labels >= Level.HIGH]
    print(
        lang, values, f"danger raised {(danger > 0).mean():.3f}, to high {(danger > 1).mean():.3f} of {len(danger)};",
        f"harmless raised {(harmless > 0).mean():.3f}, to high {(harmless > 1).mean():.3f} of {len(harmless)};",
        f"everyday raised {(everyday > 0).sum()} of {len(everyday)}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
