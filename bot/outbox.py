"""The outbox: sends what is queued, retries, gives up loudly; moves the clocks of waiting cases.

A send whose outcome is unknown (the process died, or the answer never came) is settled by asking the
provider what it has, before anything is sent again.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.channels.base import SendRefused, SendUnknown
from bot.choices import as_text
from bot.handoff import clocks
from bot.handoff.cases import Event
from bot.handoff.rota import PLACES
from bot.lessons.catalog import Catalog
from bot.paging import Pager
from bot.store import boosters
from bot.store.boosters import Booster
from bot.store.cases import Case
from bot.store.check_ins import ENDED, SENT, CheckIn
from bot.store.database import Store
from bot.store.messages import Message
from bot.store.unit_of_work import UnitOfWork
from bot.text import for_sms
from bot.voice import Voice

log = structlog.get_logger()

MOST_ATTEMPTS = 8
"""After this many tries (about half an hour) a message is failed, and the case says so."""

LATER = timedelta(days=7)
"""How long a booster waits while a person is with them."""

OPTED_OUT = "21610"
"""Twilio's code for "this person has replied STOP"."""


class Sends(Protocol):
    """What the outbox needs of a provider."""

    def send(self, *, to: str, body: str) -> str:
        """Send a text; returns the provider's id. Raises SendRefused or SendUnknown."""
        ...

    def find_sent(self, *, to: str, body: str, since: datetime) -> list[str]:
        """The provider's ids of texts it already took that could be this one."""
        ...


