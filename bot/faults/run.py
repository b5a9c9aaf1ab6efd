"""One run: start, text, kill, settle, count. Nothing outside this machine is touched, and it ends by itself."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import signal
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

from bot import settings as settings_module
from bot.app import App
from bot.faults.ledger import Count, count
from bot.faults.process import ReadyApp
from bot.faults.traffic import Traffic
from bot.settings import Settings
from bot.store.database import StoreDown
from bot.web.demo_phone import DemoPhone

Say = Callable[[str], None]

PROCESSES = {"gateway": "run_gateway", "outbox": "run_outbox", "second outbox": "run_outbox", "engine": "run_engine"}
WEIGHTS = {"gateway": 5, "outbox": 4, "second outbox": 4, "engine": 1}
LIVES = {"gateway": 2.0, "outbox": 0.5, "second outbox": 0.5, "engine": 0.3}
"""Seconds at most between the moment a process works again and its next kill: long enough to be in the middle of things."""

LONGEST_START = 60.0
LONGEST_STILL = 180.0
"""Seconds without any progress after which what is still under way counts as lost."""

MOST_WAITING = 200
"""Texts that may wait to be answered or sent; people rest while there are more."""

TELLS = 60.0
"""Seconds between two lines on how far it is."""

OWN_PORTS = range(15_000, 32_000)
"""Below those that a connection may be given by itself: a dead process must find its port free again."""


class FaultsError(Exception):
    """The run cannot be made; the sentence says what is missing."""


def run(settings: Settings, *, kills: int, database: str, say: Say, per_second: float = 12.0, seed: int | None = None) -> Count:
    """Kill processes ``kills`` times under traffic and count. ``database`` is sqlite or postgresql. Raises FaultsError."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # the processes must not outlive it
    seed = random.randrange(10**6) if seed is None else seed
    random.seed(seed)
    with tempfile.TemporaryDirectory(prefix="handrail-faults-") as folder, _database(Path(folder), database) as url:
        here = _installation(settings, Path(folder), url)
        App(here).store.migrate()
        say(f"{kills} kills under {per_second:g} texts a second on {database}, seed {seed}.")
        started = time.monotonic()
        house = _House(here, per_second=per_second)
        try:
            killed = house.is_killed(kills, say)
            house.settles(say)
            found = count(house.app, house.traffic)
        finally:
            house.ends()
        say(f"Killed {', '.join(f'{name} {n}' for name, n in sorted(killed.items()))}, in {time.monotonic() - started:.0f} s.")
        for name, value in found.__dict__.items():
            say(f"  {name.replace('_', ' '):18} {value}")
        say(f"  {'not answered 200':18} {house.traffic.refused} (the gateway was dead; taken in from the provider's list)")
        say(f"  {'ended by itself':18} {sum(house.died.values())} {dict(house.died) or ''}".rstrip())
        return found


