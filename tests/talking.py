"""Tests that talk: a young person's phone or page, a worker's desk, and the house they live in."""

from __future__ import annotations

import asyncio
import atexit
import secrets
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache, cached_property
from pathlib import Path

from bot import settings as settings_module
from bot.app import App
from bot.channels.base import Delivery, Inbound, SendRefused
from bot.desk.views import CaseCard, CaseView, Colleague, StaffMember
from bot.engine import Answer, EngineUnavailable, Reply, Turn
from bot.lessons.catalog import Catalog
from bot.safety.screening import Screening
from bot.settings import Settings
from bot.words import Words

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2026, 11, 23, 15, 0, tzinfo=timezone.utc)
PASSWORD = "correct-horse-battery"


class Clock:
    """A clock that only moves when told to."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **how_long: float) -> None:
        self.at += timedelta(**how_long)


class ScriptedEngine:
    """An engine that says what a test tells it to; everything else is the real thing."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.down = False
        self.answers: Callable[[Turn], Answer] = lambda turn: Answer((Reply(f"You said: {turn.text}"),))

    async def ask(self, turn: Turn) -> Answer:
        self.turns.append(turn)
        if self.down:
            raise EngineUnavailable("The dialogue engine did not answer (down).")
        return self.answers(turn)

    async def ready(self) -> bool:
        return not self.down

    async def close(self) -> None:
        """Nothing to give back."""

    def tells(self, note: Callable[[bool, float], None]) -> None:
        """Nobody measures it."""

    def known(self) -> int:
        return 1

    def resting(self) -> int:
        return int(self.down)


@dataclass
class Network:
    """A make-believe provider: keeps what was sent, refuses what it is told to refuse."""

    sender = "+15005550006"
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    texts_in: list[Inbound] = field(default_factory=list)
    refuse: dict[str, SendRefused] = field(default_factory=dict)
    became: dict[str, Delivery] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def send(self, *, to: str, body: str) -> str:
        if to in self.refuse:
            raise self.refuse[to]
        sid = f"SM{secrets.token_hex(16)}"
        self.sent.append((sid, to, body))
        return sid

    def find_sent(self, *, to: str, body: str, since: datetime) -> list[str]:
        return [sid for sid, number, text in self.sent if (number, text) == (to, body)]

    def received_since(self, since: datetime) -> list[Inbound]:
        return [text for text in self.texts_in if text.at is None or text.at >= since]

    def report_of(self, provider_id: str) -> Delivery | None:
        self.asked.append(provider_id)
        return self.became.get(provider_id, Delivery(provider_id, "sent"))


class HouseApp(App):
    """The real app with a clock that is handed in, and without processes or providers outside it."""

    @cached_property
    def clock(self) -> Clock:
        return Clock()

    @cached_property
    def engine(self) -> ScriptedEngine:  # type: ignore[override]
        return ScriptedEngine()

    @cached_property
    def network(self) -> Network:
        return Network()

    @cached_property
    def sms(self) -> Network:  # type: ignore[override]
        return self.network

    @cached_property
    def screening(self) -> Screening:
        return patterns_only()

    @cached_property
    def words(self) -> Words:
        return WORDS(self.settings.content / "messages")

    @cached_property
    def lessons(self) -> Catalog:
        return LESSONS(self.settings.content / "lessons")

    def now(self) -> datetime:
        return self.clock()


WORDS, LESSONS = cache(Words.load), cache(Catalog.load)
"""Read once for all tests: nothing changes them, and reading them took longer than most tests."""

_PATTERNS: list[Screening] = []


def patterns_only() -> Screening:
    """The reviewed patterns without the trained part: the same in every test, quick to load once."""
    if not _PATTERNS:
        _PATTERNS.append(Screening.load(ROOT / "content" / "safety", None, languages=("en", "es", "fr")))
    return _PATTERNS[0]


UNHURRIED = {"HANDRAIL_TWILIO_PER_SECOND": "1000"}
"""In a test that holds the clock still, a number may send all it has in one moment."""


def demo_settings(var: Path, **more: str) -> Settings:
    return settings_module.load({"HANDRAIL_VAR": str(var), "HANDRAIL_DEMO": "1", **UNHURRIED, **more}, root=ROOT)


def _made_empty(app: App) -> None:
    """A new SQLite database begins as a copy of one with all tables and no rows: making them takes a fifth of a second."""
    file = app.store.file
    if file is not None and not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_empty_database(), file)


@cache
def _empty_database() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="handrail-empty-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = HouseApp(demo_settings(folder, HANDRAIL_DATABASE_URL=f"sqlite:///{folder / 'empty.db'}")).store
    with store.engine.connect() as connection:
        store.upgrade(connection, "head")
    store.close()
    return folder / "empty.db"


class House:
    """One installation in a temporary folder, and the people in it."""

    def __init__(self, var: Path, app: App | None = None, **more: str) -> None:
        self.app = app or HouseApp(demo_settings(var, **more))
        _made_empty(self.app)
        self.app.store.migrate()
        self._staff = 0

    def phone(self, number: str = "+15005550123") -> Phone:
        return Phone(self.app, number)

    def page(self, band: str | None = None, region: str | None = None, lang: str = "en") -> Page:
        return Page(self.app, band, region, lang)

    def desk(self, first_name: str = "Sam", role: str = "worker") -> Desk:
        self._staff += 1
        return Desk(self.app, f"{first_name.lower()}{self._staff}", first_name, role)

    def settles(self) -> None:
        """Everything that waits is answered and sent, now."""
        settle(self.app)


