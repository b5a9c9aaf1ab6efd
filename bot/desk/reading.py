"""How a case reads on the desk: cards, the view of one case, and the names of things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from bot.channels.refusals import meaning
from bot.desk.canned import Canned
from bot.desk.views import CaseCard, CaseView, Delivery, LevelWord, Line, SafeToText, Who
from bot.directory import Directory
from bot.handoff.cases import State
from bot.safety.verdict import Level
from bot.store.cases import Case
from bot.store.check_ins import CheckIn
from bot.store.messages import Message
from bot.store.unit_of_work import UnitOfWork
from bot.threads import Thread

SHOWN_AS: dict[str, Who] = {"you": "young person", "bot": "bot", "helper": "helper", "note": "bot"}
"""A note to the young person ("Sam is here now") is the bot's line; notes between staff are added apart."""
DELIVERY = {"queued": "queued", "sending": "queued", "sent": "sent", "delivered": "delivered", "shown": "delivered"}

CHECK_INS = {
    "asked": "Asked whether a text on {when} is all right. No answer yet.",
    "agreed": "They agreed to a text on {when}.",
    "sent": "The text of {when} was sent.",
    "ended": "No check-in: they said no, opted out, or something newer took its place.",
}

CONSENT = {
    State.DETECTED: "Not asked yet.",
    State.OFFERED: "A person was offered. They have not answered yet.",
    State.DECLINED: "They did not want a person for now. Respect that.",
}


class DeskReading:
    """Turns rows into what a worker reads."""

    def __init__(self, *, directory: Directory, region: str | None, service: str, canned: Canned) -> None:
        self._directory = directory
        self._region = region
        self._service = service
        self._canned = canned

    def canned(self, work: UnitOfWork, case: Case, first_name: str) -> list[tuple[str, str]]:
        """The reviewed replies with what holds for this case filled in."""
        thread = work.threads.get(case.thread_id)
        region = self._region_of(thread)
        lines = self._directory.lines(region, band=thread.band if thread else None, now=work.now, limit=1)
        return self._canned.said(
            name=first_name,
            service=self._service,
            emergency=self._directory.emergency(region),
            line=lines[0].say() if lines else None,
        )

    def card(self, work: UnitOfWork, case: Case) -> CaseCard:
        """A case as one entry of a list."""
        thread = work.threads.get(case.thread_id)
        said = work.messages.transcript(case.thread_id, after=case.seen_seq, until=case.closed_at)
        return CaseCard(
            id=case.id,
            designation=case.designation,
            level=cast(LevelWord, case.level.word),
            category=case.category,
            subject=case.subject,
            state=case.state.value,
            channel=thread.channel if thread else "web",
            opened_at=case.opened_at,
            waiting_since=case.queued_at or case.opened_at,
            deadline_at=case.deadline_at,
            worker=self.name(work, case.staff_id) if case.staff_id else None,
            band=thread.band if thread else None,
            region=self._region_of(thread),
            unread=sum(m.who == "you" for m in said),
            not_delivered=bool(work.sending.lost(case.thread_id)),  # until it was seen: the report comes after the line
            typing=work.presence.typing_until(case.thread_id, "you") is not None,
            offered_to=self.name(work, case.passed_to) if case.passed_until and case.passed_until > work.now else None,
            opted_out=bool(thread and thread.opted_out),
        )

    def view(self, work: UnitOfWork, case: Case) -> CaseView:
        """Everything a worker needs on one screen; of a closed case nothing that was written later."""
        thread = work.threads.get(case.thread_id)
        closed = case.passed_on == "nothing" and case.level < Level.IMMINENT
        said = work.messages.transcript(case.thread_id, after=case.passed_seq if closed else 0, until=case.closed_at)
        region = self._region_of(thread)
        lines = self._directory.lines(region, band=thread.band if thread else None, now=work.now, limit=3)
        return CaseView(
            card=self.card(work, case),
            why=() if closed else tuple((r.source, r.words) for r in case.reasons),
            safe_to_text=cast("SafeToText | None", case.safe_to_text),
            wants=case.wants,
            consent=CONSENT.get(case.state, _consent(case)),
            summary=case.summary,
            passed_on="nothing" if closed else case.passed_on if case.passed_on != "nothing" else "opened",
            waits=bool(thread and thread.waits),
            check_in=_check_in(work.check_ins.of_case(case.id)),
            asked_already=tuple(q for m in said if m.who == "bot" and m.at >= case.opened_at for q in _questions(m.text)),
            lesson=thread.lesson if thread else None,
            in_group=_in_group(work, thread),
            lines=tuple(line.say() for line in lines),
            emergency=self._directory.emergency(region),
            reporting=self._directory.reporting(region),
            transcript=tuple(sorted((*self._transcript(work, said), *self._notes(work, case)), key=lambda line: line.at)),
            log=tuple((e.at, e.actor, f"{e.what}: {e.detail}" if e.detail else e.what) for e in work.audit.of_case(case.id)),
        )

    def name(self, work: UnitOfWork, staff_id: int | None) -> str:
        """A first name, or "somebody"."""
        found = work.staff.get(staff_id) if staff_id else None
        return found.first_name if found else "Somebody"

    def _region_of(self, thread: Thread | None) -> str | None:
        return (thread.region if thread else None) or self._region

    def _notes(self, work: UnitOfWork, case: Case) -> tuple[Line, ...]:
        """Notes between staff, which have no place in the young person's own order."""
        return tuple(
            Line(seq=0, who="note", name=self.name(work, staff_id), text=words, at=at, delivery=None, delivery_note=None)
            for at, staff_id, words in work.cases.notes(case.id)
        )

    def _transcript(self, work: UnitOfWork, said: Sequence[Message]) -> tuple[Line, ...]:
        tries = work.sending.attempts([m.id for m in said if m.error_code])
        return tuple(
            Line(
                seq=m.seq,
                who=SHOWN_AS[m.who],
                name=self.name(work, m.staff_id) if m.who == "helper" else None,
                text=_as_meant(m, said),
                at=m.said_at,
                delivery=_delivery(m),
                delivery_note=_why_not(m.error_code, len(tries.get(m.id, ()))) if m.error_code else None,
            )
            for m in said
        )


