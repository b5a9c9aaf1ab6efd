"""The desk's door: who gets in, who does not, and what every page carries."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.web.desk import OPEN_TO_ALL, desk_routes
from bot.web.permissions import MAY, Doing, NotAllowed, check_may, may
from bot.web.staff_session import COOKIE, CSRF_HEADER, SignedIn
from tests.web.desk_fakes import PASSWORD, FakeDeskParts, StaffMember, staff_site

SECRET_WORDS = "my stepdad hits me"
NOT_THE_DESK = {"/sign-in", "/sign-out", "/static"}


@pytest.fixture
def parts() -> FakeDeskParts:
    made = FakeDeskParts()
    made.desk.opens(SECRET_WORDS)
    return made


def client_of(parts: FakeDeskParts, username: str | None = None) -> TestClient:
    client = TestClient(staff_site(parts), follow_redirects=False)
    if username:
        answer = client.post("/sign-in", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 303
        client.headers[CSRF_HEADER] = csrf_of(parts, client)
    return client


def csrf_of(parts: FakeDeskParts, client: TestClient) -> str:
    token = client.cookies[COOKIE]
    return SignedIn(staff=parts.staff.sessions[token], token=token).csrf


def every_route() -> list[tuple[str, str]]:
    """(method, path) of every route of the desk, a case number filled in."""
    found = []
    for route in desk_routes(FakeDeskParts()):
        path = re.sub(r"{[^}]+}", "1", route.path)
        methods = (route.methods or set()) - {"HEAD"} if isinstance(route, Route) else {"GET"}
        found += [(method, path) for method in sorted(methods)]
    return found


BEHIND_THE_DOOR = [(m, p) for m, p in every_route() if p not in OPEN_TO_ALL]
CHANGES = [(m, p) for m, p in BEHIND_THE_DOOR if m == "POST"]


def test_there_is_something_behind_the_door() -> None:
    assert ("GET", "/") in BEHIND_THE_DOOR
    assert ("GET", "/events") in BEHIND_THE_DOOR
    assert len(CHANGES) >= 9


@pytest.mark.parametrize(("method", "path"), BEHIND_THE_DOOR)
def test_without_a_session_every_route_refuses(parts: FakeDeskParts, method: str, path: str) -> None:
    client = client_of(parts)
    for accept in ("text/html", "*/*"):
        answer = client.request(method, path, headers={"accept": accept})
        assert answer.status_code in (303, 401)
        assert answer.headers.get("location", "/sign-in") == "/sign-in"
        assert SECRET_WORDS not in answer.text
    assert parts.desk.looks == []


@pytest.mark.parametrize(("method", "path"), BEHIND_THE_DOOR)
def test_an_ended_session_opens_nothing(parts: FakeDeskParts, method: str, path: str) -> None:
    client = client_of(parts, "maya")
    parts.staff.sessions.clear()
    assert client.request(method, path).status_code in (303, 401)


@pytest.mark.parametrize("username", ["femi", "ada"])
@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p in BEHIND_THE_DOOR if p not in {*NOT_THE_DESK, "/"}])
def test_a_facilitator_and_an_administrator_never_meet_a_conversation(
    parts: FakeDeskParts, username: str, method: str, path: str
) -> None:
    answer = client_of(parts, username).request(method, path)
    assert answer.status_code == 403
    assert "may not" in answer.text
    assert SECRET_WORDS not in answer.text


@pytest.mark.parametrize(("username", "page"), [("femi", "/groups"), ("ada", "/board")])
def test_who_has_no_desk_begins_at_their_own_page(parts: FakeDeskParts, username: str, page: str) -> None:
    answer = client_of(parts, username).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, page)


def test_a_facilitator_can_leave(parts: FakeDeskParts) -> None:
    assert client_of(parts, "femi").post("/sign-out").headers["location"] == "/sign-in"


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("token", ["", "wrong", "ümlaut".encode().decode("latin-1")])
def test_a_change_without_the_form_token_is_refused(parts: FakeDeskParts, method: str, path: str, token: str) -> None:
    client = client_of(parts, "maya")
    before = dict(parts.desk.views)
    answer = client.request(method, path, headers={CSRF_HEADER: token.encode("latin-1")}, data={"text": "hello", "csrf": token})
    assert answer.status_code == 403
    assert parts.desk.views == before
    assert len(parts.staff.sessions) == 1


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://elsewhere.example"}]
)
def test_a_form_that_stood_on_another_site_is_refused_even_with_the_token(
    parts: FakeDeskParts, headers: dict[str, str]
) -> None:
    assert client_of(parts, "maya").post("/case/1/accept", headers=headers).status_code == 403
    assert (
        client_of(parts).post("/sign-in", data={"username": "maya", "password": PASSWORD}, headers=headers).status_code == 403
    )


def test_the_form_token_of_one_session_does_not_serve_another(parts: FakeDeskParts) -> None:
    maya, jonas = client_of(parts, "maya"), client_of(parts, "jonas")
    assert maya.post("/case/1/accept", headers={CSRF_HEADER: csrf_of(parts, jonas)}).status_code == 403


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(parts: FakeDeskParts) -> None:
    answer = client_of(parts).post("/sign-in", data={"username": "maya", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age" not in cookie  # it ends with the browser


def test_outside_the_demo_the_session_travels_only_over_https() -> None:
    client = client_of(FakeDeskParts(demo=False))
    answer = client.post("/sign-in", data={"username": "maya", "password": PASSWORD})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_outside_the_demo_a_plain_address_says_why_nobody_can_sign_in() -> None:
    site = staff_site(FakeDeskParts(demo=False))
    assert "only over https" in TestClient(site, base_url="http://desk.example").get("/sign-in").text
    assert "only over https" not in TestClient(site, base_url="https://desk.example").get("/sign-in").text
    assert "only over https" not in TestClient(site, base_url="http://127.0.0.1:8081").get("/sign-in").text


def test_a_wrong_password_says_so_calmly_and_keeps_the_name(parts: FakeDeskParts) -> None:
    answer = client_of(parts).post("/sign-in", data={"username": 'maya"><b>', "password": "no"})
    assert answer.status_code == 401
    assert "is not right. Try again." in answer.text
    assert 'value="maya&#34;&gt;&lt;b&gt;"' in answer.text
    assert COOKIE not in answer.cookies


def test_too_many_tries_are_told_to_wait(parts: FakeDeskParts) -> None:
    client = client_of(parts)
    for _ in range(5):
        client.post("/sign-in", data={"username": "maya", "password": "no"})
    assert "Wait 15 minutes" in client.post("/sign-in", data={"username": "maya", "password": PASSWORD}).text


def test_somebody_who_guesses_without_end_shuts_nobody_else_out() -> None:
    """Behind a balancer that says who calls they are slowed by address, and behind one that says nothing by the name they try."""
    for headers in ({"X-Forwarded-For": "203.0.113.7"}, {}):
        client = client_of(FakeDeskParts(proxies=("testclient",)))
        wrong = [{"username": "nobody", "password": f"guess {n}"} for n in range(30)]
        assert [client.post("/sign-in", data=data, headers=headers).status_code for data in wrong][-1] == 429
        answer = client.post(
            "/sign-in", data={"username": "maya", "password": PASSWORD}, headers=headers and {"X-Forwarded-For": "203.0.113.8"}
        )
        assert answer.status_code == 303


def test_a_code_is_asked_for_where_it_is_needed() -> None:
    client = client_of(FakeDeskParts(needs_totp=True))
    assert 'name="totp"' in client.get("/sign-in").text
    assert client.post("/sign-in", data={"username": "maya", "password": PASSWORD}).status_code == 401
    right = {"username": "maya", "password": PASSWORD, "totp": "123 456"}
    assert client.post("/sign-in", data=right).status_code == 303


def test_no_code_is_asked_for_in_the_demo(parts: FakeDeskParts) -> None:
    assert 'name="totp"' not in client_of(parts).get("/sign-in").text


def test_somebody_signed_in_is_not_asked_again(parts: FakeDeskParts) -> None:
    assert client_of(parts, "maya").get("/sign-in").headers["location"] == "/"


def test_signing_out_ends_the_session(parts: FakeDeskParts) -> None:
    client = client_of(parts, "maya")
    client.post("/sign-out")
    assert parts.staff.sessions == {}
    assert client.get("/", headers={"accept": "text/html"}).headers["location"] == "/sign-in"


def test_doing_something_keeps_the_session_awake(parts: FakeDeskParts) -> None:
    client = client_of(parts, "maya")
    client.get("/")
    client.post("/active")
    assert len(parts.staff.touched) == 2


@pytest.mark.parametrize("path", ["/sign-in", "/", "/case/1", "/case/99", "/static/desk.js"])
def test_every_page_forbids_inline_code_other_sites_and_frames(parts: FakeDeskParts, path: str) -> None:
    answer = client_of(parts, None if path == "/sign-in" else "maya").get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


@pytest.mark.parametrize("path", ["/", "/case/1"])
def test_no_page_holds_inline_code_or_another_sites_address(parts: FakeDeskParts, path: str) -> None:
    html = client_of(parts, "maya").get(path).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert "//" not in re.sub(r"<!doctype html>", "", html)


def test_the_demo_says_so_on_every_page(parts: FakeDeskParts) -> None:
    for client, path in [
        (client_of(parts), "/sign-in"),
        (client_of(parts, "maya"), "/"),
        (client_of(parts, "femi"), "/case/1"),
    ]:
        assert "Do not use it with real young people" in client.get(path).text
    assert "Do not use it" not in client_of(FakeDeskParts(demo=False)).get("/sign-in").text


def test_an_unknown_role_may_do_nothing() -> None:
    guest = StaffMember(id=9, username="guest", first_name="Guest", role="guest")  # type: ignore[arg-type]
    assert not any(may(guest, doing) for doing in Doing)
    with pytest.raises(NotAllowed, match="may not read a conversation"):
        check_may(guest, Doing.SEE_CASE)


def test_only_workers_and_supervisors_read_conversations() -> None:
    assert {role for role, rights in MAY.items() if Doing.SEE_CASE in rights} == {"worker", "supervisor"}
    assert {role for role, rights in MAY.items() if Doing.SEE_BOARD in rights} == {"supervisor", "administrator"}
    assert MAY["facilitator"] == {Doing.READ_LESSONS, Doing.RUN_GROUPS}
