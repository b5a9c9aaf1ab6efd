"""``handrail bench groups``: a burst of answers through the real doors, and what a danger text takes meanwhile.

A gateway process of its own, on a free port and a database that is thrown away: nothing here touches a running
installation. The load comes from this process over plain HTTP on loopback, and ends by itself.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from bot.app import App
from bot.groups.steps import Subject
from bot.settings import Address, Settings, child_environment

SUBJECT = Subject("grooming", "trust", "13-15", "en")
STEP, OPTIONS = "lesson:notice", ("a", "b", "c")
DANGER = "my stepdad hits me and he is coming home now"
LONGEST_START = 300.0


@dataclass(frozen=True)
class Burst:
    """What was measured; times in milliseconds, each from sending to the acknowledgement after the commit."""

    people: int
    answers: int
    counted: int
    right: bool
    seconds: float
    answer_ms: Sequence[float]
    danger_ms: Sequence[float]
    quiet_danger_ms: Sequence[float]
    cases: int

    def report(self) -> str:
        """The figures, and how they were taken."""
        shares = [
            ("answer", self.answer_ms),
            ("danger text in the burst", self.danger_ms),
            ("danger text alone", self.quiet_danger_ms),
        ]
        lines = [f"{n}: median {at(t, 50):.0f} ms, p99 {at(t, 99):.0f} ms ({len(t)})" for n, t in shares]
        return "\n".join(
            [
                f"{self.people} people in two groups; {self.answers} answers within a second, done after {self.seconds:.2f} s",
                f"counted {self.counted}, {'each once and as given' if self.right else 'WRONG'}; {self.cases} cases opened",
                *lines,
            ]
        )


def at(times: Sequence[float], percent: float) -> float:
    """A percentile, the nearest above."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


@contextmanager
def gateway(settings: Settings, folder: Path) -> Iterator[tuple[App, Settings]]:
    """A gateway on free ports and a database in ``folder``; the caller may kill it through ``start`` and ``pid``."""
    apart = replace(
        settings,
        database_url=f"sqlite:///{folder / 'groups.db'}",
        public=Address("127.0.0.1", _free()),
        staff=Address("127.0.0.1", _free()),
        engine=Address("127.0.0.1", _free()),
    )
    app = App(apart)
    app.store.migrate()
    child = start(apart, folder)
    try:
        yield app, apart
    finally:
        child.terminate()
        child.wait(20)
        app.store.close()


def start(settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    """Start the gateway process and wait until it answers."""
    environment = child_environment(
        HANDRAIL_DATABASE_URL=settings.database_url,
        HANDRAIL_PUBLIC_BIND=f"127.0.0.1:{settings.public.port}",
        HANDRAIL_STAFF_BIND=f"127.0.0.1:{settings.staff.port}",
        HANDRAIL_ENGINE_BIND=f"127.0.0.1:{settings.engine.port}",
        HANDRAIL_SECRET_KEY=",".join(settings.secret_keys),
        HANDRAIL_DEMO="1",
    )
    with (folder / "gateway.log").open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve", "gateway"], stdout=out, stderr=out, env=environment, cwd=settings.root
        )
    limit = time.monotonic() + LONGEST_START
    while time.monotonic() < limit and child.poll() is None:
        try:
            if httpx.get(f"{settings.public.url}/healthz", timeout=2, trust_env=False).status_code == 200:
                return child
        except httpx.HTTPError:
            time.sleep(0.1)
    child.kill()
    raise RuntimeError(f"The gateway did not start: {(folder / 'gateway.log').read_text(errors='replace')[-500:]}")


def _free() -> int:
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        return int(finder.getsockname()[1])


