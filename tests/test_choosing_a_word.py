"""Which text can be a private word: one that is not met again in every talk, and hidden there."""

from __future__ import annotations

import pytest

from bot.private_word import fits
from bot.threads import HELP_WORDS, KEYWORDS, STOP_WORDS
from tests.talking import Desk, House, Phone


@pytest.mark.parametrize(
    "text",
    [
        "no", "No!", "ok", "yes", "idk", "I don't know", "i don’t know", "maybe", "sure", "oui", "peut-être", "je sais pas",
        "sí", "no sé", "quizás", "vale", "?", "🦒", "🦒🦒🦒", "", "a1",
        *sorted({*KEYWORDS, *STOP_WORDS, *HELP_WORDS}),
    ],
)  # fmt: skip
def test_an_everyday_answer_or_a_word_that_does_something_is_none(text: str) -> None:
    assert not fits(text)


@pytest.mark.parametrize("text", ["teal", "blue kite", "jirafa 7", "hélicoptère", "🦒 giraffe", "жираф"])
def test_a_word_of_their_own_is_one(text: str) -> None:
    assert fits(text)


def keeps(house: House, phone: Phone, word: str) -> None:
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, word)


def test_what_a_worker_is_answered_is_read_whatever_the_word_is(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts("i want to die")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    keeps(house, phone, "no")
    desk.says(card, "are you safe right now?")
    phone.texts("no")
    assert desk.opens(card).transcript[-1].text == "no"


def test_a_word_of_signs_alone_hides_no_other_signs(house: House, phone: Phone) -> None:
    phone.texts("hi")
    keeps(house, phone, "🦒")
    phone.texts("?")
    with house.app.store.read() as work:
        assert "?" in [said.text for said in work.messages.transcript(phone.thread_id)]
