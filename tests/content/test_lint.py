"""The lint finds what a tired author would miss, and says how to mend it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.lint import lint
from bot.reading import grade, mean_sentence

CONTENT = Path(__file__).resolve().parents[2] / "content"
TODAY = date(2026, 11, 23)
LESSON = "lessons/grooming/en.yml"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    shutil.copytree(CONTENT, tmp_path / "content")
    return tmp_path / "content"


def edit(content: Path, file: str, old: str, new: str) -> None:
    text = (content / file).read_text(encoding="utf-8")
    assert old in text
    (content / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_all_content_is_in_order() -> None:
    assert lint(CONTENT, today=TODAY) == []


@pytest.mark.parametrize(("file", "old", "new", "sentence"), [
    (LESSON, "How might Ari feel now?", "Why did you feel bad, Ari?", 'feeling: it says "why did you"'),
    (LESSON, "How might Ari feel now?", "How might Ari feel \u2013 now?", "is not in the phone alphabet"),
    (LESSON, "How might Ari feel now?", "How might Ari feel now? " * 15, "text segments with its choices"),
    (LESSON, 'label: "Happy"', 'label: "STOP"', "'STOP' is a word of the carriers"),
    (LESSON, "How might Ari feel now?", "Institutional accountability necessitates multidisciplinary collaboration, notwithstanding jurisdictional particularities. " * 9, "reading level is grade"),
    ("lessons/grooming/module.yml", "review_by: 2027-11-23", "review_by: 2026-11-22", "review_by 2026-11-22 is past"),
    ("directory/CA.yml", "expires_on: 2027-05-23", "expires_on: 2026-11-01", "kids_help_phone was last checked"),
    ("messages/en.yml", "thanks: \"You're welcome.", "thanks: \"Calm down.", 'thanks: it says "calm down"'),
    ("messages/en.yml", "thanks: \"You're welcome.", "thanks: \"You\u2019re welcome.", "thanks: \u2019 is not in the phone alphabet"),
    ("messages/en.yml", "thanks:", "thanks: [", "is not readable YAML"),
])  # fmt: skip
def test_it_finds(content: Path, file: str, old: str, new: str, sentence: str) -> None:
    edit(content, file, old, new)
    found = lint(content, today=TODAY)
    assert any(sentence in finding for finding in found), found


def test_a_banned_word_is_allowed_only_in_the_sentence_it_is_allowed_in(content: Path) -> None:
    edit(content, LESSON, "this is our secret, OK?", "keep our secret, OK?")
    assert any('"our secret"' in finding for finding in lint(content, today=TODAY))


@pytest.mark.parametrize(("text", "least", "most"), [
    ("The cat sat. The dog ran.", -5.0, 1.0),
    ("You can talk to a worker or an advocate about this at any time.", 3.0, 8.0),
    ("Organisational responsibilities necessitate considerable administrative coordination.", 15.0, 60.0),
    ("", 0.0, 0.0),
])  # fmt: skip
def test_reading_levels_are_in_the_range_readers_would_give(text: str, least: float, most: float) -> None:
    assert least <= grade(text) <= most


def test_words_a_sentence_are_counted() -> None:
    assert mean_sentence("One two three. Four five!") == 2.5
