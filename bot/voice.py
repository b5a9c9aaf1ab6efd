"""What the gateway itself says, and the facts that it or the engine may truthfully state.

Nothing here is composed from a young person's text: words come from content/, numbers from the
directory, and "somebody is here" from the desks that are open now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.choices import Choice, keyed, payload
from bot.directory import Directory
from bot.handoff.cases import WAITING
from bot.lessons.render import render
from bot.safety.verdict import Level, Verdict
from bot.store.cases import Case
from bot.store.check_ins import ASKED
from bot.store.presence import LINES_ONLY
from bot.store.unit_of_work import UnitOfWork
from bot.threads import RE_CONTACT, Thread
from bot.words import Words

IMMEDIATE = {"web": "shown", "console": "shown"}
"""Channels whose open page or terminal is the delivery; every other message waits in the outbox."""


BACK = "helper_back"
"""The one announcement that names no topic, and asks for their word."""


def is_silent(work: UnitOfWork, thread: Thread) -> bool:
    """Whether a phone waits for its word, or was silent for so long that it has to; what else was written is not their word."""
    heard = work.messages.last_heard(thread.id) or work.now
    return thread.channel == "sms" and (thread.waits or heard < work.now - RE_CONTACT)


class Voice:
    """Says reviewed words on a thread."""

    def __init__(self, *, words: Words, directory: Directory, service: str, region: str | None) -> None:
        self._words = words
        self._directory = directory
        self._service = service
        self._region = region

    def say(
        self, work: UnitOfWork, thread: Thread, message_id: str, choices: Sequence[Choice] = (), **values: Any
    ) -> tuple[Choice, ...]:
        """Say the words of ``message_id``; returns the choices as keyed and remembered."""
        text = self._words.say(message_id, thread.lang, **{**self._facts(work, thread), **values})
        offered = self.send(work, thread, text, choices)
        if offered:
            work.threads.offer(thread.id, offered)
        return offered

    def send(self, work: UnitOfWork, thread: Thread, text: str, choices: Sequence[Choice] = ()) -> tuple[Choice, ...]:
        """Write a message to a thread; the outbox or the open page takes it from there."""
        offered = keyed(choices)
        work.messages.queue(thread.id, text, choices=offered, state=IMMEDIATE.get(thread.channel, "queued"))
        return offered

    def booster(self, work: UnitOfWork, thread: Thread, words: str) -> None:
        """A text they asked for after a lesson, with one tap to have no more of them."""
        end = Choice(self._words.say("choice_no_more", thread.lang), payload("boosters", answer="no"))
        offered = self.send(work, thread, render(words, {"service": self._service}), [end])
        work.threads.offer(thread.id, offered)

    def helper(self, work: UnitOfWork, thread: Thread, text: str, *, staff_id: int, case_id: int, once: str) -> None:
        """A worker's own words."""
        state = IMMEDIATE.get(thread.channel, "queued")
        work.messages.queue(thread.id, text, who="helper", state=state, staff_id=staff_id, case_id=case_id, once=once)

    def announce(
        self, work: UnitOfWork, thread: Thread, message_id: str, *, name: str, case_id: int, staff_id: int | None = None
    ) -> None:
        """Say who is here, or that they had to go. ``staff_id`` is set while somebody is here.

        A phone that was silent for long hears only who is back: anything more would tell whoever holds it now.
        """
        if message_id != BACK and is_silent(work, thread):
            return
        text = self._words.say(message_id, thread.lang, **self._facts(work, thread), name=name)
        state = "opted out" if thread.opted_out else IMMEDIATE.get(thread.channel, "queued")
        work.messages.queue(thread.id, text, who="note", state=state, staff_id=staff_id, case_id=case_id)
        work.threads.offer(thread.id, ())

    def welcome(self, work: UnitOfWork, thread: Thread, *, danger: Level) -> None:
        """Who this is and what is private, before anything is asked. The web page says it by itself."""
        if thread.channel != "sms":
            return
        self.say(work, thread, "welcome")
        if danger < Level.ELEVATED:
            self.say(work, thread, "welcome_private")

    def waiting_word(self, work: UnitOfWork, thread: Thread) -> None:
        """An honest word while they wait, with something small to do."""
        label = self._words.say("choice_grounding", thread.lang)
        self.say(work, thread, "still_waiting", [Choice(label=label, payload=payload("grounding"), key="MORE")])

    def emergency_words(self, work: UnitOfWork, thread: Thread, case: Case) -> None:
        """The fixed first reply to danger now: emergency number first, then the truth about people."""
        self.say(work, thread, "imminent_medical" if case.category == "medical_emergency" else "imminent")

    def offer_without_engine(self, work: UnitOfWork, thread: Thread) -> None:
        """Danger while the engine is down: a person is still offered, or has been asked for."""
        case = work.cases.open_for(thread.id)
        if case and case.state in WAITING:
            self.say(work, thread, "person_asked_without_engine")
            return
        label = self._words.say("choice_person", thread.lang)
        self.say(work, thread, "danger_without_engine", [Choice(label=label, payload=payload("want_person"), key="PERSON")])

    def without_database(self, lang: str, *, now: datetime) -> str:
        """That a text is kept and its answer comes late, while nothing can be looked up: what is true for everybody."""
        lines = self._directory.lines(self._region, lang=lang, now=now, limit=1)
        emergency = self._directory.emergency(self._region)
        return self._words.say(
            "kept_on_disk", lang, service=self._service, emergency=emergency, line=lines[0].say() if lines else None
        )

    def for_engine(self, work: UnitOfWork, thread: Thread, verdict: Verdict) -> dict[str, Any]:
        """What the engine may know about a thread: no number, no name, no reasons."""
        case = work.cases.open_for(thread.id)
        return {
            "screening": {"level": verdict.level.word, "category": verdict.category, "subject": verdict.subject},
            "lang": thread.lang,
            "band": thread.band,
            "region": self.region(thread),
            "channel": thread.channel,
            "case": {"state": case.state.value, "level": case.level.word, "category": case.category} if case else None,
            "check_in": self._check_in(work, thread),
            "lines_only": work.presence.is_on(LINES_ONLY),
            "people_here": work.staff.someone_here(),
            "opens": self._opens(work, thread),
            "emergency": self._directory.emergency(self.region(thread)),
            "limits": self._directory.limits(self.region(thread)),
            "lines": [{"name": line.name, "say": line.say()} for line in self._lines(work, thread)],
            "support": [
                {"themes": list(entry.themes), "say": entry.describe()}
                for entry in self._directory.support(self.region(thread), band=thread.band)
            ],
        }

    def _check_in(self, work: UnitOfWork, thread: Thread) -> dict[str, Any] | None:
        """A check-in that a worker would like and they have not answered; only a phone can be texted later."""
        asked = work.check_ins.of_thread(thread.id, ASKED) if thread.channel == "sms" else None
        if asked is None or asked.due_at <= work.now:  # its time went by while the phone waited for its word
            return None
        return {"days": max(1, round((asked.due_at - work.now).total_seconds() / 86400))}

    def plain(self, message_id: str, lang: str) -> str:
        """Words that need no facts."""
        return self._words.say(message_id, lang)

    def first_line(self, region: str | None, *, band: str, lang: str, now: datetime) -> str:
        """A ready sentence for one line that is open now, or nothing where none is known."""
        lines = self._directory.lines(region or self._region, band=band, lang=lang, now=now, limit=1)
        return lines[0].say() if lines else ""

    def region(self, thread: Thread) -> str | None:
        """The region they said, or the agency's own; never a guess from a number."""
        return thread.region or self._region

    def _lines(self, work: UnitOfWork, thread: Thread) -> Sequence[Any]:
        return self._directory.lines(self.region(thread), band=thread.band, lang=thread.lang, now=work.now, limit=3)

    def _facts(self, work: UnitOfWork, thread: Thread) -> dict[str, Any]:
        lines = self._lines(work, thread)
        return {
            "service": self._service,
            "has_word": thread.has_word,
            "opens": self._opens(work, thread),
            "people_here": work.staff.someone_here(),
            "emergency": self._directory.emergency(self.region(thread)),
            "line": lines[0].say() if lines else None,
        }

    def _opens(self, work: UnitOfWork, thread: Thread) -> str | None:
        """When somebody is on call next, as day and hour; None while somebody is, or when no rota is kept."""
        rota = work.rota.now()
        opens = None if rota.anybody(work.now) else rota.opens(work.now)
        days = self._words.say("weekdays", thread.lang).split()
        return f"{days[opens.weekday()]} {opens:%H:%M}" if opens else None
