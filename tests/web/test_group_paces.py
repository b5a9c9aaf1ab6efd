"""The doors of a group's page slow machines down, and nobody in danger; one stranger shuts nobody out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from bot.web.callers import Callers
from bot.web.group_doors import MOST_ANSWERS, group_routes
from bot.web.group_guesses import IN_SECONDS, MOST_FROM_A_SITE, MOST_FROM_ONE, MOST_OF_ALL, CodeGuesses
from bot.web.sites import public_site
from tests.talking import Desk, House, HouseApp, demo_settings
from tests.web.group_people import Facilitator, Young

DANGER = "i want to die"


@pytest.fixture
def fay(house: House) -> Facilitator:
    made = Facilitator(house)
    made.opens()
    made.does("move", event="start")
    return made


def says(young: Young, text: str, number: int, to: str = "me") -> int:
    answer = young.client.post("/group/texts", json={"id": f"m{number}", "text": text, "to": to})
    return answer.status_code


@pytest.mark.parametrize("to", ["me", "box", "step"])
def test_a_text_that_shows_danger_is_taken_however_fast_it_comes(house: House, fay: Facilitator, desk: Desk, to: str) -> None:
    young = Young(house, fay.code)
    codes = [says(young, "hi", n) for n in range(60)]
    assert 429 in codes
    assert says(young, DANGER, 99, to) == 202
    desk.sees_case(level="high")


def test_a_danger_split_over_fast_texts_is_taken_too(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    while says(young, "i want", 1) != 429:
        pass
    assert says(young, "to die", 2) == 202


def test_halves_of_characters_and_nulls_are_left_out_of_a_text(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    body = b'{"id": "m1", "text": "hel\\u0000lo \\ud800there", "to": "me"}'
    assert young.client.post("/group/texts", content=body).status_code == 202
    assert young.lines()[-1].text == "hello there"


# --- guessing codes ----------------------------------------------------------------------------------


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[House]:
    """A house behind a proxy of ours, which says where a request comes from."""
    settings = replace(demo_settings(tmp_path / "behind"), proxies=("testclient",))
    made = House(tmp_path / "behind", HouseApp(settings))
    yield made
    made.app.store.close()


def joins(client: TestClient, code: str, address: str) -> int:
    return client.post("/group/seats", json={"code": code}, headers={"X-Forwarded-For": address}).status_code


def test_guessing_by_page_is_held_back_for_one_address_and_for_nobody_else(behind: House) -> None:
    fay = Facilitator(behind)
    fay.opens()
    client = TestClient(public_site(behind.app))
    codes = [joins(client, f"3{n:04}", "203.0.113.7") for n in range(MOST_FROM_ONE + 1)]
    assert codes == [404] * MOST_FROM_ONE + [429]
    assert joins(client, fay.code, "203.0.113.7") == 429
    assert joins(client, fay.code, "203.0.113.8") == 201
    phone = behind.phone()
    phone.texts(f"JOIN {fay.code}")
    phone.sees("You're in")


def test_guessing_from_many_households_of_one_site_is_held_back_too(behind: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A /48 of IPv6 is one customer's, and has 65,536 households in it."""
    monkeypatch.setattr("bot.web.group_guesses.IN_SECONDS", 1e6)
    client = TestClient(public_site(behind.app))
    codes = [joins(client, f"3{n:04}", f"2001:db8:7:{n:x}::1") for n in range(MOST_FROM_A_SITE + 1)]
    assert codes[-2:] == [404, 429]
    assert joins(client, "30000", "2001:db8:8:1::1") == 404, "another site's"


def test_one_household_that_guesses_at_once_shuts_no_neighbour_out() -> None:
    guesses = CodeGuesses(callers=Callers(()), clock=lambda: 0.0)
    stranger, neighbour = (Request({"type": "http", "headers": [], "client": (f"2001:db8:7:{n}::1", 1)}) for n in range(2))
    for _ in range(500):
        guesses.wrong(stranger)
    assert guesses.may(neighbour) and not guesses.may(stranger)


def at_once(house: House, codes: Sequence[str], address: str = "203.0.113.7") -> list[int]:
    """What many hear who send a code in the same moment, from one address."""
    headers = {"X-Forwarded-For": address}

    async def all_join() -> list[int]:
        door = ASGITransport(public_site(house.app), client=("testclient", 1))
        async with AsyncClient(transport=door, base_url="http://testserver", headers=headers) as client:
            answers = await asyncio.gather(*(client.post("/group/seats", json={"code": code}) for code in codes))
        return [answer.status_code for answer in answers]

    return asyncio.run(all_join())


def test_guesses_that_come_in_together_are_each_waited_out() -> None:
    """All are let in before the first is known to be wrong; then their number is owed, and not just what was left."""
    seconds = [0.0]
    guesses = CodeGuesses(callers=Callers(()), clock=lambda: seconds[0])
    stranger = Request({"type": "http", "headers": [], "client": ("203.0.113.7", 1)})
    assert all(guesses.may(stranger) for _ in range(500))
    for _ in range(500):
        guesses.wrong(stranger)
    seconds[0] = (500 - MOST_FROM_ONE) * IN_SECONDS / MOST_FROM_ONE
    assert not guesses.may(stranger)
    seconds[0] += IN_SECONDS
    assert guesses.may(stranger)


