"""Writes a small module to disk, whole or broken in one place."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
LESSONS = ROOT / "content" / "lessons"

Book = dict[str, Any]
"""A module as written: "module" and "en" (and other languages), each as its file holds it."""

ROWS = [
    {"id": "hook", "kind": "hook"},
    {"id": "story", "kind": "scenario"},
    {"id": "pick", "kind": "choose", "options": {"a": None, "b": "aside", "c": "end"}, "goto": "line"},
    {"id": "aside", "kind": "hook"},
    {"id": "line", "kind": "practise"},
    {"id": "keep", "kind": "keep"},
]
SAID = {
    "hook": {"say": "Hello there. This is {{ service }}."},
    "story": {"say": "Kim meets Lee."},
    "pick": {
        "say": "What now?",
        "options": {
            "a": {"label": "Wait", "feedback": "You can wait."},
            "b": {"label": "Go", "feedback": "You can go."},
            "c": {"label": "Rest", "feedback": "You can rest."},
        },
    },
    "aside": {"say": "A word more."},
    "line": {"say": "Try to say: not now.", "after": "Thanks for that."},
    "keep": {"say": "Keep this. {% if line %}{{ line }}{% endif %}"},
}
BANDS = ("9-12", "13-15", "16-18")
STEPS = ("module", "lessons", "one", "9-12")
"""Where the steps of the small module stand in its book."""

WORDS = ("en", "one", "9-12")
"""Where their words stand."""


def book() -> Book:
    """A module that loads, and that the checks find nothing in."""
    return copy.deepcopy({
        "module": {
            "module": "small",
            "audience": "young people",
            "aim": "To try it.",
            "status": "A test.",
            "objectives": {band: ["One."] for band in BANDS},
            "evidence": [{"claim": "It is so.", "source": "https://example.org/a"}],
            "reviewed_on": date(2026, 11, 23),
            "review_by": date(2027, 11, 23),
            "lessons": {"one": {band: ROWS for band in BANDS}},
        },
        "en": {"one": {"title": "One", **{band: SAID for band in BANDS}}},
    })  # fmt: skip


def written(folder: Path, change: Callable[[Book], object] | None = None) -> Path:
    """A folder of lessons with the small module in it, after a change to what it says."""
    made = book()
    if change:
        change(made)
    (folder / "small").mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        text = yaml.dump(data, sort_keys=False, Dumper=_Plain) if not isinstance(data, str) else data
        (folder / "small" / f"{name}.yml").write_text(text, encoding="utf-8")
    shutil.copy(LESSONS / "labels.yml", folder / "labels.yml")
    return folder


def takes_out(*keys: Any) -> Callable[[Book], object]:
    """A change that takes something out of the book."""

    def change(book: Book) -> None:
        place = book
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


def puts(value: object, *keys: Any) -> Callable[[Book], object]:
    """A change that puts something into the book, in place of what stood there."""

    def change(book: Book) -> None:
        place = book
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


class _Plain(yaml.SafeDumper):
    """Without anchors: an author writes none."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
