"""A wrong lesson refuses to load, with a sentence that names file and step and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.lessons.catalog import Catalog, LessonError

MODULE = """
module: m
aim: Learn.
status: Draft.
evidence: [https://example.org]
reviewed_on: 2026-11-23
review_by: 2027-11-23
lessons:
  one:
    "9-12": &steps
      - {id: hook, kind: hook}
      - {id: pick, kind: choose, options: {a: , b: keep}}
      - {id: more, kind: hook}
      - {id: keep, kind: keep}
    "13-15": *steps
    "16-18": *steps
"""
WORDS = """
one:
  title: One
  "9-12": &words
    hook: {say: "Hello from {{ service }}."}
    pick: {say: "Pick.", options: {a: {label: "A", feedback: "Yes."}, b: {label: "B", feedback: "Yes."}}}
    more: {say: "More."}
    keep: {say: "Keep."}
  "13-15": *words
  "16-18": *words
"""


def written(tmp_path: Path, module: str = MODULE, words: str = WORDS) -> Path:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "module.yml").write_text(module, encoding="utf-8")
    (tmp_path / "m" / "en.yml").write_text(words, encoding="utf-8")
    return tmp_path


def test_a_right_one_loads(tmp_path: Path) -> None:
    catalog = Catalog.load(written(tmp_path))
    assert catalog.title("m", "one", "en") == catalog.title("m", "one", "fr") == "One"


@pytest.mark.parametrize(("old", "new", "sentence"), [
    ("aim: Learn.\n", "", "aim is missing; add it"),
    ("aim:", "goal:", "goal is not a key; use"),
    ("reviewed_on: 2026-11-23", "reviewed_on: soon", "is not a date"),
    ("kind: keep", "kind: sing", "one 9-12, keep: kind must be one of"),
    ("options: {a: , b: keep}", "options: {a: , b: nowhere}", "pick: it leads to nowhere, which is no later step"),
    ("options: {a: , b: keep}", "options: {a: , b: hook}", "pick: it leads to hook, which is no later step"),
    ("options: {a: , b: keep}", "options: {a: keep, b: keep}", "more: nothing leads to it"),
    ("{id: hook, kind: hook}", "{id: hook, kind: hook, options: {a: }}", "only a choose step has them"),
    ("{id: more, kind: hook}", "{id: hook, kind: hook}", "two steps have the same id"),
    ('    "16-18": *steps\n', "", "it needs steps for each band"),
    ("id: hook, ", "id: hook, music: loud, ", "music is not a key"),
])  # fmt: skip
def test_a_wrong_structure_is_one_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in MODULE
    with pytest.raises(LessonError, match=sentence):
        Catalog.load(written(tmp_path, module=MODULE.replace(old, new, 1)))


@pytest.mark.parametrize(("old", "new", "sentence"), [
    ("  title: One\n", "", "with a title, are missing; write them"),
    ('    more: {say: "More."}\n', "", "more: there are no words; write `say`"),
    ('{label: "B", feedback: "Yes."}', '{label: "B"}', "pick option b: it needs a label and feedback"),
    (', b: {label: "B", feedback: "Yes."}', "", "options must be exactly a, b, as in module.yml"),
    ("{{ service }}", "{{ name }}", "{{ name }} is no placeholder"),
    ("{{ service }}", "{{ service", "not a valid template"),
    ('more: {say: "More."}', 'more: {say: "More.", sing: "la"}', "sing is not a key"),
])  # fmt: skip
def test_wrong_words_are_one_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in WORDS
    with pytest.raises(LessonError, match=sentence):
        Catalog.load(written(tmp_path, words=WORDS.replace(old, new, 1)))


def test_no_module_at_all_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="restore it from the repository"):
        Catalog.load(tmp_path)
