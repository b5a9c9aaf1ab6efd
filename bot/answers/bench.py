"""What ``handrail bench ask`` reports: how well questions that nobody trained on find the topic they are about. Pure.

The questions are in data/answers/unseen (its README says who wrote them), one "topic|text" a line. Judged is what a young
person would get from ``handrail ask``: an answer at once, or a choice of two, or "not what this is for".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answers.finder import OUTSIDE
from bot.shares import share


@dataclass(frozen=True)
class Question:
    """A text and the topic it is about."""

    topic: str
    text: str


class UnreadableQuestion(ValueError):
    """A line that is no question; the sentence says which, and what to write."""


def questions(file: Path) -> list[Question]:
    """The questions of a file, a line each: "topic|text". Empty lines are left out; raises UnreadableQuestion for any other."""
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        topic, bar, text = (part.strip() for part in line.partition("|"))
        if topic and not (bar and text):
            raise UnreadableQuestion(
                f"{file.name}, line {number}: write the topic, a bar and the question, as in topic|question."
            )
        if text:
            found.append(Question(topic, text))
    return found


def report(asked: Sequence[Question], answers: Sequence[Mapping[str, Any]]) -> str:
    """The figures and the confusions, as lines. ``answers`` are those of ``handrail ask``, in the same order."""
    both = list(zip(asked, answers, strict=True))
    inside = [(q, a) for q, a in both if q.topic != OUTSIDE]
    outside = [(q, a) for q, a in both if q.topic == OUTSIDE]
    return "\n".join(
        [
            share("right topic answered at once", sum(_at_once(q, a) for q, a in inside), len(inside)),
            share("right topic at once, or among what is offered", sum(_offered(q, a) for q, a in inside), len(inside)),
            share("another topic said as sure", sum(_wrong(q, a, "sure") for q, a in inside), len(inside)),
            share("another topic said as likely", sum(_wrong(q, a, "likely") for q, a in inside), len(inside)),
            share("not a question of ours: seen as such", sum(a["topic"] == OUTSIDE for _, a in outside), len(outside)),
            share("not a question of ours: answered as sure", sum(a["sure"] == "sure" for _, a in outside), len(outside)),
            *_confusions(both),
        ]
    )


def _at_once(question: Question, answer: Mapping[str, Any]) -> bool:
    return answer["answer"] is not None and answer["topic"] == question.topic


def _offered(question: Question, answer: Mapping[str, Any]) -> bool:
    return question.topic in (answer["topic"], answer["or_topic"])


def _wrong(question: Question, answer: Mapping[str, Any], sure: str) -> bool:
    return bool(answer["sure"] == sure and answer["topic"] != question.topic)


def _confusions(both: Sequence[tuple[Question, Mapping[str, Any]]]) -> Iterator[str]:
    found = Counter((q.topic, a["topic"] or "no topic") for q, a in both if a["topic"] != q.topic)
    yield "most often taken for another:"
    for (meant, taken), count in found.most_common(12):
        yield f"  {meant} taken for {taken}: {count}"