def test_strangers_who_guess_take_no_class_its_seats(behind: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.group_doors.MOST_SEATS", 20)
    fay = Facilitator(behind)
    fay.opens()
    client = TestClient(Starlette(routes=group_routes(behind.app, clock=lambda: 0.0)))
    for n in range(25):
        joins(client, f"3{n:04}", f"203.0.113.{n}")
    codes = [joins(client, fay.code, "198.51.100.1") for _ in range(21)]
    assert codes == [201] * 20 + [429]


def test_a_school_behind_one_address_gets_in_at_once(behind: House) -> None:
    fay = Facilitator(behind)
    fay.opens()
    assert at_once(behind, [fay.code] * (MOST_FROM_ONE + 10)) == [201] * (MOST_FROM_ONE + 10)


def test_right_codes_cost_no_guesses(behind: House) -> None:
    fay = Facilitator(behind)
    fay.opens()
    client = TestClient(public_site(behind.app))
    assert {joins(client, fay.code, "203.0.113.7") for _ in range(MOST_FROM_ONE + 5)} == {201}


def test_many_addresses_that_guess_are_held_back_together(behind: House) -> None:
    client = TestClient(public_site(behind.app))
    codes = [joins(client, f"3{n:04}", f"203.0.113.{n % 200}") for n in range(MOST_OF_ALL + 100)]
    assert codes[:MOST_OF_ALL] == [404] * MOST_OF_ALL and 429 in codes
    fay = Facilitator(behind)
    fay.opens()
    assert joins(client, fay.code, "203.0.114.1") == 201, "others' wrong codes shut no class out"


class Chatting:
    """A script at one address that opens a chat for each text, as a chat costs nothing to open."""

    def __init__(self, house: House, address: str) -> None:
        self.client = TestClient(public_site(house.app), headers={"X-Forwarded-For": address})
        self.by: dict[str, str] = {}

    def opens(self) -> None:
        token = self.client.post("/chat/threads").json()["token"]
        self.by = {"Authorization": f"Bearer {token}"}

    def says(self, text: str) -> int:
        return self.client.post("/chat/messages", json={"id": f"m {text}", "text": text}, headers=self.by).status_code


def test_codes_guessed_in_chats_count_with_those_of_their_address(behind: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.group_guesses.MOST_FROM_ONE", 6)
    monkeypatch.setattr("bot.web.group_guesses.IN_SECONDS", 1e6)
    fay = Facilitator(behind)
    fay.opens()
    script = Chatting(behind, "203.0.113.7")
    codes = []
    for n in range(8):
        script.opens()
        codes.append(script.says(f"JOIN 34{n:03}"))
    assert codes == [202] * 6 + [429] * 2
    assert script.says(fay.code) == 429
    form = {"do": "join", "code": fay.code, "id": "f1", "lang": "en"}
    assert script.client.post("/talk", data=form).status_code == 429
    assert joins(script.client, fay.code, "203.0.113.7") == 429, "one pace for the chats and the page"
    assert script.says("hello") == 202
    elsewhere = Chatting(behind, "203.0.113.8")
    elsewhere.opens()
    assert elsewhere.says(f"JOIN {fay.code}") == 202


def test_a_code_that_completes_a_word_of_danger_is_taken_all_the_same(behind: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.group_guesses.MOST_FROM_ONE", 1)
    monkeypatch.setattr(type(behind.app.chat), "shows_danger", lambda _chat, _text, _thread: True)
    script = Chatting(behind, "203.0.113.7")
    script.opens()
    assert [script.says(f"JOIN 34{n:03}") for n in range(3)] == [202] * 3


def test_a_class_joins_in_its_chats_from_one_address_at_once(behind: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.group_guesses.MOST_FROM_ONE", 3)
    fay = Facilitator(behind)
    fay.opens()
    pupil = Chatting(behind, "203.0.113.7")
    for _ in range(6):
        pupil.opens()
        assert pupil.says(f"JOIN {fay.code}") == 202


def test_tokens_that_open_nothing_take_no_pace(house: House, fay: Facilitator) -> None:
    client = TestClient(public_site(house.app))
    body = {"step": "lesson:notice", "options": ["a"]}
    for n in range(MOST_ANSWERS + 5):
        answer = client.post("/group/answers", json=body, headers={"Authorization": "Bearer stranger"})
        assert answer.status_code == 401, n


def test_a_seat_that_the_door_knows_is_looked_up_with_its_batch_alone(
    house: House, fay: Facilitator, monkeypatch: pytest.MonkeyPatch
) -> None:
    young = Young(house, fay.code)
    fay.goes_to("lesson:notice")
    assert young.client.get("/group/seat").status_code == 200
    monkeypatch.setattr(house.app.group_seats, "sitting", lambda _token: pytest.fail("looked up by itself"))
    assert young.answers("lesson:notice", "a").status_code == 200


def test_a_seat_that_was_left_elsewhere_hears_so_in_its_language(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    fay.goes_to("lesson:notice")
    young.answers("lesson:notice", "a")
    house.app.group_seats.leave(young.seat["token"])
    for lang in ("fr", "es", "en"):
        body = {"step": "lesson:notice", "options": ["b"]}
        answer = young.client.post("/group/answers", json=body, headers={"Accept-Language": lang})
        assert (answer.status_code, answer.json()["error"]) == (401, house.app.words.say("page_gone", lang))
