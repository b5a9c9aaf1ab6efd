"""A young person's spelling becomes plain words, and every word remembers where it stood."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.safety.spelling import Spelling, _fold_one, fold, one_slip

SPELLING = Spelling(
    rewrites={"wanna": "want to", "kms": "kill myself", "moms bf": "stepdad", "im": "i am", "i'll": "i will", "j'": "je"},
    fillers=frozenset({"lol", "rly"}),
    lexicon=frozenset({"kill", "myself", "suicide", "hitting", "die", "forced", "want", "stepdad", "rape", "danger"}),
    known=frozenset({"killed", "filled", "hunting", "dire", "banger"}),
)


def plain(text: str) -> list[str]:
    return [word.text for word in SPELLING.words(text) if word.text != "|"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I'm rly sad LOL", ["i", "am", "sad"]),
        ("wannaaa dieeee", ["want", "to", "die"]),
        ("su1cide", ["suicide"]),
        ("$uic!de", ["suicide"]),
        ("k*ll", ["kill"]),
        ("k i l l", ["kill"]),
        ("k.i.l.l myself", ["kill", "myself"]),
        ("my moms bf", ["my", "stepdad"]),
        ("hiting", ["hitting"]),
        ("hittting", ["hitting"]),
        ("suicdie", ["suicide"]),
        ("filled", ["filled"]),
        ("hunting", ["hunting"]),
        ("banger", ["banger"]),
        ("b) die", ["die"]),
        ("answer: c. die", ["die"]),
        ("I’ll die", ["i", "will", "die"]),
        ("j'aime", ["je", "aime"]),
        ("día", ["dia"]),
        ("d\u200bie", ["die"]),
        ("2nd place", ["2nd", "place"]),
        ("help!he", ["help", "he"]),
    ],
)
def test_how_words_are_read(text: str, words: list[str]) -> None:
    assert plain(text) == words


@settings(max_examples=200)
@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_letters_are_folded_as_all_others_are(text: str) -> None:
    slowly = [(letter, place) for place, character in enumerate(text) for letter in _fold_one(character)]
    folded, places = fold(text)
    assert list(zip(folded, places, strict=True)) == slowly


def test_a_sentence_end_is_a_break_and_dots_in_a_row_are_not() -> None:
    assert [word.text for word in SPELLING.words("die. kill")] == ["|", "die", "|", "kill", "|"]
    assert [word.text for word in SPELLING.words("die... kill")] == ["|", "die", "kill", "|"]


def test_a_coded_emoji_is_said_as_a_word() -> None:
    assert plain("\U0001f52a") == ["knife"]


def test_the_encoder_reads_fillers_too() -> None:
    assert SPELLING.plain("I'm RLY sad lol") == "i am rly sad lol"


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_every_word_remembers_its_place(text: str) -> None:
    for word in SPELLING.words(text):
        assert 0 <= word.start <= word.end <= len(text)
    letters, places = fold(text)
    assert len(letters) == len(places)


@pytest.mark.parametrize(
    ("word", "other", "slip"),
    [("kill", "kll", True), ("kill", "kiill", True), ("kill", "kikl", True), ("kill", "klil", True),
     ("kill", "kill", True), ("kill", "ki", False), ("kill", "kbbl", False)],
)  # fmt: skip
def test_what_one_slip_is(word: str, other: str, slip: bool) -> None:
    assert one_slip(word, other) is slip