class Outbox:
    """Sends and sweeps; any number may run, on any machine, with the same result."""

    def __init__(self, *, store: Store, sms: Sends, voice: Voice, pager: Pager, lessons: Catalog) -> None:
        self._store = store
        self._pager = pager
        self._sms = sms
        self._voice = voice
        self._lessons = lessons

    def send_next(self) -> bool:
        """Send the next queued text, whichever thread it is of; False when none is due."""
        with self._store.begin() as work:
            message = work.messages.claim(direction="out", states=("queued", "sending"), into="sending")
            number = work.threads.number(message.thread_id) if message else None
            thread = work.threads.get(message.thread_id) if message else None
        if message is None:
            return False
        if number is None or thread is None:
            self._give_up(message, "no number", "failed")
            return True
        body = for_sms(as_text(message.text, message.choices))
        try:
            self._sent(message, self._send_once(message, to=number, body=body))
        except SendRefused as refusal:
            self._refused(message, refusal)
        except SendUnknown:
            log.warning("send outcome unknown", message_id=message.id)  # the lease runs out, then we ask first
        return True

    def sweep(self) -> int:
        """Move every case whose clock has come; returns how many. Twice is the same as once."""
        with self._store.read() as work:
            due = [case.id for case in work.cases.due()]
        for case_id in due:
            with self._store.begin() as work:
                case = work.cases.get(case_id)
                if case in work.cases.due():
                    self._move(work, case)
        with self._store.begin() as work:
            work.threads.purge()
            work.presence.forget_typing()
            for case in work.cases.unanswered_passes():
                work.cases.not_taken(case)
            for case in work.cases.left_alone():
                self._back_to_queue(work, case)
            for check_in in work.check_ins.due():
                self._check_in(work, check_in)
            for booster in work.boosters.due():
                self._booster(work, booster)
        return len(due)

    def expire(self) -> int:
        """Delete what its time is over for; returns how many rows went."""
        with self._store.begin() as work:
            return work.retention.expire() + work.group_answers.expire()

    def _send_once(self, message: Message, *, to: str, body: str) -> str:
        """Only a message that was claimed before may have gone out already."""
        if message.state == "sending":
            taken = self._sms.find_sent(to=to, body=body, since=message.at)
            with self._store.read() as work:
                unclaimed = [sid for sid in taken if not work.messages.known(f"sms:{sid}")]
            if unclaimed:
                return unclaimed[0]
        return self._sms.send(to=to, body=body)

    def _sent(self, message: Message, provider_id: str) -> None:
        with self._store.begin() as work:
            work.messages.settle(message.id, "sent", provider_id=f"sms:{provider_id}", error_code=None)

    def _refused(self, message: Message, refusal: SendRefused) -> None:
        if refusal.code == OPTED_OUT:
            self._give_up(message, refusal.code, "opted out")
        elif refusal.final or message.attempts + 1 >= MOST_ATTEMPTS:
            self._give_up(message, refusal.code, "failed")
        else:
            wait = timedelta(seconds=min(600, 2 ** (message.attempts + 1)) * random.uniform(0.7, 1.3))
            with self._store.begin() as work:
                work.messages.settle(message.id, "queued", due_at=work.now + wait, error_code=refusal.code)

    def _give_up(self, message: Message, code: str, state: str) -> None:
        """Loudly: the message says why, and an open case says "not delivered"."""
        log.warning("message not delivered", message_id=message.id, code=code)
        with self._store.begin() as work:
            work.messages.settle(message.id, state, error_code=code)
            if state == "opted out":
                work.threads.change(message.thread_id, opted_out_at=work.now)
            case = work.cases.open_for(message.thread_id)
            if case:
                work.audit.add(actor="outbox", what="not delivered", case_id=case.id, detail=code)

    def _back_to_queue(self, work: UnitOfWork, case: Case) -> None:
        """Their worker's desk has been closed for minutes: nobody is left talking to an empty chair."""
        work.cases.move(case, Event.HAND_BACK, detail="desk closed")
        thread = work.threads.get(case.thread_id)
        worker = work.staff.get(case.staff_id) if case.staff_id else None
        if thread and worker:
            self._voice.announce(work, thread, "helper_changed", name=worker.first_name, case_id=case.id)

    def _check_in(self, work: UnitOfWork, check_in: CheckIn) -> None:
        """Text as agreed, name no topic, and say nothing more until they answer with their word."""
        thread = work.threads.get(check_in.thread_id)
        wanted = thread is not None and not thread.opted_out and work.cases.open_for(check_in.thread_id) is None
        work.check_ins.settle(check_in.id, SENT if wanted else ENDED)
        if thread is not None and wanted:
            work.threads.change(thread.id, waits_since=work.now)
            self._voice.say(work, thread, "check_in_hello")
            work.audit.add(actor="outbox", what="check-in sent", case_id=check_in.case_id)

    def _booster(self, work: UnitOfWork, booster: Booster) -> None:
        """Text as asked for; later while a person is with them, never after they said no or STOP."""
        thread, case = work.threads.get(booster.thread_id), work.cases.open_for(booster.thread_id)
        if case is not None:
            work.boosters.put_off(booster.id, LATER)
            return
        wanted = thread is not None and not thread.opted_out and booster.module in {m.id for m in self._lessons.modules}
        words = self._lessons.boosters(booster.module, thread.lang) if thread and wanted else {}
        work.boosters.settle(booster.id, boosters.SENT if booster.which in words else boosters.ENDED)
        if thread is not None and booster.which in words:
            self._voice.booster(work, thread, words[booster.which])

    def _move(self, work: UnitOfWork, case: Case) -> None:
        """One step of a waiting case: widen, or tell the truth that nobody came; or a word of waiting."""
        thread = work.threads.get(case.thread_id)
        if thread is None:
            return
        if case.deadline_at and case.deadline_at <= work.now:
            case = work.cases.step(case)
            told = clocks.steps(case.level)[case.step - 1].tell
            if told in PLACES:
                self._pager.page(work, case, told)
            if told == "outside line":
                timed_out = work.cases.move(case, Event.TIME_OUT)
                work.cases.move(timed_out, Event.FALL_BACK)
                if case.safe_to_text != "no":
                    self._voice.say(work, thread, "nobody_came")
                return
        if case.heartbeat_at and case.heartbeat_at <= work.now:
            work.cases.beat(case)
            if case.safe_to_text != "no":
                self._voice.waiting_word(work, thread)
