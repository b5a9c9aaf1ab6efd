"""A wrong installation is one clear sentence at start, not later."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.directory import DirectoryError
from bot.lessons.catalog import LessonError
from bot.safety.screening import ScreeningError
from bot.serve.start import check, where_to_go
from bot.serve.supervisor import Process, StartError, Supervisor
from bot.settings import Settings, child_environment
from bot.words import WordsError
from tests.talking import HouseApp, demo_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A copy of the content, to be broken."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    return replace(demo_settings(tmp_path / "var"), root=tmp_path)


def test_a_right_installation_passes_and_the_demo_gets_its_staff_once(settings: Settings) -> None:
    check(settings)
    check(settings)
    with HouseApp(settings).store.read() as work:
        assert [p.username for p in work.staff.everyone()] == ["facilitator", "supervisor", "worker", "worker2"]


def test_unreadable_words_stop_the_start(settings: Settings) -> None:
    (settings.content / "messages" / "en.yml").write_text("welcome: [", encoding="utf-8")
    with pytest.raises(WordsError, match=r"en.yml is not readable YAML"):
        check(settings)


def test_an_unreadable_lesson_stops_the_start(settings: Settings) -> None:
    (settings.content / "lessons" / "grooming" / "en.yml").unlink()
    with pytest.raises(LessonError, match=r"en.yml is missing"):
        check(settings)


def test_a_line_past_its_date_stops_a_real_start(settings: Settings) -> None:
    file = settings.content / "directory" / "CA.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("2027-05-23", "2026-11-24"), encoding="utf-8")
    with pytest.raises(DirectoryError, match="check it with the line itself and set new dates"):
        _ = LaterApp(replace(settings, demo=False)).directory


class LaterApp(HouseApp):
    """A year from now."""

    def now(self):  # type: ignore[no-untyped-def]
        return super().now().replace(year=2027)


def test_a_missing_pattern_file_stops_the_start(settings: Settings) -> None:
    from bot.app import App

    (settings.content / "safety" / "fr.yml").unlink()
    with pytest.raises(ScreeningError, match=r"fr.yml is missing"):
        _ = App(settings).screening


def test_it_prints_what_to_open_and_in_the_demo_how_to_sign_in(settings: Settings) -> None:
    said = where_to_go(settings)
    for part in ("http://127.0.0.1:8080", "http://127.0.0.1:8081", "http://127.0.0.1:8083", "Demo mode", "Sign in as worker"):
        assert part in said
    assert "Sign in" not in where_to_go(replace(settings, demo=False))


def test_a_process_that_dies_while_starting_is_named_with_its_last_words(settings: Settings) -> None:
    wanted = [Process("gateway", ("no-such-command",), "http://127.0.0.1:9/healthz")]
    with pytest.raises(StartError, match=r"The gateway stopped while starting: .*no-such-command"):
        Supervisor(settings, wanted, lambda _: None).run(lambda: None, lambda: False)


def test_the_gateway_never_imports_tensorflow_or_rasa(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.talking import House; from pathlib import Path; "
        f"house = House(Path({str(tmp_path)!r})); house.page().texts('hello'); "
        "import bot.web.sites; print([m for m in ('tensorflow', 'rasa', 'rasa_sdk', 'sklearn', 'torch') if sys.modules.get(m)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=child_environment(), check=False
    )
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
