"""People who text, through a stand-in for Twilio that does what Twilio does: it brings each text once or twice, does not
bring it again when nobody answers, lists what it has, and reports what became of what we send."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from dataclasses import dataclass, field

from bot.settings import Settings
from bot.web.demo_phone import DemoPhone, phone_site
from bot.web.listener import server

PEOPLE = 24
MOST_PEOPLE = 1000
NEW_DANGER = 3.0
"""Seconds until somebody else is in danger, to the end of the traffic: a kill at any moment may hit an opening, and there are
always clocks under way."""
NUMBERS = "+1500556{:04d}"
"""Of no number that the service sends from: the provider's list to a person would hold everybody's texts."""
REPEATED = 0.1
"""How many webhooks come twice."""

NOW = "he has a knife and he is coming up the stairs to kill me"
HIGH = "i want to kill myself"
ASKS = "i want to kill myself, can somebody talk to me"
"""The same danger, with the wish that brings them into the queue."""
DANGERS = (NOW, HIGH, NOW, ASKS)
ORDINARY = ("what is grooming", "is it normal that", "my friend asked me", "how do i know", "ok thanks", "and then")


def effects_of(text: str) -> list[dict[str, str]]:
    """What the scripted engine wants done about a text."""
    return [{"effect": "case", "event": "consent"}] if text.startswith(ASKS) else []


@dataclass
class Person:
    """One number and what was texted from it, by Twilio's id."""

    number: str
    danger: str
    said: dict[str, str] = field(default_factory=dict)


class Traffic:
    """Twilio's stand-in and its people, in a thread of their own."""

    def __init__(self, settings: Settings, phone: DemoPhone, *, per_second: float) -> None:
        self._settings = settings
        self.phone = phone
        self._pause = 1 / per_second
        self._texting = threading.Event()
        self._over = threading.Event()
        self._ended = threading.Event()
        self.people = [Person(NUMBERS.format(n), "") for n in range(PEOPLE)]
        self._next_danger = 0.0
        self.refused = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        """Begin to text."""
        self._texting.set()
        self._thread.start()

    def texts_while(self, keeping_up: bool) -> None:
        """Go on, or rest until what was texted before is answered: more than the machine can do would only wait. Who is in
        danger does not rest."""
        (self._texting.set if keeping_up else self._texting.clear)()

    @property
    def said(self) -> list[str]:
        """The ids of all texts, as they are kept."""
        return [f"sms:{sid}" for person in list(self.people) for sid in list(person.said)]

    def stop_texting(self) -> None:
        """No new texts; reports and lists go on."""
        self._over.set()

    def end(self) -> None:
        """Everything of it ends."""
        self._ended.set()
        self._thread.join(10)

    async def _run(self) -> None:
        site = server(phone_site(self.phone), self._settings.demo_phone)
        serving = asyncio.ensure_future(site.serve())
        sending: set[asyncio.Task[None]] = set()
        while not self._ended.is_set():
            for person in () if self._over.is_set() else self.who_texts(time.monotonic()):
                task = asyncio.ensure_future(self._text(person))
                sending.add(task)
                task.add_done_callback(sending.discard)
            await asyncio.sleep(self._pause * random.uniform(0.5, 1.5))
        site.should_exit = True
        await serving

    def who_texts(self, now: float) -> list[Person]:
        """Somebody of those who are here, and from time to time somebody new who is in danger."""
        texts = [random.choice(self.people)] if self._texting.is_set() else []
        if now >= self._next_danger and len(self.people) < MOST_PEOPLE:
            self._next_danger = now + NEW_DANGER
            new = len(self.people)
            self.people.append(Person(NUMBERS.format(new), DANGERS[new % len(DANGERS)]))
            texts.append(self.people[-1])
        return texts

    async def _text(self, person: Person) -> None:
        """One text; the first of somebody in danger says so."""
        sid = f"SM{time.time_ns():x}{random.getrandbits(32):08x}"
        words = person.danger if person.danger and not person.said else random.choice(ORDINARY)
        person.said[sid] = f"{words} {len(person.said)}x{person.number[-4:]}"
        status = await self.phone.text_in(person.number, person.said[sid], sid=sid)
        self.refused += status != 200
        if random.random() < REPEATED:
            await asyncio.sleep(random.uniform(0, 2))
            await self.phone.post_again(person.number, person.said[sid], sid=sid)
