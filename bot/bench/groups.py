"""``handrail bench groups``: a room that answers at once, and what a danger text takes meanwhile.

It promises the real doors over HTTP, one group of everybody with every page open, danger by chat, by the group's own page and
by text, quiet seconds and bursts in turn in one run, and counts from the database: each answer once, and as it was given last.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import httpx

from bot.app import App
from bot.bench.installation import BenchError, Installation, installed
from bot.groups.steps import Subject
from bot.groups.suppression import floor5
from bot.serve.logs import many_files
from bot.settings import Settings
from bot.shares import quantile, quantiles
from bot.store.groups import Group

SUBJECT = Subject("grooming", "trust", "13-15", "en")
STEP, OPTIONS = "lesson:notice", ("a", "b", "c")
DANGER = "my stepdad hits me and he is coming home now"
LONGEST_OPENING = 120.0
NUMBERS = itertools.count()
"""Each text is somebody else's: two of one number would be one case."""

BESIDE = 20
"""Who answers in a second group meanwhile: two groups must not slow each other."""


@dataclass
class Burst:
    """What was measured; times in milliseconds, each from sending to the acknowledgement after the commit."""

    people: int
    answers: int
    dangers: int
    rounds: int
    counted: int = 0
    as_given: bool = False
    cases: int = 0
    seconds: list[float] = field(default_factory=list)
    """Of each burst."""
    answer_ms: list[float] = field(default_factory=list)
    burst_ms: list[float] = field(default_factory=list)
    quiet_ms: list[float] = field(default_factory=list)
    beside_quiet_ms: list[float] = field(default_factory=list)
    beside_burst_ms: list[float] = field(default_factory=list)
    """Answers in a second group, before and during the burst of the first."""
    pages: int = 0
    """Open pages that were shown the step, all the while."""

    def report(self) -> str:
        """The figures, and how they were taken."""
        exactly = "each once and as given" if self.as_given else "WRONG"
        sent = 2 * self.dangers * self.rounds
        times = " and ".join(f"{quantile(self.burst_ms, at) / (quantile(self.quiet_ms, at) or 1):.1f}" for at in (0.5, 0.99))
        return "\n".join(
            [
                f"{self.people} people in one group, {self.pages} with the page open; {self.rounds} times a quiet second and "
                f"one with {self.answers} answers, done after {max(self.seconds, default=0):.2f} s at most",
                f"counted {self.counted}, {exactly}; {self.cases} cases of {sent} texts with danger, {self.dangers} a second",
                quantiles("  an answer, kept", self.answer_ms),
                quantiles(f"  one of {BESIDE} answers in another group, the first one quiet", self.beside_quiet_ms),
                quantiles("  the same, in the burst of the first", self.beside_burst_ms),
                quantiles("  a text with danger, kept and screened, alone", self.quiet_ms),
                quantiles("  a text with danger, kept and screened, in the burst", self.burst_ms),
                f"  in the burst / alone, median and p99: {times}",
            ]
        )


def measure(settings: Settings, *, people: int = 500, answers: int = 200, dangers: int = 30, rounds: int = 5) -> Burst:
    """Quiet seconds and bursts in turn, in an installation of its own. Raises BenchError.

    Each round everybody answers something else, and others are in danger: ``people`` is at least ``answers`` and two times
    ``dangers`` for each round.
    """
    if people < answers + 2 * dangers * rounds:
        raise BenchError(f"{people} people are too few for {answers} answers and {2 * rounds} times {dangers} in danger.")
    many_files()
    found = Burst(people, answers, dangers, rounds)
    with installed(settings) as house:
        house.starts("gateway")
        app = App(house.settings)
        group = opened(app)
        tokens = asyncio.run(join_all(house, group.code, people))
        beside = asyncio.run(join_all(house, opened(app, "beside").code, BESIDE))
        with open_pages(house, tokens) as pages:
            others = iter(tokens[answers:])
            for number in range(rounds):
                asyncio.run(_quiet(app, found, list(itertools.islice(others, dangers)), beside, 2 * number))
                asyncio.run(_burst(app, found, tokens[:answers], list(itertools.islice(others, dangers)), beside, number))
            found.pages = pages()
        with app.store.read() as work:
            found.cases = len(work.cases.opened_since(group.opened_at))
        found.counted, found.as_given = counted_as_given(app, group, tokens[:answers], rounds - 1)
        app.store.close()
    return found


