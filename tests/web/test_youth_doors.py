"""The four /chat doors: what they take, what they refuse, and a stream that goes on where it broke."""

from __future__ import annotations

import asyncio
import html
import json
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from bot.web import sse
from bot.web.youth import youth_routes
from tests.web.fakes import FakeApp, site

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.yml"


@pytest.fixture
def app() -> FakeApp:
    return FakeApp()


@pytest.fixture
def client(app: FakeApp) -> TestClient:
    return TestClient(site(app))


@pytest.fixture
def token(client) -> str:
    return client.post("/chat/threads").json()["token"]


def by(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


def lines_of(app: FakeApp, token: str, *, after: int, at_least: int) -> list[dict]:
    """What the stream says until ``at_least`` lines have come or it ends."""

    async def read() -> list[dict]:
        thread = app.chat.thread_of(token) or "gone"
        got: list[dict] = []
        stream = sse.events(app, token=token, thread_id=thread, after=after)
        async for block in stream:
            parts = [part for part in block.split("\n\n") if part.startswith(("id:", "event:"))]
            events = [part for part in parts if not part.startswith("event: asked")]
            got += [json.loads(event.split("data: ", 1)[1]) for event in events]
            if len(got) >= at_least or "event: gone" in block:
                await stream.aclose()
                return got
        return got

    return asyncio.run(asyncio.wait_for(read(), 5))


def test_opening_needs_nothing(client, app):
    answer = client.post("/chat/threads")
    assert answer.status_code == 201 and list(answer.json()) == ["token"]
    assert app.chat.threads["t1"].opened_with == (None, None, "en")


def test_opening_takes_a_band_a_region_and_a_language_and_drops_what_it_does_not_know(client, app):
    client.post("/chat/threads", json={"band": "9-12", "region": "GB", "lang": "fr"})
    client.post("/chat/threads", json={"band": "adult", "region": "XX", "lang": "tlh", "name": "no"})
    assert app.chat.threads["t1"].opened_with == ("9-12", "GB", "fr")
    assert app.chat.threads["t2"].opened_with == (None, None, "en")


def test_a_message_is_taken_once_however_often_it_is_sent(client, app, token):
    for _ in range(3):
        answer = client.post("/chat/messages", json={"id": "m1", "text": "hello"}, headers=by(token))
        assert answer.status_code == 202
    assert [said.text for said in app.chat.threads["t1"].said if said.who == "you"] == ["hello"]


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b'{"id": "m1"}', b'{"text": "hi"}', b'{"id": "m1", "text": "  "}',
     b'{"id": 7, "text": "hi"}', b'{"id": "' + b"x" * 65 + b'", "text": "hi"}', b"[" * 9000, b"\xff\xfe"],
    ids=["empty", "not-json", "list", "no-text", "no-id", "blank", "number-id", "long-id", "nested", "not-utf8"],
)  # fmt: skip
def test_a_message_that_cannot_be_read_is_refused_in_a_sentence(client, app, token, body):
    answer = client.post("/chat/messages", content=body, headers=by(token))
    assert (answer.status_code, answer.json()) == (400, {"error": "That could not be read. Please try again."})
    assert app.chat.threads["t1"].said == []


def test_a_body_or_a_message_that_is_too_long_is_413(client, token):
    long = {"error": "That is too long to send at once. Please send it in parts."}
    for text in ("a" * 1500, "a" * 40_000):
        answer = client.post("/chat/messages", json={"id": "m1", "text": text}, headers=by(token))
        assert (answer.status_code, answer.json()) == (413, long)


@pytest.mark.parametrize("headers", [{}, by("nobody"), {"Authorization": "Basic abc"}, by("")])
def test_without_a_good_token_nothing_is_said_or_heard(client, token, headers):
    sent = client.post("/chat/messages", json={"id": "m1", "text": "hi"}, headers=headers)
    heard = client.get("/chat/events", headers=headers)
    assert sent.status_code == heard.status_code == 401
    assert sent.json()["error"] == "This chat is over, was deleted, or goes on in another tab. You can start a new one."
    assert sent.headers["www-authenticate"] == "Bearer"


def test_a_token_in_the_address_opens_nothing(client, token):
    assert client.get(f"/chat/events?token={token}").status_code == 401


def test_refusals_speak_the_language_of_the_page(client, token):
    answer = client.post("/chat/messages", content=b"x", headers=by(token, **{"Accept-Language": "fr"}))
    assert answer.json()["error"] == "On n'a pas pu lire ton message. Réessaie."


def test_a_machine_that_floods_is_slowed_and_a_person_is_not():
    now = 0.0
    app = FakeApp()
    app.chat.silent = True
    client = _client_at(app, lambda: now)
    token = client.post("/chat/threads").json()["token"]
    send = lambda n: client.post("/chat/messages", json={"id": f"m{n}", "text": "hi"}, headers=by(token))  # noqa: E731 - one line reads best here
    assert {send(n).status_code for n in range(30)} == {202}
    slowed = send(30)
    assert slowed.status_code == 429 and slowed.headers["retry-after"] == "2"
    assert slowed.json()["error"].startswith("That was very fast.")
    now = 2.0
    assert send(30).status_code == 202


def test_many_chats_opened_at_once_are_slowed():
    client = _client_at(FakeApp(), lambda: 0.0)
    codes = [client.post("/chat/threads").status_code for _ in range(301)]
    assert codes == [201] * 300 + [429]


def _client_at(app: FakeApp, clock) -> TestClient:
    from starlette.applications import Starlette

    return TestClient(Starlette(routes=youth_routes(app, clock=clock)))


