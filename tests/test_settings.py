"""Every setting is documented, and every wrong one is one clear sentence."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import settings
from bot.channels.base import SendRefused
from bot.channels.mail import Mail
from bot.privacy import is_weak
from bot.settings import SettingsError

ROOT = Path(__file__).resolve().parent.parent
KEY = "k9d8f7g6h5j4k3l2m1n0b9v8c7x6z5a4"
TOKEN = "8f1c0b7e9d2a4365f0e1b8c7d6a59342"
REAL = {
    "HANDRAIL_SECRET_KEY": KEY,
    "HANDRAIL_TWILIO_ACCOUNT_SID": "AC1",
    "HANDRAIL_TWILIO_AUTH_TOKEN": TOKEN,
    "HANDRAIL_TWILIO_FROM": "+15005550006",
}


def load(tmp_path: Path, **given: str) -> settings.Settings:
    return settings.load({"HANDRAIL_VAR": str(tmp_path), **given}, root=ROOT)


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = set(re.findall(r"`(HANDRAIL_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")))
    assert documented == set(settings.DESCRIPTIONS)


def test_every_setting_that_is_read_is_described() -> None:
    read = set(re.findall(r'"(HANDRAIL_[A-Z_]+)"', (ROOT / "bot" / "settings.py").read_text(encoding="utf-8")))
    assert read == set(settings.DESCRIPTIONS)


def test_without_a_key_it_is_the_demo_and_keeps_its_own_key(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)
    assert first.demo and first.secret_keys == second.secret_keys
    assert (tmp_path / "demo-secret").stat().st_mode & 0o077 == 0


def test_with_real_keys_it_is_not_the_demo(tmp_path: Path) -> None:
    real = load(tmp_path, **REAL)
    assert not real.demo and real.twilio.api_url == "https://api.twilio.com"


@pytest.mark.parametrize(
    ("given", "url"),
    [(REAL, "https://twilio.example"), (REAL, "http://127.0.0.1:9000"), ({"HANDRAIL_DEMO": "1"}, "http://stand-in:9000")],
)
def test_a_stand_in_for_twilio_is_asked_over_https_here_or_in_the_demo(tmp_path: Path, given: dict[str, str], url: str) -> None:
    assert load(tmp_path, **given, HANDRAIL_TWILIO_API_URL=url).twilio.api_url == url


class PlainServer:
    """A mail server that offers no TLS, or whose offer was stripped on the way."""

    def __init__(self, *_: object, **__: object) -> None:
        self.sock, self.told = object(), []  # type: ignore[var-annotated]
        PlainServer.newest = self  # type: ignore[attr-defined]

    def __enter__(self) -> PlainServer:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def ehlo(self) -> None:
        """It answers."""

    def has_extn(self, _: str) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close."""

    def login(self, *given: str) -> None:
        self.told.append(given)

    def send_message(self, _: object) -> None:
        """It takes everything."""


@pytest.mark.parametrize("host", ["mail.example", "localhost"])
def test_no_password_goes_to_a_mail_server_without_tls_but_on_this_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtplib.SMTP", PlainServer)
    mail = Mail(url=f"smtp://us:secret@{host}:587", sender="us@example.org")
    if host == "localhost":
        mail.send(to="sam@example.org", subject="a page", body="-")
        assert PlainServer.newest.told == [("us", "secret")]  # type: ignore[attr-defined]
        return
    with pytest.raises(SendRefused, match="offers no TLS, so it was not given our password"):
        mail.send(to="sam@example.org", subject="a page", body="-")
    assert PlainServer.newest.told == []  # type: ignore[attr-defined]


def test_the_demo_never_reaches_the_real_twilio(tmp_path: Path) -> None:
    assert load(tmp_path).twilio.api_url == "http://127.0.0.1:8083"


def test_secrets_are_not_shown_when_settings_are_printed(tmp_path: Path) -> None:
    real = load(tmp_path, **{**REAL, "HANDRAIL_DATABASE_URL": "postgresql://u:pw@h/d"})
    assert KEY not in repr(real) and TOKEN not in repr(real) and "pw@" not in repr(real)


