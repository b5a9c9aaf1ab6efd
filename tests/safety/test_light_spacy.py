"""The gateway reads patterns without dragging in TensorFlow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_screening_does_not_import_tensorflow_torch_or_scikit_learn() -> None:
    code = (
        "import sys, bot.safety.screening;"
        "print([name for name in ('tensorflow', 'torch', 'sklearn', 'rasa', 'typer') if name in sys.modules])"
    )
    assert run(code) == "[]"


def test_what_was_hidden_can_be_imported_afterwards() -> None:
    assert run("import bot.safety.light_spacy, spacy.cli; print(callable(spacy.cli.download))") == "True"
