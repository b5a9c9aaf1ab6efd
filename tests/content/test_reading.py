"""How hard a text is: close to counting by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading import grade, mean_sentence, sentences, syllables


@pytest.mark.parametrize(("word", "count"), [
    ("the", 1), ("me", 1), ("line", 1), ("asked", 1), ("likes", 1), ("wanted", 2), ("noises", 2), ("messages", 3),
    ("little", 2), ("people", 2), ("pictures", 2), ("secret", 2), ("grooming", 2), ("everyone", 3), ("advocate", 3), ("you're", 1),
])  # fmt: skip
def test_syllables_are_counted_as_spoken(word: str, count: int) -> None:
    assert syllables(word) == count


def test_a_colon_does_not_end_a_sentence_and_a_question_does() -> None:
    assert len(sentences("Max says: this is it, OK? Ari goes. The end")) == 3
    assert mean_sentence("One two three. Four five six seven.") == 3.5


def test_easy_is_easier_than_hard() -> None:
    assert grade("We go home. You can come too.") < 2
    assert grade("Organisational accountability necessitates institutional transparency.") > 20


def test_a_text_without_words_is_easy() -> None:
    assert grade("... 1 !") <= 4 and grade("") == 0 and mean_sentence("?!") == 0


@given(st.text(max_size=300))
def test_any_text_can_be_measured(text: str) -> None:
    assert isinstance(grade(text), float) and mean_sentence(text) >= 0
