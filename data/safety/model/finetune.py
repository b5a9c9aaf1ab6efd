"""Fine-tune multilingual-e5-small on the prepared training text, and keep the small part that changed.

Runs in an environment of its own (torch is no dependency of the project); README.md beside this file has the commands:
    python finetune.py FOLDER [--all] [--seed N] [--out FOLDER] [--learnt LINES | --on] [--opinions FILE]
FOLDER is what prepare.py wrote. With --learnt (the lines.jsonl of an earlier training), it goes on from the adapter and
heads beside this file with what is new, and old lines among it: minutes instead of hours where there is no GPU; with --on it
goes on with all lines. With --opinions (what opinions.py wrote), half of each label is what models that had not seen the
line thought of it: what is hard to tell is then not learnt as certain (arXiv 1805.04770). Writes
adapter.safetensors (the change of each encoder matrix as a product of two thin int8 matrices; the change of each bias and norm)
and heads.safetensors beside this file, or into --out. Without --all the held-out tenth is not trained on, and the figures on it
are printed. Uses a GPU where torch sees one.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from network import DEVICE, SCALE, Encoder, adapted, batches, padded, thinned
from noise import noise, shorthand
from safetensors.numpy import load_file as load_numpy
from safetensors.numpy import save_file
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

LEVELS = ("none", "elevated", "high", "imminent")
CATEGORIES = (
    "suicide", "self_harm", "abuse_at_home", "sexual_exploitation", "sextortion", "grooming_online",
    "trafficking_control", "dating_violence", "runaway_unsafe", "medical_emergency", "violence_threat",
    "eating_distress", "third_party_concern", "distress_general",
)  # fmt: skip  # the order of bot.safety.verdict.CATEGORIES
HERE = Path(__file__).resolve().parent
RANK = 144
LAYERS = 12
COMPANY = 0.03
SPLICED = 0.4
WORN, WORN_EVERYDAY = 0.1, 0.4  # shares of lines that are put in a texter's shorthand
EPOCHS, RATE, HEAD_RATE, BATCH, SEED = 5, 1.4e-4, 3e-3, 64, 5
FURTHER_EPOCHS, FURTHER_RATE, OLD_LINES = 2, 7e-5, 6000  # going on: old lines among the new, so that nothing is forgotten
ON_EPOCHS = 3  # going on with all lines
HALF = DEVICE.type == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16"))  # then nearly twice as quick
AGREE = 0.5  # how much two readings of a line, each with other parts dropped, have to agree (R-Drop, arXiv 2106.14448)
CALM, LOOKS, FROM = 0.98, 360, 0.3  # the mean of the weights that is kept: its memory, how often it looks, where it begins


class Model(nn.Module):
    """The encoder and the three heads."""

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.encoder = Encoder(weights, LAYERS)
        self.drop = nn.Dropout(0.2)
        self.level, self.category, self.subject = nn.Linear(384, 4), nn.Linear(384, len(CATEGORIES)), nn.Linear(384, 1)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=HALF):
            rows = self.encoder(ids, mask)
        return self.heads(rows.float())

    def heads(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rows = self.drop(rows * SCALE)
        return self.level(rows), self.category(rows), self.subject(rows)[:, 0]


class Lines:
    """The prepared lines as numbers."""

    def __init__(self, rows: list[dict[str, Any]], tokenizer: Tokenizer) -> None:
        self.rows, self.tokenizer = rows, tokenizer
        self.level = torch.tensor([LEVELS.index(row["level"]) for row in rows], device=DEVICE)
        self.likely = F.one_hot(self.level, len(LEVELS)).float()
        categories = [CATEGORIES.index(row["category"]) if row["category"] else -100 for row in rows]
        self.category = torch.tensor(categories, device=DEVICE)
        self.subject = torch.tensor([float(row["subject"] == "other") for row in rows], device=DEVICE)
        none = [n for n, row in enumerate(rows) if row["level"] == "none" and not row["held_out"]]
        self.harmless = {lang: [n for n in none if rows[n]["lang"] == lang] for lang in ("en", "es", "fr")}
        ordinary = [n for n in none if rows[n]["file"] == "everyday"]
        self.everyday = {lang: [n for n in ordinary if rows[n]["lang"] == lang] for lang in ("en", "es", "fr")}
        self.ids = [tokenizer.encode(row["typed"]).ids for row in rows]

    def listen(self, opinions: np.ndarray) -> None:
        """Half of each label is from now on what ``opinions`` (a chance for each level, a row a line) say."""
        if len(opinions) != len(self.rows):
            raise SystemExit("The opinions are of other lines: run opinions.py again, prepare.py has written new lines since.")
        self.likely = (self.likely + torch.tensor(opinions, dtype=torch.float32, device=DEVICE)) / 2

    def noisy(self, chance: random.Random) -> list[list[int]]:
        """The same lines with slips and chatter added to about half of them, some in company, some in shorthand."""
        texts = [noise(self.worn(n, chance), chance) for n in range(len(self.rows))]
        return [found.ids for found in self.tokenizer.encode_batch(texts)]

    def worn(self, n: int, chance: random.Random) -> str:
        """The line in company, at times as an old phone's owner would have typed it: odd spelling is no danger for that."""
        text = self.in_company(n, chance)
        share = WORN_EVERYDAY if self.rows[n]["file"] == "everyday" else WORN
        return shorthand(text, chance) if chance.random() < share else text

    def in_company(self, n: int, chance: random.Random) -> str:
        """The line, or with COMPANY's chance a harmless line or two of the same language around it: the label stays."""
        text: str = self.rows[n]["typed"]
        if self.rows[n]["file"] == "everyday" and chance.random() < SPLICED:
            return self.spliced(n, chance)
        for _ in range(2):
            if chance.random() < COMPANY:
                other = self.rows[chance.choice(self.harmless[self.rows[n]["lang"]])]["typed"]
                link = chance.choice((". ", " ", ", ", " and ", "\n"))
                text = f"{other}{link}{text}" if chance.random() < 0.5 else f"{text}{link}{other}"
        return text

    def spliced(self, n: int, chance: random.Random) -> str:
        """The beginning of an everyday line and the end of another: what makes no sense is no danger for that."""
        first = self.rows[n]["typed"].split()
        last = self.rows[chance.choice(self.everyday[self.rows[n]["lang"]])]["typed"].split()
        return " ".join(first[: chance.randint(1, len(first))] + last[chance.randint(0, len(last) - 1) :])