@pytest.mark.parametrize(
    ("wrong", "what_to_do"),
    [
        ({"HANDRAIL_DEMO": "0"}, "HANDRAIL_SECRET_KEY is missing: set it"),
        ({"HANDRAIL_SECRET_KEY": "short"}, "at least 32 random characters"),
        ({"HANDRAIL_SECRET_KEY": "a" * 40}, "at least 32 random characters"),
        ({"HANDRAIL_SECRET_KEY": KEY}, "HANDRAIL_TWILIO_ACCOUNT_SID is missing: copy it"),
        ({"HANDRAIL_DEMO": "maybe"}, "set it to 1 for the demo or 0"),
        ({"HANDRAIL_PUBLIC_BIND": "8080"}, "write it as host:port"),
        ({"HANDRAIL_ENGINE_BIND": "0.0.0.0:8082"}, "must stay on this machine"),
        ({"HANDRAIL_ENGINE_BIND": "0.0.0.0:8082", "HANDRAIL_ENGINE_NETWORK": "loopback"}, "must stay on this machine"),
        ({"HANDRAIL_ENGINE_NETWORK": "public"}, "use loopback or private"),
        (
            {"HANDRAIL_ENGINE_NETWORK": "private", "HANDRAIL_ENGINE_BIND": "8.8.8.8:8082"},
            "write its private address, or 0.0.0.0",
        ),
        (
            {"HANDRAIL_ENGINE_NETWORK": "private", "HANDRAIL_ENGINE_BIND": "engine:8082"},
            "write its private address, or 0.0.0.0",
        ),
        ({"HANDRAIL_ENGINE_URLS": "http://a:8082,engine"}, "write each as http://host:port"),
        ({"HANDRAIL_ENGINE_URLS": "http://a:8082/turn"}, "write each as http://host:port"),
        ({"HANDRAIL_DATABASE_URL": "mysql://x"}, "must begin with sqlite:/// or postgresql://"),
        ({"HANDRAIL_ENGINE_PATIENCE": "soon"}, "write seconds"),
        ({"HANDRAIL_EXIT_URL": "javascript:alert(1)"}, "write a whole address"),
        ({"HANDRAIL_LOG_LEVEL": "loud"}, "use debug, info, warning or error"),
        ({"HANDRAIL_SECRETKEY": KEY}, "is not a setting"),
        ({"HANDRAIL_SECRET_KEY": "changeme-" + KEY}, "at least 32 random characters"),
        ({"HANDRAIL_SECRET_KEY": "abcd1234" * 5}, "at least 32 random characters"),
        ({"HANDRAIL_SECRET_KEY": "abcdefghijklmnopqrstuvwxyz0123456789"}, "at least 32 random characters"),
        ({"HANDRAIL_SECRET_KEY": f"{KEY},short"}, "at least 32 random characters"),
        ({**REAL, "HANDRAIL_TWILIO_AUTH_TOKEN": "t"}, "is not one that Twilio gives"),
        ({**REAL, "HANDRAIL_TWILIO_AUTH_TOKEN": "demo-auth-token-demo-auth-token-0"}, "is not one that Twilio gives"),
        ({**REAL, "HANDRAIL_SECRET_KEY": ""}, "HANDRAIL_SECRET_KEY is missing beside a Twilio account"),
        ({**REAL, "HANDRAIL_PUBLIC_URL": "http://chat.example.org"}, "must be an https address"),
        ({**REAL, "HANDRAIL_WEBHOOK_URL": "https://x.example", "HANDRAIL_WEBHOOK_SECRET": "a" * 40}, "missing or weak"),
        ({**REAL, "HANDRAIL_TWILIO_API_URL": "http://twilio.example"}, "HANDRAIL_TWILIO_API_URL must be an https address"),
        ({"HANDRAIL_PROXIES": "my-proxy"}, "must be addresses such as"),
        ({"HANDRAIL_PROXIES": "10.0.0.5/16"}, "networks such as 10.0.0.0/16"),
        ({"HANDRAIL_PROXIES": "0.0.0.0/0"}, "networks such as 10.0.0.0/16"),
        ({"HANDRAIL_PROXIES": "10.0.0.1,::/0"}, "networks such as 10.0.0.0/16"),
        ({"HANDRAIL_KEEP_CASES_DAYS": "forever"}, "write days"),
        ({"HANDRAIL_KEEP_WORDS_HOURS": "-1"}, "write hours"),
        ({"HANDRAIL_KEEP_WORDS_HOURS": "73"}, "at most 72"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_says_what_to_do(tmp_path: Path, wrong: dict[str, str], what_to_do: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(what_to_do)):
        load(tmp_path, **wrong)


def test_the_demos_own_key_is_refused_for_real_use(tmp_path: Path) -> None:
    key = load(tmp_path).secret_keys[0]
    with pytest.raises(SettingsError, match="the demo's own key"):
        load(tmp_path, **{**REAL, "HANDRAIL_SECRET_KEY": key})


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"HANDRAIL_PUBLIC_BIND": "0.0.0.0:8080"},
        {"HANDRAIL_STAFF_BIND": "10.0.0.5:8081"},
        {"HANDRAIL_PUBLIC_URL": "https://chat.agency.example"},
    ],
)
def test_a_service_that_others_reach_is_no_demo_because_its_key_was_mislaid(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="or HANDRAIL_DEMO=1 for the demo"):
        load(tmp_path, **elsewhere)
    assert load(tmp_path, HANDRAIL_DEMO="1", **elsewhere).demo
    assert load(tmp_path, HANDRAIL_PUBLIC_BIND="127.0.0.1:9000", HANDRAIL_PUBLIC_URL="http://localhost:9000").demo


