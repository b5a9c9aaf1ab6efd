"""A lesson that cannot be played to its end refuses to load, in one sentence that says where and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.lessons.catalog import Catalog, LessonError
from tests.lessons.writing import LESSONS, STEPS, WORDS, Book, puts, takes_out, written


def steps(book: Book) -> list[dict]:
    return book["module"]["lessons"]["one"]["9-12"]


def words(book: Book) -> dict:
    return book["en"]["one"]["9-12"]


BROKEN = [
    (puts("- [", "module"), r"module.yml is not readable YAML: line \d, .*Mend the line it names"),
    (puts("lesson", "module"), r"module.yml is empty or not a list of keys: see docs/authoring.md"),
    (puts("module: small\nmodule: small\n", "module"), r"line 1, module stands twice. Mend"),
    (puts("x", "module", "colour"), r"module.yml: colour is not a key; use aim, "),
    (takes_out("module", "evidence"), r"module.yml: evidence is missing; add it"),
    (takes_out("module", "review_by"), r"module.yml: review_by is missing; add it"),
    (puts("big", "module", "module"), r"module says big, its folder small; make them the same"),
    (puts("cats", "module", "audience"), r"audience must be one of young people, adults"),
    (puts("soon", "module", "review_by"), r"soon is not a date; write it as YYYY-MM-DD"),
    (takes_out("module", "objectives", "9-12"), r"objectives: it needs a list for each band, 9-12, 13-15, 16-18"),
    (puts(["a book"], "module", "evidence"), r"evidence: each entry needs a claim and a source"),
    (puts([{"claim": "a", "source": "a book"}], "module", "evidence"), r"a book is not an address; write where it can be read"),
    (puts({"x": "awareness"}, "module", "items"), r"items: it needs one item for each of awareness, no_blame"),
    (takes_out("module", "lessons", "one", "13-15"), r"one: it needs steps for each band, 9-12, 13-15, 16-18"),
    (puts([], *STEPS), r"one 9-12: there are no steps; write at least"),
    (puts({"kind": "hook"}, *STEPS, 0), r"one 9-12: a step has no id; give it a short word"),
    (puts("x", *STEPS, 0, "colour"), r"one 9-12, hook: colour is not a key; use goto, id, kind, options"),
    (puts("quiz", *STEPS, 0, "kind"), r"one 9-12, hook: kind must be one of hook, scenario"),
    (puts({"a": None, "b": None}, *STEPS, 0, "options"), r"hook: a choose step needs options, and only a choose step has them"),
    (takes_out(*STEPS[:3], "9-12"), r"one: it needs steps for each band"),
    (puts({"a": None}, *STEPS, 2, "options"), r"pick: it has 1 options; give it 2 or 3"),
    (puts("story", *STEPS, 0, "id"), r"story: two steps have this id; give each its own"),
    (puts("moon", *STEPS, 2, "goto"), r"pick: it leads to moon, which is no later step; name one below it, or end"),
    (puts("hook", *STEPS, 4, "goto"), r"line: it leads to hook, which is no later step"),
    (puts("line", *STEPS, 1, "goto"), r"pick: nothing leads to it; lead a choice there, or take it out"),
    (takes_out("en"), r"en.yml is missing: write the words of small"),
    (takes_out("en", "one", "title"), r"the words of one, with a title, are missing; write them"),
    (puts({}, "en", "two"), r"en.yml: two is not a key; use boosters, items, made_from, one"),
    (puts({}, "en", "one", "19-21"), r"en.yml, one: 19-21 is not a key"),
    (takes_out(*WORDS), r"one 9-12: there are no words for this band; write them"),
    (takes_out(*WORDS, "hook"), r"one 9-12, hook: there are no words; write `say`"),
    (puts({"say": "x"}, *WORDS, "gone"), r"one 9-12: gone is not a key"),
    (puts("x", *WORDS, "hook", "shout"), r"hook: shout is not a key; use after, options, say"),
    (takes_out(*WORDS, "pick", "options", "b"), r"pick: options must be exactly a, b, c, as in module.yml"),
    (takes_out(*WORDS, "pick", "options", "b", "feedback"), r"pick option b: it needs a label and feedback, and nothing else"),
    (puts("", *WORDS, "pick", "options", "b", "feedback"), r"pick option b: it needs a label and feedback, and nothing else"),
    (takes_out(*WORDS, "line", "after"), r"line: a practise step needs `after`, a kind word once it is said"),
    (puts("x", *WORDS, "hook", "after"), r"hook: a practise step needs `after`"),
    (puts("Hi {{ name }}.", *WORDS, "hook", "say"), r"hook: \{\{ name \}\} is no placeholder; docs/authoring.md lists them"),
    (puts("Hi {{ name", *WORDS, "hook", "say"), r"hook: the words are not a valid template"),
    (puts({"x": {}}, "en", "items"), r"items: they must be exactly none, as in module.yml"),
    (puts({"1 week": "Hi."}, "en", "boosters"), r"boosters: there is one for each of 1 week, 1 month, 3 months"),
    (puts({"one": {"title": "Un"}}, "fr"), r"fr.yml, one 9-12: there are no words for this band"),
]


@pytest.mark.parametrize(("change", "sentence"), BROKEN, ids=[s[:60] for _, s in BROKEN])
def test_a_broken_lesson_is_one_sentence_that_says_where_and_what_to_do(
    tmp_path: Path, change: Callable[[Book], object], sentence: str
) -> None:
    with pytest.raises(LessonError, match=sentence):
        Catalog.load(written(tmp_path, change))


def test_a_folder_without_modules_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="holds no module: restore it from the repository"):
        Catalog.load(tmp_path)


@pytest.mark.parametrize(("text", "sentence"), [
    ("en: {SKIP: Skip}", "labels.yml, en: the label for ME is missing; write it"),
    ("fr: {SKIP: a, ME: b, FRIEND: c, PERSON: d, NEXT: e}", "labels.yml: the labels in en are missing; write them"),
    ("en: {SKIP: a, ME: b, FRIEND: c, PERSON: d, NEXT: e, X: f}", "labels.yml, en: X is not a key"),
])  # fmt: skip
def test_labels_that_lack_one_are_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    folder = written(tmp_path)
    (folder / "labels.yml").write_text(text, encoding="utf-8")
    with pytest.raises(LessonError, match=sentence):
        Catalog.load(folder)


def test_missing_labels_are_a_sentence(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "labels.yml").unlink()
    with pytest.raises(LessonError, match=r"labels\.yml cannot be read: restore it"):
        Catalog.load(folder)


def test_a_module_for_adults_is_never_offered_to_young_people(tmp_path: Path) -> None:
    def for_adults(book: Book) -> None:
        book["module"]["audience"] = "adults"
        book["module"]["objectives"] = {"adult": ["One."]}
        book["module"]["lessons"]["one"] = {"adult": steps(book)}
        book["en"]["one"] = {"title": "One", "adult": words(book)}

    catalog = Catalog.load(written(tmp_path, for_adults))
    assert catalog.modules == () and [m.id for m in catalog.for_adults] == ["small"]


def test_a_language_may_leave_out_a_lesson_and_is_then_said_in_english_with_english_labels(tmp_path: Path) -> None:
    catalog = Catalog.load(written(tmp_path, puts({"items": {}}, "fr")))
    assert catalog.language(module="small", lesson="one", lang="fr") == "en"
    assert catalog.title("small", "one", "fr") == "One"


def test_the_real_lessons_load_with_their_evidence_and_objectives() -> None:
    grooming = Catalog.load(LESSONS).module("grooming")
    assert len(grooming.evidence) >= 5 and set(grooming.objectives) == set(grooming.bands)
    assert sorted(grooming.items.values()) == ["awareness", "friend_action", "help_seeking", "no_blame", "safety_plan"]


def test_a_module_or_lesson_that_is_not_there_is_a_key_error() -> None:
    catalog = Catalog.load(LESSONS)
    for module, lesson in (("moon", "trust"), ("grooming", "moon")):
        with pytest.raises(KeyError):
            catalog.steps(module=module, lesson=lesson, band="9-12")
