"""Write what finetune.py needs into a folder: ways of asking with their answers, and the published encoder.

Runs in the project's own environment, from the root: PYTHONPATH=. .venv/bin/python data/answers/prepare.py FOLDER
A sixth of the ways of asking is marked held out, so that the finder's thresholds are chosen on text the encoder never saw.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from safetensors.numpy import save_file

from bot.answers.catalog import Answers
from bot.answers.finder import OUTSIDE
from bot.answers.shorthand import written_out
from bot.encoder_weights import MINILM

ROOT = Path(__file__).resolve().parents[2]
ASK = "ask"
EVERYDAY = 500  # ordinary texts that are asked of nobody: they lie outside, too


def rows(chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    """One row a text: the text written out, whose it is, and whether it is held out."""
    for answer in Answers.load(ROOT / "content/answers/en"):
        held = set(chance.permutation(len(answer.questions))[: len(answer.questions) // 6].tolist())
        for number, question in enumerate(answer.questions):
            yield _row(question, answer.id, held=number in held)
        for text in sorted({answer.label, *answer.say.values(), *filter(None, [answer.web])}):
            yield _row(text, answer.id)
    for intent, text in examples():
        owner = OUTSIDE if intent == OUTSIDE else f"intent {intent}"
        yield _row(text, owner, held=chance.random() < 1 / 6)
    everyday = (ROOT / "data/safety/model/everyday.txt").read_text(encoding="utf-8").splitlines()
    for number in chance.permutation(len(everyday))[:EVERYDAY]:
        yield _row(everyday[number], OUTSIDE)


def examples() -> list[tuple[str, str]]:
    """The dialogue's own examples with their intents: other ways through lie apart from the answers, and from each other."""
    files = sorted((ROOT / "data/nlu/en").glob("*.yml"))
    blocks = [block for file in files for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]]
    return [(b["intent"], line[2:]) for b in blocks if b["intent"] != ASK for line in b["examples"].splitlines()]


def _row(text: str, owner: str, *, held: bool = False) -> dict[str, Any]:
    return {"text": written_out(text), "owner": owner, "held_out": held}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    found = list(rows(np.random.default_rng(1)))
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    published = MINILM.read()
    save_file(
        {name: np.ascontiguousarray(value) for name, value in published.weights.items()}, folder / "published.safetensors"
    )
    published.tokenizer.save(str(folder / "tokenizer.json"))
    print(f"{len(found)} texts, {sum(row['held_out'] for row in found)} held out")


if __name__ == "__main__":
    main()
