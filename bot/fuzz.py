"""``handrail bench fuzz``: hostile input at every public door and through the text pipeline, and what happened.

Everything runs in this process, on a database of its own that is thrown away: both listeners without a network, the
real webhooks with real signatures, the real screening where it is trained; staff pages and groups also from inside, with a
session, a token or a seat (``bot.fuzz_inside``). A seed makes a run repeatable. Counted: answers
of 500 and over, exceptions, and messages that were acknowledged and are not in the database as they were sent.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from bot.app import App
from bot.fuzz_inside import inside
from bot.fuzz_parts import Hostile, Tally, ask, client
from bot.settings import Settings
from bot.text import normalise
from bot.web.sites import public_site, staff_site

Say = Callable[[str], None]
SEED = 20261125


def fuzz(app: App, *, rounds: int, seed: int = SEED, with_keys: bool = True) -> Tally:
    """Try the doors of an installation that nobody uses, ``rounds`` times each; ``with_keys`` also those that a key opens."""
    app.store.migrate()
    tally, hostile = Tally(), Hostile(seed)
    asyncio.run(_all_doors(app, tally, hostile, rounds, with_keys=with_keys))
    _what_was_kept(app, tally)
    return tally


async def _all_doors(app: App, tally: Tally, hostile: Hostile, rounds: int, *, with_keys: bool) -> None:
    sites = {"public": public_site(app), "staff": staff_site(app)}
    async with client(sites["public"]) as public, client(sites["staff"]) as staff:
        for number in range(rounds):
            await _texts_in(app, public, tally, hostile, number)
            await _chats(app, public, tally, hostile, number)
        for outside, site in ((public, sites["public"]), (staff, sites["staff"])):
            for method, path in _doors(site):
                for _ in range(max(3, rounds // 40)):
                    await _anything(outside, tally, hostile, method, path)
    if with_keys:
        await inside(app, sites["public"], sites["staff"], tally, hostile, rounds=rounds)
    await app.engine.close()


def _doors(site: Any) -> Iterator[tuple[str, str]]:
    """Every route but the streams, which never end (``bot.fuzz_inside`` listens to them)."""
    for route in site.routes:
        if not route.path.endswith("/events"):
            yield from ((method, route.path) for method in sorted(getattr(route, "methods", None) or {"GET"}))


async def _texts_in(app: App, public: httpx.AsyncClient, tally: Tally, hostile: Hostile, number: int) -> None:
    """A signed webhook with a hostile body of text, with forged fields, or without a signature."""
    sid, text = f"SMfuzz{number}", hostile.text()
    fields = {
        "MessageSid": sid,
        "From": f"+1500555{number % 10_000:04d}",
        "Body": text,
        "NumMedia": hostile.dice.choice(("0", "²", "-1", "x")),
    }
    if number % 5 == 0:
        fields |= {hostile.text(): hostile.text() for _ in range(3)}
    body = urlencode(fields, errors="replace")
    is_signed = number % 4 != 3
    url = app.settings.public_url + "/sms/inbound"
    plain = dict(httpx.QueryParams(body).items())
    signature = (
        app.sms.sign(url, plain) if is_signed else hostile.dice.choice(("", "x", "é".encode().decode("latin-1"), "=" * 300))
    )
    headers = {
        "X-Twilio-Signature": signature.encode("latin-1", "replace").decode("latin-1"),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = await ask(public, tally, "POST", "/sms/inbound", "/sms/inbound", content=body.encode(), headers=headers)
    if answer is not None and answer.status_code == 200:
        tally.acknowledged[f"sms:{sid}"] = plain.get("Body", "")
    if answer is not None and answer.status_code == 200 and not is_signed:
        tally.errors.append("POST /sms/inbound: taken without a signature")
    report = {
        "MessageSid": hostile.text(),
        "MessageStatus": hostile.dice.choice(("delivered", "failed", hostile.text())),
        "ErrorCode": hostile.text(),
    }
    body = urlencode(report, errors="replace")
    signature = app.sms.sign(app.settings.public_url + "/sms/status", dict(httpx.QueryParams(body).items()))
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    await ask(public, tally, "POST", "/sms/status", "/sms/status", content=body.encode(), headers=headers)


async def _chats(app: App, public: httpx.AsyncClient, tally: Tally, hostile: Hostile, number: int) -> None:
    """A chat with hostile wishes, a message in it, and the same as a plain form."""
    wish = json.dumps({"band": hostile.value(), "region": hostile.value(), "lang": hostile.value()}).encode()
    opened = await ask(public, tally, "POST", "/chat/threads", "/chat/threads", content=wish)
    if opened is None or opened.status_code != 201:
        return
    thread_id = app.chat.thread_of(opened.json()["token"])
    by = {"Authorization": f"Bearer {opened.json()['token']}"}
    client_id, text = hostile.dice.choice((f"m{number}", hostile.text())), hostile.text()
    said = await ask(
        public,
        tally,
        "POST",
        "/chat/messages",
        "/chat/messages",
        content=json.dumps({"id": client_id, "text": text}).encode(),
        headers=by,
    )
    if said is not None and said.status_code == 202:
        tally.acknowledged[f"web:{thread_id}:{said.json()['id']}"[:128]] = text
    await ask(public, tally, "POST", "/chat/messages", "/chat/messages", content=hostile.body(), headers=by)
    if number % 20 == 0:  # each of these waits some seconds for an answer that no engine gives here
        await ask(public, tally, "POST", "/talk", "/talk", content=hostile.body(), headers=hostile.headers())


async def _anything(outside: httpx.AsyncClient, tally: Tally, hostile: Hostile, method: str, door: str) -> None:
    part = quote(hostile.text().encode("utf-8", "surrogatepass"), safe="")[:200] or "x"
    path = (
        door.replace("{id:int}", str(hostile.dice.choice((0, 1, 10**30))))
        .replace("{name}", part)
        .replace("{token}", part)
        .replace("{module}", part)
    )
    query = {hostile.text().encode("utf-8", "ignore").decode()[:80]: "x"} if hostile.dice.randrange(2) else None
    body = hostile.body() if method in ("POST", "DELETE") else None
    await ask(outside, tally, method, door, path, content=body, params=query, headers=hostile.headers())


def _what_was_kept(app: App, tally: Tally) -> None:
    """Every acknowledged message is there, word for word as the pipeline takes it in."""
    with app.store.read() as work:
        ids = [message_id for message_id, _ in work.messages.newest(limit=1_000_000)]
        kept = [found for message_id in ids if (found := work.messages.get(message_id)) and found.who == "you"]
    by_id = {m.provider_id: m.text for m in kept}
    for provider_id, text in tally.acknowledged.items():
        clean = normalise(text.encode("utf-8", "ignore").decode().replace("\0", ""))
        if by_id.get(provider_id) != clean:
            tally.lost.append(provider_id)


def report(tally: Tally, *, seconds: float, seed: int) -> str:
    """What was tried and what happened."""
    rows = [f"{door:<34}{sum(codes.values()):>7}   {_codes(codes)}" for door, codes in sorted(tally.answers.items())]
    return "\n".join([
        f"{tally.tried} requests in {seconds:.0f} s, seed {seed}", f"{'door':<34}{'tried':>7}   answered",
        *rows,
        f"server errors: {len(tally.errors)}",
        *(f"  {error}" for error in sorted(set(tally.errors))[:20]),
        f"messages acknowledged: {len(tally.acknowledged)}, of these not kept: {len(tally.lost)}",
        *(f"  {name}" for name in tally.lost[:20]),
    ])  # fmt: skip


def _codes(codes: Counter[int]) -> str:
    return "  ".join(f"{status}: {count}" for status, count in sorted(codes.items()))


def run(settings: Settings, say: Say, *, rounds: int = 400) -> bool:
    """The bench; whether nothing broke and nothing was lost."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="handrail-fuzz-") as folder:
        app = App(replace(settings, database_url=f"sqlite:///{Path(folder) / 'fuzz.db'}", proxies=()))
        tally = fuzz(app, rounds=rounds)
        app.store.close()
    say(report(tally, seconds=time.monotonic() - started, seed=SEED))
    return not tally.errors and not tally.lost
