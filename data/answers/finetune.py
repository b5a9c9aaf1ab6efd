"""Fine-tune all-MiniLM-L6-v2 to bring ways of asking near their answer, and keep the small part that changed.

Runs in an environment of its own (torch is no dependency of the project); README.md beside this file has the commands:
    python finetune.py FOLDER [--on]
FOLDER is what prepare.py wrote. With --on it begins with the adapter beside this file and needs fewer rounds.
Writes adapter.safetensors beside this file and prints how often the nearest text of an
unseen way of asking is of the right answer.
"""

from __future__ import annotations

import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import load_file as load_numpy
from safetensors.numpy import save_file
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "safety" / "model"))  # the same encoder in torch, and the same thin products
from network import SCALE, Encoder, adapted, batches, padded, thinned  # type: ignore[import-not-found]  # noqa: E402
from noise import slips  # type: ignore[import-not-found]  # noqa: E402

LAYERS, RANK = 6, 32
EPOCHS, EPOCHS_ON, RATE, HEAD_RATE, BATCH, SLIPS, SEED = 8, 3, 1.5e-4, 5e-3, 32, 0.2, 0


def trained(weights: dict[str, torch.Tensor], rows: list[dict[str, Any]], tokenizer: Tokenizer, epochs: int) -> Encoder:
    """An encoder under a linear head that tells the answers apart; the head is thrown away."""
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    names = sorted({row["owner"] for row in rows})
    owners = torch.tensor([names.index(row["owner"]) for row in rows])
    encoder, head = Encoder(weights, LAYERS), nn.Linear(384, len(names))
    groups = [{"params": list(encoder.parameters()), "lr": RATE}, {"params": list(head.parameters()), "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = epochs * math.ceil(len(rows) / BATCH)
    pace = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: min(1.0, (n + 1) / 60) * max(0.02, 1 - n / steps))
    for _ in range(epochs):
        texts = [slips(row["text"], chance) if chance.random() < SLIPS else row["text"] for row in rows]
        ids = [tokenizer.encode(text).ids for text in texts]
        for batch in batches(ids, list(range(len(rows))), chance, BATCH):
            scores = head(F.dropout(encoder(*padded(ids, batch)) * SCALE, 0.1))
            loss = F.cross_entropy(scores, owners[batch], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
            optimizer.step()
            pace.step()
    return encoder


@torch.no_grad()
def nearest_is_right(encoder: Encoder, rows: list[dict[str, Any]], tokenizer: Tokenizer) -> str:
    """How often the nearest trained text of a held-out one has the same owner."""
    encoder.eval()
    ids = [tokenizer.encode(row["text"]).ids for row in rows]
    vectors = torch.zeros(len(rows), 384)
    for batch in batches(ids, list(range(len(rows))), None):
        vectors[batch] = encoder(*padded(ids, batch))
    seen = [n for n, row in enumerate(rows) if not row["held_out"]]
    held = [n for n, row in enumerate(rows) if row["held_out"]]
    nearest = (vectors[held] @ vectors[seen].T).argmax(1)
    right = sum(rows[n]["owner"] == rows[seen[int(m)]]["owner"] for n, m in zip(held, nearest, strict=True))
    return f"{right}/{len(held)} unseen ways of asking lie nearest to their own answer"


def main() -> None:
    folder = Path(sys.argv[1])
    torch.set_num_threads(2)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=96)
    weights = load_file(folder / "published.safetensors")
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    seen = [row for row in rows if not row["held_out"]]
    if "--on" in sys.argv:
        encoder = trained(adapted(weights, load_numpy(HERE / "adapter.safetensors")), seen, tokenizer, EPOCHS_ON)
    else:
        encoder = trained(weights, seen, tokenizer, EPOCHS)
    kept = thinned(weights, encoder, RANK)
    print(nearest_is_right(encoder, rows, tokenizer))
    save_file(kept, HERE / "adapter.safetensors")


if __name__ == "__main__":
    main()
