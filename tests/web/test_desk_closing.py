"""The closing list: what stands in the file is what can be chosen, and a broken file says how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.desk.closing import Closing, ClosingError
from bot.safety.verdict import CATEGORIES
from tests.web.desk_fakes import CONTENT

LIST = Closing.load(CONTENT / "desk" / "closing.yml")


def test_every_screening_category_has_a_suggestion() -> None:
    assert set(LIST.suggested) == set(CATEGORIES)


def test_everything_fits_where_it_is_stored() -> None:
    assert all(len(o.id) <= 64 for o in LIST.outcomes)
    assert all(len(word) <= 64 for group in LIST.groups for word in group.words())


def test_an_outcome_has_words() -> None:
    assert LIST.label("safety_plan") == "Made a safety plan together"
    assert LIST.label("no longer listed") == "no longer listed"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("outcomes: {", "not readable YAML"),
        ("surprise: {a: b}", "only these headings"),
        ("outcomes: {}\ncategories: {A: [b]}", "outcomes is empty"),
        ("outcomes: {a: b}\ncategories: {A: b}", "write its parts as a list"),
        ("outcomes: {a: b}\ncategories: {A: [b]}\nsuggested: {suicide: 'A: c'}", "is not in the categories"),
    ],
)
def test_a_broken_list_says_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "closing.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ClosingError, match=says):
        Closing.load(file)


def test_a_missing_list_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ClosingError, match="restore it"):
        Closing.load(tmp_path / "closing.yml")
