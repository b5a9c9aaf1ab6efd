"""What is missing or stale in a language is seen, and marking it says so in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli_translations import translations_app
from bot.lessons.catalog import Catalog
from bot.lessons.model import LessonError
from bot.lessons.translating import mark, standings, start
from tests.lessons.writing import LESSONS, written


def state(folder: Path) -> str:
    (found,) = standings(Catalog.load(folder), ("fr",))
    return found.state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path)


def translated(folder: Path) -> None:
    (folder / "small/fr.yml").write_text((folder / "small/en.yml").read_text(encoding="utf-8"), encoding="utf-8")


def test_a_lesson_is_missing_then_unmarked_then_fresh_then_stale(folder: Path) -> None:
    assert state(folder) == "missing"
    translated(folder)
    assert state(folder) == "unmarked"
    assert mark(Catalog.load(folder), folder, module="small", lang="fr") == ["one"]
    assert state(folder) == "fresh"
    english = folder / "small/en.yml"
    english.write_text(english.read_text(encoding="utf-8").replace("Hello there", "Hi there"), encoding="utf-8")
    assert state(folder) == "stale"
    mark(Catalog.load(folder), folder, module="small", lang="fr")
    assert state(folder) == "fresh", "marking again writes over the old mark"
    assert list(yaml.safe_load((folder / "small/fr.yml").read_text(encoding="utf-8"))["made_from"]) == ["one"]


def test_a_draft_is_read_by_nothing_until_it_is_renamed(folder: Path) -> None:
    draft = start(Catalog.load(folder), folder, module="small", lang="fr")
    assert draft.name == "fr.yml.draft" and state(folder) == "missing"
    with pytest.raises(LessonError, match="take it away first"):
        start(Catalog.load(folder), folder, module="small", lang="fr")
    draft.rename(folder / "small/fr.yml")
    assert state(folder) == "unmarked"
    with pytest.raises(LessonError, match="is there already"):
        start(Catalog.load(folder), folder, module="small", lang="fr")


def test_what_does_not_exist_is_said_with_what_to_do(folder: Path) -> None:
    catalog = Catalog.load(folder)
    with pytest.raises(LessonError, match="translations start small fr"):
        mark(catalog, folder, module="small", lang="fr")
    with pytest.raises(LessonError, match="There is no module 'none'"):
        start(catalog, folder, module="none", lang="fr")


def test_a_mark_for_a_lesson_that_is_not_there_is_refused(folder: Path) -> None:
    translated(folder)
    with (folder / "small/fr.yml").open("a", encoding="utf-8") as file:
        file.write('\nmade_from:\n  two: "abc"\n')
    with pytest.raises(LessonError, match="made_from: two is not a key"):
        Catalog.load(folder)


@pytest.fixture
def says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """The command line over the small module: its exit status and all that it says."""
    monkeypatch.setattr("bot.cli_translations.lessons_folder", lambda: folder)

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(translations_app, words)
        return result.exit_code, result.output

    return run


def test_every_translated_lesson_was_made_from_the_english_of_today() -> None:
    found = list(standings(Catalog.load(LESSONS), ("es", "fr")))
    assert not [s for s in found if s.state in ("stale", "unmarked")]
    assert {s.module for s in found if s.state == "missing"} == {"adults"}


def test_the_command_says_what_is_missing_and_what_it_wrote(folder: Path, says: Callable[..., tuple[int, str]]) -> None:
    status, said = says("list")
    assert status == 0 and "fr  small/one: missing" in said and "fr: 0 fresh, 0 stale, 0 unmarked, 1 missing" in said
    status, said = says("start", "small", "fr")
    assert status == 0 and "fr.yml.draft is written" in said
    (folder / "small/fr.yml.draft").rename(folder / "small/fr.yml")
    assert says("mark", "small", "fr") == (0, "Marked as made from the English of today: one.\n")
    assert "fr  small/one" not in says("list")[1] and "fr  small/one: fresh" in says("list", "--all")[1]


def test_the_command_refuses_with_a_sentence(says: Callable[..., tuple[int, str]]) -> None:
    status, said = says("mark", "small", "fr")
    assert status == 1 and "translations start small fr" in said
    status, said = says("start", "small", "de")
    assert status == 1 and "'de' is no language that lessons are translated into: write one of es, fr." in said
