"""Two gateways, two engines, two outboxes and one PostgreSQL, as on several machines: in order, once, nothing lost.

The engines are real, so that starting and restarting them is most of the time this takes. Every test leaves the town settled.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bot.app import ENGINE_PURPOSE
from bot.web.staff_session import COOKIE
from tests.topology.postgres import Postgres
from tests.topology.town import Member, Town, status

pytestmark = pytest.mark.slow

QUESTIONS = ("what is grooming?", "menu", "1", "what is sextortion?", "what can you do", "menu", "2")
"""Words whose answers differ, and choices that mean something else at every step."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"), postgres)
    made.has("gateway", 2)
    made.has("engine", 2)
    made.has("outbox", 2)
    try:
        made.opens()
        yield made
    finally:
        made.closes()


class Chat:
    """A young person's page: sends as the page does, again under the same id until it is taken."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.token = httpx.post(f"{town.public}/chat/threads", json={}, timeout=15, trust_env=False).json()["token"]
        self.me = {"Authorization": f"Bearer {self.token}"}

    @property
    def thread(self) -> str:
        return str(self.town.app.chat.thread_of(self.token))

    def sends(self, text: str, *, by: Member | None = None) -> None:
        said, url = {"id": secrets.token_hex(8), "text": text}, by.url() if by else self.town.public
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            try:
                if (
                    httpx.post(f"{url}/chat/messages", json=said, headers=self.me, timeout=15, trust_env=False).status_code
                    == 202
                ):
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"Nobody took a message.\n{self.town.logs()}")

    def bot(self) -> list[str]:
        return [said.text for said in self.town.app.chat.since(self.thread, 0) if said.who == "bot"]

    def version(self) -> int:
        """How many turns its tracker has had."""
        return int(str((self.town.asks(f"SELECT version FROM tracker WHERE thread_id = '{self.thread}'") or [(0,)])[0][0]))


class Listening:
    """An open stream at one gateway, read in the background."""

    def __init__(self, url: str, **headers: str) -> None:
        self.lines: list[str] = []
        self._url, self._headers = url, headers
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            with httpx.stream("GET", self._url, headers=self._headers, timeout=60, trust_env=False) as answer:
                for line in answer.iter_lines():
                    self.lines.append(line)
        except httpx.HTTPError:
            return

    def hears(self, part: str) -> bool:
        return any(part in line for line in list(self.lines))


def test_the_whole_way_is_open_at_every_gateway(town: Town) -> None:
    """Both brought the same empty database up to date when they started together, and both reach an engine."""
    for gateway in town.of("gateway"):
        for door in ("public", "staff"):
            assert status(f"{gateway.url(door)}/readyz") == 200
    for engine in town.of("engine"):
        assert status(f"{engine.url('engine')}/ready") == 200


def test_quick_texts_of_one_thread_get_the_same_answers_in_the_same_order_as_slow_ones(town: Town) -> None:
    slow, quick = Chat(town), Chat(town)
    for question in QUESTIONS:
        slow.sends(question)
        town.settles()
    for n, question in enumerate(QUESTIONS):
        quick.sends(question, by=town.of("gateway")[n % 2])
    town.settles()
    assert quick.bot() == slow.bot()
    assert slow.version() == quick.version() == len(QUESTIONS), "each message is one turn, and none is two"


def test_the_same_text_at_both_gateways_at_once_is_one_text_with_one_answer(town: Town) -> None:
    number, sid = "+15005552001", f"SM{secrets.token_hex(16)}"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda gateway: town.texts(number, "menu", sid=sid, gateway=gateway), town.of("gateway") * 2))
    if 200 not in answers:  # as the provider does when it hears of trouble
        assert town.texts(number, "menu", sid=sid) == 200
    town.settles()
    assert town.asks(f"SELECT count(*) FROM message WHERE provider_id = 'sms:{sid}'") == [(1,)]
    single = "+15005552002"
    town.texts(single, "menu")
    town.settles()
    town.waits(lambda: len(town.got(single)) > 0, "nothing came")
    assert town.got(number) == town.got(single)


def test_a_case_shows_at_every_desk_and_the_answer_on_the_page_whichever_gateway_holds_them(town: Town) -> None:
    session, chat = town.signs_in("sam"), Chat(town)
    desks = [Listening(f"{g.url('staff')}/events", Cookie=f"{COOKIE}={session}") for g in town.of("gateway")]
    pages = [Listening(f"{g.url()}/chat/events", **chat.me) for g in town.of("gateway")]
    town.waits(lambda: all(desk.lines for desk in desks) and all(page.lines for page in pages), "streams did not open")
    began = time.monotonic()
    chat.sends("i want to die", by=town.of("gateway")[0])
    town.waits(lambda: all(desk.hears("imminent") for desk in desks), "the case is not at every desk")
    town.waits(lambda: all(page.hears("event: said") for page in pages), "no answer on every page")
    print(f"\nseen at both desks and pages after {time.monotonic() - began:.2f} s")  # noqa: T201 - a measurement is for reading
    heard = [[line for line in page.lines if line.startswith("id: ")] for page in pages]
    town.settles()
    resumed = Listening(f"{town.public}/chat/events", **chat.me, **{"Last-Event-ID": heard[0][0].removeprefix("id: ")})
    town.waits(lambda: resumed.hears("event: said"), "a page that comes back at another gateway gets nothing")
    assert not any(line == heard[0][0] for line in resumed.lines), "what it saw before does not come again"


def test_a_stale_tracker_write_is_refused_and_tried_again(town: Town) -> None:
    """Two engines answer in one thread at the same moment, as they would if a gateway died between two of its turns."""
    thread, token = secrets.token_hex(16), town.app.vault.service_token(ENGINE_PURPOSE)

    async def at_once(*message_ids: int) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False, timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:
            asked = [
                client.post(f"{engine.url('engine')}/turn", json=turn(message_id))
                for engine, message_id in zip(town.of("engine"), message_ids, strict=True)
            ]
            answers = await asyncio.gather(*asked)
        assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
        return [json.loads(answer.text) for answer in answers]

    def turn(message_id: int) -> dict[str, Any]:
        return {"message_id": message_id, "thread": thread, "text": "what is grooming?", "choice": None, "metadata": {}}

    def version() -> object:
        return town.asks(f"SELECT version FROM tracker WHERE thread_id = '{thread}'")[0][0]

    same = asyncio.run(at_once(1, 1))
    assert same[0] == same[1] and version() == 1, "the same message is one turn, with one answer"
    for n in range(5):
        asyncio.run(at_once(10 + n, 20 + n))
    assert version() == 11, "of two at once the later one read the tracker again, and no turn was lost"


def test_both_engines_have_their_share_and_what_two_do_beside_one(town: Town) -> None:
    """Only measured: where engines, gateways, PostgreSQL and this test share two cores, a second engine has nothing to run on."""
    two = rate(town, "+15005556")
    first = town.of("engine")[0]
    town.stops(first)
    one = rate(town, "+15005557")
    town.starts(first)
    town.is_ready(first)
    print(f"\nwhole turns a second: one engine {one:.1f}, two {two:.1f}, ratio {two / one:.2f}")  # noqa: T201 - for reading
    assert one > 0 and two > 0


def rate(town: Town, prefix: str, count: int = 40) -> float:
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        statuses = Counter(pool.map(lambda n: town.texts(f"{prefix}{n:03d}", "what is grooming?"), range(count)))
    assert statuses == {200: count}
    town.waits(lambda: town.asks("SELECT count(*) FROM message WHERE state = 'kept'") == [(0,)], "not all answered", 120)
    return count / (time.monotonic() - began)


class Traffic:
    """Texts that keep coming, each from a number of its own, until told to stop; remembers which were not taken at once."""

    def __init__(self, town: Town, prefix: str, *, again: bool) -> None:
        self.town, self.prefix, self.again = town, prefix, again
        self.taken: list[str] = []
        self.refused: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def _go(self) -> None:
        n = 0
        while not self._stop.is_set():
            number, sid = f"{self.prefix}{n:04d}", f"SM{secrets.token_hex(16)}"
            n += 1
            while (answer := self.town.texts(number, "menu", sid=sid)) != 200:
                self.refused.append(answer)
                if not self.again:
                    break
                time.sleep(0.5)
            else:
                self.taken.append(number)
            self._stop.wait(0.3)

    def ends(self) -> None:
        self._stop.set()
        self._thread.join(60)
        self.town.settles(120)

    def all_answered_once(self) -> None:
        """Every text got exactly what a single text gets."""
        self.town.waits(lambda: all(self.town.got(n) for n in self.taken), "somebody got nothing", 60)
        got = Counter(len(self.town.got(number)) for number in self.taken)
        assert len(got) == 1, got


def test_every_process_is_restarted_under_traffic_and_nothing_is_lost(town: Town) -> None:
    traffic = Traffic(town, "+1500556", again=False)
    for member in town.members.values():
        town.restarts(member)
    traffic.ends()
    assert len(traffic.taken) > 10
    assert traffic.refused == [], "a gateway that leaves finishes what it took, and the balancer asks the other"
    traffic.all_answered_once()
    assert not engine_down(town), "while one engine restarts the other answers"


def test_postgresql_is_restarted_under_traffic_and_nothing_is_lost(town: Town) -> None:
    traffic = Traffic(town, "+1500557", again=True)
    time.sleep(2)
    town.postgres.stops()
    time.sleep(2)
    town.postgres.starts()
    town.waits(lambda: all(status(f"{g.url()}/readyz") == 200 for g in town.of("gateway")), "not ready again", 60)
    time.sleep(2)
    traffic.ends()
    assert len(traffic.taken) > 5
    traffic.all_answered_once()
    chat = Chat(town)
    page = Listening(f"{town.of('gateway')[1].url()}/chat/events", **chat.me)
    town.waits(lambda: bool(page.lines), "the stream did not open")
    chat.sends("menu", by=town.of("gateway")[0])
    town.waits(lambda: page.hears('"who": "bot"'), "news no longer travels after PostgreSQL came back")


def engine_down(town: Town) -> int:
    """How often a gateway had to say that it could reach no engine."""
    return sum("engine unavailable" in (town.folder / g.name / "log").read_text() for g in town.of("gateway"))
