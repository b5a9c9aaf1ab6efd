"""A bench is measured, not asserted; here only that each runs, on an installation of its own, and says what it should."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import benches
from bot.bench import installation, machine, traffic, turns
from bot.bench.installation import BenchError, Installation, installed
from bot.settings import Settings
from tests.talking import demo_settings

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-a-test-that-nobody-else-has-0123456789"


@pytest.fixture
def settings() -> Settings:
    return demo_settings(ROOT / "var")


def test_without_a_name_the_benches_are_listed() -> None:
    from bot.cli import main

    done = CliRunner().invoke(main, ["bench"])
    assert done.exit_code == 0
    assert {line.split()[0] for line in done.output.splitlines()} == set(benches.BENCHES)


def test_a_bench_nobody_knows_is_one_sentence() -> None:
    from bot.cli import main

    assert CliRunner().invoke(main, ["bench", "screen", "nothing"]).exit_code == 1


def test_each_bench_says_what_it_is_and_on_what_machine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def _one(_: Settings, say: benches.Say) -> None:
        """What it measures."""
        say("42")

    monkeypatch.setattr(benches, "BENCHES", {"one": _one})
    said: list[str] = []
    benches.run(settings, ["one", "one"], said.append, now=datetime(2026, 11, 25, tzinfo=timezone.utc))
    assert said[0] == "== one: What it measures." and said[2] == "42" and len(said) == 6
    assert re.search(r"2026-11-25 00:00 UTC, .+, \d+ cores, \d+ GB, load \S+, Python 3.10", said[1])


def test_an_installation_of_its_own_has_nothing_of_a_real_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", "postgresql://real/one")
    monkeypatch.setenv("HANDRAIL_SECRET_KEY", "a-real-secret-key-that-must-not-be-used-here-0123456789")
    monkeypatch.setenv("HANDRAIL_TWILIO_AUTH_TOKEN", "real")
    monkeypatch.setenv("HANDRAIL_WEBHOOK_URL", "https://real.example/hook")
    with installed(settings) as house:
        folder = house.settings.var
        assert house.settings.database_url == f"sqlite:///{folder / 'handrail.db'}" and house.settings.demo
        assert house.settings.twilio.api_url == house.settings.demo_phone.url and house.settings.webhook is None
        assert not any("real" in value for key, value in house.environment.items() if key.startswith("HANDRAIL_"))
        ports = {
            a.port for a in (house.settings.public, house.settings.staff, house.settings.engine, house.settings.demo_phone)
        }
        assert len(ports) == 4 and not ports & {8080, 8081, 8082, 8083}
    assert not folder.exists()


def test_a_process_that_cannot_start_is_named(settings: Settings) -> None:
    with installed(settings) as house:
        house.environment["HANDRAIL_ENGINE_BIND"] = "not an address"
        with pytest.raises(BenchError, match="The outbox did not start"):
            house.starts("outbox")


def test_what_was_started_has_ended_afterwards(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Installation, "_spawned", lambda *_: subprocess.Popen(["sleep", "60"]))
    monkeypatch.setattr(Installation, "_ready", lambda *_: lambda: True)
    with installed(settings) as house:
        house.starts("one", "two")
        pids = [house.pid("one"), house.pid("two")]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_memory_is_read_from_the_running_process() -> None:
    mine = machine.memory_of(os.getpid())
    assert 20 < mine.own <= mine.resident < 5000
    assert machine.memory_of(2**22 + 1) == machine.Memory(0, 0)


def test_texts_that_are_sent_are_reviewed_or_were_asked(settings: Settings) -> None:
    assert len(traffic.ordinary_texts(settings)) > 100 and len(traffic.danger_texts(settings)) >= 5


def test_a_late_turn_is_the_median_of_those_around_it() -> None:
    assert turns._around(list(range(1, 101)), 10) == 10
    assert turns._around([1.0, 2.0, 3.0], 1) in (1.0, 2.0, 3.0)


def test_free_ports_differ() -> None:
    assert len({installation.free_port() for _ in range(5)}) > 1


@pytest.fixture(scope="module")
def engine() -> Iterator[Installation]:
    """An engine of its own would take each bench longer than all it does here."""
    with installed(demo_settings(ROOT / "var"), HANDRAIL_SECRET_KEY=KEY) as house:
        house.starts("engine")
        yield house


@pytest.fixture
def one_engine(engine: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benches find it running."""
    more = {"HANDRAIL_SECRET_KEY": KEY, "HANDRAIL_ENGINE_URLS": engine.settings.engine.url}
    starts = Installation.starts
    monkeypatch.setattr(traffic, "installed", lambda settings: installed(settings, **more))
    monkeypatch.setattr(Installation, "starts", lambda house, *names: starts(house, *(n for n in names if n != "engine")))


@pytest.mark.slow
@pytest.mark.usefixtures("one_engine")
def test_the_chat_bench_runs(settings: Settings) -> None:
    said: list[str] = []
    traffic.bench_chat(settings, said.append, chats=1, messages=2)
    assert said[-1].endswith("of 2")


@pytest.mark.slow
@pytest.mark.usefixtures("one_engine")
def test_the_webhook_bench_loses_nothing(settings: Settings) -> None:
    said: list[str] = []
    traffic.bench_webhook(settings, said.append, rates=((10, 3.0),))
    assert "30 texts sent, 0 refused, 30 kept, 0 kept twice" in "\n".join(said), said


@pytest.mark.slow
@pytest.mark.usefixtures("one_engine")
def test_the_backlog_bench_answers_all(settings: Settings) -> None:
    said: list[str] = []
    traffic.bench_backlog(settings, said.append, texts=12)
    assert "0 left, 12 kept, 0 kept twice" in said[-1]