def opened(app: App, username: str = "groups") -> Group:
    """A group of somebody's that is at its poll."""
    app.staff.add(username=username, first_name="Bench", role="facilitator", password=secrets.token_urlsafe(16))
    number = [s.id for s in app.group_lessons.steps(SUBJECT)].index(STEP)
    with app.store.begin() as work:
        group = work.groups.open(SUBJECT, region=None, free=False, staff_id=work.staff.everyone()[0].id)
        work.groups.change(group.id, state="running", step=number)
        return work.groups.get(group.id)


async def join_all(house: Installation, code: str, people: int) -> list[str]:
    """So many seats, through the door; their tokens. Raises BenchError."""
    async with httpx.AsyncClient(base_url=house.settings.public.url, trust_env=False, timeout=60) as client:
        gate = asyncio.Semaphore(20)

        async def one() -> str:
            async with gate:
                for _ in range(200):
                    with suppress(httpx.TransportError):  # a connection that the server had just given up
                        answer = await client.post("/group/seats", json={"code": code})
                        if answer.status_code == 201:
                            token = str(answer.json()["token"])
                            await client.get("/group/seat", headers={"Authorization": f"Bearer {token}"})  # as its page does
                            return token
                    await asyncio.sleep(0.2)  # the door's pace
                raise BenchError("A seat was refused two hundred times.")

        return list(await asyncio.gather(*(one() for _ in range(people))))


@contextmanager
def open_pages(house: Installation, tokens: Sequence[str]) -> Iterator[Callable[[], int]]:
    """Every seat's page, open, in a process of its own; gives how many were shown the step. Raises BenchError."""
    command = [sys.executable, "-m", "bot.bench.pages", house.settings.public.url]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=house.environment)
    if child.stdin is None or child.stdout is None:
        raise BenchError("The process with the open pages has no pipes.")

    def told() -> int:
        child.stdin.write("how many\n")  # type: ignore[union-attr]
        child.stdin.flush()  # type: ignore[union-attr]
        return int(child.stdout.readline() or 0)  # type: ignore[union-attr]

    try:
        child.stdin.write(" ".join(tokens) + "\n")
        child.stdin.flush()
        limit = time.monotonic() + LONGEST_OPENING
        while (shown := told()) < len(tokens):
            if time.monotonic() > limit or child.poll() is not None:
                raise BenchError(f"Only {shown} of {len(tokens)} pages were shown the step.")
            time.sleep(0.2)
        yield told
    finally:
        child.terminate()
        child.wait(20)


def visitors(url: str) -> aiohttp.ClientSession:
    """Many people's browsers. Not httpx: with hundreds of requests under way it took more of the machine than the gateway."""
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(
        url, connector=connector, timeout=aiohttp.ClientTimeout(60), cookie_jar=aiohttp.DummyCookieJar()
    )


async def send_answer(client: aiohttp.ClientSession, token: str, option: str) -> float:
    """One answer; the milliseconds until it was acknowledged. Sent again, as the page does, until it is. Raises BenchError."""
    began = time.perf_counter()
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        try:
            async with client.post("/group/answers", json={"step": STEP, "options": [option]}, headers=headers) as answer:
                said = await answer.text()
            if answer.status == 200:
                return 1000 * (time.perf_counter() - began)
            if answer.status < 500 and answer.status != 429:
                raise BenchError(f"An answer was refused: {said}")
        except aiohttp.ClientConnectionError:
            pass
        await asyncio.sleep(0.1)


async def _by_chat(_app: App, client: aiohttp.ClientSession, _seat: str) -> float:
    async with client.post("/chat/threads", json={}) as opened_chat:
        headers = {"Authorization": f"Bearer {(await opened_chat.json())['token']}"}
    return await _timed(client, "/chat/messages", 202, json={"id": secrets.token_hex(8), "text": DANGER}, headers=headers)


