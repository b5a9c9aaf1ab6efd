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
REPEATED = 0.1
"""How many webhooks come twice."""

NOW = "he has a knife and he is coming up the stairs to kill me"
HIGH = "i want to kill myself"
ORDINARY = ("what is grooming", "is it normal that", "my friend asked me", "how do i know", "ok thanks", "and then")


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
        self._ended = threading.Event()
        self.people = [Person(f"+1500555{n:04d}", (NOW, HIGH, "")[n % 3]) for n in range(PEOPLE)]
        self.refused = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        """Begin to text."""
        self._texting.set()
        self._thread.start()

    def texts_while(self, keeping_up: bool) -> None:
        """Go on, or rest until what was texted before is answered: more than the machine can do would only wait."""
        (self._texting.set if keeping_up else self._texting.clear)()

    @property
    def said(self) -> list[str]:
        """The ids of all texts, as they are kept."""
        return [f"sms:{sid}" for person in self.people for sid in list(person.said)]

    def stop_texting(self) -> None:
        """No new texts; reports and lists go on."""
        self._texting.clear()

    def end(self) -> None:
        """Everything of it ends."""
        self._ended.set()
        self._thread.join(10)

    async def _run(self) -> None:
        site = server(phone_site(self.phone), self._settings.demo_phone)
        serving = asyncio.ensure_future(site.serve())
        sending: set[asyncio.Task[None]] = set()
        while not self._ended.is_set():
            if self._texting.is_set():
                task = asyncio.ensure_future(self._text(random.choice(self.people)))
                sending.add(task)
                task.add_done_callback(sending.discard)
            await asyncio.sleep(self._pause * random.uniform(0.5, 1.5))
        site.should_exit = True
        await serving

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
