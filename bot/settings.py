"""Frozen settings: the only reader of the environment.

Every setting is an environment variable ``HANDRAIL_*`` (also from ``.env``), described in
docs/settings.md; a test compares the two. A wrong setting is one clear sentence at start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

from bot.addresses import HERE, Address, SettingsError, address, loopback, plain_urls, private
from bot.settings_secrets import Twilio, Webhook, secret_keys, twilio, webhook

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")

__all__ = ["DESCRIPTIONS", "Address", "Settings", "SettingsError", "Twilio", "Webhook", "child_environment", "load"]


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
    proxies: tuple[str, ...]
    public: Address
    staff: Address
    engine: Address
    engine_is_private: bool
    engine_urls: tuple[str, ...]
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
    keep_words: timedelta
    keep_cases: timedelta
    log_level: str
    models: Path

    @property
    def content(self) -> Path:
        """The reviewed words."""
        return self.root / "content"


DESCRIPTIONS: Mapping[str, str] = {
    "HANDRAIL_DEMO": "1 = demo mode, 0 = real. Without it: demo until a secret key is set, on this machine only.",
    "HANDRAIL_SERVICE_NAME": "The name young people see. Default: Handrail.",
    "HANDRAIL_PAGE_TITLE": "The neutral title of the chat page. Default: Notes.",
    "HANDRAIL_DATABASE_URL": "SQLite or PostgreSQL. Default: var/handrail.db.",
    "HANDRAIL_SECRET_KEY": "At least 32 characters; newest first, older ones after commas. "
    "Encrypts numbers and words, signs pseudonyms. Demo mode makes its own.",
    "HANDRAIL_PUBLIC_URL": "The address Twilio calls, as Twilio knows it. Default: the public listener.",
    "HANDRAIL_PROXIES": "Addresses or networks (10.0.0.0/16) of the proxies in front, after commas; only they are believed "
    "about who calls. Default: 127.0.0.1,::1.",
    "HANDRAIL_PUBLIC_BIND": "Public listener. Default: 127.0.0.1:8080.",
    "HANDRAIL_STAFF_BIND": "Staff listener; keep it on a private network. Default: 127.0.0.1:8081.",
    "HANDRAIL_ENGINE_BIND": "The dialogue engine; loopback unless its network is private. Default: 127.0.0.1:8082.",
    "HANDRAIL_ENGINE_NETWORK": "private = the engine may listen beyond this machine, on a network that only Handrail is on; "
    "loopback = it may not. Default: loopback.",
    "HANDRAIL_ENGINE_URLS": "The engines a gateway asks, after commas; a name may stand for several. "
    "Default: the one at HANDRAIL_ENGINE_BIND.",
    "HANDRAIL_DEMO_PHONE_BIND": "Demo mode's make-believe phone. Default: 127.0.0.1:8083.",
    "HANDRAIL_TWILIO_ACCOUNT_SID": "Your Twilio account.",
    "HANDRAIL_TWILIO_AUTH_TOKEN": "Its auth token; it also checks the signature of every webhook.",
    "HANDRAIL_TWILIO_FROM": "The number (+1...) or messaging service (MG...) that sends.",
    "HANDRAIL_TWILIO_API_URL": "Twilio's API, an https address. Default: https://api.twilio.com; demo mode uses its own phone.",
    "HANDRAIL_TWILIO_PER_SECOND": "Texts a second that this number may send: 1 for most Canadian numbers, "
    "100 for a short code. Default: 10.",
    "HANDRAIL_LANGUAGES": "Languages that are screened and spoken, after commas. Default: en,es,fr.",
    "HANDRAIL_REGION": "Region to assume when a young person has not said one, such as CA. Default: none.",
    "HANDRAIL_TIME_ZONE": "The zone new shifts of the rota are written in, such as America/Toronto. Default: UTC.",
    "HANDRAIL_STAFF_URL": "The desk's address as staff open it, named in pages. Default: the staff listener.",
    "HANDRAIL_SMTP_URL": "Mail server that pages staff, smtp://user:password@host:587 (STARTTLS) or smtps://. "
    "A password is sent only over TLS, unless the server is on this machine. Default: none.",
    "HANDRAIL_MAIL_FROM": "The sender of those e-mails. Needed with a mail server.",
    "HANDRAIL_WEBHOOK_URL": "Where case events go, for another system's desk. Default: none.",
    "HANDRAIL_WEBHOOK_SECRET": "Signs those events; at least 32 characters. Needed with a webhook.",
    "HANDRAIL_EXIT_URL": "Where quick exit goes. Default: https://www.google.com/search?q=weather.",
    "HANDRAIL_EMBED_ORIGINS": "Sites that may show the chat inside their pages, such as https://www.school.example, after "
    "commas. Default: none; demo mode: its own example page.",
    "HANDRAIL_ENGINE_PATIENCE": "Seconds to wait for the engine before saying so. Default: 4.",
    "HANDRAIL_KEEP_WORDS_HOURS": "Hours that words without a case are kept after the last message. 72 at most: that is what "
    "young people are told. Default: 72.",
    "HANDRAIL_KEEP_CASES_DAYS": "Days that a case and its transcript are kept after it was closed. Default: 30.",
    "HANDRAIL_VAR": "Folder for the database, models and logs. Default: var/ beside the code.",
    "HANDRAIL_MODELS": "Folder that `handrail train` builds the models in. Default: models in HANDRAIL_VAR.",
    "HANDRAIL_LOG_LEVEL": "debug, info, warning or error. Default: info.",
}


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
    engine_is_private = _engine_is_private(given)
    engine = _address(given, "HANDRAIL_ENGINE_BIND", "127.0.0.1:8082")
    return Settings(
        root=place,
        var=var,
        demo=demo,
        service_name=given.get("HANDRAIL_SERVICE_NAME") or "Handrail",
        page_title=given.get("HANDRAIL_PAGE_TITLE") or "Notes",
        database_url=_database_url(given, var),
        secret_keys=secret_keys(given, demo=demo, var=var),
        public_url=_public_url(given, public, demo=demo),
        proxies=_proxies(given),
        public=public,
        staff=staff,
        engine=private(engine, name="HANDRAIL_ENGINE_BIND") if engine_is_private else loopback(engine),
        engine_is_private=engine_is_private,
        engine_urls=plain_urls(given.get("HANDRAIL_ENGINE_URLS", ""), name="HANDRAIL_ENGINE_URLS") or (engine.url,),
        demo_phone=loopback(phone),
        twilio=replace(
            twilio(given, demo=demo, demo_api=phone.url),
            per_second=_number(given, "HANDRAIL_TWILIO_PER_SECOND", 10.0, "a number"),
        ),
        languages=tuple(w.strip() for w in (given.get("HANDRAIL_LANGUAGES") or "en,es,fr").split(",") if w.strip()),
        region=given.get("HANDRAIL_REGION") or None,
        time_zone=_time_zone(given),
        staff_url=(given.get("HANDRAIL_STAFF_URL") or staff.url).rstrip("/"),
        smtp_url=_smtp_url(given),
        mail_from=given.get("HANDRAIL_MAIL_FROM", ""),
        webhook=webhook(given, demo=demo),
        exit_url=_exit_url(given),
        embed_origins=_embed_origins(given, demo=demo, example=phone),
        engine_patience=_number(given, "HANDRAIL_ENGINE_PATIENCE", 4.0, "seconds"),
        keep_words=timedelta(hours=_number(given, "HANDRAIL_KEEP_WORDS_HOURS", 72.0, "hours", most=PROMISED)),
        keep_cases=timedelta(days=_number(given, "HANDRAIL_KEEP_CASES_DAYS", 30.0, "days")),
        log_level=_log_level(given),
        models=Path(given.get("HANDRAIL_MODELS") or var / "models"),
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
    if not asked and given.get("HANDRAIL_TWILIO_AUTH_TOKEN") and not given.get("HANDRAIL_SECRET_KEY"):
        raise SettingsError("HANDRAIL_SECRET_KEY is missing beside a Twilio account: set it, or HANDRAIL_DEMO=1 for the demo.")
    if asked or given.get("HANDRAIL_SECRET_KEY"):
        return asked == "1"
    binds = (given.get(f"HANDRAIL_{side}_BIND", "").rpartition(":")[0] for side in ("PUBLIC", "STAFF"))
    elsewhere = {*filter(None, binds), urlsplit(given.get("HANDRAIL_PUBLIC_URL", "")).hostname or HERE[0]} - {*HERE, "[::1]"}
    if elsewhere:  # a real service whose key was mislaid would be a demo that everybody reaches
        raise SettingsError(
            "HANDRAIL_SECRET_KEY is missing, and others than this machine may come in: set it, or HANDRAIL_DEMO=1 for the demo."
        )
    return True


def _address(given: Mapping[str, str], name: str, default: str) -> Address:
    return address(given.get(name, ""), name=name, default=default)


def _engine_is_private(given: Mapping[str, str]) -> bool:
    """Whether the engine may leave this machine. It answers whoever has its token, so that has to be asked for."""
    network = given.get("HANDRAIL_ENGINE_NETWORK") or "loopback"
    if network not in ("loopback", "private"):
        raise SettingsError(f"HANDRAIL_ENGINE_NETWORK is {network!r}: use loopback or private.")
    return network == "private"


def _database_url(given: Mapping[str, str], var: Path) -> str:
    url = given.get("HANDRAIL_DATABASE_URL") or f"sqlite:///{var / 'handrail.db'}"
    if urlsplit(url).scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        raise SettingsError("HANDRAIL_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    return url


def _public_url(given: Mapping[str, str], public: Address, *, demo: bool) -> str:
    """Outside the demo what young people write travels only over https, or stays on this machine."""
    url = (given.get("HANDRAIL_PUBLIC_URL") or public.url).rstrip("/")
    scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    if not (scheme == "https" or (scheme == "http" and (demo or host in HERE))):
        raise SettingsError("HANDRAIL_PUBLIC_URL must be an https address: put a proxy with TLS in front.")
    return url


def _proxies(given: Mapping[str, str]) -> tuple[str, ...]:
    named = tuple(w.strip() for w in (given.get("HANDRAIL_PROXIES") or "127.0.0.1,::1").split(",") if w.strip())
    try:
        return tuple(_proxy(name) for name in named)
    except ValueError:
        raise SettingsError(
            "HANDRAIL_PROXIES must be addresses such as 10.0.0.5 or networks such as 10.0.0.0/16, after commas."
        ) from None


def _proxy(name: str) -> str:
    """An address, or a network that is not everybody's. Raises ValueError."""
    if "/" not in name:
        return str(ip_address(name))
    network = ip_network(name)
    if network.prefixlen == 0:
        raise ValueError("Everybody is no proxy of ours.")
    return str(network)


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


PROMISED = 72.0
"""Hours: young people read, in every language, that ordinary words are deleted after about three days."""


def _number(given: Mapping[str, str], name: str, default: float, unit: str, *, most: float = 100_000.0) -> float:
    try:
        value = float(given.get(name) or default)
    except ValueError:
        value = 0.0
    if not 0 < value <= most:
        raise SettingsError(f"{name} is {given.get(name)!r}: write {unit}, at most {most:g}, such as {default:g}.")
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
