"""The board and the rota in the browser's eyes: who may see them, what they say, and that changes hold."""

from __future__ import annotations

import csv
import io

import pytest
from starlette.testclient import TestClient

from bot.web.sites import public_site, staff_site
from bot.web.staff_session import COOKIE, CSRF_HEADER, SignedIn
from tests.talking import PASSWORD, Clock, Desk, House, Page, Phone, settle

NOW = "my stepdad hits me and he's coming home now"


def signed_in(house: House, role: str, name: str = "Alex") -> TestClient:
    house.app.staff.add(username=f"{name.lower()}-{role}", first_name=name, role=role, password=PASSWORD)
    client = TestClient(staff_site(house.app), follow_redirects=False)
    client.post("/sign-in", data={"username": f"{name.lower()}-{role}", "password": PASSWORD})
    token = client.cookies[COOKIE]
    staff = house.app.staff.by_session(token)
    assert staff is not None
    client.headers[CSRF_HEADER] = SignedIn(staff=staff, token=token).csrf
    return client


@pytest.mark.parametrize("path", ["/board", "/rota", "/board/cases.csv", "/board/incidents.csv"])
@pytest.mark.parametrize(
    ("role", "status"), [("supervisor", 200), ("administrator", 200), ("worker", 403), ("facilitator", 403)]
)
def test_only_supervisors_and_administrators_see_the_board(house: House, path: str, role: str, status: int) -> None:
    assert signed_in(house, role).get(path).status_code == status


@pytest.mark.parametrize("path", [
    "/board/lines-only", "/board/capacity", "/rota/shift", "/rota/shift/remove", "/rota/holiday", "/rota/holiday/remove",
    "/rota/contact", "/rota/test",
])  # fmt: skip
def test_a_change_needs_the_role_and_the_forms_own_token(house: House, path: str) -> None:
    assert signed_in(house, "worker").post(path, data={}).status_code == 403
    boss = signed_in(house, "supervisor")
    del boss.headers[CSRF_HEADER]
    assert boss.post(path, data={}).status_code == 403
    assert TestClient(staff_site(house.app), follow_redirects=False).post(path, data={}).status_code == 401


def test_the_board_counts_waiting_times_and_incidents(house: House, page: Page, phone: Phone, desk: Desk, clock: Clock) -> None:
    boss = signed_in(house, "supervisor")
    page.texts(NOW)
    phone.texts(NOW)
    clock.passes(seconds=50)
    first, second = desk.queue()
    desk.accepts(first)
    clock.passes(seconds=40)
    house.app.outbox.sweep()
    clock.passes(seconds=1)
    house.app.outbox.sweep()
    view = house.app.board.now()
    assert (view.waiting, view.held, view.accepted, view.accept_median) == (1, 1, 1, 50.0)
    assert dict(view.by_level) == {"imminent": 1, "high": 0, "elevated": 0}
    assert any("nobody took it in time" in i.what and i.designation == second.designation for i in view.incidents)
    shown = boss.get("/board").text
    assert second.designation in shown and "50 s" in shown and "stepdad" not in shown


def test_exports_hold_no_words_and_no_numbers(house: House, phone: Phone) -> None:
    boss = signed_in(house, "supervisor")
    phone.texts(NOW)
    text = boss.get("/board/cases.csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["level"] == "imminent" and rows[0]["channel"] == "sms"
    assert "stepdad" not in text and phone.number not in text
    assert boss.get("/board/incidents.csv").text.startswith("at,what,detail,case,designation")


def test_lines_only_and_limits_are_set_from_the_board(house: House, page: Page, desk: Desk) -> None:
    boss = signed_in(house, "supervisor")
    assert boss.post("/board/lines-only", data={"on": "1"}).status_code == 303
    page.texts("what is grooming")
    page.sees("having a break")
    assert "answers with lines only" in boss.get("/board").text
    boss.post("/board/lines-only", data={"on": "0"})
    page.texts("what is grooming")
    page.sees("You said")
    assert boss.post("/board/capacity", data={"person": str(desk.me.id), "capacity": "5"}).status_code == 303
    assert next(p.capacity for p in house.app.board.now().staff if p.id == desk.me.id) == 5
    refused = boss.post("/board/capacity", data={"person": str(desk.me.id), "capacity": "50"})
    assert refused.status_code == 409 and "from 1 to" in refused.text


def test_the_rota_is_written_page_by_page(house: House, desk: Desk) -> None:
    boss = signed_in(house, "supervisor")
    form = {"person": str(desk.me.id), "place": "on call", "days": "mon-fri", "starts": "22:00", "ends": "06:00", "zone": ""}
    assert boss.post("/rota/shift", data=form).status_code == 303
    refused = boss.post("/rota/shift", data={**form, "days": "whenever"})
    assert refused.status_code == 409 and "mon-fri" in refused.text
    boss.post("/rota/holiday", data={"day": "2026-12-25", "name": "Christmas"})
    boss.post("/rota/contact", data={"person": str(desk.me.id), "phone": "+1 416 555 0101", "email": ""})
    shown = boss.get("/rota").text
    assert "22:00 to 06:00 next day" in shown and "Christmas" in shown and "416 555" not in shown and "4165550101" not in shown
    assert boss.post("/rota/test", data={"person": str(desk.me.id)}).status_code == 303
    settle(house.app)
    assert "by text: <strong>sent" in boss.get("/rota").text
    view = house.app.rota.view()
    boss.post("/rota/shift/remove", data={"shift": str(view.rota.shifts[0].id)})
    boss.post("/rota/holiday/remove", data={"day": "2026-12-25"})
    assert not house.app.rota.view().rota.shifts and not house.app.rota.view().holidays


def test_the_link_in_a_page_shows_a_button_and_nothing_of_a_case(house: House, desk: Desk, page: Page) -> None:
    house.app.rota.set_contact(desk.me, desk.me.id, phone="+14165550101", email="")
    page.texts(NOW)
    house.app.outbox.sweep()
    settle(house.app)
    token = house.app.sms.sent[-1][2].rpartition("/page/")[2]  # type: ignore[attr-defined]
    public = TestClient(public_site(house.app))
    shown = public.get(f"/page/{token}")
    assert "I am on it" in shown.text and "stepdad" not in shown.text and shown.headers["cache-control"] == "no-store"
    assert "Thank you, Sam" in public.post(f"/page/{token}").text
    assert public.get("/page/nonsense").status_code == 404
