"""Fine-tune multilingual-e5-small on the prepared training text, and keep the small part that changed.

Runs in an environment of its own (torch is no dependency of the project); README.md beside this file has the commands:
    python finetune.py FOLDER [--all]
FOLDER is what prepare.py wrote. Writes adapter.safetensors (the change of
each encoder matrix as a product of two thin int8 matrices; the change of each bias and norm) and heads.safetensors
beside this file. Without --all the held-out tenth is not trained on, and the figures on it are printed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from noise import noise
from safetensors.numpy import save_file
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

LEVELS = ("none", "elevated", "high", "imminent")
CATEGORIES = (
    "suicide", "self_harm", "abuse_at_home", "sexual_exploitation", "sextortion", "grooming_online",
    "trafficking_control", "dating_violence", "runaway_unsafe", "medical_emergency", "violence_threat",
    "eating_distress", "third_party_concern", "distress_general",
)  # fmt: skip  # the order of bot.safety.verdict.CATEGORIES
MATRICES = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "o": "attention.output.dense", "i": "intermediate.dense", "f": "output.dense",
}  # fmt: skip
NORMS = {"n1": "attention.output.LayerNorm", "n2": "output.LayerNorm"}
SCALE = 12.0  # unit embeddings are stretched by this before the heads, so that the heads learn quickly
RANK = 144
LAYERS = 12
COMPANY = 0.03
SPLICED = 0.4
EPOCHS, RATE, HEAD_RATE, BATCH, SEED = 3, 1e-4, 2e-3, 32, 0


class Encoder(nn.Module):
    """BERT as published, mean pooling, unit length."""

    def __init__(self, weights: dict[str, torch.Tensor], layers: int = LAYERS) -> None:
        super().__init__()
        self.register_buffer("words", weights["embeddings.word_embeddings.weight"])
        places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        self.register_buffer("places", places)
        self.norm = _norm(weights, "embeddings.LayerNorm")
        self.drop = nn.Dropout(0.1)
        self.layers = nn.ModuleList(self._layer(weights, f"encoder.layer.{n}.") for n in range(layers))

    @staticmethod
    def _layer(weights: dict[str, torch.Tensor], name: str) -> nn.ModuleDict:
        parts: dict[str, nn.Module] = {}
        for short, long in MATRICES.items():
            matrix = weights[f"{name}{long}.weight"]
            parts[short] = nn.Linear(matrix.shape[1], matrix.shape[0])
            parts[short].weight.data = matrix.clone()
            parts[short].bias.data = weights[f"{name}{long}.bias"].clone()
        parts.update({short: _norm(weights, f"{name}{long}") for short, long in NORMS.items()})
        return nn.ModuleDict(parts)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        count, length = ids.shape
        state = self.drop(self.norm(self.words[ids] + self.places[:length]))
        seen = mask[:, None, None, :].bool()
        for layer in self.layers:
            q, k, v = (layer[name](state).view(count, length, 12, 32).transpose(1, 2) for name in "qkv")
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, dropout_p=0.1 if self.training else 0.0)
            mixed = mixed.transpose(1, 2).reshape(count, length, 384)
            state = layer["n1"](state + self.drop(layer["o"](mixed)))
            state = layer["n2"](state + self.drop(layer["f"](F.gelu(layer["i"](state)))))
        weight = mask[:, :, None].to(state.dtype)
        return F.normalize((state * weight).sum(1) / weight.sum(1), dim=1)


class Model(nn.Module):
    """The encoder and the three heads."""

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.encoder = Encoder(weights)
        self.drop = nn.Dropout(0.2)
        self.level, self.category, self.subject = nn.Linear(384, 4), nn.Linear(384, len(CATEGORIES)), nn.Linear(384, 1)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.heads(self.encoder(ids, mask))

    def heads(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rows = self.drop(rows * SCALE)
        return self.level(rows), self.category(rows), self.subject(rows)[:, 0]


def _norm(weights: dict[str, torch.Tensor], name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(384, eps=1e-12)
    norm.weight.data, norm.bias.data = weights[f"{name}.weight"].clone(), weights[f"{name}.bias"].clone()
    return norm


class Lines:
    """The prepared lines as numbers."""

    def __init__(self, rows: list[dict[str, Any]], tokenizer: Tokenizer) -> None:
        self.rows, self.tokenizer = rows, tokenizer
        self.level = torch.tensor([LEVELS.index(row["level"]) for row in rows])
        self.category = torch.tensor([CATEGORIES.index(row["category"]) if row["category"] else -100 for row in rows])
        self.subject = torch.tensor([float(row["subject"] == "other") for row in rows])
        none = [n for n, row in enumerate(rows) if row["level"] == "none" and not row["held_out"]]
        self.harmless = {lang: [n for n in none if rows[n]["lang"] == lang] for lang in ("en", "es", "fr")}
        ordinary = [n for n in none if rows[n]["file"] == "everyday"]
        self.everyday = {lang: [n for n in ordinary if rows[n]["lang"] == lang] for lang in ("en", "es", "fr")}
        self.ids = [tokenizer.encode(row["typed"]).ids for row in rows]

    def noisy(self, chance: random.Random) -> list[list[int]]:
        """The same lines with slips and chatter added to about half of them, and some in company."""
        return [self.tokenizer.encode(noise(self.in_company(n, chance), chance)).ids for n in range(len(self.rows))]

    def in_company(self, n: int, chance: random.Random) -> str:
        """The line, or with COMPANY's chance a harmless line or two of the same language around it: the label stays."""
        text: str = self.rows[n]["typed"]
        if self.rows[n]["file"] == "everyday" and chance.random() < SPLICED:
            return self.spliced(n, chance)
        for _ in range(2):
            if chance.random() < COMPANY:
                other = self.rows[chance.choice(self.harmless[self.rows[n]["lang"]])]["typed"]
                link = chance.choice((". ", " ", ", ", " and ", "\n"))
                text = f"{other}{link}{text}" if chance.random() < 0.5 else f"{text}{link}{other}"
        return text

    def spliced(self, n: int, chance: random.Random) -> str:
        """The beginning of an everyday line and the end of another: what makes no sense is no danger for that."""
        first = self.rows[n]["typed"].split()
        last = self.rows[chance.choice(self.everyday[self.rows[n]["lang"]])]["typed"].split()
        return " ".join(first[: chance.randint(1, len(first))] + last[chance.randint(0, len(last) - 1) :])


