"""The design tokens: every letter can be read and every edge be seen, in both themes, and no colour is written twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.palette import THEMES, palette
from bot.web.embed_theme import contrast, rgb

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "bot" / "web" / "static"
GROUNDS = ("ground", "surface", "sunk")

LETTERS = [
    *((ink, ground) for ink in ("ink", "ink-soft") for ground in (*GROUNDS, "rail-soft", "person-soft", "help-soft")),
    *((ink, ground) for ink in ("rail", "person", "help") for ground in ("ground", "surface")),
    ("person", "person-soft"), ("help", "help-soft"),
    ("rail-ink", "rail"), ("person-ink", "person"), ("out-ink", "out"), ("surface", "ink"), ("surface", "help"),
]  # fmt: skip
EDGES = [
    (edge, ground) for edge in ("line-strong", "focus", "rail", "person", "help", "out") for ground in ("ground", "surface")
]


def ratio(theme: str, one: str, other: str) -> float:
    tokens = palette(theme)
    return contrast(rgb(tokens[one].lstrip("#")), rgb(tokens[other].lstrip("#")))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), LETTERS, ids="-on-".join)
def test_letters_can_be_read(theme, ink, ground):
    assert ratio(theme, ink, ground) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), EDGES, ids="-on-".join)
def test_edges_can_be_seen(theme, edge, ground):
    assert ratio(theme, edge, ground) >= 3.0


def test_the_bot_and_a_person_are_told_apart_by_more_than_the_words():
    """The rail turns warm when a person joins; the two are one step of lightness apart at most, so the hue must differ."""
    for theme in THEMES:
        bot, person = (rgb(palette(theme)[name].lstrip("#")) for name in ("rail", "person"))
        assert bot[0] < bot[2] and person[0] > person[2], "cool, and warm"


COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b")


PAGE_FILES = (
    "youth.css", "group.css", "now.css", "phone.css", "embed.js", "exit.js", "bar.js", "youth.js", "group.js", "group_private.js",
    "aloud.js",
)  # fmt: skip


@pytest.mark.parametrize("name", PAGE_FILES)
def test_no_file_of_the_page_has_a_colour_of_its_own(name):
    assert COLOUR.findall((STATIC / name).read_text(encoding="utf-8")) == []


def test_what_is_printed_has_no_colour_of_its_own():
    for file in (ROOT / "bot" / "printed").glob("*.py"):
        assert COLOUR.findall(file.read_text(encoding="utf-8")) == [], file.name
