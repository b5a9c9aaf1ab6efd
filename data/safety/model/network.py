"""The published encoder in torch, and what is kept of its change: what both trainings share."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

MATRICES = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "o": "attention.output.dense", "i": "intermediate.dense", "f": "output.dense",
}  # fmt: skip
NORMS = {"n1": "attention.output.LayerNorm", "n2": "output.LayerNorm"}
SCALE = 12.0  # unit embeddings are stretched by this before a head, so that the head learns quickly
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Encoder(nn.Module):
    """BERT as published, mean pooling, unit length."""

    def __init__(self, weights: dict[str, torch.Tensor], layers: int) -> None:
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


def _norm(weights: dict[str, torch.Tensor], name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(384, eps=1e-12)
    norm.weight.data, norm.bias.data = weights[f"{name}.weight"].clone(), weights[f"{name}.bias"].clone()
    return norm


def batches(ids: list[list[int]], chosen: list[int], chance: random.Random | None, size: int = 64) -> list[list[int]]:
    """Batches of lines of like length, in random order when ``chance`` is given."""
    order = list(chosen)
    if chance is None:
        order.sort(key=lambda n: len(ids[n]))
        return [order[n : n + size] for n in range(0, len(order), size)]
    chance.shuffle(order)
    shelves = [sorted(order[n : n + size * 20], key=lambda m: len(ids[m])) for n in range(0, len(order), size * 20)]
    result = [shelf[n : n + size] for shelf in shelves for n in range(0, len(shelf), size)]
    chance.shuffle(result)
    return result


def padded(ids: list[list[int]], batch: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(ids[n]) for n in batch)
    rows, mask = torch.zeros(len(batch), longest, dtype=torch.long), torch.zeros(len(batch), longest, dtype=torch.long)
    for place, n in enumerate(batch):
        rows[place, : len(ids[n])] = torch.tensor(ids[n])
        mask[place, : len(ids[n])] = 1
    return rows, mask


def adapted(weights: dict[str, torch.Tensor], adapter: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """The published weights with what an earlier training kept of its change."""
    result = dict(weights)
    for key, part in adapter.items():
        name, _, kind = key.rpartition(".")
        if kind == "add":
            result[name] = weights[name] + torch.tensor(part.astype(np.float32))
        elif kind == "up":
            change = (part * adapter[f"{name}.scale"]) @ adapter[f"{name}.down"].astype(np.float32)
            result[name] = weights[name] + torch.tensor(change)
    return result


@torch.no_grad()
def thinned(weights: dict[str, torch.Tensor], encoder: Encoder, rank: int) -> dict[str, np.ndarray]:
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