@pytest.mark.parametrize(
    "key",
    ["correct-horse-battery-staple-correct", "purplegiraffeswimsbehindtheoldbarn", "handrail-2026-K9d8f7g6h5j4k3l2m1n", "My-Secret-k9d8f7g6h5j4k3l2m1n0b9v"],
)  # fmt: skip
def test_words_in_a_row_are_a_weak_secret(key: str) -> None:
    assert is_weak(key)


@pytest.mark.parametrize(
    "made_by", [lambda: secrets.token_hex(32), lambda: secrets.token_urlsafe(32), lambda: secrets.token_hex(16)]
)
def test_what_a_generator_makes_is_never_called_weak(made_by: Callable[[], str]) -> None:
    assert not any(is_weak(made_by()) for _ in range(2000))


def test_the_agencys_own_time_is_taken(tmp_path: Path) -> None:
    given = load(tmp_path, HANDRAIL_KEEP_CASES_DAYS="7", HANDRAIL_KEEP_WORDS_HOURS="24")
    assert (given.keep_cases.days, given.keep_words.days) == (7, 1)


def test_proxies_are_addresses_and_networks(tmp_path: Path) -> None:
    found = load(tmp_path, HANDRAIL_PROXIES="10.0.0.5, 172.30.7.0/24,fd00:7::/64")
    assert found.proxies == ("10.0.0.5", "172.30.7.0/24", "fd00:7::/64")
    assert load(tmp_path).proxies == ("127.0.0.1", "::1")


@pytest.mark.parametrize("bind", ["0.0.0.0:8082", "10.1.2.3:8082", "192.168.0.4:8082", "127.0.0.1:8082"])
def test_the_engine_leaves_this_machine_only_when_its_network_is_said_to_be_private(tmp_path: Path, bind: str) -> None:
    found = load(tmp_path, HANDRAIL_ENGINE_NETWORK="private", HANDRAIL_ENGINE_BIND=bind)
    assert f"{found.engine.host}:{found.engine.port}" == bind and found.engine_is_private
    assert not load(tmp_path).engine_is_private


def test_a_gateway_asks_its_own_engine_unless_others_are_named(tmp_path: Path) -> None:
    assert load(tmp_path).engine_urls == ("http://127.0.0.1:8082",)
    named = load(tmp_path, HANDRAIL_ENGINE_URLS="http://engine:8082/, http://10.0.0.9:8082")
    assert named.engine_urls == ("http://engine:8082", "http://10.0.0.9:8082")


def test_models_may_stand_apart_from_what_changes(tmp_path: Path) -> None:
    assert load(tmp_path).models == tmp_path / "models"
    assert load(tmp_path, HANDRAIL_MODELS="/opt/models").models == Path("/opt/models")
