"""Whatever comes in at a public door or through the text pipeline: no server error, no lost message, and only ever text."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bot import fuzz, fuzz_parts
from bot.channels.base import Inbound
from bot.channels.sms import Sms
from bot.fuzz_inside import inside
from bot.groups.state import GroupEvent
from bot.groups.steps import Subject
from bot.text import normalise
from bot.threads import keyword
from bot.web.sites import public_site, staff_site
from bot.web.staff_session import SignedIn
from tests.talking import Desk, House, Page, Phone

ROOT = Path(__file__).resolve().parents[2]
PATHS = yaml.safe_load((ROOT / "docs" / "openapi.yml").read_text(encoding="utf-8"))["paths"]
FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

any_text = st.one_of(
    st.text(alphabet=st.characters(), max_size=200),
    st.sampled_from([*fuzz_parts.TEMPLATES, *fuzz_parts.PIECES]),
    st.builds(lambda piece, times: piece * times, st.sampled_from(fuzz_parts.PIECES), st.integers(1, 400)),
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def open_house(house: House) -> House:
    """With the real webhooks."""
    app = house.app
    app.__dict__["sms"] = Sms(twilio=app.settings.twilio, public_url=app.settings.public_url)
    return house


# --- the doors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1])
def test_hostile_input_at_every_door_breaks_nothing_and_loses_nothing(open_house: House, seed: int) -> None:
    tally = fuzz.fuzz(open_house.app, rounds=8, seed=seed, with_keys=False)
    assert tally.tried > 200 and len(tally.acknowledged) > 3
    assert tally.errors == [] and tally.lost == []


def test_it_goes_behind_every_door_that_a_key_opens(open_house: House) -> None:
    """Each role at each page, another desk, a seat and a chat, with every method; the streams too."""
    app, tally = open_house.app, fuzz_parts.Tally()
    app.store.migrate()
    asyncio.run(inside(app, public_site(app), staff_site(app), tally, fuzz_parts.Hostile(3), rounds=160))
    assert tally.errors == []
    opened = {door for door, codes in tally.answers.items() if any(status < 400 or status in (409, 422) for status in codes)}
    meant = {
        "GET /", "GET /case/{id:int}", "POST /case/{id:int}/note", "GET /events", "GET /board", "GET /rota", "GET /groups",
        "GET /groups/{id:int}", "GET /api/v1/cases", "GET /group/seat", "GET /group/events", "GET /chat/events",
        "DELETE /group/seats", "PUT /chat/way-back",
    }  # fmt: skip
    assert not {door: tally.answers.get(door) for door in meant - opened}
    assert {405, 404} & set(tally.answers["DELETE /case/{id:int}"])


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, "9" * 5000])
def test_a_number_that_no_row_has_is_an_address_that_is_not_there(house: House, desk: Desk, number: object) -> None:
    client = at_the_desk(house, desk)
    assert client.get(f"/case/{number}").status_code == 404
    assert client.get("/api/v1/cases/" + str(number)[:300]).status_code == 404


@pytest.mark.parametrize("number", ["9" * 12, "9" * 30, "9" * 5000, "٣"])
def test_a_number_in_a_form_that_no_row_has_is_a_sentence(house: House, phone: Phone, desk: Desk, number: str) -> None:
    phone.texts("i want to die")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    client = at_the_desk(house, desk)
    ends = {"outcome": "supported", "chi_category": "Violence: emotional"}
    for verb, field in (("hand-back", "to"), ("close", "check_in")):
        assert client.post(f"/case/{card.id}/{verb}", data={field: number, **ends}).status_code == 409, verb
    assert desk.opens(card).card.state == "accepted"  # neither handed back nor closed without the check-in
    boss = house.desk("Lou", role="supervisor")
    for path in ("/rota/shift/remove", "/board/capacity", "/rota/test"):
        numbers = {"shift": number, "person": number, "capacity": number}
        assert at_the_desk(house, boss).post(path, data=numbers).status_code == 409, path


def test_half_a_character_written_out_in_another_encoding_breaks_no_form(house: House, desk: Desk) -> None:
    client = at_the_desk(house, desk)
    body = b'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n+2AA-\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x; charset=utf-7"}
    assert client.post("/sign-in", content=body, headers=kind).status_code in (400, 401)
    body = body.replace(b'"password"', b'"csrf"')
    client.headers.pop("X-CSRF-Token")
    assert client.post("/away", content=body, headers=kind).status_code in (400, 403)


@pytest.mark.parametrize("odd", ["\ud800", "a\0b", {"a": 1}, 7, None, ["x"]])
def test_what_a_group_is_sent_is_text_or_refused(house: House, odd: object) -> None:
    seat, client = in_a_group(house), TestClient(public_site(house.app))
    by = {"Authorization": f"Bearer {seat}"}
    tries = [
        ("/group/seats", {"code": odd}),
        ("/group/texts", {"id": odd, "text": "hello", "to": "me"}),
        ("/group/texts", {"id": "m1", "text": odd, "to": "me"}),
        ("/group/texts", {"id": "m1", "text": "hello", "to": odd}),
        ("/group/answers", {"step": odd, "options": ["a"]}),
        ("/group/answers", {"step": "x", "options": [odd]}),
    ]
    for path, body in tries:
        answer = client.post(path, content=json.dumps(body).encode(), headers=by)
        assert answer.status_code in (202, 400, 404, 409), (path, body)


def at_the_desk(house: House, desk: Desk) -> TestClient:
    """A browser that is signed in, with the token its forms carry."""
    client = TestClient(staff_site(house.app), follow_redirects=False)
    token = house.app.staff.sign_in(desk.me.username, "correct-horse-battery", None)
    client.cookies.set("handrail_desk", token)
    client.headers["X-CSRF-Token"] = SignedIn(staff=desk.me, token=token).csrf
    return client


def seat_of(house: House) -> str:
    """One seat for a whole test: what is thrown at it is to be refused, not to leave."""
    kept = house.__dict__
    if "seat" not in kept:
        kept["seat"] = in_a_group(house)
    return str(kept["seat"])


def test_the_description_has_every_door_of_the_pages(open_house: House) -> None:
    """With every method, so that what is thrown at the description is thrown at all of them."""
    doors = {
        (route.path, method.lower())
        for route in public_site(open_house.app).routes
        if route.path.startswith(("/chat/", "/group/"))  # type: ignore[attr-defined]
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    assert doors == {(path, method) for path, methods in PATHS.items() for method in methods}


def in_a_group(house: House) -> str:
    """The token of a seat in a group that runs."""
    leader = house.desk("Lee", role="facilitator").me
    module = house.app.group_lessons.catalog.modules[0]
    subject = Subject(module.id, module.lessons[0].id, "13-15", "en")
    group = house.app.group_room.open(leader, subject, region=None, free=False)
    house.app.group_room.move(group, leader, GroupEvent.START)
    return house.app.group_seats.join(house.app.group_seats.group_now(group).code, "en").token


def test_the_same_seed_tries_the_same_things() -> None:
    one, other = fuzz_parts.Hostile(5), fuzz_parts.Hostile(5)
    assert [one.text() for _ in range(50)] == [other.text() for _ in range(50)]


def test_it_would_see_a_door_that_breaks_and_a_message_that_is_lost(open_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(*_: Any) -> None:
        if forgets.calls % 2:  # type: ignore[attr-defined]
            raise KeyError("words")
        forgets.calls += 1  # type: ignore[attr-defined]

    forgets.calls = 0  # type: ignore[attr-defined]
    monkeypatch.setattr(open_house.app.chat, "send", forgets)
    tally = fuzz.fuzz(open_house.app, rounds=6, with_keys=False)
    assert tally.errors and tally.lost
    assert "not kept: 0" not in fuzz.report(tally, seconds=1, seed=1)


def test_a_lost_web_message_is_seen_when_the_same_words_stand_elsewhere(open_house: House) -> None:
    tally = fuzz.fuzz(open_house.app, rounds=6)
    lost = next(name for name in tally.acknowledged if name.startswith("web:"))
    open_house.page().texts(tally.acknowledged[lost])
    with open_house.app.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM message WHERE provider_id = ?", (lost,))
    tally.lost.clear()
    fuzz._what_was_kept(open_house.app, tally)
    assert tally.lost == [lost]


@FEW
@given(body=any_json)
@pytest.mark.parametrize(("path", "method"), [(p, m) for p, methods in PATHS.items() for m in methods if m == "post"])
def test_every_json_body_gets_an_answer_that_the_description_names(
    open_house: House, path: str, method: str, body: Any
) -> None:
    client = TestClient(public_site(open_house.app))
    token = seat_of(open_house) if path.startswith("/group/") else open_house.app.chat.open(None, None, "en")
    answer = client.request(method, path, content=json.dumps(body).encode(), headers={"Authorization": f"Bearer {token}"})
    described = {int(code) for code in PATHS[path][method]["responses"]}
    assert answer.status_code in described
    if answer.status_code >= 400:
        assert set(answer.json()) == {"error"}


@FEW
@given(body=st.fixed_dictionaries({"id": any_text, "text": any_text}))
def test_a_message_of_the_right_shape_is_kept_as_it_was_sent_or_refused(open_house: House, body: dict[str, str]) -> None:
    client = TestClient(public_site(open_house.app))
    token = open_house.app.chat.open(None, None, "en")
    answer = client.post("/chat/messages", content=json.dumps(body).encode(), headers={"Authorization": f"Bearer {token}"})
    said = [s.text for s in open_house.app.chat.since(str(open_house.app.chat.thread_of(token)), 0) if s.who == "you"]
    clean = body["text"].encode("utf-8", "ignore").decode().replace("\0", "")
    assert answer.status_code in (202, 400, 413)
    assert said == ([normalise(clean)] if answer.status_code == 202 else [])


@FEW
@given(fields=st.dictionaries(st.sampled_from(["username", "password", "totp", "csrf", "x"]), any_text, max_size=5))
def test_nothing_typed_at_the_sign_in_breaks_it_or_lets_anybody_in(open_house: House, fields: dict[str, str]) -> None:
    client = TestClient(staff_site(open_house.app), follow_redirects=False)
    clean = {k: v.encode("utf-8", "ignore").decode() for k, v in fields.items()}
    assert client.post("/sign-in", data=clean).status_code in (401, 429)


# --- the text pipeline -------------------------------------------------------------------------------


@FEW
@given(text=st.text(alphabet=st.characters(), max_size=2000))
def test_any_text_is_kept_screened_and_answered(house: House, text: str) -> None:
    phone = house.phone()
    before = len(words_of(house, phone))
    phone.quickly_texts(text)
    assert words_of(house, phone)[before:] == [normalise(text)]


def words_of(house: House, phone: Phone) -> list[str]:
    with house.app.store.read() as work:
        return [m.text for m in work.messages.transcript(phone.thread_id, limit=100_000) if m.who == "you"]


@pytest.mark.parametrize("text", fuzz_parts.TEMPLATES)
def test_what_looks_like_a_template_or_a_command_is_only_text(house: House, page: Page, desk: Desk, text: str) -> None:
    """The same over the real engine stands in tests/conversations."""
    page.texts(text)
    turn = house.app.engine.turns[-1]  # type: ignore[attr-defined]
    assert not turn.text.startswith("/") and turn.choice == keyword(normalise(text))
    said = page.everything()
    assert said and "49" not in " ".join(said).replace(text, "")
    desk.sees_no_case()


@pytest.mark.parametrize(
    "around", ["\u202e{}", "{}\0", "\ufeff{}", "/{}", "{{{{{}}}}}", "<b>{}</b>", "{}\u200d", "\u2066{}\u2069"]
)
def test_danger_is_seen_whatever_stands_around_it(house: House, desk: Desk, around: str) -> None:
    house.phone().texts(around.format("i want to die"))
    desk.sees_case(level="high")


def test_what_a_young_person_writes_never_becomes_part_of_the_page(house: House, desk: Desk) -> None:
    """Staff pages show it as text, whatever it looks like."""
    evil = "<img src=x onerror=alert(1)> i want to die {{7*7}}"
    phone = house.phone()
    house.app.conversation.receive(Inbound("sms", "sms:evil", evil, address=phone.number, number=phone.number))
    client = TestClient(staff_site(house.app), follow_redirects=False)
    client.cookies.set("handrail_desk", house.app.staff.sign_in(desk.me.username, "correct-horse-battery", None))
    html = client.get(f"/case/{desk.sees_case(level='high').id}").text
    assert "<img src=x" not in html and "&lt;img src=x" in html and "{{7*7}}" in html
