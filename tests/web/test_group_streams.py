"""The two streams of a group: what changed comes within a second, a dropped stream misses nothing, a failed look heals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.requests import Request

from bot.desk.closing import Closing
from bot.group_seats import Sitting
from bot.groups.state import GroupEvent
from bot.store.database import StoreDown
from bot.web import group_screens, group_walls
from bot.web.desk_pages import DeskPages
from bot.web.group_screens import GroupScreens
from bot.web.group_walls import GroupWalls
from bot.web.sites import public_site
from bot.web.staff_session import COOKIE
from tests.talking import House, settle
from tests.web.group_people import Facilitator, Young

SOON = 1.0
"""Seconds in which a room sees what changed."""

DANGER = "my stepdad hits me"


@dataclass
class Listener:
    """Somebody's open stream: what came, in order; ``raw`` as it came, with every beat."""

    raw: list[str] = field(default_factory=list)
    came: list[tuple[str, str, str]] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, name: str, *parts: str, within: float = SOON) -> str:
        """The data of an event of this name that holds these parts."""
        limit = asyncio.get_running_loop().time() + within
        while True:
            for event, _, data in self.came:
                if event == name and all(part in data for part in parts):
                    return data
            self.more.clear()
            left = limit - asyncio.get_running_loop().time()
            assert left > 0, f"No {name} with {parts} within {within} s; these came: {self.came}"
            try:
                await asyncio.wait_for(self.more.wait(), left)
            except asyncio.TimeoutError:
                continue

    def heard(self, name: str) -> list[str]:
        return [data for event, _, data in self.came if event == name]

    @property
    def last_id(self) -> str:
        return next((event_id for _, event_id, _ in reversed(self.came) if event_id), "")


