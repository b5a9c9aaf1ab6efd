"""What a text is looked at with: the texts of the minutes before it, but for words of ours that end no sentence."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from bot.safety.verdict import Verdict
from tests.talking import Clock, House, Page


class Noting:
    """A screening that sees no danger and notes what it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, tuple[str, ...]]] = []

    def screen(self, text: str, recent: Sequence[str] = (), *, at_once: bool = False) -> Verdict:
        self.shown.append((text, tuple(recent)))
        return Verdict()

    def glance(self, text: str, recent: Sequence[str] = ()) -> float:
        return 0.9 if "hurt" in " ".join((*recent, text)) else 0.01


@pytest.fixture
def noting(house: House) -> Noting:
    screening = Noting()
    house.app.conversation._looks._screening._screening = screening
    return screening


def test_a_text_is_looked_at_with_those_of_the_last_three_minutes(page: Page, noting: Noting, clock: Clock) -> None:
    for text in ("my stepdad", "keeps", "hitting me"):
        page.texts(text)
    assert noting.shown[-1] == ("hitting me", ("my stepdad", "keeps"))
    clock.passes(minutes=4)
    page.texts("hello again")
    assert noting.shown[-1] == ("hello again", ())


@pytest.mark.parametrize("word", ["menu", "MENU ", "skip", "repeat"])
def test_words_of_ours_that_end_no_sentence_are_looked_at_by_themselves(
    house: House, page: Page, noting: Noting, word: str
) -> None:
    page.texts("my stepdad keeps")
    page.texts(word)
    assert noting.shown[-1] == (word.strip(), ())
    house.app.conversation.shows_danger(word, page.thread_id)
    assert noting.shown[-1][1] == ()


@pytest.mark.parametrize("word", ["next", "me", "back", "friend"])
def test_words_of_ours_that_may_end_a_sentence_are_looked_at_with_what_came_before(
    page: Page, noting: Noting, word: str
) -> None:
    page.texts("he already hurt my brother and he says im")
    page.texts(word)
    assert noting.shown[-1] == (word, ("he already hurt my brother and he says im",))


def test_next_after_what_shows_nothing_at_a_glance_is_looked_at_by_itself(house: House, page: Page, noting: Noting) -> None:
    page.texts("what is grooming")
    page.texts("next")
    assert noting.shown[-1] == ("next", ())
    house.app.conversation.shows_danger("next", page.thread_id)
    assert noting.shown[-1] == ("next", ())


class Slow(Noting):
    """A screening that is at a text until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.let_go = threading.Event(), threading.Event()

    def screen(self, text: str, recent: Sequence[str] = (), *, at_once: bool = False) -> Verdict:
        self.begun.set()
        assert self.let_go.wait(10)
        return super().screen(text, recent, at_once=at_once)


@pytest.mark.asyncio
async def test_what_may_wait_waits_while_a_text_is_looked_at_and_not_for_ever(house: House, page: Page) -> None:
    conversation = house.app.conversation
    slow = conversation._looks._screening._screening = Slow()
    await asyncio.wait_for(conversation.calm(at_most=10), 1)
    texting = asyncio.create_task(asyncio.to_thread(page.quickly_texts, "hello"))
    try:
        assert await asyncio.to_thread(slow.begun.wait, 10)
        await asyncio.wait_for(conversation.calm(at_most=0.1), 5)
        assert not texting.done(), "it stood back for as long as it was told, and then went on"
        waiting = asyncio.create_task(conversation.calm(at_most=10))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    finally:
        slow.let_go.set()
    await asyncio.wait_for(asyncio.gather(texting, waiting), 5)