def test_forgetting_deletes_closes_the_token_and_is_fine_twice(client, app, token):
    for _ in range(2):
        assert client.delete("/chat/threads", headers=by(token)).status_code == 204
    assert app.chat.forgotten == ["t1"]
    assert client.post("/chat/messages", json={"id": "m1", "text": "hi"}, headers=by(token)).status_code == 401


def test_the_stream_gives_every_line_in_order_with_choices_as_key_and_label_only(client, app, token):
    client.post("/chat/messages", json={"id": "m1", "text": "LESSONS"}, headers=by(token))
    lines = lines_of(app, token, after=0, at_least=3)
    assert [line["seq"] for line in lines] == [1, 2, 3]
    assert [line["who"] for line in lines] == ["you", "bot", "bot"]
    assert lines[2]["choices"][1] == {"key": "B", "label": "Notice it and slow down", "aside": False}
    assert "lesson_choice" not in json.dumps(lines)


def test_the_stream_resumes_after_the_last_line_seen(client, app, token):
    client.post("/chat/messages", json={"id": "m1", "text": "LESSONS"}, headers=by(token))
    assert [line["seq"] for line in lines_of(app, token, after=2, at_least=1)] == [3]


def test_a_last_event_id_that_is_not_ours_is_refused(client, token):
    for bad in ("-1", "two", "9" * 16):
        assert client.get("/chat/events", headers=by(token, **{"Last-Event-ID": bad})).status_code == 400


def test_the_stream_wakes_for_a_line_said_later_and_ends_when_forgotten(app):
    async def story() -> list[str]:
        token = app.chat.open(None, None, "en")
        stream = sse.events(app, token=token, thread_id="t1", after=0)
        heard = []
        asyncio.get_running_loop().call_later(0.05, lambda: app.chat.add("t1", "bot", "hello"))
        async for block in stream:
            heard.append(block)
            if "hello" in block:
                app.chat.forget("t1")
        return heard

    heard = asyncio.run(asyncio.wait_for(story(), 5))
    assert heard[0] == "retry: 1000\n\n" and heard[-1] == 'event: gone\ndata: {"why": "forgotten"}\n\n'
    assert sum("hello" in block for block in heard) == 1
    assert ": beat\n\n" in heard


def test_a_number_in_a_line_comes_with_the_address_that_dials_it(app):
    app.chat.open(None, None, "en")
    app.chat.add("t1", "bot", "You can call 988 now.")
    line = sse.as_json(app.chat.since("t1", 0)[0], app.words.say)
    assert line["parts"] == (("You can call ", None), ("988", "tel:988"), (" now.", None))


def test_a_step_of_a_lesson_says_how_far_it_is_and_can_be_gone_back_from(client, app, token):
    client.post("/chat/messages", json={"id": "m1", "text": "LESSONS"}, headers=by(token))
    first, step = lines_of(app, token, after=1, at_least=2)
    assert step["place"] == (3, 6) or step["place"] == [3, 6]
    assert "place" not in first
    asides = [(c["key"], c["label"]) for c in step["choices"] if c["aside"]]
    assert asides[:4] == [("PERSON", "Talk to a person"), ("BACK", "Back"), ("SKIP", "Skip"), ("REPEAT", "Say it again")]


def test_leaving_forgets_the_chat_and_is_fine_twice(client, app, token):
    for _ in range(2):
        assert client.delete("/chat/token", headers=by(token)).status_code == 204
    assert app.chat.forgotten == ["t1"]


def test_a_way_back_outlives_leaving_and_opens_the_chat_under_a_new_token(client, app, token):
    made = client.put("/chat/way-back", json={"word": "otter"}, headers=by(token))
    assert made.json() == {"way_back": "otter 482 716"}
    client.delete("/chat/token", headers=by(token))
    assert app.chat.forgotten == []
    assert client.post("/chat/messages", json={"id": "m1", "text": "hi"}, headers=by(token)).status_code == 401
    back = client.post("/chat/way-back", json={"way_back": "otter 482 716"})
    assert back.status_code == 201
    assert client.post("/chat/messages", json={"id": "m2", "text": "hi"}, headers=by(back.json()["token"])).status_code == 202


def test_a_word_that_does_not_fit_and_a_way_back_that_leads_nowhere_are_said_in_a_sentence(client, token):
    unfit = client.put("/chat/way-back", json={"word": "two words"}, headers=by(token))
    assert (unfit.status_code, unfit.json()["error"]) == (400, "Use one word of 3 to 20 letters.")
    assert client.put("/chat/way-back", json={"word": "otter"}).status_code == 401
    nowhere = client.post("/chat/way-back", json={"way_back": "otter 000 000"})
    assert nowhere.status_code == 404 and nowhere.json()["error"].startswith("No chat has that word and number.")


def test_ways_back_that_are_guessed_too_fast_are_told_to_wait_at_the_door_and_on_the_page(client, app):
    """How fast is too fast is counted in the database, for all gateways: tests/test_way_back.py."""
    app.chat.too_many_returns = True
    slow = app.words.say("page_word_slow", "en")
    at_the_door = client.post("/chat/way-back", json={"way_back": "otter 482 716"})
    assert at_the_door.status_code == 429 and slow in at_the_door.text
    on_the_page = client.post("/talk", data={"do": "return", "word": "otter 482 716", "lang": "en"})
    assert on_the_page.status_code == 429 and slow in html.unescape(on_the_page.text)


def test_the_doors_are_described_as_they_are(app):
    described = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))["paths"]
    doors = {
        (route.path, method.lower())
        for route in youth_routes(app)
        for method in route.methods - {"HEAD"}
        if route.path.startswith("/chat/")
    }
    chats = {
        path: methods for path, methods in described.items() if path.startswith("/chat/")
    }  # groups: tests/faults/test_fuzz.py
    assert {(path, method) for path, methods in chats.items() for method in methods} == doors