def batches(ids: list[list[int]], chosen: list[int], chance: random.Random | None) -> list[list[int]]:
    """Batches of lines of like length, in random order when ``chance`` is given."""
    order = list(chosen)
    if chance is None:
        order.sort(key=lambda n: len(ids[n]))
        return [order[n : n + 64] for n in range(0, len(order), 64)]
    chance.shuffle(order)
    shelves = [sorted(order[n : n + BATCH * 20], key=lambda m: len(ids[m])) for n in range(0, len(order), BATCH * 20)]
    result = [shelf[n : n + BATCH] for shelf in shelves for n in range(0, len(shelf), BATCH)]
    chance.shuffle(result)
    return result


def padded(ids: list[list[int]], batch: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(ids[n]) for n in batch)
    rows, mask = torch.zeros(len(batch), longest, dtype=torch.long), torch.zeros(len(batch), longest, dtype=torch.long)
    for place, n in enumerate(batch):
        rows[place, : len(ids[n])] = torch.tensor(ids[n])
        mask[place, : len(ids[n])] = 1
    return rows, mask


def loss_of(out: tuple[torch.Tensor, ...], lines: Lines, batch: torch.Tensor) -> torch.Tensor:
    """Level, danger or not, category, subject; the weights were chosen once, by hand."""
    level, category, subject = (part.float() for part in out)
    labels = lines.level[batch]
    total = F.cross_entropy(level, labels, label_smoothing=0.05)
    danger = torch.logsumexp(level[:, 1:], 1) - level[:, 0]
    total = total + 0.5 * F.binary_cross_entropy_with_logits(danger, (labels > 0).float())
    raised = labels > 0
    if raised.any():
        total = total + 0.5 * F.cross_entropy(category[raised], lines.category[batch][raised], label_smoothing=0.05)
        total = total + 0.2 * F.binary_cross_entropy_with_logits(subject[raised], lines.subject[batch][raised])
    return total


