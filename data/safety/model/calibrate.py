"""Choose the thresholds of the classifier on held-out text, and write thresholds.json beside it.

Runs in the project's own environment, from the root:
    PYTHONPATH=. .venv/bin/python data/safety/model/calibrate.py FOLDER
It takes the adapter and heads beside it, trained WITHOUT the held-out tenth. The rule, for each language, among its
harmless held-out texts: at most EVERYDAY of the everyday ones (where there are enough of them to tell) and HARD of the
deliberately hard ones are raised at all, and at most GRAVE of both to high or more, where that is LIKELIER than not; of all
languages together, at most GRAVEST to imminent. Patterns come on top: where one fires, a chance of TOLD is enough, which
the figures printed count in.
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
from bot.encoder_weights import E5
from bot.safety.bench import Example
from bot.safety.classifier import HEADS, NGRAMS, TOLD, Classifier
from bot.safety.patterns import Patterns
from bot.safety.screening import LANGUAGES, real_words
from bot.safety.verdict import Level

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
EVERYDAY, HARD, GRAVE, GRAVEST = 0.0065, 0.05, 0.05, 0.006
LIKELIER = 0.5  # a text goes to high only where that is likelier than not, whatever the rule would allow
FEWEST = 20  # harmless held-out lines; below that a language borrows from all of them
ENOUGH = 200  # everyday held-out lines; EVERYDAY of fewer is the oddest one or two of them


class Sheet:
    """Held-out texts of one language: chances with the patterns weighed in, labels."""

    def __init__(self, classifier: Classifier, books: list[Patterns], texts: list[Example]) -> None:
        hits = [[hit for book in books for hit in book.hits(entry.text)] for entry in texts]
        self.chances = classifier.chances([entry.text for entry in texts], hits)
        self.pattern = np.array([max((hit.level for hit in found), default=0) for found in hits])
        self.labels = np.array([entry.level for entry in texts])
        self.everyday = np.array([entry.kind == "everyday" for entry in texts])

    def levels(self, elevated: float, high: float) -> np.ndarray:
        """What the screening says: the classifier's level, and where it raises at least the pattern's."""
        danger, grave = 1 - self.chances[:, 0], self.chances[:, 2] + self.chances[:, 3]
        least = np.where(self.pattern > 0, min(elevated, TOLD), elevated)
        own = np.where(danger < least, 0, np.where(grave < high, 1, 2))
        return np.where(own > 0, np.maximum(own, self.pattern), 0)


def chosen(sheet: Sheet, gravest: float) -> dict[str, float]:
    """The thresholds by the rule above; ``gravest`` is the least for imminent."""
    harmless = sheet.labels == Level.NONE
    danger, grave = 1 - sheet.chances[:, 0], sheet.chances[:, 2] + sheet.chances[:, 3]
    ordinary = danger[harmless & sheet.everyday]
    elevated = cut(danger[harmless & ~sheet.everyday], HARD)
    if len(ordinary) >= ENOUGH:
        elevated = max(elevated, cut(ordinary, EVERYDAY))
    high = max(LIKELIER, cut(grave[harmless], GRAVE))
    raised = (sheet.labels >= Level.HIGH) & (danger >= elevated)
    tried = np.arange(0.2, 0.96, 0.02)
    right = [((sheet.chances[raised, 3] >= t) == (sheet.labels[raised] == Level.IMMINENT)).mean() for t in tried]
    likeliest = float(tried[int(np.argmax(right))]) if raised.any() else 0.5
    imminent = max(likeliest, gravest)
    return {"elevated": round(elevated, 4), "high": round(high, 4), "imminent": round(imminent, 3)}


def cut(chances: np.ndarray, share: float) -> float:
    """The least chance that at most ``share`` of these reach; 0.5 when there are none."""
    return float(np.quantile(chances, 1 - share, method="higher")) + 1e-4 if len(chances) else 0.5


def main() -> None:
    """Build, calibrate, write, and print what each choice gives."""
    books = [Patterns.load(ROOT / f"content/safety/{lang}.yml", real_words(lang)) for lang in LANGUAGES]
    rows = [json.loads(line) for line in (Path(sys.argv[1]) / "lines.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = [
        Example(row["text"], Level.of(row["level"]), row["category"], row["lang"], row["file"])
        for row in rows
        if row["held_out"]
    ]
    with tempfile.TemporaryDirectory() as folder:
        encoder.build(Path(folder), E5, HERE / "adapter.safetensors")
        heads = {**load_file(HERE / HEADS), **load_file(HERE / NGRAMS)}
        classifier = Classifier(encoder.Encoder.load(Path(folder)), heads, {}, books[0].spelling.plain)
        sheets = {lang: Sheet(classifier, books, _of(texts, lang)) for lang in LANGUAGES}
    harmless = np.concatenate([sheet.chances[sheet.labels == Level.NONE, 3] for sheet in sheets.values()])
    thresholds = {lang: chosen(sheet, cut(harmless, GRAVEST)) for lang, sheet in sheets.items()}
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
    levels = sheet.levels(values["elevated"], values["high"])
    everyday = levels[sheet.everyday]
    harmless, danger = levels[(sheet.labels == Level.NONE) & ~sheet.everyday], levels[sheet.labels >= Level.HIGH]
    print(
        lang, values, f"danger raised {(danger > 0).mean():.3f}, to high {(danger > 1).mean():.3f} of {len(danger)};",
        f"harmless raised {(harmless > 0).mean():.3f}, to high {(harmless > 1).mean():.3f} of {len(harmless)};",
        f"everyday raised {(everyday > 0).sum()} of {len(everyday)}",
    )  # fmt: skip


if __name__ == "__main__":
    main()
