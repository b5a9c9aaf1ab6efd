"""Rasa's own commands work on this repository as Rasa's users expect."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import child_environment
from tests.rasa_ext.conftest import ROOT

pytestmark = pytest.mark.slow


def rasa(log: Path, *arguments: str) -> int:
    """Run a Rasa command; what it prints goes to a file."""
    with log.open("wb") as out:
        command = [sys.executable, "-W", "ignore", "-m", "rasa", *arguments]
        return subprocess.run(command, cwd=ROOT, stdout=out, stderr=out, env=child_environment(), check=False).returncode


def test_the_training_data_is_valid(tmp_path: Path) -> None:
    log = tmp_path / "validate.log"
    code = rasa(log, "data", "validate", "--fail-on-warnings", "--domain", "domain", "--data", "data")
    assert code == 0, log.read_text()[-2000:]
    said = log.read_text()
    assert "conflict" not in said.replace("No story structure conflicts", "").replace("conflict analysis", "").replace(
        "story_conflict", ""
    )
    unused = [line for line in said.splitlines() if "is not used in any" in line]
    assert not unused


def test_the_end_to_end_stories_hold(rasa_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    code = rasa(
        tmp_path / "test.log",
        "test",
        "core",
        "--model",
        str(rasa_model),
        "--stories",
        "tests/stories",
        "--out",
        str(out),
        "--no-plot",
    )
    assert code == 0
    report = json.loads((out / "story_report.json").read_text())
    assert report["conversation_accuracy"]["correct"] == report["conversation_accuracy"]["total"], (
        out / "failed_test_stories.yml"
    ).read_text()


def test_the_action_server_knows_every_action_of_the_domain() -> None:
    from rasa.shared.core.domain import Domain

    from actions.in_process import InProcessActions

    wanted = {a for a in Domain.load(str(ROOT / "domain")).user_actions if not a.startswith("utter_")}
    assert wanted <= InProcessActions(failed=print).names


FLOOR = 0.70
"""Share of examples that a classifier which never saw them must read right; 0.79 was measured on 2026-11-27, each half by the other."""


def test_unseen_examples_are_understood(tmp_path: Path) -> None:
    """`rasa test nlu --cross-validation` over all examples in all languages, two folds: the classifier alone."""
    out = tmp_path / "results"
    code = rasa(
        tmp_path / "nlu.log", "test", "nlu", "--cross-validation", "--folds", "2", "--nlu", "data/nlu", "--config",
        "tests/rasa_ext/classifier.yml", "--domain", "domain", "--out", str(out), "--no-plot",
    )  # fmt: skip
    assert code == 0, (tmp_path / "nlu.log").read_text()[-2000:]
    report = json.loads((out / "intent_report.json").read_text())
    ways = {name: row for name, row in report.items() if isinstance(row, dict) and name not in SEVERAL and "avg" not in name}
    read = sum(row["recall"] * row["support"] for row in ways.values()) / sum(row["support"] for row in ways.values())
    assert read >= FLOOR, f"{read:.3f} of unseen examples were understood."


SEVERAL = ("ask", "out_of_scope", "nlu_fallback", "disclosure")
"""Intents that the answers' finder and the screening decide, which have tests and benches of their own."""
