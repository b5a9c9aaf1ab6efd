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


def faults(settings: Settings, say: Say, *, kills: int, database: str) -> bool:
    """Kill processes under traffic and count what was lost, doubled or forgotten; whether nothing was."""
    from bot.faults.run import run

    return not run(settings, kills=kills, database=database, say=say).wrong


def _redact(settings: Settings, say: Say) -> None:
    """What the redaction finds, by kind and language, on lines that no rule was made for; and what it takes wrongly."""
    from bot.app import App
    from bot.redaction.bench import measure, read_marked, report

    say(report(measure(App(settings).redaction, read_marked(settings.root / "data" / "redaction" / "unseen.txt"))))


BENCHES: Mapping[str, Callable[[Settings, Say], None]] = {"ask": _ask, "redact": _redact, "screen": _screen}
