"""What stands around both listeners: headers on every answer, a limit on every body, and no door that is open by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from bot.channels.sms import Sms
from bot.web.sites import public_site, staff_site
from bot.web.walls import MOST_BYTES, Walled
from tests.talking import House

OPEN_AT_THE_DESK = {"/sign-in", "/static", "/healthz", "/readyz"}
SECRET = "my stepdad hits me and he's coming home now"


@pytest.fixture(autouse=True)
def real_sms(house: House) -> None:
    """The webhooks as they are, signature and all."""
    app = house.app
    app.__dict__["sms"] = Sms(twilio=app.settings.twilio, public_url=app.settings.public_url)


@pytest.fixture
def house_with_a_case(house: House) -> House:
    house.page().texts(SECRET)
    return house


def doors(site: Starlette) -> Iterator[tuple[str, str]]:
    """(method, address) of every route, with something in place of what varies."""
    for route in site.routes:
        path = re.sub(r"{[^}]+}", "1", route.path)
        if isinstance(route, Mount):
            yield "GET", f"{path}/desk.css"
        elif isinstance(route, Route):
            yield from ((method, path) for method in sorted(route.methods or {"GET"}))


def asked_everything(site: Starlette) -> Iterator[tuple[str, Response]]:
    """The answer of every route, of every method it does not take, and of addresses that there are not."""
    client = TestClient(site, follow_redirects=False, raise_server_exceptions=False)
    known = {path for _, path in doors(site)}
    tried = [
        *doors(site),  # the stream too: without a token it ends at once
        *(("PATCH", path) for path in sorted(known)),
        *(
            ("GET", path)
            for path in ("/nothing", "/../etc/passwd", "/static/../../bot/cli.py", "/%00", "/.env", "/.git/config")
        ),
    ]
    for method, path in tried:
        yield f"{method} {path}", client.request(method, path)


@pytest.mark.parametrize("make", [public_site, staff_site])
def test_every_answer_of_every_route_carries_the_headers(house: House, make) -> None:
    answers = dict(asked_everything(make(house.app)))
    assert len(answers) > 20
    for name, answer in answers.items():
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["x-frame-options"] == "DENY", name
        assert headers["referrer-policy"] in ("no-referrer", "same-origin"), name
        assert headers["cache-control"] in ("no-store", "no-cache"), name
        assert headers["cross-origin-opener-policy"] == "same-origin", name
        framed = name in ("GET /embed.js", "HEAD /embed.js")  # the one file that another site's page may load, if it is named
        assert headers["cross-origin-resource-policy"] == ("cross-origin" if framed else "same-origin"), name
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy, name
        assert not re.search(r"unsafe|\*|https?:", policy), name
        assert "camera=()" in headers["permissions-policy"], name
        assert "server" not in headers and "x-powered-by" not in headers, name
        assert "access-control-allow-origin" not in headers, name


@pytest.mark.parametrize("make", [public_site, staff_site])
def test_nothing_that_anybody_asks_for_breaks_a_listener(house: House, make) -> None:
    for name, answer in asked_everything(make(house.app)):
        assert answer.status_code < 500 or name.endswith("/readyz"), name


@pytest.mark.parametrize("make", [public_site, staff_site])
def test_an_answer_that_broke_carries_the_headers_and_nothing_of_what_broke(house: House, make) -> None:
    site = make(house.app)

    async def breaks(_: Request) -> Response:
        raise RuntimeError("zebraquartz +15005550123")

    site.router.routes.insert(0, Route("/breaks", breaks))
    answer = TestClient(site, raise_server_exceptions=False).get("/breaks")
    assert answer.status_code == 500 and answer.headers["x-frame-options"] == "DENY"
    assert "zebraquartz" not in answer.text and "5550123" not in answer.text and "Traceback" not in answer.text


def test_browsers_are_kept_to_https_where_there_is_https() -> None:
    def answer(**how: bool) -> Response:
        return TestClient(Walled(routes=[], **how)).get("/")

    assert answer(https_only=True).headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in answer().headers


@pytest.mark.parametrize("make", [public_site, staff_site])
@pytest.mark.parametrize("told", [True, False], ids=["with-a-length", "in-pieces"])
def test_no_door_reads_a_body_without_end(house: House, make, told: bool) -> None:
    client = TestClient(make(house.app), follow_redirects=False)
    piece, pieces = b"x" * 65_536, MOST_BYTES // 65_536 + 1
    for method, path in doors(make(house.app)):
        if method in ("POST", "DELETE"):
            content = piece * pieces if told else iter([piece] * pieces)
            headers = {"content-type": "multipart/form-data; boundary=x"} if "sign-in" in path else {}
            assert client.request(method, path, content=content, headers=headers).status_code in (
                204,
                400,
                401,
                403,
                404,
                413,
            ), path


# --- the staff listener denies by default ------------------------------------------------------------


def test_without_signing_in_no_route_of_the_staff_listener_shows_or_changes_anything(house_with_a_case: House) -> None:
    site = staff_site(house_with_a_case.app)
    client = TestClient(site, follow_redirects=False)
    tried = [(method, path) for method, path in doors(site) if path.rpartition("/desk.css")[0] or path not in OPEN_AT_THE_DESK]
    assert len(tried) > 40
    for method, path in tried:
        if path.startswith("/static/"):
            continue
        for headers in ({}, {"accept": "text/html"}, {"authorization": "Bearer x"}, {"cookie": "handrail_desk=x"}):
            answer = client.request(method, path, headers=headers)
            assert answer.status_code in (303, 401), f"{method} {path} is open: put it behind a door"
            assert SECRET not in answer.text


GROUPS = {"/groups", "/groups/1/events"}
"""Group 1 is not there, so it is as closed to them as somebody else's; a link to lead it along is closed without its token."""


@pytest.mark.parametrize(
    ("role", "may_open"),
    [("facilitator", {"/lessons", "/lessons/1", "/lessons/1/sheet", *GROUPS}),
     ("administrator", {"/lessons", "/lessons/1", "/lessons/1/sheet", "/board", "/rota", "/board/incidents.csv", "/board/cases.csv", "/printed", "/printed/1.1"})],
)  # fmt: skip
def test_a_role_opens_what_is_written_for_it_and_nothing_else(house_with_a_case: House, role: str, may_open: set[str]) -> None:
    house = house_with_a_case
    somebody = house.desk("Femi", role)
    site = staff_site(house.app)
    client = TestClient(site, follow_redirects=False)
    client.cookies.set("handrail_desk", house.app.staff.sign_in(somebody.me.username, "correct-horse-battery", None))
    opened = set()
    for method, path in doors(site):
        if method != "GET" or path in OPEN_AT_THE_DESK or path.startswith(("/static", "/api")):
            continue
        answer = client.get(path)
        assert SECRET not in answer.text
        if answer.status_code in (200, 404) and path != "/":
            opened.add(path)
    assert opened == may_open


def test_somebody_who_tries_many_passwords_is_slowed_before_any_is_looked_at(house: House) -> None:
    client = TestClient(staff_site(house.app), follow_redirects=False)
    answers = [client.post("/sign-in", data={"username": "sam", "password": f"guess {n}"}) for n in range(40)]
    assert [a.status_code for a in answers[:20]] == [401] * 20
    assert any(a.status_code == 429 and "Wait a minute" in a.text for a in answers[20:])
