"""The bench says how sure it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.safety import bench
from bot.safety.bench import Example, Judged
from bot.safety.screening import Screening
from bot.safety.verdict import Level, Verdict
from bot.shares import quantile, quantiles, wilson


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
    assert text.splitlines()[-4].split() == [
        "one",
        "message,",
        "all",
        "median",
        "3.0",
        "p95",
        "4.0",
        "p99",
        "4.0",
        "longest",
        "4.0",
        "ms",
        "of",
        "4",
    ]


def test_long_texts_are_timed_apart() -> None:
    words = Example("word " * 40, Level.NONE, None, "en", "x"), Example("word", Level.NONE, None, "en", "x")
    lines = bench.latency([Judged(words[0], Verdict(), 30.0), Judged(words[1], Verdict(), 5.0)]).splitlines()
    assert lines[2].startswith("one message, harmless, up to 36 words") and lines[2].endswith("5.0 ms  of 1")
    assert lines[3].startswith("one message, over 36 words") and lines[3].endswith("30.0 ms  of 1")


@pytest.mark.parametrize(("part", "value"), [(0.0, 1), (0.5, 51), (0.95, 96), (0.99, 100), (1.0, 100)])
def test_a_quantile_is_a_value_that_was_measured(part: float, value: float) -> None:
    assert quantile(range(100, 0, -1), part) == value


def test_nothing_measured_is_said_as_such() -> None:
    assert quantile([], 0.5) == 0 and quantiles("nothing", []).split() == ["nothing", "-", "of", "0"]


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
