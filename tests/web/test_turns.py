"""Whose text is taken in next: each number's in the order they came, and urgent ones before those of others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from bot.web.turns import Turn, Turns

pytestmark = pytest.mark.asyncio


class Door:
    """Texts that come to a few places, and the order in which they were let in."""

    def __init__(self, at_once: int = 1) -> None:
        self.turns, self.at_once = Turns(at_once), at_once
        self.let_in: list[str] = []
        self.too_late: list[str] = []
        self.let_go = asyncio.Event()

    async def takes(self, who: str, text: str, urgency: int, patience: float) -> None:
        async with self.turns.of(who, urgency, until=time.monotonic() + patience) as turn:
            (self.let_in if turn.has_place else self.too_late).append(text)
            if turn.has_place:
                await self.let_go.wait()

    async def comes(self, who: str, text: str, urgency: int = 0, *, patience: float = 10.0) -> asyncio.Task[None]:
        task = asyncio.create_task(self.takes(who, text, urgency, patience))
        await quiet()
        return task

    async def opens(self) -> list[str]:
        """Everybody goes on; afterwards every place is free, and nobody is remembered."""
        self.let_go.set()
        await until(lambda: not self.turns._numbers)
        assert self.turns._free == self.at_once
        return self.let_in


async def quiet() -> None:
    """All that can go on without waiting has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 5
    while not true():
        assert time.monotonic() < limit
        await asyncio.sleep(0.01)


async def test_where_there_is_a_place_nobody_waits() -> None:
    door = Door(at_once=2)
    await door.comes("ana", "one")
    assert not door.turns.must_wait("ben") and door.turns.must_wait("ana")
    await door.comes("ben", "two")
    assert door.let_in == ["one", "two"] and door.turns.must_wait("cleo")


async def test_an_urgent_text_goes_before_what_came_earlier_and_the_rest_in_their_order() -> None:
    door = Door()
    for who in ("ana", "ben", "cleo", "dee"):
        await door.comes(who, who, 2 * (who == "dee"))
    assert await door.opens() == ["ana", "dee", "ben", "cleo"]


async def test_two_urgent_ones_go_in_the_order_they_came() -> None:
    door = Door()
    for who in ("ana", "ben", "cleo", "dee"):
        await door.comes(who, who, 2 * (who in ("cleo", "dee")))
    assert await door.opens() == ["ana", "cleo", "dee", "ben"]


async def test_the_more_urgent_goes_before_the_less() -> None:
    door = Door()
    for who, urgency in (("ana", 0), ("ben", 0), ("cleo", 1), ("dee", 2)):
        await door.comes(who, who, urgency)
    assert await door.opens() == ["ana", "dee", "cleo", "ben"]


async def test_texts_of_one_number_keep_their_order_and_go_together_before_others() -> None:
    door = Door()
    await door.comes("ana", "first")
    await door.comes("ben", "hello")
    await door.comes("cleo", "he said")
    await door.comes("cleo", "he comes tonight", 2)
    assert await door.opens() == ["first", "he said", "he comes tonight", "hello"]


async def test_a_number_is_urgent_no_longer_than_its_urgent_text_waits() -> None:
    door = Door()
    await door.comes("ana", "danger", 2)
    await door.comes("ana", "lol")
    await door.comes("ben", "danger too", 2)
    await door.comes("ana", "lol again")
    assert await door.opens() == ["danger", "danger too", "lol", "lol again"]


async def test_an_urgent_text_behind_its_own_number_goes_before_others_that_wait() -> None:
    door = Door()
    await door.comes("ana", "hi")
    await door.comes("ben", "hello")
    await door.comes("ana", "danger", 2)
    assert await door.opens() == ["hi", "danger", "hello"]


async def test_one_number_takes_one_place_however_much_it_writes() -> None:
    door = Door(at_once=2)
    await door.comes("ana", "one")
    await door.comes("ana", "two")
    await door.comes("ben", "three")
    assert door.let_in == ["one", "three"]


async def test_who_waits_too_long_goes_on_without_a_place_and_nobody_loses_theirs() -> None:
    door = Door()
    await door.comes("ana", "one")
    late = await door.comes("ben", "two", patience=0.05)
    await door.comes("cleo", "three")
    await asyncio.wait_for(late, 5)
    assert door.too_late == ["two"] and await door.opens() == ["one", "three"]


async def test_who_is_too_late_still_waits_for_the_earlier_text_of_their_number() -> None:
    door = Door()
    await door.comes("ana", "one")
    late = await door.comes("ana", "two", patience=0.05)
    await asyncio.sleep(0.2)
    assert not late.done() and door.too_late == []
    assert await door.opens() == ["one"] and door.too_late == ["two"]


async def test_a_turn_that_gave_its_place_back_keeps_its_number_waiting_and_nobody_else() -> None:
    door = Door()
    finish, gave_back = asyncio.Event(), asyncio.Event()

    async def goes_to_disk(turn: Turn) -> None:
        door.turns.give_back(turn)
        gave_back.set()
        await finish.wait()

    async def hangs() -> None:
        async with door.turns.of("ana", until=time.monotonic() + 10) as turn:
            await goes_to_disk(turn)

    hanging = asyncio.create_task(hangs())
    await asyncio.wait_for(gave_back.wait(), 5)
    await door.comes("ana", "after it")
    await door.comes("ben", "meanwhile")
    assert door.let_in == ["meanwhile"]
    finish.set()
    await hanging
    assert await door.opens() == ["meanwhile", "after it"]


async def test_who_hangs_up_while_waiting_takes_nobodys_place() -> None:
    door = Door()
    await door.comes("ana", "one")
    gone = await door.comes("ben", "two")
    await door.comes("cleo", "three")
    gone.cancel()
    await quiet()
    assert await door.opens() == ["one", "three"]


async def test_who_hangs_up_just_as_a_place_is_given_passes_it_on() -> None:
    door = Door()
    first = await door.comes("ana", "one")
    gone = await door.comes("ben", "two")
    await door.comes("cleo", "three")
    first.cancel()
    await asyncio.sleep(0)  # the place is ben's now, who does not know yet
    gone.cancel()
    assert await door.opens() == ["one", "three"]


async def test_who_is_too_late_and_hangs_up_leaves_the_number_to_the_next() -> None:
    door = Door()
    await door.comes("ana", "one")
    late = await door.comes("ana", "two", patience=0.05)
    await door.comes("ana", "three")
    await asyncio.sleep(0.2)
    late.cancel()
    await quiet()
    assert await door.opens() == ["one", "three"] and door.too_late == []
