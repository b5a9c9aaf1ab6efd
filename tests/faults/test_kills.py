"""`kill -9` at random moments under traffic: nothing lost, nothing doubled, no case and no clock forgotten.

Forty-four kills by the bench, half of them on a real PostgreSQL, and four in a whole installation with the real engine.
All three run at the same time, since most of each is waiting.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot import settings as settings_module
from bot.app import App
from bot.choices import as_text
from bot.settings import child_environment
from bot.text import for_sms
from tests.installation import ROOT, Installation

KILLS = 22
NUMBER = "+15005550177"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """One run on each database, beside each other."""
    clean = {k: v for k, v in child_environment().items() if not k.startswith("HANDRAIL_")}
    var = str(tmp_path_factory.mktemp("bench"))
    started = {
        database: subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "bench", "faults", "--kills", str(KILLS), "--database", database],
            cwd=ROOT, env={**clean, "HANDRAIL_VAR": var, "HANDRAIL_DEMO": "1"}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for database in ("sqlite", "postgresql")
    }  # fmt: skip
    yield started
    for process in started.values():
        process.terminate()
        process.wait(60)


def test_the_whole_system_with_the_real_engine_comes_back_from_every_kill(
    benches: dict[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    place = Installation(tmp_path / "var")
    place.starts()
    try:
        texts = _text_through_kills(place, ("gateway", "outbox", "engine", "gateway"))
        app = App(_settings_of(place))
        thread_id = app.vault.pseudonym("sms", NUMBER)

        def settled() -> bool:
            with app.store.read() as work:
                said = work.messages.transcript(thread_id)
            kept = [m.text for m in said if m.direction == "in"]
            return sorted(kept) == sorted(texts) and not any(m.state in ("kept", "queued", "sending") for m in said)

        place.waits(settled, "something was lost or is stuck", 90)
        with app.store.read() as work:
            case = work.cases.open_for(thread_id)
            assert case is not None and list(work.audit.broken_links()) == []
        place.waits(lambda: _taken(place, app) == _written(app, thread_id), "the phone got other texts than were written", 30)
        taken = _taken(place, app)
        assert sum("If you are in danger right now, call" in body for body in taken.elements()) == 1
        app.store.close()
    finally:
        place.stops()


def _text_through_kills(place: Installation, kills: tuple[str, ...]) -> list[str]:
    """Text while processes die; returns what was texted. A text that nobody answered is texted again, as a person would."""
    texts: list[str] = []
    for number, name in enumerate(kills):
        for words in ("he has a knife and he is coming up the stairs to kill me" if not number else "are you there", "ok"):
            texts.append(f"{words} {number}{len(texts)}")
            form = {"number": NUMBER, "body": texts[-1]}
            httpx.post(f"{place.url('phone')}/text", data=form, trust_env=False, timeout=30)
        time.sleep(random.uniform(0, 0.3))
        place.kills(name)
        place.waits(lambda name=name: name in place.pids(), f"the {name} was not started again")  # type: ignore[misc]
        place.waits(lambda: _answers(place), "the gateway did not come back", 60)
    place.waits(place.engine_is_ready, "the engine did not come back", 120)
    return texts


def _taken(place: Installation, app: App) -> Counter[str]:
    """What the provider took for the phone, by its own list: a text that went out twice stands in it twice."""
    url = f"{place.url('phone')}/2010-04-01/Accounts/{app.settings.twilio.account_sid}/Messages.json"
    listed = httpx.get(url, params={"To": NUMBER, "PageSize": 1000}, trust_env=False).json()
    return Counter(text["body"] for text in listed["messages"])


def _written(app: App, thread_id: str) -> Counter[str]:
    with app.store.read() as work:
        said = work.messages.transcript(thread_id)
    return Counter(for_sms(as_text(m.text, m.choices)) for m in said if m.direction == "out")


def _answers(place: Installation) -> bool:
    try:
        return httpx.get(f"{place.url('public')}/healthz", timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _settings_of(place: Installation) -> settings_module.Settings:
    given = {"HANDRAIL_VAR": str(place.var), "HANDRAIL_DEMO": "1"}
    assert "HANDRAIL_DATABASE_URL" not in os.environ
    return settings_module.load(given, root=ROOT)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_at_random_moments_under_traffic_nothing_is_lost_or_doubled(
    benches: dict[str, subprocess.Popen[str]], database: str
) -> None:
    said, _ = benches[database].communicate(timeout=400)
    assert benches[database].returncode == 0, said[-3000:]
    assert f"{KILLS} kills" in said
    for name in ("lost in", "lost out", "doubled", "out of order", "unanswered", "cases lost", "clocks forgotten"):
        assert [line.split()[-1] for line in said.splitlines() if line.strip().startswith(name)] == ["0"], said
