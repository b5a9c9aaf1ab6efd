"""``handrail staff``: the people who work here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from bot import settings as settings_module
from bot.settings import SettingsError

if TYPE_CHECKING:
    from bot.sign_in import SignIn

staff_app = typer.Typer(help="The people who work here.", no_args_is_help=True, pretty_exceptions_enable=False)

PASSWORD = typer.Option(..., prompt=True, hide_input=True, confirmation_prompt=True)


def with_staff(act: Callable[[SignIn], Any]) -> Any:
    """Do something with the staff of this installation; a refusal is one sentence and an error."""
    from bot.app import App
    from bot.sign_in import StaffError

    try:
        app = App(settings_module.load())
        app.store.migrate()
        return act(app.staff)
    except (SettingsError, StaffError) as error:
        print(f"handrail: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


@staff_app.command("add")
def staff_add(
    username: str,
    first_name: str = typer.Option(..., prompt=True),
    role: str = typer.Option("worker", help="worker, supervisor, facilitator or administrator"),
    password: str = PASSWORD,
) -> None:
    """Add somebody; outside demo mode prints the secret for their authenticator app."""
    secret = with_staff(lambda s: s.add(username=username, first_name=first_name, role=role, password=password))
    print(f"{first_name} can sign in as {username}.")
    if secret:
        print(f"Authenticator secret (shown once): {secret}")


@staff_app.command("list")
def staff_list() -> None:
    """Who works here, and how they are paged."""
    for person in with_staff(lambda s: s.everyone()):
        ways = " and ".join(way for way, address in (("text", person.phone), ("e-mail", person.email)) if address)
        paged = f"paged by {ways}" if ways else "not paged"
        print("\t".join((person.username, person.first_name, person.role, paged, *(("disabled",) if person.disabled else ()))))


@staff_app.command("disable")
def staff_disable(username: str) -> None:
    """End somebody's access, their sessions and their tokens, at once."""
    with_staff(lambda s: s.set_disabled(username, disabled=True))
    print(f"{username} can no longer sign in.")


@staff_app.command("enable")
def staff_enable(username: str) -> None:
    """Let somebody in again."""
    with_staff(lambda s: s.set_disabled(username, disabled=False))
    print(f"{username} can sign in again.")


@staff_app.command("revoke")
def staff_revoke(username: str) -> None:
    """End all sessions and tokens of somebody; they can sign in again."""
    with_staff(lambda s: s.revoke(username))
    print(f"{username} is signed out everywhere.")


@staff_app.command("password")
def staff_password(username: str, password: str = PASSWORD) -> None:
    """Set a new password; it also lifts a lock."""
    with_staff(lambda s: s.set_password(username, password))
    print(f"The password of {username} is set.")


@staff_app.command("contact")
def staff_contact(
    username: str,
    phone: str = typer.Option("", help="Number for pages by text, such as +14165550100; empty takes it out."),
    email: str = typer.Option("", help="Address for pages by e-mail; empty takes it out."),
) -> None:
    """Set where somebody is paged."""
    with_staff(lambda s: s.set_contact(username, phone=phone or None, email=email or None))
    print(f"{username} is paged by {' and '.join(w for w, a in (('text', phone), ('e-mail', email)) if a) or 'nothing'}.")


@staff_app.command("api-token")
def staff_api_token(username: str) -> None:
    """Make a token that lets another system act as somebody (docs/other-desks.md)."""
    token = with_staff(lambda s: s.api_token(username))
    print(f"Token (shown once): {token}")
