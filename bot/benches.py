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


BENCHES: Mapping[str, Callable[[Settings, Say], None]] = {"screen": _screen}
