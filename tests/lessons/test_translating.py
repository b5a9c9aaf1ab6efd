"""What is missing or stale in a language is seen, and marking it says so in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.lessons.catalog import Catalog
from bot.lessons.model import LessonError
from bot.lessons.translating import mark, standings, start
from tests.lessons.writing import written


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
