"""Into a group and out of it: codes, seats, the page where it is joined, and the screen that shows how."""

from __future__ import annotations

import html
import re

import pytest
import segno
from starlette.testclient import TestClient

from bot.web.sites import public_site
from tests.talking import Clock, Desk, House
from tests.web.group_people import Facilitator, Young, leading

DANGER = "my stepdad hits me"


@pytest.fixture
def fay(house: House) -> Facilitator:
    return leading(house)


def test_without_a_seat_no_door_opens(house: House, fay: Facilitator) -> None:
    client = TestClient(public_site(house.app))
    for method, path in (("GET", "/group/seat"), ("GET", "/group/events"), ("POST", "/group/next"), ("POST", "/group/texts")):
        assert client.request(method, path, json={"x": 1}).status_code == 401
    assert client.post("/group/answers", json={"step": "x", "options": ["a"]}).status_code == 401


def test_the_seat_outlives_the_page_and_a_wrong_code_is_said_kindly(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    again = TestClient(public_site(house.app)).get("/group/seat", headers={"Authorization": f"Bearer {young.seat['token']}"})
    assert again.json()["nickname"] == young.seat["nickname"]
    wrong = TestClient(public_site(house.app)).post("/group/seats", json={"code": "34793"})
    assert wrong.status_code == 404 and "don't know that code" in wrong.json()["error"]
    assert young.client.delete("/group/seats").status_code == 204
    assert young.client.get("/group/seat").status_code == 401


def test_a_token_opens_nothing_an_hour_after_the_end_unless_people_have_the_case(
    house: House, fay: Facilitator, clock: Clock
) -> None:
    young, in_danger = Young(house, fay.code), Young(house, fay.code)
    in_danger.writes(DANGER, "me")
    fay.does("move", event="end")
    clock.passes(minutes=59)
    assert young.client.get("/group/seat").status_code == 200
    clock.passes(minutes=2)
    assert young.client.get("/group/seat").status_code == 401
    assert young.client.post("/group/texts", json={"id": "9", "text": "hello", "to": "me"}).status_code == 401
    assert in_danger.client.get("/group/seat").status_code == 200


def test_a_group_is_joined_without_script_and_its_steps_come_in_the_chat(house: House, fay: Facilitator) -> None:
    client = TestClient(public_site(house.app))
    page = client.get("/join").text
    form = re.search(r'<form id="join-form"[^>]*>', page)
    assert form and 'method="post"' in form[0] and 'action="/talk"' in form[0], "a code never comes into an address"
    fay.goes_to("lesson:notice")
    fields = {"do": "join", "id": "m1", "lang": "en", "code": f"{fay.code[:3]} {fay.code[3:].lower()}"}
    chat = client.post("/talk", data=fields).text
    assert "You're in" in html.unescape(chat) and "What stands out to you?" in chat and "The gift" in chat
    token = re.findall(r'name="token" value="([^"]+)"', chat)[0]
    client.post("/talk", data={"do": "send", "id": "m2", "lang": "en", "token": token, "text": "A"})
    with house.app.store.read() as work:
        assert work.group_answers.answered(fay.group, "lesson:notice") == 1


def test_the_code_of_an_ended_group_is_said_to_be_over_on_the_page(house: House, fay: Facilitator) -> None:
    code = fay.code
    fay.does("move", event="end")
    answer = TestClient(public_site(house.app)).post("/group/seats", json={"code": f"JOIN {code}"})
    assert answer.status_code == 404 and "already over" in answer.json()["error"]


def test_danger_typed_into_the_box_for_the_code_is_seen(house: House, fay: Facilitator, desk: Desk) -> None:
    client = TestClient(public_site(house.app))
    client.post("/talk", data={"do": "join", "id": "m1", "lang": "en", "code": "i want to die"})
    desk.sees_case(level="high")


def test_taps_alone_keep_a_seat_longer_than_words_are_kept(house: House, fay: Facilitator, clock: Clock) -> None:
    fay.goes_to("lesson:notice")
    young = Young(house, fay.code)
    for _ in range(3):
        clock.passes(hours=30)
        assert young.answers("lesson:notice", "a").status_code == 200
        house.app.outbox.expire()
    assert young.answers("lesson:notice", "b").status_code == 200


def test_the_join_screen_shows_the_code_large_with_a_picture_of_it(house: House, fay: Facilitator) -> None:
    page = fay.page("/join")
    assert f"{fay.code[:3]} {fay.code[3:]}" in page and f"JOIN {fay.code}" in page
    drawn = fay.client.get(f"/groups/{fay.group}/qr.svg")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    wanted = segno.make(f"{house.app.settings.public_url}/join?c={fay.code}&region=CA", error="m").svg_inline(border=4)
    dark = [re.findall(r'class="qrline"[^>]* d="([^"]+)"', each) for each in (drawn.text, wanted)]
    assert len(dark[1]) == 1 and dark[0] == dark[1], "the picture is of this very address"


def test_the_join_page_has_the_options_and_takes_code_and_region_to_its_other_languages(house: House) -> None:
    html = TestClient(public_site(house.app)).get("/join", params={"c": "4F7KM", "region": "CA"}).text
    assert 'id="reading"' in html and 'id="easy"' in html and "/static/bar.js" in html
    assert html.count('href="/join?c=4F7KM&amp;region=CA&amp;lang=') >= 3
    assert html.index("Call 911") < html.index("Choose where you live"), "the lines of the region come first"


def test_the_join_page_works_in_every_language_and_has_no_third_party(house: House) -> None:
    client = TestClient(public_site(house.app))
    for lang, word in (("en", "Join a group"), ("fr", "Rejoindre un groupe"), ("es", "Entrar a un grupo")):
        page = client.get("/join", params={"lang": lang, "c": "4F7KM"})
        assert word in page.text and 'value="4F7KM"' in page.text
        others = set(re.findall(r"""(?:https?:)?//(?!127\.|localhost)[^\s"'<>]+""", page.text))
        assert others == {house.app.settings.exit_url}, "only where quick exit goes"
        assert page.headers["cache-control"] == "no-store" and "set-cookie" not in page.headers