def _in_group(work: UnitOfWork, thread: Thread | None) -> str | None:
    """That they sit in a group now, where others may look on; neither its code nor who leads it."""
    seated = work.seats.now_of(thread.id) if thread else None
    if seated is None:
        return None
    group = seated[1]
    return f"{group.subject.module.replace('_', ' ')}, {group.subject.lesson}; opened {group.opened_at:%H:%M} UTC"


def _as_meant(message: Message, said: Sequence[Message]) -> str:
    """Their text; a typed "A" comes with the words it stood for."""
    if message.chosen is None or message.who != "you":
        return message.text
    offered = (c for m in reversed(said) if m.seq < message.seq for c in m.choices if c.payload == message.chosen)
    label = next((c.label for c in offered), message.text)
    return message.text if label.casefold() == message.text.casefold() else f"{message.text} ({label})"


def _check_in(check_in: CheckIn | None) -> str | None:
    if check_in is None:
        return None
    when = f"{check_in.due_at:%a %d %b, %H:%M} UTC"
    return CHECK_INS[check_in.state].format(when=when)


def _delivery(message: Message) -> Delivery | None:
    if message.direction == "in":
        return None
    return cast(Delivery, DELIVERY.get(message.state, message.state))


def _why_not(code: str, tries: int) -> str:
    """Why a text did not arrive, in a sentence, with the provider's code and how often it was tried."""
    often = f", tried {tries} times" if tries > 1 else ""
    return f"{meaning(code).sentence} (code {code}{often})"


def _consent(case: Case) -> str:
    if case.wants == "person":
        return "They asked for a person."
    return "Danger now: they were told that people are asked to come. They may still refuse to chat."


def _questions(text: str) -> list[str]:
    sentences = text.replace("?", "?\n").replace(". ", ".\n").replace("! ", "!\n").split("\n")
    return [s.strip() for s in sentences if s.strip().endswith("?")]