async def join_all(url: str, code: str, people: int) -> list[str]:
    """So many seats, through the door; their tokens."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        gate = asyncio.Semaphore(20)

        async def one() -> str:
            async with gate:
                for _ in range(200):
                    answer = await client.post("/group/seats", json={"code": code})
                    if answer.status_code == 201:
                        return str(answer.json()["token"])
                    await asyncio.sleep(0.2)  # the door's pace: it takes 600 in ten seconds
                raise RuntimeError(f"A seat was refused: {answer.text}")

        return list(await asyncio.gather(*(one() for _ in range(people))))


async def send_answer(client: httpx.AsyncClient, token: str, option: str) -> float:
    """One answer; the milliseconds until it was acknowledged. Sent again, as the page does, until it is."""
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        try:
            answer = await client.post("/group/answers", json={"step": STEP, "options": [option]}, headers=headers)
            if answer.status_code == 200:
                return 1000 * (time.monotonic() - began)
            if answer.status_code < 500 and answer.status_code != 429:
                raise RuntimeError(f"An answer was refused: {answer.text}")
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)


async def send_danger(client: httpx.AsyncClient) -> float:
    """Somebody outside the group writes of danger; the milliseconds until it is kept, screened and queued."""
    opened = await client.post("/chat/threads", json={})
    headers = {"Authorization": f"Bearer {opened.json()['token']}"}
    began = time.monotonic()
    answer = await client.post("/chat/messages", json={"id": secrets.token_hex(8), "text": DANGER}, headers=headers)
    if answer.status_code != 202:
        raise RuntimeError(f"A danger text was refused: {answer.text}")
    return 1000 * (time.monotonic() - began)


async def burst(
    url: str, first: Sequence[str], second: Sequence[str], answers: int, dangers: int
) -> tuple[list[float], list[float], float]:
    """Answers spread over one second over both groups, and danger texts among them."""
    limits = httpx.Limits(max_connections=80, max_keepalive_connections=80)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, limits=limits) as client:

        async def later(after: float, what: object) -> float:
            await asyncio.sleep(after)
            return await what  # type: ignore[misc, no-any-return]

        tokens = [pair for both in zip(first, second, strict=False) for pair in both][:answers]
        began = time.monotonic()
        answered = [later(n / max(1, answers), send_answer(client, token, OPTIONS[n % 3])) for n, token in enumerate(tokens)]
        in_danger = [later(n / dangers, send_danger(client)) for n in range(dangers)]
        times = await asyncio.gather(*answered, *in_danger)
        return list(times[:answers]), list(times[answers:]), time.monotonic() - began


def measure(settings: Settings, *, people: int = 500, answers: int = 200, dangers: int = 20) -> Burst:
    """One burst, in a gateway of its own."""
    with tempfile.TemporaryDirectory(prefix="handrail-groups-") as name, gateway(settings, Path(name)) as (app, apart):
        app.staff.add(username="bench", first_name="Bench", role="facilitator", password=secrets.token_hex(12))
        with app.store.begin() as work:
            staff_id = work.staff.everyone()[0].id
            groups = [work.groups.open(SUBJECT, region=None, free=False, staff_id=staff_id) for _ in range(2)]
            number = [s.id for s in app.group_lessons.steps(SUBJECT)].index(STEP)
            for group in groups:
                work.groups.change(group.id, state="running", step=number)
        url = apart.public.url
        first = asyncio.run(join_all(url, groups[0].code, people // 2))
        second = asyncio.run(join_all(url, groups[1].code, people - people // 2))
        _, quiet, _ = asyncio.run(burst(url, (), (), 0, dangers)) if dangers else ([], [], 0.0)
        taken, danger, seconds = asyncio.run(burst(url, first, second, answers, dangers))
        with app.store.read() as work:
            counted = [work.group_answers.answered(g.id, STEP) for g in groups]
            cases = len(work.cases.opened_since(groups[0].opened_at))
            given = [work.group_answers.published(g.id).get(STEP) for g in groups]
        right = sum(counted) == answers and all(given)
        return Burst(people, answers, sum(counted), right, seconds, taken, danger, quiet, cases)
