"""Frozen settings: the only reader of the environment.

Every setting is an environment variable ``HANDRAIL_*`` (also from ``.env``), described in
docs/settings.md; a test compares the two. A wrong setting is one clear sentence at start.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

LEAST_SECRET = 32
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which one and what to do."""


@dataclass(frozen=True)
class Address:
    """Where a listener binds."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as something to open."""
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class Twilio:
    """The account that sends and receives texts; ``api_url`` lets a bench stand in for Twilio."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    api_url: str = "https://api.twilio.com"


@dataclass(frozen=True)
class Webhook:
    """Where case events are sent for another system's desk, and the secret that signs them."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """Everything that can differ between two installations."""

    root: Path
    var: Path
    demo: bool
    service_name: str
    page_title: str
    database_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    public_url: str
    public: Address
    staff: Address
    engine: Address
    demo_phone: Address
    twilio: Twilio
    languages: tuple[str, ...]
    region: str | None
    time_zone: str
    staff_url: str
    smtp_url: str | None = field(repr=False)
    mail_from: str
    webhook: Webhook | None
    exit_url: str
    embed_origins: tuple[str, ...]
    engine_patience: float
    log_level: str

    @property
    def content(self) -> Path:
        """The reviewed words."""
        return self.root / "content"

    @property
    def models(self) -> Path:
        """What ``handrail train`` builds."""
        return self.var / "models"


DESCRIPTIONS: Mapping[str, str] = {
    "HANDRAIL_DEMO": "1 = demo mode, 0 = real. Without it: demo until a secret key is set.",
    "HANDRAIL_SERVICE_NAME": "The name young people see. Default: Handrail.",
    "HANDRAIL_PAGE_TITLE": "The neutral title of the chat page. Default: Notes.",
    "HANDRAIL_DATABASE_URL": "SQLite or PostgreSQL. Default: var/handrail.db.",
    "HANDRAIL_SECRET_KEY": "At least 32 characters; newest first, older ones after commas. "
    "Encrypts numbers and words, signs pseudonyms. Demo mode makes its own.",
    "HANDRAIL_PUBLIC_URL": "The address Twilio calls, as Twilio knows it. Default: the public listener.",
    "HANDRAIL_PUBLIC_BIND": "Public listener. Default: 127.0.0.1:8080.",
    "HANDRAIL_STAFF_BIND": "Staff listener; keep it on a private network. Default: 127.0.0.1:8081.",
    "HANDRAIL_ENGINE_BIND": "The dialogue engine; loopback only. Default: 127.0.0.1:8082.",
    "HANDRAIL_DEMO_PHONE_BIND": "Demo mode's make-believe phone. Default: 127.0.0.1:8083.",
    "HANDRAIL_TWILIO_ACCOUNT_SID": "Your Twilio account.",
    "HANDRAIL_TWILIO_AUTH_TOKEN": "Its auth token; it also checks the signature of every webhook.",
    "HANDRAIL_TWILIO_FROM": "The number (+1...) or messaging service (MG...) that sends.",
    "HANDRAIL_TWILIO_API_URL": "Twilio's API. Default: https://api.twilio.com; demo mode uses its own phone.",
    "HANDRAIL_LANGUAGES": "Languages that are screened and spoken, after commas. Default: en,es,fr.",
    "HANDRAIL_REGION": "Region to assume when a young person has not said one, such as CA. Default: none.",
    "HANDRAIL_TIME_ZONE": "The zone new shifts of the rota are written in, such as America/Toronto. Default: UTC.",
    "HANDRAIL_STAFF_URL": "The desk's address as staff open it, named in pages. Default: the staff listener.",
    "HANDRAIL_SMTP_URL": "Mail server that pages staff, smtp://user:password@host:587 or smtps://. Default: none.",
    "HANDRAIL_MAIL_FROM": "The sender of those e-mails. Needed with a mail server.",
    "HANDRAIL_WEBHOOK_URL": "Where case events go, for another system's desk. Default: none.",
    "HANDRAIL_WEBHOOK_SECRET": "Signs those events; at least 32 characters. Needed with a webhook.",
    "HANDRAIL_EXIT_URL": "Where quick exit goes. Default: https://www.google.com/search?q=weather.",
    "HANDRAIL_EMBED_ORIGINS": "Sites that may show the chat inside their pages, such as https://www.school.example, after "
    "commas. Default: none; demo mode: its own example page.",
    "HANDRAIL_ENGINE_PATIENCE": "Seconds to wait for the engine before saying so. Default: 4.",
    "HANDRAIL_VAR": "Folder for the database, models and logs. Default: var/ beside the code.",
    "HANDRAIL_LOG_LEVEL": "debug, info, warning or error. Default: info.",
}

