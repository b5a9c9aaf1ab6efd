"""``handrail bench``: what is measured, and how to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.settings import Settings

Say = Callable[[str], None]


def _screen(settings: Settings, say: Say) -> None:
    """Recall, false alarms, category and latency on the held-out part of data/safety."""
    from bot.app import App
    from bot.safety.bench import examples, judge, report

    texts = examples(settings.root / "data" / "safety")
    say(report(judge(App(settings).screening, texts)))


def _ask(settings: Settings, say: Say) -> None:
    """Questions that nobody trained on, through the real dialogue: right topic, offered, wrong, outside."""
    from bot.answers.bench import questions, report
    from bot.asking import asked

    for file in sorted((settings.root / "data" / "answers" / "unseen").glob("*.tsv")):
        found = questions(file)
        answers = asked(settings, [{"id": number, "text": q.text} for number, q in enumerate(found)])
        say(f"{file.name}, {len(found)} questions")
        say(report(found, answers))


def _groups(settings: Settings, say: Say) -> None:
    """500 people in two groups, 200 answers in a second through the HTTP doors, and danger texts among them."""
    from bot.group_bench import measure

    say(measure(settings).report())


BENCHES: Mapping[str, Callable[[Settings, Say], None]] = {"ask": _ask, "groups": _groups, "screen": _screen}