def loss_of(out: tuple[torch.Tensor, ...], lines: Lines, batch: torch.Tensor) -> torch.Tensor:
    """Level, danger or not, category, subject; the weights were chosen once, by hand."""
    level, category, subject = out
    likely, raised = lines.likely[batch], (lines.level[batch] > 0).float()
    dangers = raised.sum().clamp(min=1)
    total = F.cross_entropy(level, likely, label_smoothing=0.05)
    danger = torch.logsumexp(level[:, 1:], 1) - level[:, 0]
    total = total + 0.5 * F.binary_cross_entropy_with_logits(danger, 1 - likely[:, 0])
    named = F.cross_entropy(category, lines.category[batch], label_smoothing=0.05, reduction="sum")
    whose = F.binary_cross_entropy_with_logits(subject, lines.subject[batch], weight=raised, reduction="sum")
    return total + (0.5 * named + 0.2 * whose) / dangers


def step_loss(model: Model, lines: Lines, ids: list[list[int]], batch: list[int]) -> torch.Tensor:
    """Each line is read twice, with other parts dropped; the two readings learn the label and to agree."""
    rows, mask = padded(ids, batch)
    out = model(torch.cat([rows, rows]).to(DEVICE), torch.cat([mask, mask]).to(DEVICE))
    one, two = out[0].log_softmax(1).chunk(2)
    apart = F.kl_div(one, two, log_target=True, reduction="batchmean") + F.kl_div(
        two, one, log_target=True, reduction="batchmean"
    )
    return loss_of(out, lines, torch.tensor(batch + batch, device=DEVICE)) + AGREE * 0.5 * apart


