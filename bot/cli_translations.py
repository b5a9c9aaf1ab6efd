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
            typer.echo(f"{row.lang}  {row.module}/{row.lesson}: {row.state}")
    for lang in LANGUAGES:
        own = [row.state for row in rows if row.lang == lang]
        counts = (f"{own.count(state)} {state}" for state in ("fresh", "stale", "unmarked", "missing"))
        typer.echo(f"{lang}: {', '.join(counts)}")


@translations_app.command("start")
def begin(module: str, lang: str) -> None:
    """Write a draft in a language beside the English words; nothing reads it until it is renamed."""
    from bot.lessons.translating import start

    draft = _made(lambda folder, catalog: start(catalog, folder, module=module, lang=_known(lang)))
    typer.echo(f"{draft} is written: put every text into {lang}, then rename it to {lang}.yml.")


@translations_app.command("mark")
def marked(module: str, lang: str) -> None:
    """Say that a translation was read against the English as it is now."""
    from bot.lessons.translating import mark

    lessons = _made(lambda folder, catalog: mark(catalog, folder, module=module, lang=_known(lang)))
    typer.echo(f"Marked as made from the English of today: {', '.join(lessons)}.")


def lessons_folder() -> Path:
    """The lessons of this installation; raises SettingsError."""
    return settings_module.load().content / "lessons"


def _made(act: Callable[[Path, Catalog], Any]) -> Any:
    """Do something with the lessons of this installation; a refusal is one sentence and an error."""
    from bot.lessons.catalog import Catalog
    from bot.lessons.model import LessonError

    try:
        folder = lessons_folder()
        return act(folder, Catalog.load(folder))
    except (SettingsError, LessonError) as error:
        typer.echo(f"handrail: {error}", err=True)
        raise typer.Exit(1) from None


def _known(lang: str) -> str:
    if lang not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        typer.echo(f"handrail: {lang!r} is no language that lessons are translated into: write one of {known}.", err=True)
        raise typer.Exit(1)
    return lang
