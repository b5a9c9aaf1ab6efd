"""``handrail bench``: what can be measured, and how to run it. A bench is a function here and a line in ``BENCHES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from bot.bench.machine import described
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
    from bot.answers.bench import UnreadableQuestion, questions, report
    from bot.asking import asked
    from bot.bench.installation import BenchError

    try:
        sets = {file: questions(file) for file in sorted((settings.root / "data" / "answers" / "unseen").glob("*.tsv"))}
    except UnreadableQuestion as error:
        raise BenchError(str(error)) from error
    for file, found in sets.items():
        answers = asked(settings, [{"id": number, "text": q.text} for number, q in enumerate(found)])
        say(f"{file.name}, {len(found)} questions")
        say(report(found, answers))


def _faults(settings: Settings, say: Say, *, kills: int = 40, database: str = "sqlite") -> None:
    """Processes killed under traffic (--kills, --database): what was lost, doubled or forgotten."""
    from bot.bench.installation import BenchError
    from bot.faults.run import FaultsError
    from bot.faults.run import run as kill_and_count

    if database not in ("sqlite", "postgresql"):
        raise BenchError(f"There is no bench on {database!r}: use sqlite or postgresql.")
    try:
        counted = kill_and_count(settings, kills=kills, database=database, say=say)
    except FaultsError as error:
        raise BenchError(str(error)) from error
    if counted.wrong:
        raise BenchError("Something was lost, doubled or forgotten.")


def _redact(settings: Settings, say: Say) -> None:
    """What the redaction finds, by kind and language, on lines that no rule was made for; and what it takes wrongly."""
    from bot.app import App
    from bot.redaction.bench import measure, read_marked, report

    say(report(measure(App(settings).redaction, read_marked(settings.root / "data" / "redaction" / "unseen.txt"))))


def _turn(settings: Settings, say: Say) -> None:
    """One turn, and turns a second, beside Rasa's own starter bot (which is trained at first use)."""
    from bot.bench.turns import bench_turn

    bench_turn(settings, say)


def _long(settings: Settings, say: Say) -> None:
    """The same turn at 10, 100 and 500 of one thread, beside Rasa's own starter bot; some minutes."""
    from bot.bench.turns import bench_long

    bench_long(settings, say)


def _webhook(settings: Settings, say: Say) -> None:
    """Webhook acknowledgement at 50 and 200 texts a second with danger mixed in, and when the desk sees it."""
    from bot.bench.traffic import bench_webhook

    bench_webhook(settings, say)


def _chat(settings: Settings, say: Say) -> None:
    """Web chat: from sending a message to its reply on the page's stream."""
    from bot.bench.traffic import bench_chat

    bench_chat(settings, say)


def _backlog(settings: Settings, say: Say) -> None:
    """Ten minutes of texts that nobody answered: how long until all are answered and sent."""
    from bot.bench.traffic import bench_backlog

    bench_backlog(settings, say)


def _start(settings: Settings, say: Say) -> None:
    """Start-up and idle memory of each process, beside Rasa's own starter bot."""
    from bot.bench.starting import bench_start

    bench_start(settings, say)


def _groups(settings: Settings, say: Say) -> None:
    """500 people in one group with their pages open, 200 answers in a second, and danger by chat, page and text among them."""
    from bot.bench.groups import measure

    say(measure(settings).report())


def _fuzz(settings: Settings, say: Say) -> None:
    """Hostile input at every public door, on a database of its own: what was tried, and what happened."""
    import logging

    import structlog

    from bot.fuzz import run

    logging.disable(logging.CRITICAL)  # hostile input is refused by the thousand; each refusal would be a line
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if not run(settings, say):
        raise SystemExit(1)


BENCHES: Mapping[str, Callable[[Settings, Say], None]] = {
    "screen": _screen,
    "ask": _ask,
    "turn": _turn,
    "long": _long,
    "webhook": _webhook,
    "chat": _chat,
    "start": _start,
    "backlog": _backlog,
    "groups": _groups,
    "redact": _redact,
    "faults": _faults,
    "fuzz": _fuzz,
}


def run(
    settings: Settings, names: Sequence[str], say: Say, *, now: datetime, kills: int = 40, database: str = "sqlite"
) -> None:
    """Run benches one after the other, each under a line that says on what machine and how it was taken."""
    benches: dict[str, Callable[[Settings, Say], None]] = {
        **BENCHES,
        "faults": partial(_faults, kills=kills, database=database),
    }
    for name in names:
        say(f"== {name}: {BENCHES[name].__doc__}")
        say(f"   {described(now)}")
        benches[name](settings, say)