async def ended(task: asyncio.Task[None]) -> None:
    """Cancelled until it is over: ``wait_for`` loses a cancellation that comes together with what it waited for."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.2)


@asynccontextmanager
async def listening(stream: AsyncIterator[str]) -> AsyncIterator[Listener]:
    listener = Listener()

    async def follow() -> None:
        async for block in stream:
            listener.raw.append(block)
            for each in block.split("\n\n"):
                fields = dict(line.split(": ", 1) for line in each.splitlines() if ": " in line and line[0] != ":")
                if fields.get("event", "beat") != "beat":
                    listener.came.append((fields["event"], fields.get("id", ""), fields["data"]))
            listener.more.set()

    task = asyncio.create_task(follow())
    try:
        yield listener
        assert not task.done() or task.exception() is None
    finally:
        await ended(task)


async def at_rest(*listeners: Listener) -> list[list[str]]:
    """What each has heard, once nothing more comes of what was done before."""
    heard: list[list[str]] = []
    while heard != (now := [list(each.raw) for each in listeners]):
        heard = now
        await asyncio.sleep(SOON)
    return heard


@asynccontextmanager
async def all_of(*streams: AsyncIterator[str]) -> AsyncIterator[list[Listener]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(listening(stream)) for stream in streams]


@asynccontextmanager
async def live(house: House) -> AsyncIterator[None]:
    """The house tells its pages of news, as a gateway does."""
    running = asyncio.create_task(house.app.live.run())
    try:
        yield
    finally:
        await ended(running)


def screens(house: House, seats: Any = None) -> GroupScreens:
    app = house.app
    return GroupScreens(seats=seats or app.group_seats, chat=app.chat, live=app.live, words=app.words)


def sits(house: House, young: Young) -> Sitting:
    found = house.app.group_seats.sitting(young.seat["token"])
    assert found is not None
    return found


def page_of(house: House, young: Young, *, after: int | None = None, made: GroupScreens | None = None) -> AsyncIterator[str]:
    return (made or screens(house)).events(young.seat["token"], sits(house, young), after=after)


def wall_of(house: House, fay: Facilitator, view: str = "screen") -> AsyncIterator[str]:
    cookie = fay.client.cookies[COOKIE]
    request = Request({"type": "http", "method": "GET", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())]})
    closing = Closing.load(house.app.settings.content / "desk" / "closing.yml")
    pages = DeskPages(service_name="Handrail", demo=True, closing=closing)
    return GroupWalls(house.app, pages).events(request, fay.group, view)


async def at_the_door(house: House, young: Young, *, last_event_id: int) -> AsyncIterator[str]:
    """The stream as the web server is given it: the test client would wait for its end, which never comes."""
    said: asyncio.Queue[str] = asyncio.Queue()
    token = young.seat["token"].encode()
    headers = [(b"authorization", b"Bearer " + token), (b"last-event-id", str(last_event_id).encode())]
    scope = {"type": "http", "method": "GET", "path": "/group/events", "raw_path": b"/group/events", "query_string": b""}
    scope |= {"headers": [(b"host", b"testserver"), *headers], "scheme": "http", "client": ("testclient", 1)}

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # nobody closes the page
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        said.put_nowait(message.get("body", b"").decode())

    serving = asyncio.create_task(public_site(house.app)(scope, receive, send))
    try:
        while True:
            yield await said.get()
    finally:
        await ended(serving)


async def meanwhile(what: Callable[..., object], *args: Any, **named: Any) -> None:
    await asyncio.to_thread(lambda: what(*args, **named))


@pytest.fixture
def fay(house: House) -> Facilitator:
    made = Facilitator(house)
    made.opens()
    made.does("move", event="start")
    made.goes_to("lesson:notice")
    return made


@pytest.mark.asyncio
async def test_a_step_and_the_close_of_a_poll_reach_page_wall_and_room_within_a_second(house: House, fay: Facilitator) -> None:
    everybody = [Young(house, fay.code) for _ in range(7)]
    for young in everybody:
        young.answers("lesson:notice", "a")
    streams = page_of(house, everybody[0]), wall_of(house, fay), wall_of(house, fay, "room")
    async with live(house), all_of(*streams) as (page, wall, room):
        await page.hears("screen", "lesson:notice")
        await wall.hears("part", "What stands out to you?")
        await room.hears("part", "What stands out to you?")
        await meanwhile(fay.does, "close")
        await wall.hears("part", "5 or more")
        await room.hears("part", "5 or more")
        await meanwhile(fay.goes_to, "lesson:say_it")
        await page.hears("screen", "lesson:say_it")
        await meanwhile(fay.does, "move", event=GroupEvent.CALM.value)
        await page.hears("screen", '"calm"')
        await wall.hears("part", "We stop for a moment.")


@pytest.mark.asyncio
async def test_the_answer_that_makes_a_result_due_reaches_the_wall_within_a_second(house: House, fay: Facilitator) -> None:
    everybody = [Young(house, fay.code) for _ in range(10)]
    for young in everybody[:9]:
        young.answers("lesson:notice", "a")
    async with live(house), listening(wall_of(house, fay)) as wall:
        await wall.hears("part", "What stands out to you?")
        await meanwhile(everybody[9].answers, "lesson:notice", "b")
        await wall.hears("part", "10 or more have answered")


@pytest.mark.asyncio
@pytest.mark.parametrize("view", ["screen", "join", "room"])
async def test_a_page_that_nobody_clicks_stays_signed_in_while_the_group_goes_on_and_no_longer(
    house: House, fay: Facilitator, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    monkeypatch.setattr(group_walls, "AWAKE_SECONDS", 0.0)
    monkeypatch.setattr(group_walls, "BEAT_SECONDS", 0.0)
    stream = wall_of(house, fay, view)
    await stream.__anext__()  # how soon to come back
    await stream.__anext__()
    for _ in range(4):
        house.app.clock.passes(minutes=20)
        house.app.live._tell(set())
        assert (await stream.__anext__()).startswith(("event: part", "event: beat"))
    fay.does("move", event="end")
    house.app.live._tell(set())
    await stream.__anext__()
    house.app.clock.passes(minutes=31)
    house.app.live._tell(set())
    assert (await stream.__anext__()).startswith("event: signed-out")


@pytest.mark.asyncio
async def test_a_private_reply_that_was_kept_while_the_stream_was_down_is_shown_after_it(
    house: House, fay: Facilitator
) -> None:
    young = Young(house, fay.code)
    async with live(house):
        async with listening(page_of(house, young)) as page:
            await page.hears("screen", "lesson:notice")
            await meanwhile(young.writes, "what is grooming", "me", "1")
            await page.hears("said", "You said: what is grooming")
            last = int(page.last_id)
        await meanwhile(young.writes, "he is going to kill me, he has a knife", "me", "2")
        async with listening(page_of(house, young, after=last)) as again:
            await again.hears("said", "911")
            await again.hears("said", "he has a knife")
            assert "what is grooming" not in "".join(again.heard("said")), "nothing comes twice"


@pytest.mark.asyncio
async def test_a_page_is_told_that_a_person_was_asked_for_and_a_page_that_comes_back_who_is_there(
    house: House, fay: Facilitator
) -> None:
    young, sam = Young(house, fay.code), house.desk("Sam")
    async with live(house):
        async with listening(page_of(house, young)) as page:
            await page.hears("here", "null")
            await page.hears("asked", "false")
            await meanwhile(young.writes, "he is going to kill me, he has a knife", "me", "1")
            await page.hears("asked", "true")
            case = await asyncio.to_thread(lambda: sam.sees_case(level="imminent"))
            await meanwhile(sam.accepts, case)
            await meanwhile(sam.says, case, "Hi, I'm Sam. Are you safe right now?")
            await page.hears("said", "Are you safe right now?")
            last = int(page.last_id)
        async with listening(page_of(house, young, after=last)) as again:
            await again.hears("here", "Sam")


@pytest.mark.asyncio
async def test_the_door_resumes_after_the_last_event_that_the_page_saw(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    refused = await asyncio.to_thread(young.client.get, "/group/events", headers={"Last-Event-ID": "1; drop"})
    assert refused.status_code == 400
    await meanwhile(young.writes, "what is grooming", "me", "1")
    lines = young.lines()
    assert young.client.get("/group/seat").json()["seq"] == len(lines)
    async with live(house), listening(at_the_door(house, young, last_event_id=lines[-2].seq)) as page:
        await page.hears("said", f'"seq": {lines[-1].seq}')
        assert len(page.heard("said")) == 1
        assert page.last_id == str(lines[-1].seq)


class FailsOnce:
    """The seats, whose look into the database fails after the first one."""

    def __init__(self, house: House) -> None:
        self._seats = house.app.group_seats
        self.looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._seats, name)

    def screen(self, *given: Any) -> dict[str, Any]:
        self.looks += 1
        if self.looks == 3:
            raise StoreDown("The database does not answer.")
        return self._seats.screen(*given)


@pytest.mark.asyncio
async def test_a_look_that_fails_once_freezes_no_page(house: House, fay: Facilitator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_screens, "AGAIN_SECONDS", 0.05)
    young = Young(house, fay.code)
    failing = FailsOnce(house)
    async with live(house), listening(page_of(house, young, made=screens(house, failing))) as page:
        await page.hears("screen", "lesson:notice")
        while failing.looks < 2:
            await asyncio.sleep(0.01)
        await meanwhile(fay.goes_to, "lesson:say_it")
        await page.hears("screen", "lesson:say_it", within=3)
        assert failing.looks >= 3
        await meanwhile(fay.does, "move", event=GroupEvent.CALM.value)
        await page.hears("screen", '"calm"', within=3)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "said",
    [(DANGER,), ("i feel so alone lately and nobody likes me",), ("my stepdad", "hits", "me")],
    ids=["high", "elevated", "split"],
)
async def test_a_disclosure_sends_no_byte_over_either_stream_of_the_group(
    house: House, fay: Facilitator, said: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (group_screens, group_walls):
        monkeypatch.setattr(each, "BEAT_SECONDS", 3600.0)  # those of the clock come whatever anybody writes
    young, other, phone = Young(house, fay.code), Young(house, fay.code), house.phone()
    await meanwhile(phone.texts, f"JOIN {fay.code}")
    streams = page_of(house, other), wall_of(house, fay), wall_of(house, fay, "room")
    async with live(house), all_of(*streams) as (page, wall, room):
        await page.hears("screen", "lesson:notice")
        await wall.hears("part", "What stands out")
        await room.hears("part", "What stands out")
        before = await at_rest(page, wall, room)
        for aim in ("box", "step", "me"):
            for number, words in enumerate(said):
                await meanwhile(young.writes, words, aim, f"{aim}{number}")
        for words in (f"ASK {said[0]}", *said[1:]):
            await meanwhile(phone.texts, words)
        await meanwhile(phone.texts, DANGER)
        await meanwhile(settle, house.app)
        house.app.clock.passes(minutes=4)
        await meanwhile(phone.texts, "hello")  # whatever is committed, the pages are looked at anew
        await asyncio.sleep(SOON)
        assert [list(each.raw) for each in (page, wall, room)] == before
    with house.app.store.read() as work:
        assert work.group_answers.texts(fay.group, "held") == []
    assert len(young.lines()) >= 6, "each text is kept, and answered privately"
    assert len(phone.new()) >= 2


@pytest.mark.asyncio
async def test_a_colleague_whose_link_was_ended_hears_so_on_both_open_pages(house: House, fay: Facilitator) -> None:
    ola = Facilitator(house, "Ola")
    ola.comes_by(fay.link)
    async with live(house), all_of(wall_of(house, ola), wall_of(house, ola, "room"), wall_of(house, fay)) as (wall, room, own):
        for each in (wall, room, own):
            await each.hears("part", "html")
        await meanwhile(fay.does, "end-link")
        for each in (wall, room):
            await each.hears("out", "Thank you for leading it.")
        await meanwhile(fay.does, "move", event="calm")
        await own.hears("part", "feet flat on the floor")
        assert not own.heard("out") and not [part for part in wall.heard("part") if "feet flat" in part]


@pytest.mark.asyncio
async def test_the_open_pages_of_one_who_runs_groups_no_more_are_closed_to_them(house: House, fay: Facilitator) -> None:
    async with live(house), all_of(wall_of(house, fay), wall_of(house, fay, "room")) as (wall, room):
        for each in (wall, room):
            await each.hears("part", "html")

        def becomes_a_worker() -> None:
            with house.app.store.begin() as work:
                work.staff.change(fay.desk.me.id, role="worker")

        await meanwhile(becomes_a_worker)
        for each in (wall, room):
            await each.hears("out", "may not run a group")


@pytest.mark.asyncio
async def test_a_page_that_hears_nothing_new_hears_a_beat_in_its_time(
    house: House, fay: Facilitator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_walls, "BEAT_SECONDS", 0.2)
    async with live(house), listening(wall_of(house, fay)) as wall:
        await wall.hears("part", "What stands out")
        await asyncio.sleep(SOON)
        assert [block for block in wall.raw if block.startswith("event: beat")]
