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


def _redact(settings: Settings, say: Say) -> None:
    """What the redaction finds, by kind and language, on lines that no rule was made for; and what it takes wrongly."""
    from bot.app import App
    from bot.redaction.bench import measure, read_marked, report

    say(report(measure(App(settings).redaction, read_marked(settings.root / "data" / "redaction" / "unseen.txt"))))


def _fuzz(settings: Settings, say: Say) -> None:
    """Hostile input at every public door, on a database of its own: what was tried, and what happened."""
    import logging

    import structlog

    from bot.fuzz import run

    logging.disable(logging.CRITICAL)  # hostile input is refused by the thousand; each refusal would be a line
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if not run(settings, say):
        raise SystemExit(1)


BENCHES: Mapping[str, Callable[[Settings, Say], None]] = {"ask": _ask, "fuzz": _fuzz, "redact": _redact, "screen": _screen}
