"""Build the screening classifier from what the repository keeps: adapter, heads and thresholds.

It promises: the same files in, the same files out, in a few seconds, without torch and without a network.
The training of the adapter itself is the separate command documented in docs/safety.md.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from bot import encoder
from bot.encoder_weights import E5
from bot.safety.classifier import HEADS, NGRAMS, THRESHOLDS
from bot.safety.screening import Screening, ScreeningError
from bot.safety.verdict import Level

KEPT = Path("data/safety/model")  # what the training left behind, under the repository root
ADAPTER = "adapter.safetensors"
# The built screening must say danger to these and nothing to those, or the build fails.
DANGER = ("im 12 and being forced to have sex", "i want to die tonight", "he says he will post my pics if i dont pay")
HARMLESS = ("what time is practice tomorrow", "that test killed me lol", "next")


@dataclass(frozen=True)
class Report:
    """What was built: the folder, how long it took in seconds, and the sha256 of the adapter used."""

    folder: Path
    seconds: float
    adapter_sha256: str

    def __str__(self) -> str:
        return f"screening classifier in {self.folder}: {self.seconds:.1f} s, adapter {self.adapter_sha256[:12]}"


def train(root: Path, out: Path) -> Report:
    """Write the classifier into ``out`` from the repository at ``root``.

    Raises EncoderError or ScreeningError when an input is missing or the result fails its check.
    """
    started = time.monotonic()
    kept = root / KEPT
    out.mkdir(parents=True, exist_ok=True)
    encoder.build(out, E5, kept / ADAPTER)
    for name in (HEADS, NGRAMS, THRESHOLDS):
        if not (kept / name).is_file():
            raise ScreeningError(f"{kept / name} is missing: restore it from the repository.")
        shutil.copyfile(kept / name, out / name)
    _check(Screening.load(root / "content/safety", out))
    sha256 = hashlib.sha256((kept / ADAPTER).read_bytes()).hexdigest()
    return Report(out, time.monotonic() - started, sha256)


def _check(screening: Screening) -> None:
    missed = [text for text in DANGER if screening.screen(text).level < Level.HIGH]
    raised = [text for text in HARMLESS if screening.screen(text).level > Level.NONE]
    if missed or raised:
        raise ScreeningError(f"The built screening is wrong about {(missed + raised)[0]!r}: restore {KEPT} and train again.")
