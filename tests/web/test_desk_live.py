"""The live stream: only what changed, for whom it is, and nothing once the session is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request

from bot.desk.closing import Closing
from bot.web.desk_live import desk_events, read_seen
from bot.web.desk_pages import DeskPages
from bot.web.staff_session import COOKIE
from tests.web.desk_fakes import CONTENT, PASSWORD, FakeDeskParts

PAGES = DeskPages(service_name="Handrail", demo=True, closing=Closing.load(CONTENT / "desk" / "closing.yml"))


def listen(
    parts: FakeDeskParts, username: str, *, case: int | None = None, seen: dict[str, str] | None = None
) -> AsyncIterator[str]:
    """One person's stream; the same person has one session, as in one browser."""
    open_already = [token for token, staff in parts.staff.sessions.items() if staff.username == username]
    token = open_already[0] if open_already else parts.staff.sign_in(username, PASSWORD, None)
    request = Request({"type": "http", "method": "GET", "headers": [(b"cookie", f"{COOKIE}={token}".encode())]})
    return desk_events(parts, PAGES, request, case_id=case, seen=seen or {})


async def news(stream: AsyncIterator[str]) -> dict[str, Any]:
    """The next event that is not the opening line."""
    while True:
        event = await asyncio.wait_for(stream.__anext__(), 3)
        if event.startswith("event: desk"):
            return dict(json.loads(event.split("data: ", 1)[1]))


def names(event: dict[str, Any]) -> set[str]:
    return {part["name"] for part in event["parts"]}


def digests(event: dict[str, Any]) -> dict[str, str]:
    return {part["name"]: part["digest"] for part in event["parts"]}


@pytest.mark.asyncio
async def test_a_new_case_reaches_an_open_page() -> None:
    parts = FakeDeskParts()
    stream = listen(parts, "maya")
    assert names(await news(stream)) == {"strip", "queue", "rest"}
    parts.desk.opens("help", designation="swift lark")
    event = await news(stream)
    assert "swift lark" in next(p["html"] for p in event["parts"] if p["name"] == "queue")


@pytest.mark.asyncio
async def test_a_page_is_told_only_of_what_it_does_not_have() -> None:
    parts = FakeDeskParts()
    case = parts.desk.opens("help")
    had = digests(await news(listen(parts, "maya", case=case)))
    assert set(had) == {"strip", "queue", "rest", "head", "transcript", "work", "facts"}
    stream = listen(parts, "maya", case=case, seen=had)
    assert names(await news(stream)) == set()
    parts.desk.writes(case, "are you there")
    assert names(await news(stream)) == {"queue", "transcript"}


@pytest.mark.asyncio
async def test_the_reply_box_is_left_alone_while_messages_come() -> None:
    parts = FakeDeskParts()
    case = parts.desk.opens("help")
    parts.desk.accept(case, parts.staff.people["maya"])
    had = digests(await news(listen(parts, "maya", case=case)))
    stream = listen(parts, "maya", case=case, seen=had)
    await news(stream)
    parts.desk.writes(case, "hello")
    assert "work" not in names(await news(stream))


@pytest.mark.asyncio
async def test_the_same_state_is_the_same_digest_at_another_time() -> None:
    parts = FakeDeskParts()
    case = parts.desk.opens("help")
    first = digests(await news(listen(parts, "maya", case=case)))
    await asyncio.sleep(1.1)
    assert digests(await news(listen(parts, "maya", case=case))) == first


@pytest.mark.asyncio
async def test_an_ended_session_is_told_and_sees_nothing_more() -> None:
    parts = FakeDeskParts()
    stream = listen(parts, "maya")
    await news(stream)
    parts.staff.sessions.clear()
    parts.desk.opens("a secret")
    event = await asyncio.wait_for(stream.__anext__(), 3)
    assert event.startswith("event: signed-out")
    assert "secret" not in event
    with pytest.raises(StopAsyncIteration):
        await stream.__anext__()


@pytest.mark.asyncio
async def test_a_role_that_changed_ends_the_stream() -> None:
    parts = FakeDeskParts()
    stream = listen(parts, "femi")
    assert [await stream.__anext__(), await stream.__anext__()][1].startswith("event: signed-out")


@pytest.mark.asyncio
async def test_a_case_whose_words_are_gone_is_said_once_and_the_lists_stay_alive() -> None:
    parts = FakeDeskParts()
    stream = listen(parts, "maya", case=99)
    event = await news(stream)
    assert "no such case" in event["refusal"]
    assert "queue" in names(event)
    parts.desk.opens("help")
    event = await news(stream)
    assert event["refusal"] == ""
    assert "queue" in names(event)


@pytest.mark.asyncio
async def test_listening_counts_as_present_but_does_not_keep_the_session_awake() -> None:
    parts = FakeDeskParts()
    await news(listen(parts, "maya"))
    assert parts.staff.present == {"maya"}
    assert parts.staff.touched == []


@pytest.mark.asyncio
async def test_presence_is_told_at_the_beat_and_not_at_every_wake() -> None:
    parts = FakeDeskParts()
    stream = listen(parts, "maya")
    await news(stream)
    parts.staff.present.clear()
    parts.desk.opens("help")
    await news(stream)
    assert parts.staff.present == set()


@pytest.mark.parametrize(
    ("query", "seen"),
    [("", {}), ("queue:ab", {"queue": "ab"}), ("queue:ab,head:cd", {"queue": "ab", "head": "cd"}), ("x,:y,z:", {})],
)
def test_what_a_page_says_it_has_is_read_forgivingly(query: str, seen: dict[str, str]) -> None:
    assert read_seen(query) == seen