class _House:
    """The processes of one installation, and the people who text it."""

    def __init__(self, settings: Settings, *, per_second: float) -> None:
        self._settings = settings
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["bot.cli", "bot.faults.process"])
        self.app: App = ReadyApp(settings)
        phone = DemoPhone(settings, sign=self.app.sms.sign, most_kept=10**7, answers_within=0.15)
        self.traffic = Traffic(settings, phone, per_second=per_second)
        self.app.catch_up.look()  # the first look only notes where to begin
        self._running: dict[str, BaseProcess] = {}
        self.died: Counter[str] = Counter()
        for name in PROCESSES:
            self._starts(name)
        self.traffic.start()

    def is_killed(self, kills: int, say: Say) -> Counter[str]:
        """One after the other, each as soon as it works again and a random moment later. Ctrl-C ends it, and counts."""
        killed: Counter[str] = Counter()
        try:
            self._kill(kills, killed, say)
        except KeyboardInterrupt:
            say(f"Stopped after {sum(killed.values())} kills; counting.")
        return killed

    def _kill(self, kills: int, killed: Counter[str], say: Say) -> None:
        started = told = time.monotonic()
        for number in range(1, kills + 1):
            name = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            self._works(name)
            time.sleep(random.uniform(0, LIVES[name]))
            self._ends(name)
            killed[name] += 1
            self._starts(name)
            with contextlib.suppress(StoreDown):
                waiting = self._waiting()
                self.traffic.texts_while(waiting < MOST_WAITING)
            if time.monotonic() - told > TELLS:
                told = time.monotonic()
                texts = len(self.traffic.said)
                say(f"  {number} kills and {texts} texts in {told - started:.0f} s; {waiting} texts are under way")

    def settles(self, say: Say) -> None:
        """Texting ends, everything runs, and what is under way comes to its end, however long that takes while it goes on.

        At the end nothing runs: a case's clock may speak at any moment, and its words would be on the provider's list and
        not yet among those that were read from the database, or the other way round.
        """
        self.traffic.stop_texting()
        least, progress, calm = 10**9, time.monotonic(), 0
        while time.monotonic() - progress < LONGEST_STILL:
            time.sleep(2)
            self._revives()
            taken = -1  # a look that broke off may have taken in some
            with contextlib.suppress(StoreDown):  # busy is not lost: it is looked at again
                taken = self.app.catch_up.look()
            with contextlib.suppress(StoreDown):
                left = self._not_in() + self._waiting()
                calm = calm + 1 if not taken and not left else 0
                if calm >= 2 and self._is_still():
                    return
                if left < least:
                    least, progress = left, time.monotonic()
        self._stops()
        say(f"  nothing moved for {LONGEST_STILL:.0f} s, and {least} texts are still under way")

    def _is_still(self) -> bool:
        """Stop everything; where that hit something after all, everything goes on."""
        self._stops()
        time.sleep(0.2)  # a commit that was on its way when its process died
        with contextlib.suppress(StoreDown):
            if self._waiting() == 0:
                return True
        for name in PROCESSES:
            self._starts(name)
        return False

    def _stops(self) -> None:
        for name in list(self._running):
            self._ends(name)

    def ends(self) -> None:
        """Nothing is left running."""
        self.traffic.end()
        self._stops()
        self.app.store.close()

    def _ends(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        process.join()
        process.close()

    def _revives(self) -> None:
        """What ended without being killed is started again, as the supervisor does, and told at the end."""
        for name, process in list(self._running.items()):
            if not process.is_alive():
                self.died[name] += 1
                self._ends(name)
                self._starts(name)

    def _starts(self, name: str) -> None:
        from bot.faults import process

        target = getattr(process, PROCESSES[name])
        self._running[name] = self._context.Process(target=target, args=(self._settings,), daemon=True)
        self._running[name].start()

    def _works(self, name: str) -> None:
        """Wait until it can be hit in the middle of something."""
        places = {"gateway": self._settings.public, "engine": self._settings.engine}
        limit = time.monotonic() + LONGEST_START
        while time.monotonic() < limit:
            if name not in places:
                time.sleep(0.3)
                return
            with contextlib.suppress(OSError), socket.create_connection((places[name].host, places[name].port), timeout=1):
                return
            self._revives()
            time.sleep(0.02)
        raise FaultsError(f"The {name} did not start within {LONGEST_START:.0f} s.")

    def _not_in(self) -> int:
        """How many texts nobody has taken in yet."""
        with self.app.store.read() as work:
            return len(work.sending.not_taken_in(self.traffic.said))

    def _waiting(self) -> int:
        """How many texts wait on disk, to be answered, or to be sent."""
        with self.app.store.read() as work:
            return work.messages.unfinished() + len(self.app.spool.waiting())


def _installation(settings: Settings, folder: Path, url: str) -> Settings:
    ports = iter(_free_ports(4))
    binds = {f"HANDRAIL_{name}_BIND": f"127.0.0.1:{next(ports)}" for name in ("PUBLIC", "STAFF", "ENGINE", "DEMO_PHONE")}
    given = {"HANDRAIL_VAR": str(folder), "HANDRAIL_DEMO": "1", "HANDRAIL_DATABASE_URL": url, **binds}
    return settings_module.load({**given, "HANDRAIL_TWILIO_PER_SECOND": "1000"}, root=settings.root)


def _free_ports(how_many: int) -> list[int]:
    found: list[int] = []
    for port in random.SystemRandom().sample(OWN_PORTS, len(OWN_PORTS)):
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == how_many:
            return found
    raise FaultsError("No port is free.")


@contextlib.contextmanager
def _database(folder: Path, database: str) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{folder / 'handrail.db'}"
        return
    try:
        import pgserver
    except ImportError:
        raise FaultsError("PostgreSQL needs the wheel pgserver: `make test` installs it.") from None
    server = pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
