"""Fit the letter-run model on the prepared text, and write ngrams.safetensors beside this file.

Runs in the project's own environment, from the root (scikit-learn is there because Rasa needs it):
    PYTHONPATH=. .venv/bin/python data/safety/model/ngrams.py FOLDER [--all]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bot.safety.ngrams import SLOTS, bag

LEVELS = ("none", "elevated", "high", "imminent")


def main(prepared: Path, everything: bool) -> None:
    """Weights by regularised logistic regression, kept as int8."""
    rows = [json.loads(line) for line in (prepared / "lines.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if everything or not row["held_out"]]
    bags = [bag(row["plain"]) for row in rows]
    seen = np.zeros(SLOTS)
    for slots, _ in bags:
        seen[slots] += 1
    idf = np.clip(np.round(16 * (1 + np.log((1 + len(rows)) / (1 + seen)))), 0, 127).astype(np.int8)
    idf[seen < 2] = 0  # a run seen once says nothing
    parts = []
    for slots, values in bags:
        weighed = values * idf[slots] / 16
        parts.append((slots, weighed / max(float(np.linalg.norm(weighed)), 1e-9)))
    ends = np.cumsum([0, *(len(slots) for slots, _ in parts)])
    table = csr_matrix(
        (np.concatenate([v for _, v in parts]), np.concatenate([s for s, _ in parts]), ends), shape=(len(rows), SLOTS)
    )
    labels = [LEVELS.index(row["level"]) for row in rows]
    model = LogisticRegression(C=8, max_iter=300).fit(table, labels)
    scale = np.abs(model.coef_).max(axis=1) / 127
    kept = {
        "ngrams.table": np.round(model.coef_.T / scale).astype(np.int8),
        "ngrams.idf": idf,
        "ngrams.scale": scale.astype(np.float32),
        "ngrams.bias": model.intercept_.astype(np.float32),
    }
    save_file(kept, Path(__file__).resolve().parent / "ngrams.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--all" in sys.argv)
