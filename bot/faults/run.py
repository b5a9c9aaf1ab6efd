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
LONGEST_SETTLE = 240.0


class FaultsError(Exception):
    """The run cannot be made; the sentence says what is missing."""


def run(settings: Settings, *, kills: int, database: str, say: Say, per_second: float = 25.0, seed: int | None = None) -> Count:
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
            house.settles()
            found = count(house.app, house.traffic)
        finally:
            house.ends()
        say(f"Killed {', '.join(f'{name} {n}' for name, n in sorted(killed.items()))}, in {time.monotonic() - started:.0f} s.")
        for name, value in found.__dict__.items():
            say(f"  {name.replace('_', ' '):18} {value}")
        say(f"  {'not answered 200':18} {house.traffic.refused} (the gateway was dead; taken in from the provider's list)")
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
        for number in range(1, kills + 1):
            name = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            self._works(name)
            time.sleep(random.uniform(0, LIVES[name]))
            self._running[name].kill()
            self._running[name].join()
            killed[name] += 1
            self._starts(name)
            if number % 100 == 0:
                say(f"  {number} kills")

    def settles(self) -> None:
        """Texting ends, everything runs, and what is under way comes to its end."""
        self.traffic.stop_texting()
        limit = time.monotonic() + LONGEST_SETTLE
        calm = 0
        while calm < 2 and time.monotonic() < limit:
            time.sleep(2)
            with contextlib.suppress(StoreDown):  # busy is not lost: it is looked at again
                taken = self.app.catch_up.look()
                calm = calm + 1 if not taken and self._everything_is_in() and not self._waiting() else 0

    def ends(self) -> None:
        """Nothing is left running."""
        self.traffic.end()
        for process in self._running.values():
            process.kill()
            process.join()
        self.app.store.close()

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
            if not self._running[name].is_alive():
                raise FaultsError(f"The {name} does not start.")
            time.sleep(0.02)
        raise FaultsError(f"The {name} did not start within {LONGEST_START:.0f} s.")

    def _everything_is_in(self) -> bool:
        said = [f"sms:{sid}" for person in self.traffic.people for sid in person.said]
        with self.app.store.read() as work:
            return all(work.sending.taken_in(provider_id) for provider_id in said)

    def _waiting(self) -> bool:
        with self.app.store.read() as work:
            return bool(work.messages.unfinished()) or bool(self.app.spool.waiting())


def _installation(settings: Settings, folder: Path, url: str) -> Settings:
    ports = iter(_free_ports(4))
    binds = {f"HANDRAIL_{name}_BIND": f"127.0.0.1:{next(ports)}" for name in ("PUBLIC", "STAFF", "ENGINE", "DEMO_PHONE")}
    given = {"HANDRAIL_VAR": str(folder), "HANDRAIL_DEMO": "1", "HANDRAIL_DATABASE_URL": url, **binds}
    return settings_module.load({**given, "HANDRAIL_TWILIO_PER_SECOND": "1000"}, root=settings.root)


def _free_ports(how_many: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(how_many)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


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
