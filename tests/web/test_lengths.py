"""What is too long for its column is refused in a sentence, or cut: SQLite keeps it as it is, PostgreSQL fails at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import String, func, select
from starlette.testclient import TestClient

from bot.app import App
from bot.groups.steps import Subject
from bot.sign_in import StaffError
from bot.store.tables import metadata
from bot.web.sites import staff_site
from bot.web.staff_session import SignedIn
from tests.talking import PASSWORD, Desk, House, Phone

LONG = (
    "x" * 500,
    "9" * 500,
    "mon,tue,wed,thu,fri,sat",
    "mon-fri," * 60 + "mon",
    "09:00:00.000000",
    "America/" * 60,
    "+1" + "4" * 99,
)

SHIFT = {"person": "1", "place": "on call", "days": "mon-fri", "starts": "09:00", "ends": "17:00", "zone": "America/Toronto"}
FORMS: Mapping[str, Mapping[str, str]] = {
    "/sign-in": {"username": "sam1", "password": PASSWORD, "totp": ""},
    "/rota/shift": SHIFT,
    "/rota/shift/remove": {"shift": "1"},
    "/rota/holiday": {"day": "2026-12-25", "name": "Christmas"},
    "/rota/holiday/remove": {"day": "2026-12-25"},
    "/rota/contact": {"person": "1", "phone": "+14165550100", "email": "sam@example.org"},
    "/rota/test": {"person": "1"},
    "/board/capacity": {"person": "1", "capacity": "3"},
    "/board/lines-only": {"on": "0"},
    "/case/1/say": {"text": "hi", "once": "a"},
    "/case/1/raise": {"level": "high"},
    "/case/1/note": {"text": "a note"},
    "/case/1/reveal": {"reason": "to call them"},
    "/case/1/open-anyway": {"reason": "for their safety"},
    "/case/1/hand-back": {"to": "1"},
    "/case/1/close": {"outcome": "supported", "chi_category": "Violence: emotional", "then": "line", "check_in": "24"},
    "/groups/open": {
        "lesson": "grooming/trust",
        "band": "13-15",
        "lang": "en",
        "region": "CA",
        "also": "1",
        "pace": "together",
        "name": "A",
    },
    "/groups/1/name": {"name": "Room 5"},
    "/groups/1/worry": {"words": "they cried", "how_soon": "today"},
    "/groups/1/step": {"number": "2"},
}


def over_long(app: App) -> Iterator[str]:
    """Columns that hold more than PostgreSQL would have taken."""
    with app.store.engine.begin() as connection:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, String) and column.type.length is not None:
                    longest = connection.execute(select(func.max(func.length(column)))).scalar() or 0
                    if longest > column.type.length:
                        yield f"{column}: {longest} > {column.type.length}"


@pytest.mark.parametrize("path", FORMS)
def test_nothing_over_long_in_a_form_of_the_staff_pages_reaches_its_column(
    house: House, phone: Phone, desk: Desk, path: str
) -> None:
    phone.texts("i want to die")
    desk.accepts(desk.sees_case(level="high"))
    role = "facilitator" if path.startswith("/groups") else "supervisor"
    staff = desk if path.startswith("/case") else house.desk("Lou", role)
    if role == "facilitator":
        module = house.app.group_lessons.catalog.modules[0]
        house.app.group_room.open(staff.me, Subject(module.id, module.lessons[0].id, "13-15", "en"), region=None, free=False)
    client = TestClient(staff_site(house.app), follow_redirects=False)
    token = house.app.staff.sign_in(staff.me.username, PASSWORD, None)
    client.cookies.set("handrail_desk", token)
    client.headers["X-CSRF-Token"] = SignedIn(staff=staff.me, token=token).csrf
    for field in FORMS[path]:
        for value in LONG:
            answer = client.post(path, data={**FORMS[path], field: value})
            assert answer.status_code < 500 and answer.status_code not in (403, 404, 405), (
                field,
                value[:30],
                answer.status_code,
            )
    assert not list(over_long(house.app))


def test_a_name_of_staff_fits_or_is_refused(house: House) -> None:
    for names in ({"username": "x" * 65, "first_name": "Sam"}, {"username": "sam", "first_name": "x" * 65}):
        with pytest.raises(StaffError, match="1 to 64"):
            house.app.staff.add(**names, role="worker", password=PASSWORD)
