"""Handrail on several machines, all of them this one: one PostgreSQL, and any number of each process with a folder of its own."""

from __future__ import annotations

import asyncio
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from bot import settings as settings_module
from bot.app import App
from bot.serve.outbox import BEAT
from bot.settings import child_environment
from bot.web.demo_phone import DemoPhone, Text, phone_site
from bot.web.listener import listen
from tests.talking import PASSWORD
from tests.topology.balancer import Balancer
from tests.topology.postgres import Postgres
from tests.web.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-a-test-that-nobody-else-has-0123456789"
LONGEST_START = 800.0
"""Seconds: alone an engine takes about 15; two at once, or one beside traffic, took 400 on two cores under a load of 28."""

PATIENT = 60.0
"""Seconds that a test waits for an answer. Twilio waits 15; but on a machine that others use slow is not lost, and these tests are
about what is lost."""

HURRY = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Several engines on one small machine would fight for its cores with threads of their own."""


@dataclass
class Member:
    """One process on "its own machine"."""

    name: str
    kind: str
    ports: dict[str, int]
    process: subprocess.Popen[bytes] | None = None
    more: dict[str, str] = field(default_factory=dict)

    def url(self, door: str = "public") -> str:
        return f"http://127.0.0.1:{self.ports[door]}"


class Phones(DemoPhone):
    """A make-believe Twilio that forgets nothing."""

    def _keep(self, text: Text) -> None:
        self.texts.append(text)


class Town:
    """The topology, a make-believe Twilio and a load balancer in front of the gateways."""

    def __init__(self, folder: Path, postgres: Postgres, *, database: str = "handrail") -> None:
        self.folder = folder
        self.postgres = postgres
        self._database = database
        self._twilio, self._public, self._staff = free_port(), free_port(), free_port()
        self.members: dict[str, Member] = {}
        self._loop = asyncio.new_event_loop()
        self._parts: list[Future[None]] = []
        self._balancers: list[Balancer] = []
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    # --- building -------------------------------------------------------------------------------------

    def has(self, kind: str, count: int, **more: str) -> list[Member]:
        doors = {"gateway": ("public", "staff"), "engine": ("engine",), "outbox": ()}[kind]
        made = [Member(f"{kind}{n}", kind, {d: free_port() for d in doors}, more=more) for n in range(1, count + 1)]
        self.members |= {m.name: m for m in made}
        return made

    def of(self, kind: str) -> list[Member]:
        return [m for m in self.members.values() if m.kind == kind]

    def opens(self) -> None:
        """Start everything at once, on an empty database."""
        self._runs(listen(phone_site(self.phone), settings_module.Address("127.0.0.1", self._twilio)))
        for port, door in ((self._public, "public"), (self._staff, "staff")):
            self._balancers.append(Balancer(port, [m.ports[door] for m in self.of("gateway")]))
            self._runs(self._balancers[-1].listen())
        for member in self.members.values():
            self.starts(member)
        for member in self.members.values():
            self.is_ready(member)

    def closes(self) -> None:
        for member in self.members.values():
            if member.process is not None and member.process.poll() is None:
                self.stops(member)
        self.app.store.close()
        for part in self._parts:
            part.cancel()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.5), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def starts(self, member: Member) -> None:
        var = self.folder / member.name
        var.mkdir(parents=True, exist_ok=True)
        (var / BEAT).unlink(missing_ok=True)  # the sign of life of the one before is none of this one
        with (var / "log").open("ab") as log:
            member.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "serve", member.kind],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment(member),
            )  # fmt: skip

    def stops(self, member: Member, *, how: int = signal.SIGTERM) -> None:
        assert member.process is not None
        member.process.send_signal(how)
        member.process.wait(PATIENT)
        member.process = None

    def restarts(self, member: Member) -> None:
        """As an orchestrator rolls it: balancers hear of it first, then it is asked to stop, waited for, started, waited for."""
        for balancer in self._balancers:
            balancer.leaves_out(set(member.ports.values()))
        time.sleep(0.5)
        self.stops(member)
        self.starts(member)
        self.is_ready(member)
        for balancer in self._balancers:
            balancer.leaves_out(set())

    def is_ready(self, member: Member) -> None:
        probe = {"gateway": "public/healthz", "engine": "engine/ready"}.get(member.kind)
        if probe is None:
            self.waits(lambda: self._beats(member), f"{member.name} does not beat", LONGEST_START)
            return
        door, _, path = probe.partition("/")
        self.waits(lambda: status(f"{member.url(door)}/{path}") == 200, f"{member.name} is not ready", LONGEST_START)

    # --- people ---------------------------------------------------------------------------------------

    @property
    def public(self) -> str:
        """Where young people and Twilio come in: any gateway."""
        return f"http://127.0.0.1:{self._public}"

    @cached_property
    def app(self) -> App:
        """To look into the database, and to sign as Twilio does."""
        return App(settings_module.load(self._settings(self.folder / "looker"), root=ROOT))

    @cached_property
    def phone(self) -> DemoPhone:
        return Phones(self.app.settings, sign=self.app.sms.sign)

    def texts(self, number: str, body: str, *, sid: str | None = None, gateway: Member | None = None) -> int:
        """A text, as Twilio brings it; returns the status, 0 when nobody answered."""
        fields = {"MessageSid": sid or f"SM{secrets.token_hex(16)}", "From": number, "To": "+15005550006", "Body": body}
        fields["NumMedia"] = "0"
        signature = self.app.sms.sign(f"{self.public}/sms/inbound", fields)
        try:
            url = f"{gateway.url() if gateway else self.public}/sms/inbound"
            return httpx.post(
                url, data=fields, headers={"X-Twilio-Signature": signature}, timeout=PATIENT, trust_env=False
            ).status_code
        except httpx.HTTPError:
            return 0

    def got(self, number: str) -> list[str]:
        """What their phone got, oldest first."""
        return [
            text.body
            for text in list(self.phone.texts)
            if isinstance(text, Text) and text.number == number and not text.inbound
        ]

    def signs_in(self, username: str) -> str:
        """A worker; returns the session."""
        self.app.staff.add(username=username, first_name=username.title(), role="worker", password=PASSWORD)
        return self.app.staff.sign_in(username, PASSWORD, None)

    # --- looking --------------------------------------------------------------------------------------

    def waiting(self) -> int:
        """How many texts wait to be answered or sent."""
        states = "'kept', 'queued', 'sending'"
        return int(str(self.asks(f"SELECT count(*) FROM message WHERE state IN ({states})")[0][0]))

    def settles(self, seconds: float = 120.0) -> None:
        self.waits(lambda: self.waiting() == 0, "texts still wait", seconds)

    def asks(self, statement: str) -> list[tuple[object, ...]]:
        return self.postgres.asks(self._database, statement)

    def waits(self, condition: Callable[[], bool], otherwise: str, seconds: float = PATIENT) -> None:
        limit = time.monotonic() + seconds
        while not condition():
            dead = [m.name for m in self.members.values() if m.process is not None and m.process.poll() is not None]
            assert not dead and time.monotonic() < limit, f"{otherwise}; ended: {dead}\n{self.logs()}"
            time.sleep(0.1)

    def logs(self) -> str:
        return "\n".join(f"--- {m.name}\n{(self.folder / m.name / 'log').read_text()[-1500:]}" for m in self.members.values())

    def turns(self, engine: Member) -> int:
        """How many turns an engine has answered since it started."""
        return self._told(engine, "turns")

    def read_again(self) -> int:
        """How many turns any engine began anew because another had written the thread's tracker meanwhile."""
        return sum(self._told(engine, "read_again") for engine in self.of("engine"))

    def _told(self, engine: Member, what: str) -> int:
        return int(httpx.get(f"{engine.url('engine')}/healthz", timeout=15, trust_env=False).json()[what])

    # --- how ------------------------------------------------------------------------------------------

    def _runs(self, part: Coroutine[Any, Any, None]) -> None:
        self._parts.append(asyncio.run_coroutine_threadsafe(part, self._loop))

    def _beats(self, member: Member) -> bool:
        beat = self.folder / member.name / BEAT
        assert member.process is not None
        return beat.exists() and time.time() - beat.stat().st_mtime < 3 and member.process.poll() is None

    def _settings(self, var: Path) -> dict[str, str]:
        engines = ",".join(m.url("engine") for m in self.of("engine"))
        return {
            "HANDRAIL_DEMO": "1",
            "HANDRAIL_SECRET_KEY": KEY,
            "HANDRAIL_DATABASE_URL": self.postgres.url(self._database),
            "HANDRAIL_TWILIO_PER_SECOND": "1000",
            "HANDRAIL_TWILIO_API_URL": f"http://127.0.0.1:{self._twilio}",
            "HANDRAIL_PUBLIC_URL": self.public,
            "HANDRAIL_ENGINE_URLS": engines,
            "HANDRAIL_MODELS": str(ROOT / "var" / "models"),
            "HANDRAIL_VAR": str(var),
        }

    def _environment(self, member: Member) -> dict[str, str]:
        binds = {f"HANDRAIL_{door.upper()}_BIND": f"127.0.0.1:{port}" for door, port in member.ports.items()}
        clean = {name: value for name, value in child_environment().items() if not name.startswith("HANDRAIL_")}
        return {**clean, **self._settings(self.folder / member.name), **binds, **HURRY, **member.more}


def status(url: str) -> int:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code
    except httpx.HTTPError:
        return 0