DEMO_TWILIO = ("AC" + "0" * 32, "demo-auth-token-demo-auth-token-0", "+15005550006")


def load(environment: Mapping[str, str] | None = None, *, root: Path | None = None) -> Settings:
    """Read the settings from the environment over ``.env`` beside the code.

    Raises SettingsError with one sentence naming the setting and what to do.
    """
    place = root or Path(__file__).resolve().parent.parent
    given = dict(environment) if environment is not None else _from_machine(place)
    _refuse_unknown(given)
    var = Path(given.get("HANDRAIL_VAR") or place / "var")
    demo = _demo(given)
    public = _address(given, "HANDRAIL_PUBLIC_BIND", "127.0.0.1:8080")
    staff = _address(given, "HANDRAIL_STAFF_BIND", "127.0.0.1:8081")
    phone = _address(given, "HANDRAIL_DEMO_PHONE_BIND", "127.0.0.1:8083")
    return Settings(
        root=place,
        var=var,
        demo=demo,
        service_name=given.get("HANDRAIL_SERVICE_NAME") or "Handrail",
        page_title=given.get("HANDRAIL_PAGE_TITLE") or "Notes",
        database_url=_database_url(given, var),
        secret_keys=_secret_keys(given, demo=demo, var=var),
        public_url=(given.get("HANDRAIL_PUBLIC_URL") or public.url).rstrip("/"),
        public=public,
        staff=staff,
        engine=_loopback(_address(given, "HANDRAIL_ENGINE_BIND", "127.0.0.1:8082")),
        demo_phone=_loopback(phone),
        twilio=_twilio(given, demo=demo, phone=phone),
        languages=tuple(w.strip() for w in (given.get("HANDRAIL_LANGUAGES") or "en,es,fr").split(",") if w.strip()),
        region=given.get("HANDRAIL_REGION") or None,
        time_zone=_time_zone(given),
        staff_url=(given.get("HANDRAIL_STAFF_URL") or staff.url).rstrip("/"),
        smtp_url=_smtp_url(given),
        mail_from=given.get("HANDRAIL_MAIL_FROM", ""),
        webhook=_webhook(given, demo=demo),
        exit_url=_exit_url(given),
        embed_origins=_embed_origins(given, demo=demo, example=phone),
        engine_patience=_seconds(given, "HANDRAIL_ENGINE_PATIENCE", 4.0),
        log_level=_log_level(given),
    )


def _from_machine(root: Path) -> dict[str, str]:
    written = {k: v for k, v in dotenv_values(root / ".env").items() if v is not None}
    named = {**written, **os.environ}
    return {k: v for k, v in named.items() if k.startswith("HANDRAIL_")}


def _refuse_unknown(given: Mapping[str, str]) -> None:
    for name in given:
        if name.startswith("HANDRAIL_") and name not in DESCRIPTIONS:
            raise SettingsError(f"{name} is not a setting: see docs/settings.md for the names, or remove it.")


def _demo(given: Mapping[str, str]) -> bool:
    asked = given.get("HANDRAIL_DEMO", "")
    if asked not in ("", "0", "1"):
        raise SettingsError(f"HANDRAIL_DEMO is {asked!r}: set it to 1 for the demo or 0 for real use.")
    return asked == "1" if asked else not given.get("HANDRAIL_SECRET_KEY")


def _address(given: Mapping[str, str], name: str, default: str) -> Address:
    host, _, port = (given.get(name) or default).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"{name} is {given.get(name)!r}: write it as host:port, such as {default}.")
    return Address(host=host, port=int(port))


def _loopback(address: Address) -> Address:
    if address.host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError(f"{address.host}:{address.port} must stay on this machine: bind it to 127.0.0.1.")
    return address


