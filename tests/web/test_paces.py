"""Machines are slowed, by thread and by address; nobody in danger is, and no address is kept."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from bot.web import late_line, pace
from bot.web.callers import Callers
from bot.web.late_line import MOST_CHATS, MOST_OF_A_CALLER, MOST_OF_A_CHAT, LateLines
from bot.web.sites import public_site
from bot.web.youth import youth_routes
from bot.web.youth_doors import shows_danger
from tests.talking import Clock, Desk, House, Page
from tests.web.fakes import FakeApp

DANGER = "i want to die"


def request(client: str | None, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "headers": headers, "client": (client, 1) if client else None})


def key(callers: Callers, *given: Any) -> str | None:
    return callers.key(request(*given))


# --- who calls ---------------------------------------------------------------------------------------


def test_two_addresses_are_two_callers_and_one_is_one() -> None:
    callers = Callers(["127.0.0.1"])
    assert key(callers, "203.0.113.7") == key(callers, "203.0.113.7") != key(callers, "203.0.113.8")


def test_a_proxy_of_ours_is_believed_and_nobody_else() -> None:
    callers = Callers(["127.0.0.1", "10.0.0.5"])
    behind = key(callers, "127.0.0.1", "203.0.113.7, 10.0.0.5")
    assert behind == key(callers, "203.0.113.7")
    forged = key(callers, "203.0.113.9", "203.0.113.7")
    assert forged == key(callers, "203.0.113.9") != behind


def test_a_network_of_proxies_is_believed_and_its_neighbours_are_not() -> None:
    """A balancer in a container or a cluster has another address after every restart."""
    callers = Callers(["172.30.7.0/24", "fd00:7::/64"])
    behind = [key(callers, proxy, "203.0.113.7") for proxy in ("172.30.7.2", "172.30.7.99", "fd00:7::5", "::ffff:172.30.7.3")]
    assert set(behind) == {key(callers, "203.0.113.7")}
    assert key(callers, "172.30.8.2", "203.0.113.7") == key(callers, "172.30.8.2") != behind[0]
    assert key(callers, "172.30.7.2", "203.0.113.7, 172.30.7.9") == behind[0], "two balancers, one behind the other"


def test_an_address_of_ipv4_is_one_caller_however_the_listener_writes_it() -> None:
    callers = Callers(["127.0.0.1"])
    assert key(callers, "::ffff:203.0.113.7") == key(callers, "203.0.113.7")
    assert key(callers, "::ffff:127.0.0.1", "203.0.113.7") == key(callers, "203.0.113.7")


def test_a_caller_cannot_become_another_by_writing_more_addresses_in_front() -> None:
    callers = Callers(["127.0.0.1"])
    one = key(callers, "127.0.0.1", "198.51.100.1, 203.0.113.7")
    assert one == key(callers, "127.0.0.1", "192.0.2.200,192.0.2.201, 203.0.113.7")


def test_a_household_with_many_ipv6_addresses_is_one_caller() -> None:
    callers = Callers([])
    assert key(callers, "2001:db8:1:2::a") == key(callers, "2001:db8:1:2:ffff::b") != key(callers, "2001:db8:1:3::a")


@pytest.mark.parametrize("given", [("127.0.0.1",), (None,), ("testclient",), ("127.0.0.1", "not an address")])
def test_where_it_cannot_be_told_nobody_is_slowed_by_address(given: tuple[Any, ...]) -> None:
    assert key(Callers(["127.0.0.1"]), *given) is None


def test_an_address_is_known_only_as_a_hash_under_a_key_that_dies_with_the_process() -> None:
    name = key(Callers([]), "203.0.113.7")
    assert name and "203" not in name[:3] and name != key(Callers([]), "203.0.113.7")


# --- the doors ---------------------------------------------------------------------------------------


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    yield (
        TestClient(public_site(house.app), client=("203.0.113.7", 1)) if _takes_client() else TestClient(public_site(house.app))
    )


def _takes_client() -> bool:
    import inspect

    return "client" in inspect.signature(TestClient.__init__).parameters


def from_(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


def opened(client: TestClient, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.post('/chat/threads', headers=headers).json()['token']}"}


def say(client: TestClient, by: dict[str, str], text: str, number: int) -> int:
    return client.post("/chat/messages", json={"id": f"m{number}", "text": text}, headers=by).status_code


def test_a_text_that_shows_danger_is_taken_however_fast_it_comes(house: House, client: TestClient, desk: Desk) -> None:
    by = opened(client)
    codes = [say(client, by, "hi", n) for n in range(60)]
    assert 429 in codes
    assert say(client, by, DANGER, 99) == 202
    desk.sees_case(level="high")


def test_a_danger_split_over_fast_texts_is_taken_too(house: House, client: TestClient, desk: Desk) -> None:
    by = opened(client)
    while say(client, by, "i want", 1) != 429:
        pass
    assert say(client, by, "to die", 2) == 202


def test_the_page_without_script_takes_danger_too_however_many_open_chats() -> None:
    app = FakeApp()
    client = TestClient(Starlette(routes=youth_routes(app, clock=lambda: 0.0)))
    form = {"do": "send", "id": "m1", "lang": "en"}
    answers = [client.post("/chat/threads").status_code for _ in range(pace.MOST_OPENINGS + 1)]
    assert answers[-1] == 429
    assert client.post("/talk", data={**form, "text": "hello"}).status_code == 429
    assert client.post("/talk", data={**form, "text": "im scared"}).status_code == 200
    assert [s.text for t in app.chat.threads.values() for s in t.said if s.who == "you"] == ["im scared"]


def test_who_cannot_open_a_chat_for_the_pace_can_with_danger_in_the_first_text() -> None:
    app = FakeApp()
    client = TestClient(Starlette(routes=youth_routes(app, clock=lambda: 0.0)))
    for _ in range(pace.MOST_OPENINGS):
        client.post("/chat/threads")
    codes = [client.post("/chat/threads", json=wish).status_code for wish in ({}, {"text": "hello"}, {"text": "im scared"})]
    assert codes == [429, 429, 201] and client.post("/chat/threads").status_code == 429
    assert not [s for t in app.chat.threads.values() for s in t.said if s.text == "im scared"]  # sent next, as always


def test_a_flood_of_new_threads_sets_nobody_else_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST_KEYS", 10)
    limit = pace.Pace(most=2, seconds=10.0, clock=lambda: 0.0)
    assert [limit.takes("busy") for _ in range(3)] == [True, True, False]
    for n in range(30):
        limit.takes(f"new {n}")
        assert not limit.takes("busy")
    assert len(limit._buckets) == 10


def test_one_address_that_opens_chats_without_end_is_slowed_and_another_is_not() -> None:
    client = TestClient(Starlette(routes=youth_routes(FakeApp(proxies=("testclient",)), clock=lambda: 0.0)))
    codes = [
        client.post("/chat/threads", headers=from_("203.0.113.7")).status_code for _ in range(pace.MOST_OPENINGS_FROM_ONE + 1)
    ]
    assert codes[-1] == 429 and set(codes[:-1]) == {201}
    assert client.post("/chat/threads", headers=from_("203.0.113.8")).status_code == 201


def test_one_address_that_writes_in_many_chats_is_slowed_and_another_is_not() -> None:
    app = FakeApp(proxies=("testclient",))
    app.chat.silent = True
    client = TestClient(Starlette(routes=youth_routes(app, clock=lambda: 0.0)))
    many = [opened(client, **from_(f"198.51.100.{n}")) for n in range(pace.MOST_FROM_ONE // 20 + 1)]
    codes = [say(client, {**by, **from_("203.0.113.7")}, "hi", n) for by in many for n in range(20)]
    assert codes.count(202) == pace.MOST_FROM_ONE and codes[-1] == 429
    assert say(client, {**many[-1], **from_("203.0.113.8")}, "hi", 30) == 202


def test_one_address_that_tries_ways_back_takes_them_from_nobody_else() -> None:
    client = TestClient(Starlette(routes=youth_routes(FakeApp(proxies=("testclient",)), clock=lambda: 0.0)))

    def tries(address: str, n: int) -> int:
        return client.post("/chat/way-back", json={"way_back": f"otter {n}"}, headers=from_(address)).status_code

    def tries_by_form(address: str) -> int:
        return client.post("/talk", data={"do": "return", "word": "otter 123456"}, headers=from_(address)).status_code

    assert {tries("203.0.113.7", n) for n in range(pace.MOST_RETURNS)} == {404}
    assert tries("203.0.113.7", 99) == tries_by_form("203.0.113.7") == 429
    assert tries("203.0.113.8", 99) == tries_by_form("203.0.113.8") == 404


def test_a_chat_that_makes_ways_back_without_end_is_slowed() -> None:
    app = FakeApp()
    client = TestClient(Starlette(routes=youth_routes(app, clock=lambda: 0.0)))
    by = opened(client)
    codes = [
        client.put("/chat/way-back", json={"word": "otter"}, headers=by).status_code for _ in range(pace.MOST_MESSAGES + 1)
    ]
    assert codes[-1] == 429 and set(codes[:-1]) == {200}


LOOK = 0.04
"""Seconds that one look at a text takes."""


def late_line_tried(flood: list[tuple[str, str | None]], *, look: float = LOOK) -> tuple[float, list[bool]]:
    """Texts that all come in one moment as (address, chat), then danger from elsewhere: how long that took, and what became
    of the others."""

    async def slow(found: bool) -> bool:
        await asyncio.sleep(look)
        return found

    async def scenario() -> tuple[float, list[bool]]:
        lines = LateLines()
        flooding = [asyncio.create_task(lines.takes(address, chat, lambda: slow(True))) for address, chat in flood]
        await asyncio.sleep(0)
        began = time.monotonic()
        assert await lines.takes("somebody else", "their chat", lambda: slow(True))
        took = time.monotonic() - began
        others = await asyncio.gather(*flooding)
        assert not lines._locks and not lines._waiting, "nothing is kept of who does not wait"
        return took, others

    return asyncio.run(scenario())


def test_a_flood_from_one_address_delays_no_danger_from_another() -> None:
    took, flood = late_line_tried([("flooder", f"chat {n}") for n in range(600)], look=LOOK / 10)
    assert took < 1 and flood.count(True) == MOST_CHATS


@pytest.mark.parametrize("texts", [1, 3])
def test_however_many_chats_flood_from_an_address_the_next_chat_there_is_looked_at(texts: int) -> None:
    flood = [("school", f"chat {n}") for n in range(300)] * texts
    _, looked_at = late_line_tried([*flood, ("school", "a child")], look=LOOK / 10)
    assert looked_at[-1] and looked_at.count(True) == 301


def test_who_opens_many_chats_takes_no_place_from_those_who_have_one() -> None:
    _, looked_at = late_line_tried([*[("school", None)] * 100, ("school", "a child")], look=LOOK / 10)
    assert looked_at[-1] and looked_at.count(True) == MOST_OF_A_CALLER + 1


def test_where_very_many_wait_every_line_is_short_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_line, "MOST_IN_ALL", 100)
    flood = [("flooder", f"chat {n}") for n in range(200)]
    _, looked_at = late_line_tried([*flood, ("school", "a child")], look=LOOK / 10)
    assert looked_at[-1] and looked_at.count(True) == 101


def test_late_danger_is_taken_at_an_address_whose_other_chats_flood(house: House) -> None:
    lines = LateLines()

    async def scenario() -> list[bool]:
        def says(chat: str, text: str) -> Any:
            return lines.takes("school", chat, partial(shows_danger, house.app, text, None))

        return list(await asyncio.gather(*[says(f"chat {n}", "hello there") for n in range(60)], says("a child", DANGER)))

    assert asyncio.run(scenario()) == [False] * 60 + [True]


def test_a_flood_from_several_addresses_is_waited_for_at_most_once_around() -> None:
    took, _ = late_line_tried([(f"flooder {n % 20}", f"chat {n}") for n in range(500)])
    assert took < 1


def test_one_chat_that_floods_leaves_room_in_its_line_for_the_others_at_its_address() -> None:
    _, flood = late_line_tried([*[("school", "a machine")] * 100, ("school", "a child")])
    assert flood.count(True) == MOST_OF_A_CHAT + 1 and flood[-1]


def test_no_address_is_left_in_memory_or_in_the_database(house: House, client: TestClient) -> None:
    address = "203.0.113." + str(77)
    by = opened(client, **from_(address))
    say(client, {**by, **from_(address)}, "hello", 1)
    gc.collect()
    kept = [d for d in gc.get_objects() if isinstance(d, dict) and address in d and "x-forwarded-for" not in d]
    assert not kept
    assert address.encode() not in b"".join(f.read_bytes() for f in house.app.settings.var.iterdir() if f.is_file())


# --- tokens ------------------------------------------------------------------------------------------


def test_a_token_is_256_random_bits_and_no_two_are_alike(house: House) -> None:
    tokens = {house.app.chat.open(None, None, "en") for _ in range(50)}
    assert len(tokens) == 50 and all(len(token) >= 43 for token in tokens)


def test_a_token_opens_its_own_thread_only(house: House, client: TestClient) -> None:
    mine, other = opened(client), opened(client)
    say(client, mine, "only for me", 1)
    threads = [house.app.chat.thread_of(by["Authorization"].split()[1]) for by in (mine, other)]
    assert len(set(threads)) == 2 and not house.app.chat.since(str(threads[1]), 0)


def test_a_token_is_over_some_hours_after_the_last_word(house: House, page: Page, clock: Clock) -> None:
    page.texts("hello")
    clock.passes(hours=11)
    assert house.app.chat.thread_of(page.token)
    page.texts("still here")
    clock.passes(hours=11)
    assert house.app.chat.thread_of(page.token)
    clock.passes(hours=2)
    assert house.app.chat.thread_of(page.token) is None


def test_a_token_lasts_while_people_have_the_case(house: House, page: Page, clock: Clock) -> None:
    page.texts(DANGER)
    clock.passes(days=2)
    assert house.app.chat.thread_of(page.token)


def test_another_sites_page_cannot_speak_for_them(house: House, client: TestClient) -> None:
    other_site = {"Sec-Fetch-Site": "cross-site"}
    by = opened(client)
    assert client.post("/chat/threads", headers=other_site).status_code == 403
    assert client.post("/chat/messages", json={"id": "1", "text": "hi"}, headers={**by, **other_site}).status_code == 403
    assert client.get("/chat/events", headers={**by, **other_site}).status_code == 403
    assert client.post("/talk", data={"do": "send", "id": "m1", "text": DANGER}, headers=other_site).status_code == 403
