"""What models think of lines they have not seen: four are trained, each without a quarter of the lines, and asked about it.

Runs in finetune.py's environment, before it:
    python opinions.py FOLDER
FOLDER is what prepare.py wrote; opinions.npy is written into it: a row a line, a chance for each level, by the one of the four
that was trained without it. Lines that are held out are asked of the last of the four and are, as ever, trained on by none.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import torch
from finetune import LEVELS, RATE, SEED, Lines, Model, read, trained
from network import DEVICE, batches, padded

FOLDS, EPOCHS = 4, 3


@torch.no_grad()
def asked(model: Model, lines: Lines, chosen: list[int]) -> np.ndarray:
    """A chance for each level of each of the lines ``chosen``."""
    model.eval()
    found = np.zeros((len(lines.rows), len(LEVELS)), dtype=np.float32)
    for batch in batches(lines.ids, chosen, None, 256):
        level, _, _ = model(*(part.to(DEVICE) for part in padded(lines.ids, batch)))
        found[batch] = level.softmax(1).cpu().numpy()
    return found[chosen]


def main(prepared: Path) -> None:
    """Train, ask, write."""
    weights, rows, lines = read(prepared)
    chance = random.Random(SEED)
    fold = [chance.randrange(FOLDS) for _ in rows]
    opinions = np.zeros((len(rows), len(LEVELS)), dtype=np.float32)
    for without in range(FOLDS):
        torch.manual_seed(SEED + without)
        seen = [n for n, row in enumerate(rows) if fold[n] != without and not row["held_out"]]
        model = trained(Model(weights), lines, seen, chance, EPOCHS, RATE)
        unseen = [n for n, row in enumerate(rows) if fold[n] == without or row["held_out"]]
        opinions[unseen] = asked(model, lines, unseen)
    np.save(prepared / "opinions.npy", opinions)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
