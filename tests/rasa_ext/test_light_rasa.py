"""Rasa comes without TensorFlow where nothing needs it, and with it where anything might."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from bot.rasa_ext import light_rasa
from bot.rasa_ext.light_rasa import bring, needs_tensorflow
from bot.settings import child_environment

OURS = ("bot.rasa_ext.meaning.Meaning", "rasa.core.policies.rule_policy.RulePolicy")
ENGINE = """
import importlib.util, sys
import bot.rasa_ext.server
from rasa.core.agent import Agent
with bot.rasa_ext.light_rasa.loading():
    assert Agent.load(sys.argv[1]).is_ready()
assert "tensorflow" not in sys.modules, "TensorFlow was imported"
assert importlib.util.find_spec("tensorflow").origin.endswith("tensorflow/__init__.py"), "the stand-in stayed"
"""


def model(folder: Path, *uses: str) -> Path:
    described = json.dumps({"predict_schema": {"nodes": {str(n): {"uses": name} for n, name in enumerate(uses)}}}).encode()
    file = folder / "dialogue.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        entry = tarfile.TarInfo("metadata.json")
        entry.size = len(described)
        archive.addfile(entry, io.BytesIO(described))
    return file


def test_a_model_of_our_parts_needs_no_tensorflow(tmp_path: Path) -> None:
    assert not needs_tensorflow(model(tmp_path, *OURS))


def test_a_model_with_a_part_that_nobody_vouches_for_gets_tensorflow(tmp_path: Path) -> None:
    assert needs_tensorflow(model(tmp_path, *OURS, "rasa.nlu.classifiers.diet_classifier.DIETClassifier"))


def test_a_model_that_cannot_be_read_gets_tensorflow(tmp_path: Path) -> None:
    (tmp_path / "broken.tar.gz").write_bytes(b"no archive")
    assert (
        needs_tensorflow(tmp_path / "broken.tar.gz")
        and needs_tensorflow(tmp_path / "nowhere")
        and needs_tensorflow(model(tmp_path))
    )


def test_where_rasa_asks_for_more_than_the_stand_in_has_it_comes_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[bool] = []

    def asks_for_more() -> None:
        tries.append("tensorflow.keras" in sys.modules)
        if tries[-1]:
            import tensorflow

            tensorflow.Variable  # noqa: B018 - what the stand-in does not have

    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorflow"] + ["rasa.core.agent"]:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(light_rasa, "_begin_anew", lambda: tries.append(False))
    monkeypatch.setattr(light_rasa, "_import_rasa", asks_for_more)
    assert not bring()
    assert tries == [True, False, False] and "tensorflow" not in sys.modules


@pytest.mark.slow
def test_the_engine_comes_without_tensorflow_and_whoever_imports_it_later_gets_the_real_one(rasa_model: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ENGINE, str(rasa_model)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
