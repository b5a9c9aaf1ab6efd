"""``handrail backup``, ``restore`` and ``keys``: keeping what is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bot import settings as settings_module
from bot.settings import SettingsError

if TYPE_CHECKING:
    from bot.app import App
    from bot.store.backup import Restored

keys_app = typer.Typer(
    help="The keys that words and numbers are sealed with.", no_args_is_help=True, pretty_exceptions_enable=False
)


TO = typer.Argument(..., help="The new file.")
FROM = typer.Argument(..., metavar="FROM", help="A file that `handrail backup` wrote.")


def with_app(act: Callable[[App], Any]) -> Any:
    """Do something with this installation; a refusal is one sentence and an error."""
    from bot.app import App
    from bot.privacy import PrivacyError
    from bot.store.database import StoreError

    try:
        return act(App(settings_module.load()))
    except (SettingsError, StoreError, PrivacyError, OSError) as error:
        typer.echo(f"handrail: {error}", err=True)
        raise typer.Exit(1) from None


@keys_app.command("rotate")
def keys_rotate() -> None:
    """Seal everything stored with the newest of HANDRAIL_SECRET_KEY; may run beside the service, and again."""
    from bot.store.rotation import rotate, under_older_keys

    def act(app: App) -> None:
        app.store.migrate()
        typer.echo(f"{rotate(app.store, app.vault)} values are sealed anew.")
        left, _ = under_older_keys(app.store, app.vault)  # what no key opens has stopped the rotation before
        if left:
            typer.echo(f"{left} more were written meanwhile with an older key: restart every process, then run this again.")

    with_app(act)


def backup(to: Path = TO) -> None:
    """Copy the SQLite database to a file, while the service runs."""
    from bot.store.backup import back_up

    size = with_app(lambda app: back_up(app.store, to))
    typer.echo(f"{to} holds a whole copy ({size} bytes). Keep the key elsewhere.")


def restore(from_: Path = FROM) -> None:
    """Put a copy back; the service must be stopped. What was there is put aside, not deleted."""
    from bot.store.backup import restore as put_back

    def act(app: App) -> Restored:
        restored = put_back(app.store, from_, now=app.now())
        app.store.migrate()
        return restored

    done = with_app(act)
    was = f" What was there is now {done.aside}; it is deleted after a week." if done.aside else ""
    typer.echo(f"The copy is in place.{was} Now run `handrail doctor`.")
    if done.in_doubt:
        typer.echo(f"{done.in_doubt} texts waited to be sent: Twilio is asked about each before it is sent.")
    if done.unanswered:
        typer.echo(f"{done.unanswered} texts waited for an answer, which may have gone out since: they get none now.")
