"""One whole night with planted markers, then a search of every file that was written: no number, no name, no word, no key."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest

from tests.installation import Installation

pytestmark = pytest.mark.slow

KEY = secrets.token_hex(32)
NUMBER, OTHER_NUMBER = "+15005558271", "+15005559364"
NAME = "Wilhelmina"
WORDS = "purple giraffe umbrella"
REPLY = "velvet tangerine staircase"
NOTE = "copper walrus lantern"
SUMMARY = "marble cactus accordion"
REASON = "court order heliotrope"
BROKEN = "granite penguin trombone"


class Night:
    """Everything that happens, over HTTP, as it really does; ``tokens`` are what nobody may find afterwards."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self.staff = httpx.Client(base_url=house.url("staff"), trust_env=False, timeout=20)
        self.public = httpx.Client(base_url=house.url("public"), trust_env=False, timeout=20)
        self.phone = httpx.Client(base_url=house.url("phone"), trust_env=False, timeout=20)
        self.tokens: list[str] = []
        self.pages: list[str] = []

    def texts(self, text: str, number: str = NUMBER) -> None:
        self.phone.post("/text", data={"number": number, "body": text})

    def phone_shows(self, part: str, number: str = NUMBER) -> None:
        shown = lambda: self.phone.get("/", params={"number": number}).text  # noqa: E731 - one line reads best here
        try:
            self.house.waits(lambda: part in shown(), f"{part!r} did not come", 90)
        except AssertionError:
            raise AssertionError(f"{part!r} did not come; the phone shows {shown()[-3000:]}") from None

    def signs_in(self) -> None:
        answer = self.staff.post("/sign-in", data={"username": "worker", "password": self.house.password})
        assert answer.status_code == 303
        self.tokens += [self.house.password, self.staff.cookies["handrail_desk"]]
        self.staff.headers["X-CSRF-Token"] = re.findall(r'name="csrf" value="([0-9a-f]+)"', self.staff.get("/").text)[0]

    def does(self, case: int, verb: str, **fields: str) -> httpx.Response:
        answer = self.staff.post(f"/case/{case}/{verb}", data=fields, headers={"HX-Request": "true"})
        assert answer.status_code == 200, answer.text
        return answer

    def chats(self) -> httpx.Client:
        token = self.public.post("/chat/threads", json={"band": "13-15", "region": "CA"}).json()["token"]
        self.tokens.append(token)
        return httpx.Client(base_url=self.house.url("public"), headers={"Authorization": f"Bearer {token}"}, trust_env=False)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("night")
    more = {
        "HANDRAIL_SECRET_KEY": KEY, "HANDRAIL_DEMO": "1", "HANDRAIL_LOG_LEVEL": "debug",
        "HOME": str(folder / "var" / "home"), "TMPDIR": str(folder / "var" / "tmp"), "XDG_CACHE_HOME": str(folder / "var" / "cache"),
    }  # fmt: skip
    house = Installation(folder / "var", more=more)
    for name in ("home", "tmp", "cache"):
        (house.var / name).mkdir(parents=True)
    house.starts()
    lived = Night(house)
    try:
        _a_conversation_with_danger_and_a_person(lived)
        _errors(lived)
        _crashes(lived)
        yield lived
    finally:
        if house.process and house.process.poll() is None:
            house.stops()


def _a_conversation_with_danger_and_a_person(night: Night) -> None:
    night.signs_in()
    night.texts(f"hi my name is {NAME}")
    night.phone_shows("bot")
    night.texts(f"i have a {WORDS}")
    night.texts("my stepdad hits me")
    night.phone_shows("safe to text right now")
    night.texts("yes")
    night.phone_shows("What would help")
    night.texts("A")
    night.phone_shows("I can pass this on")
    night.texts("B")
    night.phone_shows("Write it your way")
    night.texts(SUMMARY)
    night.phone_shows("own words first")
    night.does(1, "accept")
    night.phone_shows("is here now")
    night.does(1, "say", text=f"hello {NAME}, {REPLY}", once="one")
    night.phone_shows(REPLY)
    night.texts(f"thank you, {WORDS} again")
    night.does(1, "note", text=NOTE)
    night.pages.append(night.does(1, "reveal", reason=REASON).text)
    assert NUMBER in night.pages[-1] and WORDS in night.staff.get("/case/1").text  # the desk, and nobody else, reads it
    night.does(1, "close", outcome="supported", chi_category="Violence: Physical abuse")
    night.phone_shows("bot again")
    chat = night.chats()
    assert chat.post("/chat/messages", json={"id": "m1", "text": f"{NAME} says {WORDS}"}).status_code == 202
    night.texts(f"STOP texting, {WORDS}", OTHER_NUMBER)
    night.texts("STOP", OTHER_NUMBER)


