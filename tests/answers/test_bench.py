"""What `handrail bench ask` prints is what was counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.answers.bench import Question, UnreadableQuestion, questions, report


def said(
    topic: str | None, *, answer: str | None = None, or_topic: str | None = None, sure: str | None = None
) -> dict[str, Any]:
    return {"topic": topic, "answer": answer, "or_topic": or_topic, "sure": sure}


def test_each_figure_counts_what_its_line_says() -> None:
    asked = [Question("grooming", "a"), Question("red_flags", "b"), Question("red_flags", "c"), Question("out_of_scope", "d")]
    answers = [
        said("grooming", answer="grooming_what", sure="sure"),
        said("grooming", or_topic="red_flags", sure="unsure"),
        said("grooming", answer="grooming_what", sure="sure"),
        said("out_of_scope"),
    ]
    lines = report(asked, answers).splitlines()
    assert [line.split()[-1] for line in lines[:6]] == ["1/3", "2/3", "1/3", "0/3", "1/1", "0/1"]
    assert "red_flags taken for grooming: 2" in lines[7]


def test_questions_are_read_and_empty_lines_left_out(tmp_path: Path) -> None:
    (tmp_path / "q.tsv").write_text("grooming|what | is it\n\n", encoding="utf-8")
    assert questions(tmp_path / "q.tsv") == [Question("grooming", "what | is it")]


@pytest.mark.parametrize("line", ["no bar", "red_flags|", "grooming\twhat is it"])
def test_a_line_that_is_no_question_is_refused_and_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "q.tsv").write_text(f"grooming|what is it\n{line}\n", encoding="utf-8")
    with pytest.raises(UnreadableQuestion, match=r"q\.tsv, line 2: write the topic, a bar"):
        questions(tmp_path / "q.tsv")
