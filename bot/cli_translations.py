"""``handrail translations``: what is missing or stale in each language, and the two steps of writing one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bot import settings as settings_module
from bot.settings import SettingsError

if TYPE_CHECKING:
    from bot.lessons.catalog import Catalog

LANGUAGES = ("es", "fr")

translations_app = typer.Typer(
    help="Lessons in other languages: what is missing or stale, start one, mark one as read.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@translations_app.command("list")
def show(all_lessons: bool = typer.Option(False, "--all", help="Fresh ones too.")) -> None:
    """Every lesson that is missing in a language, stale since the English changed, or never marked."""
    from bot.lessons.translating import standings

    rows = _made(lambda _, catalog: list(standings(catalog, LANGUAGES)))
    for row in rows:
        if all_lessons or row.state != "fresh":
            pass
    for lang in LANGUAGES:
        own = [row.state for row in rows if row.lang == lang]
        ", ".join(f"{own.count(state)} {state}" for state in ("fresh", "stale", "unmarked", "missing"))


@translations_app.command("start")
def begin(module: str, lang: str) -> None:
    """Write a draft in a language beside the English words; nothing reads it until it is renamed."""
    from bot.lessons.translating import start

    _made(lambda folder, catalog: start(catalog, folder, module=module, lang=_known(lang)))


@translations_app.command("mark")
def marked(module: str, lang: str) -> None:
    """Say that a translation was read against the English as it is now."""
    from bot.lessons.translating import mark

    _made(lambda folder, catalog: mark(catalog, folder, module=module, lang=_known(lang)))


def _made(act: Callable[[Path, Catalog], Any]) -> Any:
    """Do something with the lessons of this installation; a refusal is one sentence and an error."""
    from bot.lessons.catalog import Catalog
    from bot.lessons.model import LessonError

    try:
        folder = settings_module.load().content / "lessons"
        return act(folder, Catalog.load(folder))
    except (SettingsError, LessonError):
        raise typer.Exit(1) from None


def _known(lang: str) -> str:
    if lang not in LANGUAGES:
        raise typer.Exit(1)
    return lang
