"""The ``handrail`` command. Every part is imported when it is asked for, so that ``--help`` is quick."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Optional

import typer
from rich.console import Console

from bot import settings as settings_module
from bot.cli_keep import backup, keys_app, restore
from bot.cli_plan import plan_desk, plan_machines
from bot.cli_staff import staff_app
from bot.cli_translations import translations_app
from bot.settings import Settings, SettingsError

main = typer.Typer(
    name="handrail",
    help="Handrail: lessons and answers by text, and a person when it matters.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a pretty traceback prints local variables, and those can hold words
)
serve_app = typer.Typer(help="Start everything, or one process of it.", invoke_without_command=True)
main.add_typer(serve_app, name="serve")
main.add_typer(staff_app, name="staff")
main.add_typer(translations_app, name="translations")
main.add_typer(keys_app, name="keys")
main.command()(backup)
main.command()(restore)
main.command("plan-desk")(plan_desk)
main.command("plan-machines")(plan_machines)

console = Console(highlight=False)


def fail(sentence: object) -> typer.Exit:
    """Say one sentence and end with an error."""
    print(f"handrail: {sentence}", file=sys.stderr)
    return typer.Exit(1)


def load_settings() -> Settings:
    """The settings, or one sentence and the end."""
    try:
        return settings_module.load()
    except SettingsError as error:
        raise fail(error) from None


@serve_app.callback()
def serve(context: typer.Context) -> None:
    """Start everything and stay until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    from bot.serve import start

    start.everything(load_settings(), say=console.print, fail=fail)


@serve_app.command("gateway")
def serve_gateway() -> None:
    """The public and the staff listener."""
    from bot.serve import start

    start.gateway(load_settings(), fail=fail)


@serve_app.command("outbox")
def serve_outbox() -> None:
    """Sends texts and moves the clocks."""
    from bot.serve import start

    start.outbox(load_settings(), fail=fail)


@serve_app.command("engine")
def serve_engine() -> None:
    """The dialogue engine, on loopback."""
    from bot.serve import start

    start.engine(load_settings(), fail=fail)


@serve_app.command("phone")
def serve_phone() -> None:
    """The demo's make-believe phone."""
    from bot.serve import start

    start.phone(load_settings(), fail=fail)


@main.command()
def train(force: bool = typer.Option(False, help="Train even when nothing changed.")) -> None:
    """Build the models: screening, answers, dialogue. Quick when nothing changed."""
    from bot.training import TrainingError, train_everything

    try:
        train_everything(load_settings(), say=console.print, force=force)
    except TrainingError as error:
        raise fail(error) from None


@main.command()
def lint() -> None:
    """Check every word, lesson, answer and line; says what to mend."""
    from bot.app import utc_now
    from bot.lint import lint as check

    found = check(load_settings().content, today=utc_now().date())
    for sentence in found:
        print(sentence)
    if found:
        raise fail(f"{len(found)} to mend.")
    print("All content is in order.")


@main.command()
def screen() -> None:
    """Screen JSON lines {"id","text"[,"lang"]} from standard input, in order."""
    from bot.app import App

    screening = App(load_settings()).screening
    for line in _json_lines():
        verdict = screening.screen(str(line.get("text", "")))
        _print_json({"id": line.get("id"), **verdict.to_json()})


@main.command()
def ask() -> None:
    """Ask JSON lines {"id","text"[,"band","lang","region"]}: each a fresh thread through the real engine."""
    from bot.asking import AskingError, asked

    try:
        for answer in asked(load_settings(), list(_json_lines())):
            _print_json(answer)
    except AskingError as error:
        raise fail(error) from None


@main.command()
def talk(band: Optional[str] = None, region: Optional[str] = None, lang: str = "en") -> None:
    """Talk to it in the terminal; `handrail serve` must be running."""
    from bot.channels.console import ConsoleError
    from bot.channels.console import talk as converse

    try:
        converse(load_settings(), band=band, region=region, lang=lang)
    except ConsoleError as error:
        raise fail(error) from None


@main.command()
def preview(
    module: str = typer.Argument(..., help="The module's folder under content/lessons."),
    band: str = typer.Option("13-15", help="9-12, 13-15, 16-18, or adult."),
    channel: str = typer.Option("sms", help="sms or web."),
    lesson: Optional[str] = typer.Option(None, help="One of its lessons; the first when left out."),
    lang: str = typer.Option("en", help="en, es or fr; what nobody has written yet is said in English."),
    all_steps: bool = typer.Option(False, "--all", help="Print every step of every lesson instead of playing one."),
) -> None:
    """Play a lesson in the terminal exactly as it will be sent. Ctrl-D ends it."""
    from bot.cli_preview import PreviewError, play, print_all

    try:
        show = print_all if all_steps else play
        show(load_settings(), module=module, band=band, channel=channel, lesson=lesson, lang=lang, say=print)
    except PreviewError as error:
        raise fail(error) from None


@main.command()
def doctor() -> None:
    """Look for anything inconsistent, and explain it."""
    from bot.doctor import examine

    well = True
    for finding in examine(load_settings()):
        print(("ok   " if finding.well else "MEND ") + finding.sentence, flush=True)
        well = well and finding.well
    if not well:
        raise typer.Exit(1)


@main.command("help-page")
def help_page(folder: Path = typer.Argument(..., help="Where the files go; a proxy serves them when we are away.")) -> None:
    """Write the page of help lines that needs no server: one file a language."""
    from bot.app import App
    from bot.web.youth_now import write

    app = App(load_settings())
    for file in write(app, folder, today=app.now().date()):
        print(file)


@main.command()
def bench(
    what: list[str] = typer.Argument(None, help="What to measure, such as: screen turn webhook. Without: the list."),
    kills: int = typer.Option(40, help="faults: how often a process is killed."),
    database: str = typer.Option("sqlite", help="faults: sqlite or postgresql."),
) -> None:
    """Measure, and say how it was measured."""
    from bot.app import utc_now
    from bot.bench.installation import BenchError
    from bot.benches import BENCHES, run

    unknown = [name for name in what or () if name not in BENCHES]
    if unknown:
        raise fail(f"There is no bench {unknown[0]!r}: use one of {', '.join(sorted(BENCHES))}.")
    if not what:
        for name, measure in BENCHES.items():
            print(f"{name:<10} {measure.__doc__}")
        return
    try:
        run(load_settings(), what, lambda line: print(line, flush=True), now=utc_now(), kills=kills, database=database)
    except BenchError as error:
        raise fail(error) from None


def _json_lines() -> Any:
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            read = json.loads(line)
        except ValueError:
            raise fail(f"Line {number} is not JSON: write one object a line.") from None
        if not isinstance(read, dict):
            raise fail(f"Line {number} is not an object: write one {{...}} a line.")
        yield read


def _print_json(data: dict[str, Any]) -> None:
    print(json.dumps(data, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
