"""The desk's pages over the real app: what a young person sends reaches a worker, and back."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.web.desk import desk_routes
from bot.web.staff_session import COOKIE, CSRF_HEADER, SignedIn
from tests.talking import PASSWORD, House, Phone, settle


def worker_at(house: House) -> TestClient:
    house.app.staff.add(username="maya", first_name="Maya", role="worker", password=PASSWORD)
    client = TestClient(Starlette(routes=desk_routes(house.app)), follow_redirects=False)
    client.post("/sign-in", data={"username": "maya", "password": PASSWORD})
    token = client.cookies[COOKIE]
    staff = house.app.staff.by_session(token)
    assert staff is not None
    client.headers[CSRF_HEADER] = SignedIn(staff=staff, token=token).csrf
    return client


def test_a_danger_text_is_taken_answered_noted_and_closed_at_the_desk(house: House, phone: Phone) -> None:
    maya = worker_at(house)
    assert "Nobody is waiting." in maya.get("/").text
    phone.texts("my stepdad hits me and he's coming home now")
    found = re.search(r'href="/case/(\d+)"', maya.get("/").text)
    assert found
    case = f"/case/{found[1]}"
    assert "stepdad hits me" in maya.get(case).text

    assert maya.post(f"{case}/accept").status_code == 303
    assert maya.post(f"{case}/say", data={"text": "Hi, I am Maya.", "once": "k"}).status_code == 303
    settle(house.app)
    phone.sees("Hi, I am Maya.")
    phone.texts("he is outside")
    assert maya.post(f"{case}/note", data={"text": "Sister at home."}).status_code == 303
    html = maya.get(case).text
    assert "he is outside" in html
    assert html.count("only staff see this") == 1

    closing = {"outcome": "safety_plan", "chi_category": "Violence: Physical abuse"}
    assert maya.post(f"{case}/close", data=closing).status_code == 303
    assert "This case is closed." in maya.get(case).text


def test_the_second_worker_is_told_and_nothing_changes(house: House, phone: Phone) -> None:
    maya, sam = worker_at(house), house.desk("Sam")
    phone.texts("my stepdad hits me and he's coming home now")
    card = sam.queue()[0]
    sam.accepts(card)
    answer = maya.post(f"/case/{card.id}/accept", headers={"hx-request": "true"})
    assert answer.status_code == 409
    assert "Sam was first" in answer.text