def settle(app: App) -> None:
    async def answer_all() -> None:
        while await app.conversation.reply():
            pass

    asyncio.run(answer_all())
    while app.pager.send_next() or app.outbox.send_next():
        pass


class Talker:
    """What a phone and a page have in common: texting, and looking at what came."""

    app: App
    thread_id: str
    _read: int = 0

    def texts(self, text: str, *, provider_id: str | None = None) -> None:
        """Send a text and let everything settle."""
        self.quickly_texts(text, provider_id=provider_id)
        settle(self.app)

    def quickly_texts(self, text: str, *, provider_id: str | None = None, media: bool = False) -> None:
        """Send a text and wait for nothing."""
        raise NotImplementedError

    def new(self) -> list[str]:
        """What came since we last looked."""
        seen = self.everything()
        fresh, self._read = seen[self._read :], len(seen)
        return fresh

    def everything(self) -> list[str]:
        raise NotImplementedError

    def sees(self, *parts: str) -> str:
        """Some new message holds all these parts, in any case."""
        fresh = self.new()
        for message in fresh:
            if all(part.lower() in message.lower() for part in parts):
                return message
        raise AssertionError(f"No new message holds {parts}; these came: {fresh}")

    def sees_nothing(self) -> None:
        fresh = self.new()
        assert not fresh, f"Nothing should have come, but: {fresh}"


class Phone(Talker):
    """A young person's phone."""

    def __init__(self, app: App, number: str) -> None:
        self.app, self.number = app, number
        self.thread_id = app.vault.pseudonym("sms", number)

    def quickly_texts(self, text: str, *, provider_id: str | None = None, media: bool = False) -> None:
        sid = provider_id or f"sms:SM{secrets.token_hex(16)}"
        inbound = Inbound("sms", sid, text, address=self.number, number=self.number, media=media)
        self.app.conversation.receive(inbound)

    def everything(self) -> list[str]:
        sent: Sequence[tuple[str, str, str]] = self.app.sms.sent  # type: ignore[attr-defined]
        return [body for _, number, body in sent if number == self.number]


class Page(Talker):
    """A young person's web page."""

    def __init__(self, app: App, band: str | None, region: str | None, lang: str) -> None:
        self.app = app
        self.token = app.chat.open(band, region, lang)
        self.thread_id = str(app.chat.thread_of(self.token))

    def quickly_texts(self, text: str, *, provider_id: str | None = None, media: bool = False) -> None:
        self.app.chat.send(self.thread_id, provider_id or secrets.token_hex(8), text)

    def everything(self) -> list[str]:
        return [s.text for s in self.app.chat.since(self.thread_id, 0) if s.who != "you"]

    def choices(self) -> list[str]:
        """The labels that can be tapped now."""
        lines = [s for s in self.app.chat.since(self.thread_id, 0) if s.choices]
        return [c.label for c in lines[-1].choices] if lines else []

    def taps(self, label_part: str) -> None:
        """Tap the choice whose label holds this."""
        found = [label for label in self.choices() if label_part.lower() in label.lower()]
        assert found, f"No choice holds {label_part!r}; there are {self.choices()}"
        self.texts(found[0])


class Desk:
    """A member of staff at work."""

    def __init__(self, app: App, username: str, first_name: str, role: str) -> None:
        self.app = app
        app.staff.add(username=username, first_name=first_name, role=role, password=PASSWORD)
        token = app.staff.sign_in(username, PASSWORD, None)
        found = app.staff.by_session(token)
        assert found is not None
        self.me: StaffMember = found

    def is_here(self) -> None:
        """The desk is open in front of them."""
        self.app.staff.seen(self.me)

    def queue(self) -> list[CaseCard]:
        return self.app.desk.queue(self.me)

    def sees_case(self, *, level: str, state: str | None = None) -> CaseCard:
        cards = [c for c in self.queue() if c.level == level and state in (None, c.state)]
        assert cards, f"No {level} case ({state}); the queue holds {[(c.level, c.state) for c in self.queue()]}"
        return cards[0]

    def sees_no_case(self) -> None:
        assert not self.queue(), f"The queue holds {[(c.level, c.state) for c in self.queue()]}"

    def opens(self, card: CaseCard) -> CaseView:
        return self.app.desk.view(card.id, self.me)

    def accepts(self, card: CaseCard) -> None:
        self.app.desk.accept(card.id, self.me)
        settle(self.app)

    def says(self, card: CaseCard, text: str, *, once: str | None = None) -> None:
        self.app.desk.say(card.id, self.me, text, once=once or secrets.token_hex(8))
        settle(self.app)

    def closes(self, card: CaseCard, *, then: str | None = None, check_in_hours: int | None = None) -> None:
        closing = {"then": then, "check_in_hours": check_in_hours}
        self.app.desk.close(card.id, self.me, "supported", "Violence: emotional", **closing)  # type: ignore[arg-type]
        settle(self.app)

    def colleagues(self) -> list[Colleague]:
        return self.app.team.colleagues(self.me)

    def offers(self, card: CaseCard, *, to: Desk) -> None:
        self.app.team.offer(card.id, self.me, to.me.id)

    def is_offered(self, card: CaseCard) -> CaseCard:
        return next(c for c in self.app.team.offers(self.me) if c.id == card.id)

    def takes_over(self, card: CaseCard) -> None:
        self.app.team.take_over(card.id, self.me)
        settle(self.app)
