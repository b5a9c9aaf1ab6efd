"""The checks on content: each finding names file, step, what is wrong and the mend; all real content passes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.lessons.catalog import Catalog
from bot.lessons.lint import Rules, lint_lessons
from bot.lessons.model import CONSTRUCTS
from bot.lessons.wording import BannedWordsError, read_banned, says_banned
from bot.lint import lint
from tests.lessons.writing import ROOT, STEPS, WORDS, Book, puts, written

CONTENT = ROOT / "content"
TODAY = date(2026, 11, 23)
LINE = "National Runaway Safeline: call 1-800-786-2929 or text 66008 (24/7)."
RULES = Rules(banned=read_banned(CONTENT / "lessons" / "banned_words.yml"), today=TODAY, line=LINE)
HARD = "Notwithstanding considerable institutional reservations, organisational accountability necessitates transparency. " * 3


def found_in(folder: Path, change: Callable[[Book], object] | None = None) -> list[str]:
    return list(lint_lessons(Catalog.load(written(folder, change)), RULES))


def test_all_content_is_in_order() -> None:
    assert lint(CONTENT, today=TODAY) == []


def test_a_small_lesson_in_order_has_no_finding(tmp_path: Path) -> None:
    assert found_in(tmp_path) == []


@pytest.mark.parametrize(("change", "finding"), [
    (puts(date(2026, 11, 22), "module", "review_by"), "module.yml: review_by 2026-11-22 is past; have it read again"),
    (puts(date(2026, 11, 24), "module", "reviewed_on"), "reviewed_on 2026-11-24 is still to come; write the day it was read"),
    (puts(date(2028, 11, 23), "module", "review_by"), "review_by is more than a year after reviewed_on"),
    (puts("It is nice \u2603 very.", *WORDS, "hook", "say"), "one 9-12, hook: \u2603 is not in the phone alphabet; write it plainly"),
    (puts("We go on. " * 40, *WORDS, "hook", "say"), "hook: it takes 3 segments with its choices"),
    (puts("We go on. " * 28, *WORDS, "pick", "say"), "pick: it takes 3 segments with its choices"),
    (puts("We go on. " * 40, *WORDS, "pick", "options", "b", "feedback"), "pick: it takes 3 segments with its choices"),
    (puts("We go on. " * 40, *WORDS, "line", "after"), "line: it takes 3 segments with its choices"),
    (puts("We go on. " * 22 + "{{ line }}", *WORDS, "keep", "say"), "keep: it takes 3 segments with its choices"),
    (puts("Who is it? Why so?", *WORDS, "hook", "say"), "hook: it asks 2 questions; ask one, and the other in a later step"),
    (puts("You should have told.", *WORDS, "hook", "say"), 'hook: it says "you should have", which blames; say it another way'),
    (puts("At least you told.", *WORDS, "pick", "options", "a", "feedback"), 'pick: it says "at least"'),
    (puts("Yes", *WORDS, "pick", "options", "a", "label"), "pick: 'Yes' is a word the carriers answer themselves"),
    (puts("Stop!", *WORDS, "pick", "options", "a", "label"), "pick: 'Stop!' is a word the carriers answer themselves"),
    (puts("Menu", *WORDS, "pick", "options", "a", "label"), "pick: 'Menu' already means something everywhere"),
    (puts("A very long thing to tap with a thumb", *WORDS, "pick", "options", "a", "label"), "has 37 characters; cut it to 30"),
    (puts(HARD, *WORDS, "story", "say"), "one 9-12: reading level is grade"),
    (puts(f"We go on{' and on' * 20}. " * 9, *WORDS, "story", "say"), "words a sentence, at most 12; cut sentences in two"),
    (puts("plan", *STEPS, 1, "kind"), "one 9-12: it has no step of kind scenario; add one"),
])  # fmt: skip
def test_what_should_not_be_sent_is_found(tmp_path: Path, change: Callable[[Book], object], finding: str) -> None:
    found = found_in(tmp_path, change)
    assert any(finding in sentence for sentence in found), found


@pytest.mark.parametrize(("count", "finding"), [(3, "may have 4 to 10; make it two lessons"), (12, "it has 12 steps")])
def test_a_lesson_of_too_few_or_too_many_steps_is_found(tmp_path: Path, count: int, finding: str) -> None:
    def change(book: Book) -> None:
        rows = book["module"]["lessons"]["one"]["9-12"]
        said = book["en"]["one"]["9-12"]
        if count < len(rows):
            book["module"]["lessons"]["one"]["9-12"] = rows[:2] + rows[-1:]
            book["en"]["one"]["9-12"] = {k: said[k] for k in ("hook", "story", "keep")}
            return
        for number in range(count - len(rows)):
            rows.append({"id": f"more{number}", "kind": "hook"})
            said[f"more{number}"] = {"say": "A word more."}

    assert any(finding in sentence for sentence in found_in(tmp_path, change))


@pytest.mark.parametrize(("text", "finding"), [
    ("Hi from {{ service }}. Your lesson on grooming waits.", 'boosters, 1 week: it says "groom", which names the topic'),
    ("Hi. " * 90, "boosters, 1 week: it takes 3 segments"),
])  # fmt: skip
def test_a_booster_never_names_the_topic(tmp_path: Path, text: str, finding: str) -> None:
    boosters = {"1 week": text, "1 month": "Hi.", "3 months": "Hi."}
    assert any(finding in sentence for sentence in found_in(tmp_path, puts(boosters, "en", "boosters")))


def test_an_item_may_not_offer_a_word_of_the_carriers(tmp_path: Path) -> None:
    def change(book: Book) -> None:
        names = {f"about_{construct}": construct for construct in CONSTRUCTS}
        book["module"]["items"] = names
        book["en"]["items"] = {name: {"say": "I know.", "options": {"a": "Yes", "b": "Not yet"}} for name in names}

    assert any(
        "items, about_no_blame: 'Yes' is a word the carriers answer" in sentence for sentence in found_in(tmp_path, change)
    )


def test_a_language_without_labels_of_its_own_is_found(tmp_path: Path) -> None:
    def change(book: Book) -> None:
        book["fr"] = book["en"]

    folder = written(tmp_path, change)
    labels = yaml.safe_load((folder / "labels.yml").read_text(encoding="utf-8"))
    (folder / "labels.yml").write_text(yaml.safe_dump({"en": labels["en"]}), encoding="utf-8")
    found = " ".join(lint_lessons(Catalog.load(folder), RULES))
    assert "labels.yml: the labels in fr are missing; write them." in found


# --- the rest of the content ----------------------------------------------------------------------------


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


def add(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize(("message", "finding"), [
    ('new: "It is fine \u2603"', "content/messages/en.yml, new: \u2603 is not in the phone alphabet"),
    (f'new: "{"We go on. " * 31}"', "new: it has up to 309 characters; cut it to 306"),
    (f'new: "{"We go on. " * 24}{{% if line %}}{{{{ line }}}}{{% endif %}}"', "characters; cut it to 306"),
    ('new: "Calm down, please."', 'new: it says "calm down", which dismisses'),
    ('new: "Hi {{ nobody }}."', "new: Message 'new' .* cannot be rendered"),
    ("new: [1]", "new must be text; put it in quotes"),
])  # fmt: skip
def test_a_message_that_should_not_be_sent_is_found(content: Path, message: str, finding: str) -> None:
    add(content / "messages" / "en.yml", f"\n{message}\n")
    found = " ".join(lint(content, today=TODAY))
    assert all(part in found for part in finding.split(" .* ")), found


def test_a_screen_may_say_more_than_a_phone(content: Path) -> None:
    add(content / "messages" / "en.yml", f'\npage_new: "{"We go on. " * 40}"\n')
    assert lint(content, today=TODAY) == []


def test_content_past_its_dates_is_found(content: Path) -> None:
    found = lint(content, today=date(2028, 1, 1))
    assert any("review_by" in s for s in found) and any("kids_help_phone was last checked" in s for s in found)


def test_an_answer_that_leads_to_no_lesson_is_found(content: Path) -> None:
    shutil.move(content / "lessons" / "grooming", content / "lessons" / "other")
    module = content / "lessons" / "other" / "module.yml"
    module.write_text(module.read_text(encoding="utf-8").replace("module: grooming", "module: other"), encoding="utf-8")
    found = lint(content, today=TODAY)
    assert found and all("leads to the lesson grooming, which is not there; name one of" in s for s in found)


def test_one_broken_file_does_not_hide_the_others(content: Path) -> None:
    (content / "lessons" / "grooming" / "en.yml").write_text("[", encoding="utf-8")
    (content / "directory" / "CA.yml").write_text("[", encoding="utf-8")
    add(content / "messages" / "en.yml", '\nnew: "Calm down."\n')
    found = " ".join(lint(content, today=TODAY))
    assert "grooming/en.yml is not readable" in found and "CA.yml is not readable" in found and "calm down" in found


# --- the list of banned words ---------------------------------------------------------------------------


def test_every_banned_word_is_caught_whole_and_in_any_case() -> None:
    for rule in RULES.banned:
        assert list(says_banned(f"Then {rule.word.upper()}.", [rule]))
        assert not list(says_banned(f"x{rule.word}x", [rule]))


def test_a_phrase_may_stand_where_a_scenario_needs_it() -> None:
    assert not list(says_banned("Then Max says: this is our secret, OK?", RULES.banned))
    assert list(says_banned("It is our secret.", RULES.banned))


@pytest.mark.parametrize(("text", "sentence"), [
    ("", "lists nothing: restore it"), ("[", "cannot be read: restore it"), ("- {word: x}", "each entry needs a word and why"),
])  # fmt: skip
def test_a_list_that_cannot_be_used_is_one_sentence(content: Path, text: str, sentence: str) -> None:
    (content / "lessons" / "banned_words.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BannedWordsError, match=sentence):
        read_banned(content / "lessons" / "banned_words.yml")
    assert sentence in lint(content, today=TODAY)[0]
