"""The pattern reader is strict, and says in one sentence what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.safety.pattern_file import PatternError
from bot.safety.patterns import Patterns
from bot.safety.verdict import Level

GOOD: dict[str, Any] = {
    "id": "en.x",
    "level": "high",
    "category": "suicide",
    "why": "a test",
    "match": ["{who} is in danger"],
    "must_match": ["he is in danger"],
    "must_not_match": ["he is fine"],
    "reviewer": "none yet",
}


def write(tmp_path: Path, *, top: dict[str, Any] | None = None, **changes: Any) -> Path:
    pattern = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    data = {"language": "en", "sets": {"who": "he, she"}, "patterns": [pattern], **(top or {})}
    file = tmp_path / "en.yml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    return file


def test_a_good_file_loads_and_matches(tmp_path: Path) -> None:
    hits = Patterns.load(write(tmp_path)).hits("I think SHE is in danger, ok?")
    assert [(hit.pattern.id, hit.level, hit.words) for hit in hits] == [("en.x", Level.HIGH, "SHE is in danger")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"why": ...}, "key 'why' is missing"),
        ({"reviewer": ...}, "key 'reviewer' is missing"),
        ({"level": "severe"}, "level 'severe'"),
        ({"level": "none"}, "level 'none'"),
        ({"category": "sadness"}, "category 'sadness'"),
        ({"subject": "them"}, "subject 'them'"),
        ({"match": []}, "match needs at least one"),
        ({"must_match": []}, "must_match needs at least one"),
        ({"must_not_match": []}, "must_not_match needs at least one"),
        ({"must_match": [1]}, "put quotes"),
        ({"match": ["{whom} is in danger"]}, "no set {whom}"),
        ({"match": ["it's danger"]}, "not a plain word"),
        ({"match": ["~3"]}, "would match anything"),
        ({"match": ["(a b/c d) " * 12]}, "more than"),
        ({"unless": ["sunny"]}, "no cue 'sunny'"),
        ({"unless": "sunny"}, "lists of cue names"),
    ],
)
def test_a_mistake_refuses_to_load(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PatternError, match=sentence.replace("{", r"\{").replace("}", r"\}")):
        Patterns.load(write(tmp_path, **changes))


@pytest.mark.parametrize(
    ("top", "sentence"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"patterns": []}, "holds no pattern"),
        ({"patterns": [GOOD, GOOD]}, "used twice"),
        ({"patterns": ["x"]}, "not a list of keys"),
    ],
)
def test_a_mistake_at_the_top_refuses_to_load(tmp_path: Path, top: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PatternError, match=sentence):
        Patterns.load(write(tmp_path, top=top))


@pytest.mark.parametrize(("text", "sentence"), [("", "is empty"), ("a: [", "not readable YAML"), ("- 1", "is empty")])
def test_a_broken_file_refuses_to_load(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "en.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PatternError, match=sentence):
        Patterns.load(file)


def test_a_missing_file_refuses_to_load(tmp_path: Path) -> None:
    with pytest.raises(PatternError, match="is missing"):
        Patterns.load(tmp_path / "en.yml")


def test_a_guard_counts_in_its_own_sentence_only(tmp_path: Path) -> None:
    file = write(tmp_path, unless=["play"], top={"cues": {"play": ["in the play"]}})
    patterns = Patterns.load(file)
    assert patterns.hits("in the play he is in danger") == []
    assert patterns.hits("i am in the play. he is in danger") != []


def test_a_cue_anywhere_in_the_text_makes_it_imminent(tmp_path: Path) -> None:
    patterns = Patterns.load(write(tmp_path, imminent_with=["now"], top={"cues": {"now": ["tonight"]}}))
    assert patterns.hits("he is in danger")[0].level is Level.HIGH
    assert patterns.hits("he is in danger. it is tonight")[0].level is Level.IMMINENT


def test_a_needed_cue_must_be_there(tmp_path: Path) -> None:
    file = write(tmp_path, top={"cues": {"now": ["tonight"]}}, **{"with": ["now"]})
    patterns = Patterns.load(file)
    assert patterns.hits("he is in danger") == []
    assert patterns.hits("he is in danger tonight") != []


@pytest.mark.parametrize(
    ("phrase", "yes", "no"),
    [
        ("want to die", "i want to die", "i want die"),
        ("he/she hits me", "she hits me", "they hits me"),
        ("very? sad day", "sad day", "very day"),
        ("(my mom/dad) left", "my mom left", "my dad did"),
        ("(mom/) left |", "left", "left them"),
        ("he ~2 hits", "he always really hits", "he does not ever hits"),
        ("danger |", "danger. ok", "danger ok"),
    ],
)
def test_how_a_phrase_is_written(tmp_path: Path, phrase: str, yes: str, no: str) -> None:
    patterns = Patterns.load(write(tmp_path, match=[phrase]))
    assert patterns.hits(yes)
    assert not patterns.hits(no)


def test_token_patterns_are_passed_to_the_matcher_as_they_stand(tmp_path: Path) -> None:
    patterns = Patterns.load(write(tmp_path, match=[[{"ORTH": "danger"}, {"ORTH": {"REGEX": "^zon"}}]]))
    assert patterns.hits("danger zone")
    assert not patterns.hits("danger area")


@pytest.mark.parametrize(
    ("text", "general"),
    [
        ("why do people kill themselves?", True), ("why do men hit women", True), ("why do kids run away", True),
        ("why do people hurt me", False), ("why do kids run away? its never safe here when mum works", False),
        ("hi. why do kids run away", False), ("idk. why do people hit kids. he does", False), ("why do people kill themselves, i want to", False), ("why do i hurt myself", False),
        ("why does my dad hit people", False), ("why do people hit kids like me", False),
    ],
)  # fmt: skip
def test_a_question_about_people_in_general_is_one_that_nobody_is_in(
    books: dict[str, Patterns], text: str, general: bool
) -> None:
    assert books["en"].read(text).asks_about_people is general