def trained(weights: dict[str, torch.Tensor], lines: Lines, chosen: list[int], seed: int) -> Model:
    torch.manual_seed(seed)
    chance = random.Random(seed)
    model = Model(weights)
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
    groups = [{"params": list(model.encoder.parameters()), "lr": RATE}, {"params": heads, "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    steps = EPOCHS * math.ceil(len(chosen) / BATCH)
    pace = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: min(1.0, (n + 1) / (0.06 * steps)) * max(0.0, 1 - n / steps))
    for _ in range(EPOCHS):
        model.train()
        ids = lines.noisy(chance)
        for batch in batches(ids, chosen, chance):
            with torch.autocast("cpu", torch.bfloat16):
                out = model(*padded(ids, batch))
            loss = loss_of(out, lines, torch.tensor(batch))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            pace.step()
    return model


@torch.no_grad()
def thinned(weights: dict[str, torch.Tensor], encoder: Encoder, rank: int = RANK) -> dict[str, np.ndarray]:
    """Replace each change by its best thin product, in the encoder too; return what the adapter keeps."""
    kept: dict[str, np.ndarray] = {}
    for number, layer in enumerate(encoder.layers):
        name = f"encoder.layer.{number}."
        for short, long in MATRICES.items():
            published = weights[f"{name}{long}.weight"]
            up, down, scale = _thin((layer[short].weight - published).numpy(), rank)
            layer[short].weight.copy_(published + torch.tensor((up * scale) @ down.astype(np.float32)))
            kept.update({f"{name}{long}.weight.{key}": part for key, part in (("up", up), ("down", down), ("scale", scale))})
            _keep_add(kept, f"{name}{long}.bias", layer[short].bias, weights)
        for short, long in NORMS.items():
            _keep_add(kept, f"{name}{long}.weight", layer[short].weight, weights)
            _keep_add(kept, f"{name}{long}.bias", layer[short].bias, weights)
    _keep_add(kept, "embeddings.LayerNorm.weight", encoder.norm.weight, weights)
    _keep_add(kept, "embeddings.LayerNorm.bias", encoder.norm.bias, weights)
    return kept


def _thin(change: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    left, size, right = np.linalg.svd(change, full_matrices=False)
    left, right = left[:, :rank], right[:rank]
    most_left, most_right = np.abs(left).max(0) / 127, np.abs(right).max(1) / 127
    up, down = np.round(left / most_left).astype(np.int8), np.round(right / most_right[:, None]).astype(np.int8)
    return up, down, (size[:rank] * most_left * most_right).astype(np.float32)


def _keep_add(kept: dict[str, np.ndarray], name: str, value: torch.Tensor, weights: dict[str, torch.Tensor]) -> None:
    change = (value - weights[name]).half()
    value.copy_(weights[name] + change.float())
    kept[f"{name}.add"] = change.numpy()


@torch.no_grad()
def figures(model: Model, lines: Lines, chosen: list[int]) -> str:
    """Recall of imminent + high where 2, 5 and 10 % of the harmless are raised; category; on ``chosen``."""
    model.eval()
    danger, right = {}, {}
    for batch in batches(lines.ids, chosen, None):
        level, category, _ = model(*padded(lines.ids, batch))
        for n, row, guess in zip(batch, level.softmax(1), category.argmax(1), strict=True):
            danger[n] = 1 - float(row[0])
            right[n] = bool(guess == lines.category[n])
    harmless = np.array([danger[n] for n in chosen if lines.level[n] == 0])
    high = np.array([danger[n] for n in chosen if lines.level[n] >= 2])
    parts = [f"{share:.0%}: {(high > np.quantile(harmless, 1 - share)).mean():.3f}" for share in (0.02, 0.05, 0.1)]
    named = [right[n] for n in chosen if lines.level[n] > 0]
    return f"recall at false alarms of {', '.join(parts)}; category {np.mean(named):.3f}; n={len(high)}/{len(harmless)}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("prepared", type=Path)
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    started = time.time()
    tokenizer = Tokenizer.from_file(str(asked.prepared / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=128)
    weights = load_file(asked.prepared / "published.safetensors")
    rows = [json.loads(line) for line in (asked.prepared / "lines.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = Lines(rows, tokenizer)
    held = [n for n, row in enumerate(rows) if row["held_out"]]
    chosen = list(range(len(rows))) if asked.all else [n for n, row in enumerate(rows) if not row["held_out"]]
    model = trained(weights, lines, chosen, SEED)
    print(f"trained: {figures(model, lines, held)} ({time.time() - started:.0f} s)", flush=True)
    kept = thinned(weights, model.encoder)
    print(f"thinned: {figures(model, lines, held)}", flush=True)
    here = Path(__file__).resolve().parent
    save_file(kept, here / "adapter.safetensors")
    heads = {}
    for name in ("level", "category", "subject"):
        heads[f"{name}.weight"] = getattr(model, name).weight.detach().numpy() * np.float32(SCALE)
        heads[f"{name}.bias"] = getattr(model, name).bias.detach().numpy()
    save_file(heads, here / "heads.safetensors")
    print(f"done in {time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
