"""``handrail bench``: what is measured, and how to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.settings import Settings


def _screen(settings: Settings) -> None:
    from bot.safety.bench import main

    main(settings.root, settings.models / "safety")


BENCHES: Mapping[str, Callable[[Settings], None]] = {"screen": _screen}
