"""Whatever comes in at a public door or through the text pipeline: no server error, no lost message, and only ever text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bot import fuzz
from bot.channels.base import Inbound
from bot.channels.sms import Sms
from bot.text import normalise
from bot.threads import keyword
from bot.web.sites import public_site, staff_site
from tests.talking import Desk, House, Page, Phone

ROOT = Path(__file__).resolve().parents[2]
PATHS = yaml.safe_load((ROOT / "docs" / "openapi.yml").read_text(encoding="utf-8"))["paths"]
FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

any_text = st.one_of(
    st.text(alphabet=st.characters(), max_size=200),
    st.sampled_from([*fuzz.TEMPLATES, *fuzz.PIECES]),
    st.builds(lambda piece, times: piece * times, st.sampled_from(fuzz.PIECES), st.integers(1, 400)),
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
    tally = fuzz.fuzz(open_house.app, rounds=8, seed=seed)
    assert tally.tried > 200 and len(tally.acknowledged) > 3
    assert tally.errors == [] and tally.lost == []


def test_the_same_seed_tries_the_same_things() -> None:
    one, other = fuzz.Hostile(5), fuzz.Hostile(5)
    assert [one.text() for _ in range(50)] == [other.text() for _ in range(50)]


def test_it_would_see_a_door_that_breaks_and_a_message_that_is_lost(open_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(*_: Any) -> None:
        if forgets.calls % 2:  # type: ignore[attr-defined]
            raise KeyError("words")
        forgets.calls += 1  # type: ignore[attr-defined]

    forgets.calls = 0  # type: ignore[attr-defined]
    monkeypatch.setattr(open_house.app.chat, "send", forgets)
    tally = fuzz.fuzz(open_house.app, rounds=6)
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
    token = open_house.app.chat.open(None, None, "en")
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


@pytest.mark.parametrize("text", fuzz.TEMPLATES)
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
