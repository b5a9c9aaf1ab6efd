"""One whole night with planted markers, then a search of every file that was written: no number, no name, no word, no key."""

from __future__ import annotations

import base64
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest

from bot.app import App
from bot.groups.steps import Subject
from bot.store.group_tables import group_text
from tests.installation import Installation
from tests.talking import demo_settings

pytestmark = pytest.mark.slow

KEY = secrets.token_hex(32)
NUMBER, OTHER_NUMBER, FORGETTER = "+15005558271", "+15005559364", "+15005557159"
NAME = "Wilhelmina"
WORDS = "purple giraffe umbrella"
REPLY = "velvet tangerine staircase"
NOTE = "copper walrus lantern"
SUMMARY = "marble cactus accordion"
REASON = "court order heliotrope"
BROKEN = "granite penguin trombone"
QUESTION = "scarlet hedgehog telescope"
CLOUD = "kumquatsy"
SPOOLED = "turquoise badger harmonica"
FORGOTTEN = "crimson pelican typewriter"
SUBJECT = Subject("grooming", "trust", "13-15", "en", ("arrive", "one_word", "who_could_help"))


class Night:
    """Everything that happens, over HTTP, as it really does; ``tokens`` are what nobody may find afterwards."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self.staff = httpx.Client(base_url=house.url("staff"), trust_env=False, timeout=20)
        self.public = httpx.Client(base_url=house.url("public"), trust_env=False, timeout=20)
        self.phone = httpx.Client(base_url=house.url("phone"), trust_env=False, timeout=20)
        self.tokens: list[str] = []
        self.pages: list[str] = []
        self.while_spooled: dict[str, list[str]] = {}

    def texts(self, text: str, number: str = NUMBER) -> None:
        self.phone.post("/text", data={"number": number, "body": text})

    def phone_shows(self, part: str, number: str = NUMBER) -> None:
        shown = lambda: self.phone.get("/", params={"number": number}).text  # noqa: E731 - one line reads best here
        try:
            self.house.waits(lambda: part in shown(), f"{part!r} did not come", 90)
        except AssertionError:
            raise AssertionError(f"{part!r} did not come; the phone shows {shown()[-3000:]}") from None

    def signs_in(self, username: str = "worker", home: str = "/") -> httpx.Client:
        client = (
            self.staff if username == "worker" else httpx.Client(base_url=self.house.url("staff"), trust_env=False, timeout=20)
        )
        answer = client.post("/sign-in", data={"username": username, "password": self.house.password})
        assert answer.status_code == 303
        self.tokens += [self.house.password, client.cookies["handrail_desk"]]
        client.headers["X-CSRF-Token"] = re.findall(r'name="csrf" value="([0-9a-f]+)"', client.get(home).text)[0]
        return client

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
        _a_group(lived)
        _a_text_that_waits_on_disk(lived)
        _somebody_who_is_forgotten(lived)
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


def _a_group(night: Night) -> None:
    """A private question and a word for the cloud, from a seat of the group's own page."""
    facilitator = night.signs_in("facilitator", "/groups")
    fields = {"lesson": "grooming/trust", "band": "13-15", "lang": "en", "also": list(SUBJECT.activities)}
    opened = facilitator.post("/groups/open", data=fields)
    assert opened.status_code == 303, opened.text
    room = opened.headers["location"]
    with App(demo_settings(night.house.var)).store.read() as work:
        code = work.groups.get(int(room.rpartition("/")[2])).code
    seat = night.public.post("/group/seats", json={"code": code}).json()["token"]
    night.tokens.append(seat)
    steps = [step.id for step in App(demo_settings(night.house.var)).group_lessons.steps(SUBJECT)]
    for act, given in (("move", {"event": "start"}), ("step", {"number": str(steps.index("also:one_word"))})):
        assert facilitator.post(f"{room}/{act}", data=given).status_code == 303
    for text, aim in ((f"why is {QUESTION}", "box"), (CLOUD, "step")):
        answer = night.public.post(
            "/group/texts", json={"id": aim, "text": text, "to": aim}, headers={"Authorization": f"Bearer {seat}"}
        )
        assert answer.status_code == 202, answer.text
    assert QUESTION not in facilitator.get(room).text  # it rests first
    with App(demo_settings(night.house.var)).store.engine.begin() as waiting:
        waiting.execute(group_text.update().values(at=datetime.now(timezone.utc) - timedelta(minutes=5)))
    shown = facilitator.get(room).text
    assert QUESTION in shown and CLOUD in shown  # the facilitator, before it is released, and nobody else


def _a_text_that_waits_on_disk(night: Night) -> None:
    """Somebody else writes into the database for longer than anybody waits for it."""
    with closing(sqlite3.connect(night.house.var / "handrail.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        night.texts(f"are you there {SPOOLED}")
        night.house.waits(lambda: bool(list((night.house.var / "spool").glob("*.waiting"))), "nothing waits on disk")
        night.while_spooled = {secret: found_in(night.house.var, secret) for secret in (SPOOLED, NUMBER)}
        other.execute("ROLLBACK")
    night.house.waits(lambda: not list((night.house.var / "spool").glob("*.waiting")), "it was not taken in")


def _somebody_who_is_forgotten(night: Night) -> None:
    night.texts(f"hi it is {NAME}, {FORGOTTEN}", FORGETTER)
    night.phone_shows("bot", FORGETTER)
    night.texts("FORGET ME", FORGETTER)
    night.phone_shows("deleted what you wrote", FORGETTER)


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
    found = []
    for file in [f for f in var.rglob("*") if f.is_file() and "models" not in f.parts]:
        with suppress(FileNotFoundError):  # taken in since it was listed
            held = file.read_bytes()
            found += [str(file.relative_to(var))] if any(shape in held for shape in shapes(secret)) else []
    return found


PLANTED = [
    NUMBER, NUMBER[2:], "500-555-8271", OTHER_NUMBER, FORGETTER, NAME, WORDS, REPLY, NOTE, SUMMARY, REASON, BROKEN, KEY,
    QUESTION, CLOUD, SPOOLED, FORGOTTEN,
]  # fmt: skip


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


def test_a_text_that_waited_on_disk_could_not_be_read_there(night: Night) -> None:
    assert night.while_spooled and not any(night.while_spooled.values()), night.while_spooled


def test_the_metrics_name_nobody_and_hold_nothing_that_opens_something(night: Night) -> None:
    told = night.staff.get("/metrics").content
    assert b"handrail_" in told
    assert [secret for secret in [*PLANTED, *night.tokens] if any(shape in told for shape in shapes(secret))] == []


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
