"""Texts coming in at a rate, danger among them: the acknowledgement, the desk, and whether anything was lost.

It promises an open loop (a slow answer never slows the sender), texts that are reviewed examples or questions somebody
asked, and counts from the database: what was kept, answered, and how often.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import httpx

from bot.answers.bench import questions
from bot.app import App
from bot.bench.installation import Installation, installed
from bot.channels.base import Inbound
from bot.safety.pattern_file import read
from bot.settings import Settings
from bot.shares import quantiles
from bot.store.database import Store
from bot.web.staff_session import COOKIE

Say = Callable[[str], None]

DANGER_EVERY = 50
"""Of so many texts one shows danger now, each from a number of its own."""

PHONES = 300
LONGEST_DRAIN = 240.0


@dataclass
class Sent:
    """What became of the texts of one round."""

    acknowledged: list[float] = field(default_factory=list)
    refused: int = 0
    danger: dict[str, float] = field(default_factory=dict)
    """Thread id of a text with danger -> when it was sent, as ``time.perf_counter`` gives it."""


def ordinary_texts(settings: Settings) -> list[str]:
    """Questions that young people's words were written for, in data/answers/unseen; but for wishes that everything be
    deleted, which would be granted and counted as lost."""
    files = sorted((settings.root / "data" / "answers" / "unseen").glob("*.tsv"))
    texts = [question.text for file in files for question in questions(file)]
    return [text for text in texts if "delete everything" not in text]


def danger_texts(settings: Settings) -> list[str]:
    """The reviewed examples of danger now."""
    book = read(settings.content / "safety" / "en.yml")
    return [text for pattern in book.patterns for text in pattern.must_be_imminent]


def bench_webhook(settings: Settings, say: Say, *, rates: Sequence[tuple[int, float]] = ((50, 20.0), (200, 10.0))) -> None:
    """Webhook acknowledgement at 50 and 200 texts a second, with danger mixed in, and when the desk sees it."""
    for rate, seconds in rates:
        with installed(settings) as house:
            house.starts("engine", "gateway", "outbox", "phone")
            asyncio.run(_round(house, say, rate=rate, seconds=seconds))


async def _round(house: Installation, say: Say, *, rate: int, seconds: float) -> None:
    app = App(house.settings)
    known = [f"+1500556{number:04d}" for number in range(PHONES)]
    with app.store.begin() as work:  # threads that were welcomed before
        for number in known:
            work.threads.find_or_create(app.vault.pseudonym("sms", number), channel="sms", number=number)
    seen = DeskStream(app)
    listening = asyncio.create_task(seen.listen())
    await asyncio.sleep(1.0)
    sent = await _send(app, known, rate=rate, seconds=seconds)
    total = len(sent.acknowledged) + sent.refused
    say(quantiles(f"webhook acknowledged, {rate} texts a second", sent.acknowledged))
    took, behind = await _drained(app.store)
    await asyncio.sleep(1.0)
    listening.cancel()
    say(quantiles("  danger now, seen at the desk's stream", seen.milliseconds(app, sent)))
    kept, twice = _counts(app.store)
    say(
        f"  {total} texts sent, {sent.refused} refused, {kept} kept, {twice} kept twice; {len(sent.danger)} with danger now, "
        f"all of them answered {took:.1f} s after the last came in" + (f", except {behind}" if behind else "")
    )
    app.store.close()


async def _send(app: App, known: Sequence[str], *, rate: int, seconds: float) -> Sent:
    """Post texts at a rate, whatever becomes of the ones before."""
    sent, ordinary = Sent(), itertools.cycle(ordinary_texts(app.settings))
    danger, phones = itertools.cycle(danger_texts(app.settings)), itertools.cycle(known)
    began, count = time.perf_counter(), int(rate * seconds)
    limits = httpx.Limits(max_connections=400, max_keepalive_connections=400)
    async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as client:
        tasks = []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            if number % DANGER_EVERY == DANGER_EVERY // 2:
                who = f"+1500557{number:04d}"
                sent.danger[app.vault.pseudonym("sms", who)] = time.perf_counter()
                tasks.append(asyncio.create_task(_post(app, client, sent, who, next(danger))))
            else:
                tasks.append(asyncio.create_task(_post(app, client, sent, next(phones), next(ordinary))))
        await asyncio.gather(*tasks)
    return sent


async def _post(app: App, client: httpx.AsyncClient, sent: Sent, who: str, text: str) -> None:
    fields = {"MessageSid": f"SM{secrets.token_hex(16)}", "From": who, "To": "+15005550006", "Body": text, "NumMedia": "0"}
    url = f"{app.settings.public_url}/sms/inbound"
    headers = {"X-Twilio-Signature": app.sms.sign(url, fields)}
    started = time.perf_counter()
    try:
        answer = await client.post(url, data=fields, headers=headers)
    except httpx.HTTPError:
        sent.refused += 1
        return
    if answer.status_code == 200:
        sent.acknowledged.append(1000 * (time.perf_counter() - started))
    else:
        sent.refused += 1


class DeskStream:
    """A desk that is open in front of a worker; notes when each case was first on it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._first_seen: dict[int, float] = {}

    async def listen(self) -> None:
        """Read the stream until cancelled."""
        password = secrets.token_urlsafe(16)
        self._app.staff.add(username="bench", first_name="Bench", role="worker", password=password)
        token = self._app.staff.sign_in("bench", password, None)
        async with (
            httpx.AsyncClient(timeout=None, trust_env=False, cookies={COOKIE: token}) as client,
            client.stream("GET", f"{self._app.settings.staff.url}/events") as stream,
        ):
            async for line in stream.aiter_lines():
                for case_id in re.findall(r"/case/(\d+)", line):
                    self._first_seen.setdefault(int(case_id), time.perf_counter())

    def milliseconds(self, app: App, sent: Sent) -> list[float]:
        """For each text with danger, from its sending to the desk."""
        found = []
        with app.store.read() as work:
            for thread_id, at in sent.danger.items():
                case = work.cases.open_for(thread_id)
                if case and case.id in self._first_seen:
                    found.append(1000 * (self._first_seen[case.id] - at))
        return found