def _database_url(given: Mapping[str, str], var: Path) -> str:
    url = given.get("HANDRAIL_DATABASE_URL") or f"sqlite:///{var / 'handrail.db'}"
    if urlsplit(url).scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        raise SettingsError("HANDRAIL_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    return url


def _secret_keys(given: Mapping[str, str], *, demo: bool, var: Path) -> tuple[str, ...]:
    keys = tuple(k.strip() for k in given.get("HANDRAIL_SECRET_KEY", "").split(",") if k.strip())
    if not keys and demo:
        return (_demo_key(var / "demo-secret"),)
    if not keys:
        raise SettingsError("HANDRAIL_SECRET_KEY is missing: set it to a random text, such as `openssl rand -hex 32` prints.")
    for key in keys:
        if len(key) < LEAST_SECRET or len(set(key)) < 8:
            raise SettingsError(
                f"HANDRAIL_SECRET_KEY is too weak: use at least {LEAST_SECRET} random characters (`openssl rand -hex 32`)."
            )
    return keys


def _demo_key(file: Path) -> str:
    """Demo mode keeps one made-up key, so that a second start can read the first one's data."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32), encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def _twilio(given: Mapping[str, str], *, demo: bool, phone: Address) -> Twilio:
    names = ("HANDRAIL_TWILIO_ACCOUNT_SID", "HANDRAIL_TWILIO_AUTH_TOKEN", "HANDRAIL_TWILIO_FROM")
    missing = [n for n in names if not given.get(n)]
    if missing and not demo:
        raise SettingsError(
            f"{missing[0]} is missing: copy it from your Twilio console, or set HANDRAIL_DEMO=1 to try without."
        )
    sid, token, sender = DEMO_TWILIO if missing else tuple(given[n] for n in names)
    default = phone.url if missing else "https://api.twilio.com"
    return Twilio(account_sid=sid, auth_token=token, sender=sender, api_url=given.get("HANDRAIL_TWILIO_API_URL") or default)


def _time_zone(given: Mapping[str, str]) -> str:
    name = given.get("HANDRAIL_TIME_ZONE") or "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"HANDRAIL_TIME_ZONE is {name!r}: write a zone such as America/Toronto.") from None
    return name


def _smtp_url(given: Mapping[str, str]) -> str | None:
    url = given.get("HANDRAIL_SMTP_URL") or None
    if url and urlsplit(url).scheme not in ("smtp", "smtps"):
        raise SettingsError("HANDRAIL_SMTP_URL must begin with smtp:// or smtps://.")
    if url and not given.get("HANDRAIL_MAIL_FROM"):
        raise SettingsError("HANDRAIL_MAIL_FROM is missing: set the address that e-mails to staff come from.")
    return url


def _webhook(given: Mapping[str, str], *, demo: bool) -> Webhook | None:
    url, secret = given.get("HANDRAIL_WEBHOOK_URL"), given.get("HANDRAIL_WEBHOOK_SECRET", "")
    if not url:
        return None
    scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    if not (scheme == "https" or (scheme == "http" and (demo or host in ("127.0.0.1", "localhost")))):
        raise SettingsError("HANDRAIL_WEBHOOK_URL must be an https address: case events may not travel in the open.")
    if len(secret) < LEAST_SECRET:
        raise SettingsError(f"HANDRAIL_WEBHOOK_SECRET is missing or short: use at least {LEAST_SECRET} random characters.")
    return Webhook(url=url, secret=secret)


def _exit_url(given: Mapping[str, str]) -> str:
    url = given.get("HANDRAIL_EXIT_URL") or "https://www.google.com/search?q=weather"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(f"HANDRAIL_EXIT_URL is {url!r}: write a whole address, such as https://www.wikipedia.org/.")
    return url


def _embed_origins(given: Mapping[str, str], *, demo: bool, example: Address) -> tuple[str, ...]:
    """Whole origins only: no wildcard, because each site that frames the chat is one the agency knows."""
    origins = tuple(w.strip().rstrip("/").lower() for w in given.get("HANDRAIL_EMBED_ORIGINS", "").split(",") if w.strip())
    for origin in origins:
        parts = urlsplit(origin)
        safe = parts.scheme == "https" or (parts.scheme == "http" and (demo or parts.hostname in ("127.0.0.1", "localhost")))
        if not safe or not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                f"HANDRAIL_EMBED_ORIGINS has {origin!r}: write each site as https:// and its name, such as https://www.school.example."
            )
    return origins or ((example.url,) if demo else ())


def _seconds(given: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(given.get(name) or default)
    except ValueError:
        value = 0.0
    if value <= 0:
        raise SettingsError(f"{name} is {given.get(name)!r}: write seconds, such as {default:g}.")
    return value


def _log_level(given: Mapping[str, str]) -> str:
    level = (given.get("HANDRAIL_LOG_LEVEL") or "info").lower()
    if level not in ("debug", "info", "warning", "error"):
        raise SettingsError(f"HANDRAIL_LOG_LEVEL is {level!r}: use debug, info, warning or error.")
    return level


def child_environment(**more: str) -> dict[str, str]:
    """The environment for a process of ours: this one's, with more set."""
    return {**os.environ, **QUIET, **more}


QUIET = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
"""Rasa sends no telemetry from here, and its frozen stack does not fill the logs with warnings."""
