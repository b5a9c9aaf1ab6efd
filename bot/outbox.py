"""The outbox: sends what is queued, retries, gives up loudly; moves the clocks of waiting cases.

A send whose outcome is unknown (the process died, or the answer never came) is settled by asking the
provider what it has, before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol, TypeVar

import structlog

from bot import deliveries
from bot.channels.base import SendRefused, SendUnknown
from bot.channels.refusals import NO_NUMBER, TOO_LATE, UNKNOWN
from bot.choices import as_text
from bot.group_ending import GroupEnding
from bot.handoff import clocks
from bot.handoff.cases import Event
from bot.handoff.rota import PLACES
from bot.leftovers import Leftovers
from bot.lessons.catalog import Catalog
from bot.paging import Pager
from bot.sender import NO_ANSWER, SENDS_BY, Sender, pause
from bot.store import boosters
from bot.store.boosters import Booster
from bot.store.cases import Case
from bot.store.check_ins import ENDED, SENT, CheckIn
from bot.store.database import Store, StoreDown
from bot.store.messages import Message
from bot.store.unit_of_work import UnitOfWork
from bot.text import for_sms
from bot.threads import RE_CONTACT, Thread
from bot.voice import Voice

log = structlog.get_logger()
Row = TypeVar("Row")

LATER = timedelta(days=7)
"""How long a booster waits while a person is with them."""


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

    def __init__(
        self,
        *,
        store: Store,
        sms: Sends,
        voice: Voice,
        pager: Pager,
        lessons: Catalog,
        leftovers: Leftovers,
        groups: GroupEnding,
        sender: Sender,
    ) -> None:
        self._leftovers = leftovers
        self._groups = groups
        self._sender = sender
        self._store = store
        self._pager = pager
        self._sms = sms
        self._voice = voice
        self._lessons = lessons

    def send_next(self) -> bool:
        """Send the next queued text, whichever thread it is of; False when none is due, or the number must rest."""
        claimed = monotonic()
        with self._store.begin() as work:
            if self._sender.wait(work):
                return False
            message = work.messages.claim(direction="out", states=("queued", "sending"), into="sending")
            number = work.threads.number(message.thread_id) if message else None
            thread = work.threads.get(message.thread_id) if message else None
            stopped = message is not None and work.threads.stopped_since(message.thread_id, message.at)
            is_late = message is not None and work.now - message.at > deliveries.FITS
            if message and number and not (stopped or is_late):
                self._sender.sends(work)
        if message is None:
            return False
        if number is None or thread is None:
            with self._store.begin() as work:
                deliveries.give_up(work, message.id, NO_NUMBER, actor="outbox")
            return True
        body = for_sms(as_text(message.text, message.choices))
        self._send(message, to=number, body=body, stopped=stopped, is_late=is_late, claimed=claimed)
        return True

    def rest(self) -> float:
        """Seconds until the number may send again; 0 when it may now."""
        with self._store.read() as work:
            return self._sender.wait(work).total_seconds()

    def sweep(self) -> int:
        """Move every case whose clock has come, and do what else has its time; returns how many cases. Twice is the same as
        once, and what cannot be done stops nothing else."""
        with _apart("clock went back"), self._store.begin() as work:
            work.cases.clock_went_back()
        moved = self._all_due("clock", lambda work: work.cases.due(), self._move)
        self._all_due("report", lambda work: work.sending.claimable_reports(), deliveries.claim)
        self._all_due("pass", lambda work: work.cases.unanswered_passes(), lambda work, case: work.cases.not_taken(case))
        self._all_due("left alone", lambda work: work.cases.left_alone(), self._back_to_queue)
        self._all_due("check-in", lambda work: work.check_ins.due(), self._check_in)
        self._all_due("booster", lambda work: work.boosters.due(), self._booster)
        with _apart("forgotten"), self._store.begin() as work:
            work.alone()
            work.threads.purge()
            work.presence.forget_typing()
        self._groups.sweep()
        return moved

    def _all_due(self, what: str, due: Callable[[UnitOfWork], Iterable[Row]], act: Callable[[UnitOfWork, Row], object]) -> int:
        """Do it to everything that is due, each in a transaction of its own; returns how many there were."""
        found: list[Row] = []
        with _apart(what), self._store.read() as work:
            found.extend(due(work))
        for row in found:
            with _apart(what), self._store.begin() as work:
                work.alone()
                if row in due(work):  # another outbox may have been quicker
                    act(work, row)
        return len(found)

    def expire(self) -> int:
        """Delete what its time is over for; returns how many rows and files went."""
        with self._store.begin() as work:
            work.takes_its_time()
            gone = work.retention.expire() + work.threads.drop_tokens() + work.tries.forget()
            now = work.now
        self._store.fold_in()
        return gone + self._leftovers.expire(now)

    def _send(self, message: Message, *, to: str, body: str, stopped: bool, is_late: bool, claimed: float) -> None:
        """Only a message that was claimed before may have gone out already: of that one the provider is asked first.

        With ``stopped`` they said STOP after it was written, ``is_late`` that it no longer fits: it is asked about, never
        sent. ``claimed`` is when it was claimed, in seconds of a clock that nobody sets.
        """
        in_doubt = message.state == "sending"
        try:
            provider_id = self._gone_out(message, to=to, body=body) if in_doubt else None
            if provider_id is None and stopped:
                with self._store.begin() as work:
                    work.messages.settle(message.id, "opted out")
                return
            if provider_id is None and is_late:
                with self._store.begin() as work:
                    deliveries.give_up(work, message.id, TOO_LATE, actor="outbox")
                return
            if provider_id is None and monotonic() - claimed > SENDS_BY.total_seconds():
                log.warning("too late to send", message_id=message.id)
                return  # its lease may be over before the send is: whoever claims it next asks first
            if provider_id is None:
                in_doubt = False
                provider_id = self._sms.send(to=to, body=body)
        except SendRefused as refusal:
            self._not_sent(message, refusal, state="sending" if in_doubt or refusal.unsure else "queued")
        except SendUnknown:
            self._not_sent(message, NO_ANSWER, state="sending")
        except Exception as error:  # noqa: BLE001 - a fault of ours, after which it may have gone out all the same
            log.error("sending failed", message_id=message.id, kind=type(error).__name__)
            self._not_sent(message, NO_ANSWER, state="sending")
        else:
            with self._store.begin() as work:
                deliveries.sent(work, message.id, f"sms:{provider_id}")

    def _gone_out(self, message: Message, *, to: str, body: str) -> str | None:
        """The provider's id of this message, if it has it: of the same words, one that is no other message's."""
        taken = self._sms.find_sent(to=to, body=body, since=message.at)
        with self._store.read() as work:
            return next((sid for sid in taken if work.sending.sent_as(f"sms:{sid}") is None), None)

    def _not_sent(self, message: Message, refusal: SendRefused, *, state: str) -> None:
        """Again later, in ``state``, or given up loudly."""
        tries = message.attempts + 1
        with self._store.begin() as work:
            now = work.messages.get(message.id)
            if now is None:
                return
            work.sending.tried(message.id, "unknown" if refusal.code == UNKNOWN else "refused", code=refusal.code)
            if now.state != "sending" or now.attempts != tries:
                return  # delivered meanwhile, or claimed by another since: its state is not ours to set
            if refusal.final or tries >= deliveries.MOST_ATTEMPTS:
                deliveries.give_up(work, message.id, refusal.code, actor="outbox")
                return
            if state == "queued" and work.threads.stopped_since(message.thread_id, message.at):
                work.messages.settle(message.id, "opted out", error_code=refusal.code)
                return
            self._sender.refused(work, refusal)
            wait = pause(tries, refusal, in_doubt=state == "sending")
            work.messages.settle(message.id, state, due_at=work.now + wait, error_code=refusal.code)

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
                if _may_be_texted(work, case, thread):
                    self._voice.say(work, thread, "nobody_came")
                return
        if case.heartbeat_at and case.heartbeat_at <= work.now:
            work.cases.beat(case)
            if _may_be_texted(work, case, thread):
                self._voice.waiting_word(work, thread)


@contextmanager
def _apart(what: str) -> Iterator[None]:
    """One part of a sweep: where it fails, only it is not done, and the next sweep tries again. Raises StoreDown."""
    try:
        yield
    except StoreDown:
        raise
    except Exception as error:  # noqa: BLE001 - one row that cannot be moved must not stop the others' clocks
        log.error("not swept", part=what, kind=type(error).__name__)


def _may_be_texted(work: UnitOfWork, case: Case, thread: Thread) -> bool:
    """Not where they said that it is not safe, not after STOP, and not before a phone that was silent for long has
    answered: these words would tell whoever holds it now that a person was asked for. Who waits in the queue and writes
    nothing meanwhile is no such phone; one that was silent before it came back into the queue is."""
    heard = work.messages.last_heard(thread.id)
    was_silent = thread.channel == "sms" and heard and case.queued_at and heard < case.queued_at - RE_CONTACT
    return case.safe_to_text != "no" and not thread.opted_out and not thread.waits and not was_silent