async def _drained(store: Store) -> tuple[float, int]:
    """Seconds until nothing waits for an answer or to be sent; and how much does when patience ends."""
    began = time.perf_counter()
    while True:
        with store.read() as work:
            waiting = work.gauges.waiting()
        if not waiting or time.perf_counter() - began > LONGEST_DRAIN:
            return time.perf_counter() - began, sum(waiting.values())
        await asyncio.sleep(0.25)


def _counts(store: Store) -> tuple[int, int]:
    with store.read() as work:
        return work.gauges.came_in()


def bench_backlog(settings: Settings, say: Say, *, texts: int = 1200) -> None:
    """Ten minutes of texts (two a second) that nobody answered, and how long until all are answered and sent."""
    with installed(settings) as house:
        app = App(house.settings)
        ordinary, began = ordinary_texts(settings), time.perf_counter()
        for number in range(texts):
            who = f"+1500556{number % PHONES:04d}"
            text = ordinary[number % len(ordinary)]
            app.conversation.receive(Inbound("sms", f"sms:bench{number}", text, address=who, number=who))
        say(f"{texts} texts kept and screened, one after the other: {texts / (time.perf_counter() - began):.0f} a second")
        house.starts("engine")
        house.starts("phone")
        began = time.perf_counter()
        house.starts("gateway", "outbox")
        _, behind = asyncio.run(_drained(app.store))
        took = time.perf_counter() - began
        kept, twice = _counts(app.store)
        say(
            f"backlog of {texts} texts answered and sent in {took:.0f} s from the start of gateway and outbox "
            f"({texts / took:.0f} a second); {behind} left, {kept} kept, {twice} kept twice"
        )
        app.store.close()


def bench_chat(settings: Settings, say: Say, *, chats: int = 8, messages: int = 12) -> None:
    """Web chat: from sending a message to its reply on the page's stream, one message at a time."""
    with installed(settings) as house:
        house.starts("engine", "gateway")
        took = asyncio.run(_chats(house, chats, messages))
        say(quantiles("web chat, message to reply", took))


async def _chats(house: Installation, chats: int, messages: int) -> list[float]:
    texts, took = itertools.cycle(ordinary_texts(house.settings)), list[float]()
    async with httpx.AsyncClient(base_url=house.settings.public.url, timeout=30, trust_env=False) as client:
        for chat in range(-1, chats):
            token = (await client.post("/chat/threads", json={"band": "13-15", "region": "CA"})).json()["token"]
            here = await _one_chat(client, token, texts, messages)
            took += here if chat >= 0 else []  # the first warms everything up
    return took


async def _one_chat(client: httpx.AsyncClient, token: str, texts: Iterator[str], messages: int) -> list[float]:
    headers, took = {"Authorization": f"Bearer {token}"}, []
    async with client.stream("GET", "/chat/events", headers=headers) as stream:
        lines = stream.aiter_lines()
        for number in range(messages):
            started = time.perf_counter()
            await client.post("/chat/messages", json={"id": str(number), "text": next(texts)}, headers=headers)
            async for line in lines:
                if line.startswith("data:") and '"who": "bot"' in line:
                    took.append(1000 * (time.perf_counter() - started))
                    break
            await asyncio.sleep(0.1)  # more of the same answer may follow; it is read with the next
    return took
