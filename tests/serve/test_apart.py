"""What is done in a process of its own comes back as one sentence, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.serve.apart import Refused, apart

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_done_before_we_go_on_and_not_by_us(tmp_path: Path) -> None:
    apart(lambda: tmp_path.joinpath("who").write_text(str(os.getpid())) and None)
    assert int(tmp_path.joinpath("who").read_text()) != os.getpid()


def test_what_it_refused_with_is_what_we_hear() -> None:
    def work() -> None:
        raise Refused("Put it right.")

    with pytest.raises(Refused, match=r"^Put it right\.$"):
        apart(work)


def breaks() -> None:
    raise ValueError("SECRETWORDS")


@pytest.mark.parametrize("work", [breaks, lambda: os._exit(9), lambda: os.kill(os.getpid(), 9)], ids=["breaks", "ends", "dies"])
def test_a_work_that_broke_off_is_not_taken_for_done(work: Callable[[], None]) -> None:
    with pytest.raises(Refused, match="broke off"):
        apart(work)


SCREENING = ("numpy", "spacy", "ctranslate2", "tokenizers")


@pytest.mark.parametrize(
    ("parts", "heavy"),
    [
        ("bot.serve.start, bot.serve.supervisor", (*SCREENING, "sqlalchemy", "lingua", "twilio")),
        ("bot.serve.start, bot.serve.outbox, bot.serve.phone", SCREENING),
    ],
)
def test_a_process_holds_nothing_that_only_others_need(parts: str, heavy: tuple[str, ...]) -> None:
    ask = f"import sys, bot.cli, {parts}; print([m for m in {heavy} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
