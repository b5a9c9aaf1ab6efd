"""The bench says how sure it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.safety import bench
from bot.safety.bench import Example, Judged
from bot.safety.screening import Screening
from bot.safety.verdict import Level, Verdict
from bot.shares import wilson


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(0, 0, 0, 1), (0, 10, 0, 0.278), (10, 10, 0.722, 1), (50, 100, 0.404, 0.596)]
)
def test_the_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=0.001)


def test_the_report_counts_recall_false_alarms_and_category() -> None:
    judged = [
        Judged(Example("a", Level.HIGH, "suicide", "en", "x"), Verdict(Level.HIGH, "suicide"), 1.0),
        Judged(Example("b", Level.IMMINENT, "suicide", "es", "x"), Verdict(), 2.0),
        Judged(Example("c", Level.ELEVATED, "suicide", "en", "x"), Verdict(Level.ELEVATED, "self_harm"), 3.0),
        Judged(Example("d", Level.NONE, None, "en", "figure of speech"), Verdict(Level.HIGH, "suicide"), 4.0),
    ]
    text = bench.report(judged)
    assert "4 texts: 2 imminent or high, 1 elevated, 1 harmless" in text
    assert "figure of speech" in text
    assert "p99 4.0 ms" in text


def test_examples_are_read_once_each_and_only_those_kept(tmp_path: Path) -> None:
    line = '{"text": "hello", "level": "none", "category": null, "subject": "self", "lang": "en", "note": "chat"}\n'
    (tmp_path / "a.jsonl").write_text(line * 2 + "\n", encoding="utf-8")
    found = bench.examples(tmp_path, lambda text: True)
    assert found == [Example("hello", Level.NONE, None, "en", "chat")]
    assert bench.examples(tmp_path, lambda text: False) == []


def test_judging_times_every_text(screening: Screening) -> None:
    judged = bench.judge(screening, [Example("i want to die", Level.HIGH, "suicide", "en", "x")])
    assert judged[0].verdict.level is Level.HIGH
    assert judged[0].milliseconds > 0
