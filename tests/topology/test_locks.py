"""What several processes do to one PostgreSQL at the same moment: each thing once, nobody deadlocked."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.case_events import CaseEvents
from bot.channels.base import Inbound, SendRefused
from bot.store import changes
from bot.store.database import Store
from bot.store.messages import Message
from tests.talking import House, Phone
from tests.topology.postgres import Postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[list[House]]:
    """Two machines over one database."""
    key = "a-key-of-a-test-that-nobody-else-has-0123456789"
    url = postgres.url("locks")
    made = [House(tmp_path_factory.mktemp("house"), HANDRAIL_DATABASE_URL=url, HANDRAIL_SECRET_KEY=key) for _ in range(2)]
    yield made
    for house in made:
        house.app.store.close()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """All of them, started in the same moment."""
    line = threading.Barrier(len(acts))

    def act(what: Callable[[], object]) -> object:
        line.wait(10)
        return what()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def says(house: House, number: str, text: str, sid: str, after: float = 0.0) -> Callable[[], object]:
    """A text, ``after`` seconds."""

    def arrives() -> object:
        time.sleep(after)
        return house.app.conversation.receive(Inbound("sms", sid, text, address=number, number=number))

    return arrives


def test_of_many_that_start_together_one_makes_the_schema(postgres: Postgres, houses: list[House]) -> None:
    postgres.asks("postgres", "CREATE DATABASE fresh")
    stores = [Store(postgres.url("fresh"), houses[0].app.vault, houses[0].app.now) for _ in range(4)]
    at_once(*(store.migrate for store in stores))
    assert postgres.asks("fresh", "SELECT count(*) FROM alembic_version") == [(1,)]
    for store in stores:
        store.close()


def test_a_disclosure_split_over_two_gateways_is_looked_at_joined(houses: list[House]) -> None:
    """Both texts come in the same moment, or the second a little later; whichever is second must know of the first."""
    in_order = 0
    for n in range(8):
        number = f"+1500555400{n}"
        at_once(says(houses[0], number, "i want to", f"sms:a{n}"), says(houses[1], number, "die", f"sms:z{n}", n * 0.01))
        thread = houses[0].app.vault.pseudonym("sms", number)
        with houses[0].app.store.read() as work:
            if [m.text for m in work.messages.transcript(thread) if m.who == "you"] == ["i want to", "die"]:
                in_order += 1
                assert work.cases.open_for(thread) is not None
    assert in_order, "of eight pairs at least one came in order"


def test_two_dangers_of_one_thread_at_once_are_one_case(houses: list[House]) -> None:
    for n in range(5):
        number = f"+1500555410{n}"
        at_once(*(says(houses[i % 2], number, "i want to die", f"sms:b{n}{i}") for i in range(4)))
        thread = houses[0].app.vault.pseudonym("sms", number)
        with houses[0].app.store.read() as work:
            assert len([c for c in work.cases.opened_since(work.now - timedelta(days=1)) if c.thread_id == thread]) == 1


def test_a_claimed_message_is_nobody_elses(houses: list[House], postgres: Postgres) -> None:
    for n in range(8):
        says(houses[0], f"+1500555420{n}", "hello", f"sms:c{n}")()

    def claim(house: House) -> Callable[[], Message | None]:
        def take() -> Message | None:
            with house.app.store.begin() as work:
                return work.messages.claim(direction="in", states=("kept",))

        return take

    claimed = [m for _ in range(3) for m in at_once(*(claim(houses[i % 2]) for i in range(4))) if isinstance(m, Message)]
    assert len({m.id for m in claimed}) == len(claimed) and len({m.thread_id for m in claimed}) == len(claimed)
    postgres.asks("locks", "UPDATE message SET state = 'noted' WHERE state = 'kept'")


def test_a_late_answer_of_a_gateway_that_was_given_up_is_not_said_again(houses: list[House]) -> None:
    """Its lease ran out, another took the message; both have an answer in the same moment."""
    phone = Phone(houses[0].app, "+15005554300")
    phone.quickly_texts("hello")
    turns: list[tuple[House, Message]] = []
    for house in houses:
        with house.app.store.begin() as work:
            found = work.messages.claim(direction="in", states=("kept",))
        assert found is not None
        turns.append((house, found))
        for each in houses:
            each.app.clock.passes(seconds=31)

    def answers(house: House, message: Message) -> Callable[[], object]:
        def act() -> object:
            turn = house.app.conversation._replies._turn(message)
            return house.app.conversation._replies._answer(message, asyncio.run(house.app.engine.ask(turn)))

        return act

    at_once(*(answers(house, message) for house, message in turns))
    with houses[0].app.store.read() as work:
        said = [m.text for m in work.messages.transcript(phone.thread_id) if m.who == "bot"]
    assert said.count("You said: hello") == 1


def test_two_outboxes_move_a_clock_once_while_the_young_person_goes_on_writing(houses: list[House]) -> None:
    """Sweeps take the case and then the thread, texts the thread and then the case: in one order, or they deadlock."""
    numbers = [f"+1500555440{n}" for n in range(6)]
    for n, number in enumerate(numbers):
        says(houses[0], number, "i want to die", f"sms:d{n}")()
    for round_ in range(3):
        for house in houses:
            house.app.clock.passes(seconds=80)
        texts = [says(houses[i % 2], number, "i want to die now", f"sms:e{round_}{i}") for i, number in enumerate(numbers)]
        at_once(houses[0].app.outbox.sweep, houses[1].app.outbox.sweep, *texts)
    with houses[0].app.store.read() as work:
        for number in numbers:
            case = work.cases.open_for(houses[0].app.vault.pseudonym("sms", number))
            assert case is not None
            told = [e.detail for e in work.audit.of_case(case.id) if e.what == "told"]
            assert len(told) == len(set(told)), told
        assert list(work.audit.broken_links()) == []


def test_a_look_at_events_that_wait_is_heard_by_nobody(houses: list[House]) -> None:
    """While another system's desk is down its events wait for minutes, and outboxes look at them every second."""

    class Down:
        def post(self, *_: object, **__: object) -> None:
            raise SendRefused("503", "down", final=False)

    events = [CaseEvents(store=house.app.store, webhook=Down()) for house in houses]
    events[0].send_next()  # a new stream begins now
    says(houses[0], "+15005554600", "i want to die", "sms:g1")()
    assert not events[0].send_next(), "refused: it waits"
    heard, stop = threading.Semaphore(0), threading.Event()
    changes.watch(houses[1].app.store, heard.release, stop)
    try:
        assert heard.acquire(timeout=10), "it says once that it listens"
        for each in events * 3:
            assert not each.send_next()
        assert not heard.acquire(timeout=1.5)
    finally:
        stop.set()


def test_a_commit_is_heard_by_everybody_and_a_look_into_an_empty_queue_by_nobody(houses: list[House]) -> None:
    heard, stop = threading.Semaphore(0), threading.Event()
    changes.watch(houses[1].app.store, heard.release, stop)
    try:
        assert heard.acquire(timeout=10), "it says once that it listens"
        with houses[0].app.store.begin() as work:
            work.messages.claim(direction="in", states=("no such state",))
        assert not heard.acquire(timeout=1.5)
        says(houses[0], "+15005554500", "hello", "sms:f1")()
        assert heard.acquire(timeout=10)
    finally:
        stop.set()
