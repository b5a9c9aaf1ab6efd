"""The encoder is the published one, in int8, and refuses a missing or damaged folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from bot import encoder
from bot.encoder import Encoder, EncoderError
from bot.encoder_weights import E5, MINILM, Base, Weights

BASES = {"minilm": MINILM, "e5": E5}


@pytest.fixture(scope="module", params=list(BASES))
def base(request: pytest.FixtureRequest) -> Base:
    return BASES[request.param]


@pytest.fixture(scope="module")
def loaded(base: Base, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    made = tmp_path_factory.mktemp("encoder")
    encoder.build(made, base)
    return Encoder.load(made)


def test_a_paraphrase_is_nearer_than_an_unrelated_text(loaded: Encoder) -> None:
    rows = loaded.embed(["my mom took my phone away", "my mother confiscated my phone", "the weather is nice in toronto"])
    assert rows.shape == (3, 384)
    assert rows.dtype == np.float32
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


def test_e5_reads_the_same_thing_in_three_languages_as_the_same_thing(tmp_path: Path) -> None:
    encoder.build(tmp_path, E5)
    said = ["my mom took my phone away", "mi mamá me quitó el celular", "ma mère m'a enlevé mon téléphone", "it is snowing"]
    rows = Encoder.load(tmp_path).embed(said)
    assert min(rows[0] @ rows[1], rows[0] @ rows[2]) > rows[0] @ rows[3] + 0.05


def test_every_embedding_has_length_one_and_does_not_depend_on_its_neighbours(loaded: Encoder) -> None:
    texts = ["help", "a much longer text about nothing in particular " * 5, "", "??"]
    together = loaded.embed(texts)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    assert np.allclose(together[0], loaded.embed(texts[:1])[0], atol=0.02)


def test_texts_of_many_lengths_keep_their_places(loaded: Encoder) -> None:
    texts = [" ".join(["word"] * length) for length in (1, 200, 3, 30, 29, 31, 30, 90, 2)]
    together = loaded.embed(texts)
    alone = np.concatenate([loaded.embed([text]) for text in texts])
    assert np.allclose(together, alone, atol=2e-2)
    assert (together @ alone.T).argmax(axis=1).tolist() == (alone @ alone.T).argmax(axis=1).tolist()


def test_what_goes_through_together_is_of_like_length_and_bounded() -> None:
    lengths = [200, 31, 8, 32, 30, 90, 29, 31]
    batches = list(encoder._batches(lengths))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or max(lengths[place] for place in batch) * len(batch) <= 128 for batch in batches)
    assert [lengths[place] for place in batches[0]] == [200]
    assert list(encoder._batches([])) == []


def test_it_says_what_the_published_weights_say(base: Base, loaded: Encoder) -> None:
    text = "i really dont want to be here anymore"
    assert float(loaded.embed([text])[0] @ _reference(base, loaded, text)) > 0.985


def test_no_text_gives_no_rows(loaded: Encoder) -> None:
    assert loaded.embed([]).shape == (0, 384)


def test_a_missing_folder_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="run `handrail train`"):
        Encoder.load(tmp_path / "nowhere")


def test_a_damaged_file_says_what_to_run(tmp_path: Path) -> None:
    encoder.build(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(EncoderError, match=r"tokenizer\.json is missing or damaged: run `handrail train`"):
        Encoder.load(tmp_path)


def test_an_adapter_adds_to_the_published_weights(tmp_path: Path) -> None:
    name = "encoder.layer.0.output.dense.weight"
    file = tmp_path / "adapter.safetensors"
    thin = {"up": np.full((384, 1), 2, np.int8), "down": np.ones((1, 1536), np.int8), "scale": np.full(1, 0.5, np.float32)}
    save_file({f"{name}.{key}": value for key, value in thin.items()}, file)
    weights = MINILM.read().weights
    changed = encoder.adapted(weights, file)
    assert np.allclose(changed[name] - weights[name], 1, atol=1e-3)
    assert encoder.adapted(weights, None) is weights


def test_an_adapter_that_fits_no_weight_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "adapter.safetensors"
    save_file({"other.weight.add": np.ones(3, np.float16)}, file)
    with pytest.raises(EncoderError, match="fits no weight"):
        encoder.adapted({}, file)
    with pytest.raises(EncoderError, match="is missing"):
        encoder.adapted({}, tmp_path / "none.safetensors")


def _reference(base: Base, loaded: Encoder, text: str) -> np.ndarray:
    """The published model in plain numpy, float32: the slow way to the same numbers."""
    weights = base.read().weights
    ids = loaded.tokens(text)
    count = len(ids)
    state = weights["embeddings.word_embeddings.weight"][ids]
    state = (
        state + weights["embeddings.position_embeddings.weight"][:count] + weights["embeddings.token_type_embeddings.weight"][0]
    )
    state = _norm(state, weights, "embeddings.LayerNorm")
    for number in range(base.layers):
        state = _layer(state, weights, f"encoder.layer.{number}")
    mean = state.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _layer(state: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    count = len(state)
    query, key, value = (
        _linear(state, weights, f"{name}.attention.self.{part}").reshape(count, 12, 32).transpose(1, 0, 2)
        for part in ("query", "key", "value")
    )
    scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(32))
    mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ value
    merged = mixed.transpose(1, 0, 2).reshape(count, 384)
    state = _norm(
        state + _linear(merged, weights, f"{name}.attention.output.dense"), weights, f"{name}.attention.output.LayerNorm"
    )
    inner = _linear(state, weights, f"{name}.intermediate.dense")
    inner = inner * 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (inner + 0.044715 * inner**3)))
    return _norm(state + _linear(inner, weights, f"{name}.output.dense"), weights, f"{name}.output.LayerNorm")


def _linear(state: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    return state @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _norm(state: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    centred = state - state.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + encoder.EPSILON)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]
