"""Builds the models from the files in the repository: screening, answers, dialogue.

A fingerprint of everything a model is made from stands beside it, so that a second start trains nothing.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.settings import Settings, child_environment

DIALOGUE_SOURCES = (
    "config.yml",
    "domain",
    "data/nlu",
    "data/rules",
    "data/stories",
    "content/answers",
    "bot/rasa_ext",
    "bot/answers",
    "bot/encoder.py",
    "data/answers/adapter.safetensors",
    "requirements/run.txt",
)
SAFETY_SOURCES = ("content/safety", "data/safety", "bot/safety", "bot/encoder.py", "requirements/run.txt")
ENCODER_SOURCES = ("bot/encoder.py", "bot/answers/near.py", "data/answers/adapter.safetensors", "requirements/encoder.txt")


class TrainingError(Exception):
    """A model could not be built; the sentence says where to look."""


def train_everything(settings: Settings, *, say: Callable[[str], None], force: bool) -> None:
    """Build every model whose sources changed; raises TrainingError."""
    settings.models.mkdir(parents=True, exist_ok=True)
    steps: list[tuple[str, tuple[str, ...], Callable[[Settings], None]]] = [
        ("encoder", ENCODER_SOURCES, _train_encoder),
        ("safety", SAFETY_SOURCES, _train_safety),
        ("dialogue", DIALOGUE_SOURCES, _train_dialogue),
    ]
    for name, sources, build in steps:
        mark = settings.models / f"{name}.fingerprint"
        print_now = fingerprint(settings.root, sources)
        if not force and mark.exists() and mark.read_text() == print_now and _is_there(settings, name):
            continue
        say(f"Training {name} ...")
        started = time.monotonic()
        build(settings)
        mark.write_text(print_now)
        say(f"  done in {time.monotonic() - started:.0f} s")


def dialogue_model(settings: Settings) -> Path:
    """Where the trained dialogue model stands."""
    return settings.models / "dialogue.tar.gz"


def fingerprint(root: Path, sources: Iterable[str]) -> str:
    """A hash of the files a model is made from."""
    digest = hashlib.sha256()
    for source in sources:
        place = root / source
        files = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else [place]
        for file in files:
            if file.exists() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(root)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_there(settings: Settings, name: str) -> bool:
    return (dialogue_model(settings) if name == "dialogue" else settings.models / name).exists()


def _train_encoder(settings: Settings) -> None:
    from bot.answers.near import build_encoder
    from bot.encoder import EncoderError

    try:
        build_encoder(settings.models / "encoder")
    except EncoderError as error:
        raise TrainingError(str(error)) from error


def _train_safety(settings: Settings) -> None:
    from bot.encoder import EncoderError
    from bot.safety.screening import ScreeningError
    from bot.safety.train import train

    try:
        train(settings.root, settings.models / "safety")
    except (EncoderError, ScreeningError) as error:
        raise TrainingError(str(error)) from error


def _train_dialogue(settings: Settings) -> None:
    """Rasa's own `rasa train`, in a process of its own; what it prints goes to a file."""
    log = settings.var / "logs" / "training.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "rasa", "train", "--data", "data", "--domain", "domain", "--config", "config.yml",
               "--out", str(settings.models), "--fixed-model-name", "dialogue"]  # fmt: skip
    with log.open("ab") as out:
        done = subprocess.run(
            command, cwd=settings.root, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=child_environment(), check=False
        )
    if done.returncode or not dialogue_model(settings).exists():
        raise TrainingError(f"The dialogue model could not be trained: read the end of {log}.")
