"""Whatever an author writes instead of anything, it loads or it is one sentence: never a traceback."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.lessons.catalog import Catalog, LessonError
from tests.lessons.writing import Book, book, written

INSTEAD = (None, [], {}, ["a"], {"x": 1}, 3, True, [[1]], "text")
"""What a slip of the keyboard makes of a value: gone, a list, keys, a number, a word."""

CONSTRUCTS = {"seen": "awareness", "fault": "no_blame", "ask": "help_seeking", "plan": "safety_plan", "friend": "friend_action"}


def everything() -> Book:
    """The small module with items and boosters too, so that every key there is stands in it."""
    made = book()
    made["module"]["items"] = dict(CONSTRUCTS)
    made["en"]["items"] = {item: {"say": "I can tell.", "options": {"a": "Not yet", "b": "Mostly"}} for item in CONSTRUCTS}
    made["en"]["boosters"] = {when: "Hi." for when in ("1 week", "1 month", "3 months")}
    return made


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a file but those of the later bands, which are as the first."""
    yield path
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        if key not in ("13-15", "16-18"):
            yield from places(value, (*path, key))


def put(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(data)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def loads_or_says(folder: Path, made: Book) -> str | None:
    """The sentence of the refusal, None when it loads; anything else is raised as it is."""
    try:
        Catalog.load(written(folder, lambda small: small.update(made)))
    except LessonError as error:
        return str(error)
    return None


def test_the_module_that_is_tried_here_loads(tmp_path: Path) -> None:
    assert loads_or_says(tmp_path, everything()) is None


@pytest.mark.parametrize("file", ["module", "en"])
def test_any_slip_in_any_place_loads_or_is_one_sentence(tmp_path: Path, file: str) -> None:
    made = everything()
    for path in places(made[file]):
        for instead in INSTEAD if path else ():
            sentence = loads_or_says(tmp_path, {**made, file: put(made[file], path, instead)})
            assert sentence is None or (sentence.endswith(".") and ".yml" in sentence), (path, instead, sentence)


@pytest.mark.parametrize(("file", "path", "instead", "sentence"), [
    ("module", ("lessons", "one", "9-12", 2, "options"), ["a", "b"], "one 9-12, pick, options: it must be keys with values"),
    ("module", ("objectives", "9-12"), "One.", "objectives 9-12: it must be a list with a dash before each entry"),
    ("module", ("lessons",), ["one"], "lessons: it must be keys with values"),
    ("module", ("items",), ["seen"], "items: it must be keys with values"),
    ("en", ("one", "9-12", "pick", "options"), ["a", "b"], "one 9-12, pick, options: it must be keys with values"),
    ("en", ("boosters",), ["Hi."], "boosters: it must be keys with values"),
    ("en", ("items", "seen", "options"), ["Mostly"], "items, seen: it must be keys with values"),
])  # fmt: skip
def test_a_list_where_keys_belong_says_so(
    tmp_path: Path, file: str, path: tuple[Any, ...], instead: Any, sentence: str
) -> None:
    made = everything()
    said = loads_or_says(tmp_path, {**made, file: put(made[file], path, instead)})
    assert said is not None and sentence in said


def test_options_may_be_numbers(tmp_path: Path) -> None:
    """YAML reads 1 as a number; an author means a name."""
    made = everything()
    made["module"]["lessons"]["one"]["9-12"][2]["options"] = {1: None, 2: "aside", 3: "end"}
    pick = made["en"]["one"]["9-12"]["pick"]
    pick["options"] = dict(zip((1, 2, 3), pick["options"].values(), strict=True))
    assert loads_or_says(tmp_path, made) is None
