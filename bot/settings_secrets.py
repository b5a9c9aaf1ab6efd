"""The secrets among the settings: the keys, Twilio's account, the webhook that is told of cases.

Promises: outside the demo nothing weak, copied from somewhere or made for the demo is taken for a secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.addresses import HERE, SettingsError
from bot.privacy import LEAST_SECRET, is_weak


@dataclass(frozen=True)
class Twilio:
    """The account that sends and receives texts; ``api_url`` lets a bench stand in for Twilio."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    api_url: str = "https://api.twilio.com"
    per_second: float = 10.0


@dataclass(frozen=True)
class Webhook:
    """Where case events are sent for another system's desk, and the secret that signs them."""

    url: str
    secret: str = field(repr=False)


DEMO_TWILIO = ("AC" + "0" * 32, "demo-auth-token-demo-auth-token-0", "+15005550006")


def secret_keys(given: Mapping[str, str], *, demo: bool, var: Path) -> tuple[str, ...]:
    """The ring of keys, newest first. Raises SettingsError for one that is weak or the demo's."""
    keys = tuple(k.strip() for k in given.get("HANDRAIL_SECRET_KEY", "").split(",") if k.strip())
    if not keys and demo:
        return (_demo_key(var / "demo-secret"),)
    if not keys:
        raise SettingsError("HANDRAIL_SECRET_KEY is missing: set it to a random text, such as `openssl rand -hex 32` prints.")
    for key in keys:
        if is_weak(key):
            raise SettingsError(
                f"HANDRAIL_SECRET_KEY is too weak: use at least {LEAST_SECRET} random characters (`openssl rand -hex 32`)."
            )
        if not demo and (var / "demo-secret").exists() and key == _demo_key(var / "demo-secret"):
            raise SettingsError(
                "HANDRAIL_SECRET_KEY is the demo's own key: make another for real use (`openssl rand -hex 32`)."
            )
    return keys


def _demo_key(file: Path) -> str:
    """Demo mode keeps one made-up key, so that a second start can read the first one's data."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32), encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def twilio(given: Mapping[str, str], *, demo: bool, demo_api: str) -> Twilio:
    """The account; the demo stands in with its own phone at ``demo_api``. Raises SettingsError."""
    names = ("HANDRAIL_TWILIO_ACCOUNT_SID", "HANDRAIL_TWILIO_AUTH_TOKEN", "HANDRAIL_TWILIO_FROM")
    missing = [n for n in names if not given.get(n)]
    if missing and not demo:
        raise SettingsError(
            f"{missing[0]} is missing: copy it from your Twilio console, or set HANDRAIL_DEMO=1 to try without."
        )
    sid, token, sender = DEMO_TWILIO if missing else tuple(given[n] for n in names)
    if not demo and is_weak(token):
        raise SettingsError(
            "HANDRAIL_TWILIO_AUTH_TOKEN is not one that Twilio gives: copy it whole. Who guesses it can write as anybody."
        )
    api_url = given.get("HANDRAIL_TWILIO_API_URL") or (demo_api if missing else "https://api.twilio.com")
    if not _travels_sealed(api_url, demo=demo):
        raise SettingsError(
            "HANDRAIL_TWILIO_API_URL must be an https address: its token, numbers and words may not travel in the open."
        )
    return Twilio(account_sid=sid, auth_token=token, sender=sender, api_url=api_url)


def webhook(given: Mapping[str, str], *, demo: bool) -> Webhook | None:
    """Where case events go, if anywhere. Raises SettingsError."""
    url, secret = given.get("HANDRAIL_WEBHOOK_URL"), given.get("HANDRAIL_WEBHOOK_SECRET", "")
    if not url:
        return None
    if not _travels_sealed(url, demo=demo):
        raise SettingsError("HANDRAIL_WEBHOOK_URL must be an https address: case events may not travel in the open.")
    if is_weak(secret):
        raise SettingsError(f"HANDRAIL_WEBHOOK_SECRET is missing or weak: use at least {LEAST_SECRET} random characters.")
    return Webhook(url=url, secret=secret)


def _travels_sealed(url: str, *, demo: bool) -> bool:
    """Whether what is sent to an address goes over https, or never leaves this machine; the demo holds nobody's secrets."""
    scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    return scheme == "https" or (scheme == "http" and (demo or host in HERE))