def trained(model: Model, lines: Lines, chosen: list[int], chance: random.Random, epochs: int, rate: float) -> Model:
    model = model.to(DEVICE)
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
    groups = [{"params": list(model.encoder.parameters()), "lr": rate}, {"params": heads, "lr": HEAD_RATE * rate / RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    steps = epochs * math.ceil(len(chosen) / BATCH)
    pace = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: min(1.0, (n + 1) / (0.06 * steps)) * max(0.0, 1 - n / steps))
    calm, every = Calm(), math.ceil(steps / LOOKS)
    for _ in range(epochs):
        model.train()
        ids = lines.noisy(chance)
        for batch in batches(ids, chosen, chance, BATCH):
            loss = step_loss(model, lines, ids, batch)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            pace.step()
            if pace.last_epoch % 100 == 0:
                print(f"step {pace.last_epoch} of {steps}", flush=True)
            if pace.last_epoch > FROM * steps and pace.last_epoch % every == 0:
                calm.look(model)
    calm.put_into(model)
    return model


def gone_on(weights: dict[str, torch.Tensor], folder: Path) -> Model:
    """The model that an earlier training left in ``folder``."""
    model = Model(adapted(weights, load_numpy(folder / "adapter.safetensors")))
    heads = load_file(folder / "heads.safetensors")
    for name in ("level", "category", "subject"):
        head = getattr(model, name)
        head.weight.data, head.bias.data = heads[f"{name}.weight"] / SCALE, heads[f"{name}.bias"]
    return model


def heads_of(model: Model) -> dict[str, np.ndarray]:
    """The heads as they are kept, for embeddings of length 1."""
    kept = {}
    for name in ("level", "category", "subject"):
        head = getattr(model, name)
        kept[f"{name}.weight"] = head.weight.detach().cpu().numpy() * np.float32(SCALE)
        kept[f"{name}.bias"] = head.bias.detach().cpu().numpy()
    return kept


def new_and_some_old(rows: list[dict[str, Any]], chosen: list[int], learnt: Path, chance: random.Random) -> list[int]:
    """Of ``chosen``, the lines that ``learnt`` lacks and OLD_LINES of the others."""
    known = {json.loads(line)["text"] for line in learnt.read_text(encoding="utf-8").splitlines()}
    new = [n for n in chosen if rows[n]["text"] not in known]
    old = [n for n in chosen if rows[n]["text"] in known]
    return new + chance.sample(old, min(OLD_LINES, len(old)))


class Calm:
    """A running mean of a model's weights over the later steps: steadier than where the last of them happened to end."""

    def __init__(self) -> None:
        self._mean: list[torch.Tensor] = []

    @torch.no_grad()
    def look(self, model: Model) -> None:
        now = list(model.parameters())
        if self._mean:
            torch._foreach_lerp_(self._mean, now, 1 - CALM)
        else:
            self._mean = [p.clone() for p in now]

    @torch.no_grad()
    def put_into(self, model: Model) -> None:
        for p, mean in zip(model.parameters(), self._mean, strict=True):
            p.copy_(mean)


@torch.no_grad()
def figures(model: Model, lines: Lines, chosen: list[int]) -> str:
    """Recall of imminent + high where 2, 5 and 10 % of the harmless are raised; category; on ``chosen``."""
    model.eval()
    danger, right = {}, {}
    for batch in batches(lines.ids, chosen, None):
        level, category, _ = model(*(part.to(DEVICE) for part in padded(lines.ids, batch)))
        for n, row, guess in zip(batch, level.softmax(1).tolist(), category.argmax(1).tolist(), strict=True):
            danger[n] = 1 - row[0]
            right[n] = bool(guess == lines.category[n])
    harmless = np.array([danger[n] for n in chosen if lines.level[n] == 0])
    high = np.array([danger[n] for n in chosen if lines.level[n] >= 2])
    parts = [f"{share:.0%}: {(high > np.quantile(harmless, 1 - share)).mean():.3f}" for share in (0.02, 0.05, 0.1)]
    named = [right[n] for n in chosen if lines.level[n] > 0]
    return f"recall at false alarms of {', '.join(parts)}; category {np.mean(named):.3f}; n={len(high)}/{len(harmless)}"


def read(prepared: Path) -> tuple[dict[str, torch.Tensor], list[dict[str, Any]], Lines]:
    """The published weights and the lines that prepare.py wrote, as they are and as numbers."""
    tokenizer = Tokenizer.from_file(str(prepared / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=128)
    rows = [json.loads(line) for line in (prepared / "lines.jsonl").read_text(encoding="utf-8").splitlines()]
    return load_file(prepared / "published.safetensors"), rows, Lines(rows, tokenizer)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("prepared", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    further = parser.add_mutually_exclusive_group()
    further.add_argument("--learnt", type=Path)
    further.add_argument("--on", action="store_true")
    parser.add_argument("--opinions", type=Path)
    parser.add_argument("--out", type=Path, default=HERE)
    asked = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.backends.cuda.matmul.allow_tf32 = True
    started = time.time()
    weights, rows, lines = read(asked.prepared)
    if asked.opinions:
        lines.listen(np.load(asked.opinions))
    held = [n for n, row in enumerate(rows) if row["held_out"]]
    chosen = list(range(len(rows))) if asked.all else [n for n, row in enumerate(rows) if not row["held_out"]]
    torch.manual_seed(asked.seed)
    chance = random.Random(asked.seed)
    if asked.learnt:
        new = new_and_some_old(rows, chosen, asked.learnt, chance)
        model = trained(gone_on(weights, HERE), lines, new, chance, FURTHER_EPOCHS, FURTHER_RATE)
    elif asked.on:
        model = trained(gone_on(weights, HERE), lines, chosen, chance, ON_EPOCHS, FURTHER_RATE)
    else:
        model = trained(Model(weights), lines, chosen, chance, EPOCHS, RATE)
    print(f"trained: {figures(model, lines, held)} ({time.time() - started:.0f} s)", flush=True)
    kept = thinned(weights, model.cpu().encoder, RANK)
    print(f"thinned: {figures(model.to(DEVICE), lines, held)}", flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    save_file(kept, asked.out / "adapter.safetensors")
    save_file(heads_of(model), asked.out / "heads.safetensors")
    print(f"done in {time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