def _errors(night: Night) -> None:
    """Whatever a door can be given that it does not want, with words in it."""
    forged = {"MessageSid": "SM1", "From": NUMBER, "Body": BROKEN}
    chat = night.chats()
    tried = [
        night.public.post("/sms/inbound", data=forged, headers={"X-Twilio-Signature": BROKEN}),
        night.public.post("/sms/status", data={**forged, "MessageStatus": BROKEN}),
        night.public.post("/chat/messages", content=f'{{"text": "{BROKEN}"', headers={"Authorization": f"Bearer {BROKEN}"}),
        chat.post("/chat/messages", content=f'{{"id": "x", "text": "{BROKEN}'),
        chat.post("/chat/messages", json={"id": BROKEN * 9, "text": BROKEN}),
        chat.post("/chat/messages", json={"id": "\ud800".encode("utf-16", "surrogatepass").hex(), "text": BROKEN * 900}),
        night.public.get(f"/{BROKEN}", params={"q": BROKEN}),
        night.public.get(f"/page/{quote(BROKEN)}"),
        night.staff.get("/case/999999"),
        night.staff.post("/case/1/reveal", data={"reason": ""}),
        night.staff.post("/sign-in", data={"username": BROKEN, "password": BROKEN}),
        night.staff.get("/api/v1/cases", headers={"Authorization": f"Bearer {BROKEN}"}),
        httpx.post(f"{night.house.url('engine')}/turn", json={"text": BROKEN, "thread": NUMBER}, trust_env=False),
        httpx.post(f"{night.house.url('engine')}/turn", content=BROKEN, headers={"Authorization": "Bearer x"}, trust_env=False),
    ]  # fmt: skip
    for answer in tried:
        assert answer.status_code < 500, answer.request.url
        if answer.request.url.path != "/sign-in":  # which gives a name back to be corrected, to whoever typed it
            assert BROKEN not in answer.text and NUMBER not in answer.text, answer.request.url


def _crashes(night: Night) -> None:
    """Each process is killed while it holds words."""
    for process in ("engine", "gateway", "outbox"):
        night.texts(f"what is grooming {WORDS} {process}")
        night.house.kills(process)
        night.texts(f"are you there {WORDS} {process}")
    night.house.waits(night.house.engine_is_ready, "the engine did not come back", 120)
    night.house.waits(lambda: night.public.get("/readyz").status_code == 200, "it is not ready again", 60)


def shapes(secret: str) -> set[bytes]:
    """A secret as it could stand in a file: plain, escaped, in UTF-16, in hexadecimal, in base64 at any offset."""
    raw = secret.encode()
    in_base64 = {base64.b64encode(b" " * shift + raw)[4 if shift else 0 : -4] for shift in range(3)}
    escaped = {quote(secret).encode(), quote_plus(secret).encode(), secret.replace(" ", "_").encode()}
    return {raw, secret.lower().encode(), secret.encode("utf-16-le"), raw.hex().encode(), *escaped, *in_base64}


def found_in(var: Path, secret: str) -> list[str]:
    files = [f for f in var.rglob("*") if f.is_file() and "models" not in f.parts]
    return [str(f.relative_to(var)) for f in files if any(shape in f.read_bytes() for shape in shapes(secret))]


PLANTED = [NUMBER, NUMBER[2:], "500-555-8271", OTHER_NUMBER, NAME, WORDS, REPLY, NOTE, SUMMARY, REASON, BROKEN, KEY]


def test_while_it_runs_no_file_holds_a_number_a_name_a_word_or_the_key(night: Night) -> None:
    files = {f.name for f in night.house.var.rglob("*") if f.is_file()}
    assert {"handrail.db", "handrail.db-wal", "engine.log", "gateway.log", "outbox.log"} <= files
    leaks = {secret: found_in(night.house.var, secret) for secret in PLANTED}
    assert not any(leaks.values()), leaks


def test_no_file_holds_a_token_that_opens_something(night: Night) -> None:
    opening = [t for t in night.tokens if t != night.house.password]
    assert len(opening) >= 3
    leaks = {n: found_in(night.house.var, token) for n, token in enumerate(opening)}
    assert not any(leaks.values()), leaks


def test_the_search_would_find_what_is_there(night: Night) -> None:
    (night.house.var / "planted.txt").write_bytes(base64.b64encode(f"x{WORDS}".encode()))
    try:
        assert found_in(night.house.var, WORDS) == ["planted.txt"]
    finally:
        (night.house.var / "planted.txt").unlink()


def test_what_it_wrote_is_for_its_owner_only(night: Night) -> None:
    """Whoever else has an account on the machine opens neither the database nor a log."""
    written = [f for f in night.house.var.rglob("*") if f.is_file() and ("handrail.db" in f.name or f.parent.name == "logs")]
    assert len(written) > 4
    assert [f.name for f in written if f.stat().st_mode & 0o077] == []


def test_after_everybody_has_stopped_still_nothing_is_there(night: Night) -> None:
    night.house.stops()
    leaks = {secret: found_in(night.house.var, secret) for secret in PLANTED}
    assert not any(leaks.values()), leaks
    assert any(f.name == "handrail.db" for f in night.house.var.iterdir())
