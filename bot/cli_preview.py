"""``handrail preview``: a lesson played by hand in the terminal, or all of its steps in a row."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from bot.lessons.catalog import Catalog, LessonError
from bot.lessons.model import Module
from bot.lessons.preview import CHANNELS, Preview, every_step, size
from bot.settings import Settings

Say = Callable[[str], None]


class PreviewError(Exception):
    """It cannot be shown; the sentence says what there is instead."""


def play(settings: Settings, *, module: str, band: str, channel: str, lesson: str | None, lang: str, say: Say) -> None:
    """Play one lesson with what is typed; raises PreviewError."""
    catalog = _catalog(settings)
    found = _checked(catalog, module, band, channel, lesson)
    chosen = lesson or found.lessons[0].id
    say(f"{catalog.title(found.id, chosen, lang)} ({found.id}/{chosen}, {band}, {channel}, {lang})\n")
    played = Preview(catalog, channel=channel, values={"service": settings.service_name})
    messages = played.begin(module=found.id, lesson=chosen, band=band, lang=lang)
    for typed in _typed():
        _show(messages, channel, say)
        if played.ended:
            return
        if typed is None:
            say("(Left before its end.)")
            return
        say(f"you> {typed}\n")
        messages = played.answer(typed)
    _show(messages, channel, say)


def print_all(settings: Settings, *, module: str, band: str, channel: str, lesson: str | None, lang: str, say: Say) -> None:
    """Print every step with what follows each option; raises PreviewError."""
    catalog = _catalog(settings)
    found = _checked(catalog, module, band, channel, lesson)
    for each in (entry.id for entry in found.lessons if lesson in (None, entry.id)):
        say(f"== {catalog.title(found.id, each, lang)} ({found.id}/{each}, {band}, {channel}, {lang})\n")
        values = {"service": settings.service_name}
        steps = every_step(catalog, module=found.id, lesson=each, band=band, lang=lang, channel=channel, values=values)
        for name, message, after in steps:
            say(f"-- {name}")
            _show([message, *after], channel, say)


def _catalog(settings: Settings) -> Catalog:
    try:
        return Catalog.load(settings.content / "lessons")
    except LessonError as error:
        raise PreviewError(str(error)) from error


def _show(messages: list[str], channel: str, say: Say) -> None:
    for message in messages:
        say(message)
        if channel == "sms" and not message.startswith("("):
            say(f"   ~ {size(message)}")
        say("")


def _typed() -> Iterator[str | None]:
    """A line at a time as somebody types it, then None."""
    yield from (line.strip() for line in sys.stdin)
    yield None


def _checked(catalog: Catalog, module: str, band: str, channel: str, lesson: str | None) -> Module:
    try:
        found = catalog.module(module)
    except KeyError:
        known = ", ".join(each.id for each in (*catalog.modules, *catalog.for_adults))
        raise PreviewError(f"There is no module {module!r}: use one of {known}.") from None
    if band not in found.bands:
        raise PreviewError(f"{module} has no band {band!r}: use one of {', '.join(found.bands)}.")
    if channel not in CHANNELS:
        raise PreviewError(f"There is no channel {channel!r}: use sms or web.")
    if lesson is not None and lesson not in {each.id for each in found.lessons}:
        raise PreviewError(f"{module} has no lesson {lesson!r}: use one of {', '.join(each.id for each in found.lessons)}.")
    return found
