"""Go halfway: the mean of a further training's weights and of those it went on from, written beside this file.

Runs in finetune.py's environment:
    python mean.py FOLDER BEFORE NEW
FOLDER is what prepare.py wrote; BEFORE and NEW hold an adapter and heads each. What both know stays, and half
of what only the new one learnt (arXiv 2109.01903). ngrams.py and calibrate.py are to be run after it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from finetune import HERE, RANK, Model, gone_on, heads_of
from network import thinned
from safetensors.numpy import save_file
from safetensors.torch import load_file


@torch.no_grad()
def mean(one: Model, other: Model) -> Model:
    """``one``, with half of ``other`` in every weight."""
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        mine.mul_(0.5).add_(theirs, alpha=0.5)
    return one


def main(prepared: Path, before: Path, new: Path) -> None:
    """Write adapter and heads beside this file."""
    weights = load_file(prepared / "published.safetensors")
    model = mean(gone_on(weights, before), gone_on(weights, new))
    save_file(thinned(weights, model.encoder, RANK), HERE / "adapter.safetensors")
    save_file(heads_of(model), HERE / "heads.safetensors")


if __name__ == "__main__":
    main(*(Path(folder) for folder in sys.argv[1:4]))
