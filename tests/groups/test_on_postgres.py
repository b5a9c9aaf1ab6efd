"""Groups over PostgreSQL and two gateways: the same talks, and nobody counts twice, late, or in a ring.

Every test of tests/test_group_talks.py is run again here, over a database of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from bot.chat import ChatRefused
from bot.group_seats import GroupSeats, Taken
from bot.groups.state import GroupState
from tests.talking import House
from tests.test_group_talks import *  # noqa: F403 - the same tests, over another house
from tests.test_group_talks import SUBJECT, Room
from tests.topology.postgres import Postgres

pytestmark = pytest.mark.slow

KEY = "a-key-of-a-test-that-nobody-else-has-0123456789"
STEP = "lesson:notice"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server with a database that has the schema, to copy from."""
    made = Postgres()
    try:
        made.makes("bare")
        house_over(made, tmp_path_factory.mktemp("bare"), "bare").app.store.close()
        yield made
    finally:
        made.removes()


def house_over(postgres: Postgres, var: Path, database: str) -> House:
    return House(var, HANDRAIL_DATABASE_URL=postgres.url(database), HANDRAIL_SECRET_KEY=KEY)


@pytest.fixture
def houses(postgres: Postgres, tmp_path: Path) -> Iterator[list[House]]:
    """Two gateways over one fresh database."""
    database = f"town{next(NUMBERS)}"
    postgres.asks("postgres", f"CREATE DATABASE {database} TEMPLATE bare")
    made = [house_over(postgres, tmp_path / str(n), database) for n in range(2)]
    yield made
    for each in made:
        each.app.store.close()


@pytest.fixture
def house(houses: list[House]) -> House:
    """What the talks happen in."""
    return houses[0]


# --- two gateways ------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> None:
    """All of them, started in the same moment; whatever one raises is raised."""
    line = threading.Barrier(len(acts))

    def act(what: Callable[[], object]) -> object:
        line.wait(10)
        return what()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(act, acts))


def answers(seats: GroupSeats, taken: list[Taken], option: str) -> Callable[[], object]:
    """These seats answer through one gateway; what is refused because the poll is closed is counted by nobody."""

    async def all_of_them() -> None:
        given = [seats.answer(each.token, STEP, [option]) for each in taken]
        for outcome in await asyncio.gather(*given, return_exceptions=True):
            assert not isinstance(outcome, BaseException) or isinstance(outcome, ChatRefused), outcome

    return lambda: asyncio.run(all_of_them())


def fresh_seats(house: House) -> GroupSeats:
    """Seats as another process has them: a queue of its own."""
    app = house.app
    return GroupSeats(
        store=app.store, vault=app.vault, conversation=app.conversation, talk=app.group_talk, lessons=app.group_lessons,
        words=app.words,
    )  # fmt: skip


def everybody(house: House, room: Room, people: int) -> list[Taken]:
    return [house.app.group_seats.join(room.code, "en") for _ in range(people)]


@pytest.fixture
def hall(houses: list[House]) -> Room:
    houses[0].desk("Fay", "facilitator")
    room = Room(houses[0], subject=SUBJECT)
    room.goes_to(STEP)
    return room


def test_answers_through_two_gateways_are_published_over_all_of_them(houses: list[House], hall: Room) -> None:
    taken = everybody(houses[0], hall, 40)
    for _ in range(3):
        acts = [answers(fresh_seats(houses[n % 2]), taken[n * 10 : n * 10 + 10], "ab"[n % 2]) for n in range(4)]
        at_once(*acts)
        with houses[1].app.store.read() as work:
            told = work.group_answers.published(hall.id)[STEP]
            assert hall.answers(STEP) == told.answered == 40
            assert dict(told.counts) == {"a": 15, "b": 20, "c": 0} or dict(told.counts) == {"a": 20, "b": 15, "c": 0}


def test_no_answer_is_taken_after_the_poll_is_closed_through_the_other_gateway(houses: list[House], hall: Room) -> None:
    taken = everybody(houses[0], hall, 20)
    step = next(s for s in houses[0].app.group_lessons.steps(SUBJECT) if s.id == STEP)

    def close() -> None:
        with houses[1].app.store.begin() as work:
            work.groups.hold(hall.id)
            work.group_answers.publish(hall.id, step, close=True)

    acts = [answers(fresh_seats(houses[0]), [each], "a") for each in taken]
    at_once(*acts[:10], close, *acts[10:])
    kept = hall.answers(STEP)
    with houses[1].app.store.read() as work:
        told = work.group_answers.published(hall.id)[STEP]
    assert told.answered == (kept - kept % 5 if kept >= 5 else 0), "what was kept before the close is in it, nothing after"


def test_a_seat_that_taps_and_writes_at_once_through_two_gateways_waits_in_no_ring(houses: list[House], hall: Room) -> None:
    taken = everybody(houses[0], hall, 12)
    phones = [houses[1].phone(f"+150055504{n:02}") for n in range(12)]
    for phone in phones:
        phone.quickly_texts(f"JOIN {hall.code}")

    def writes(each: Taken, number: int) -> Callable[[], object]:
        seats = houses[1].app.group_seats
        sitting = seats.sitting(each.token)
        assert sitting is not None
        return lambda: seats.write(sitting, f"w{number}", "A", "me" if number % 2 else "step")

    taps = [answers(fresh_seats(houses[0]), taken[n::3], "b") for n in range(3)]
    words = [writes(each, n) for n, each in enumerate(taken)]
    texts = [(lambda phone=phone: phone.quickly_texts("a")) for phone in phones]
    at_once(*taps, *words, *texts)
    assert hall.answers(STEP) == 24
    with houses[0].app.store.read() as work:
        assert work.groups.get(hall.id).state is GroupState.RUNNING