async def _by_seat(_app: App, client: aiohttp.ClientSession, seat: str) -> float:
    body = {"id": secrets.token_hex(8), "text": DANGER, "to": "box"}
    return await _timed(client, "/group/texts", 202, json=body, headers={"Authorization": f"Bearer {seat}"})


async def _by_text(app: App, client: aiohttp.ClientSession, _seat: str) -> float:
    fields = {"MessageSid": f"SM{secrets.token_hex(16)}", "From": f"+1500558{next(NUMBERS):04d}", "Body": DANGER}
    fields |= {"To": "+15005550006", "NumMedia": "0"}
    signature = app.sms.sign(f"{app.settings.public_url}/sms/inbound", fields)
    return await _timed(client, "/sms/inbound", 200, data=fields, headers={"X-Twilio-Signature": signature})


async def _timed(client: aiohttp.ClientSession, path: str, status: int, **request: Any) -> float:
    began = time.perf_counter()
    async with client.post(path, **request) as answer:
        said = await answer.text()
    if answer.status != status:
        raise BenchError(f"A text with danger was refused at {path}: {answer.status} {said[:100]}")
    return 1000 * (time.perf_counter() - began)


async def _quiet(app: App, found: Burst, seats: Sequence[str], beside: Sequence[str], number: int) -> None:
    """A second in which the big group says nothing."""
    async with visitors(app.settings.public.url) as client:
        dangers, others = _in_danger(app, client, seats), _answering(client, beside, number)
        took = await asyncio.gather(*dangers, *others)
    found.quiet_ms += took[: len(seats)]
    found.beside_quiet_ms += took[len(seats) :]


async def _burst(
    app: App, found: Burst, answering: Sequence[str], seats: Sequence[str], beside: Sequence[str], number: int
) -> None:
    """The same second, with everybody's answers."""
    async with visitors(app.settings.public.url) as client:
        dangers, given = _in_danger(app, client, seats), _answering(client, answering, number)
        others = _answering(client, beside, 2 * number + 1)
        began = time.perf_counter()
        took = await asyncio.gather(*dangers, *given, *others)
        found.seconds.append(time.perf_counter() - began)
    found.burst_ms += took[: len(seats)]
    found.answer_ms += took[len(seats) : len(seats) + len(answering)]
    found.beside_burst_ms += took[len(seats) + len(answering) :]


def _in_danger(app: App, client: aiohttp.ClientSession, seats: Sequence[str]) -> list[Coroutine[Any, Any, float]]:
    """Within one second: texts with danger by three ways, each from somebody else; their milliseconds."""
    ways = itertools.cycle((_by_chat, _by_seat, _by_text))
    return [_later(n / len(seats), next(ways)(app, client, seat)) for n, seat in enumerate(seats)]


def _answering(client: aiohttp.ClientSession, seats: Sequence[str], number: int) -> list[Coroutine[Any, Any, float]]:
    """Within one second: these seats' answers of the round with this number; their milliseconds."""
    return [_later(n / len(seats), send_answer(client, seat, given_by(n + number))) for n, seat in enumerate(seats)]


async def _later(after: float, what: Awaitable[float]) -> float:
    await asyncio.sleep(after)
    return await what


def given_by(number: int) -> str:
    """What the seat with this number answers."""
    return OPTIONS[number % len(OPTIONS)]


def counted_as_given(app: App, group: Group, tokens: Sequence[str], number: int = 0) -> tuple[int, bool]:
    """How many answers were counted; and whether each is its seat's own of this round, and the published poll made of them."""
    with app.store.read() as work:
        seats = [work.seats.by_token(app.vault.token_hash(token)) for token in tokens]
        kept = [work.group_answers.of_thread(group.id, found[0].thread_id).get(STEP) for found in seats if found]
        counted, told = work.group_answers.answered(group.id, STEP), work.group_answers.published(group.id).get(STEP)
    wanted = [(given_by(n + number),) for n in range(len(tokens))]
    real = {option: wanted.count((option,)) for option in OPTIONS}
    shown = dict(told.counts) if told else {}
    in_fives = all(0 <= floor5(real[o]) - shown.get(o, -1) <= 5 for o in OPTIONS)
    answered = told.answered if told else 0
    return counted, kept == wanted and counted == len(tokens) and answered == floor5(len(tokens)) and in_fives
