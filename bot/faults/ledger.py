"""What should be there against what is: read from the provider's list and from the database, after everything settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import App
from bot.choices import as_text
from bot.faults.traffic import ASKS, Traffic
from bot.handoff import clocks
from bot.handoff.cases import State
from bot.safety.verdict import Level
from bot.store.cases import Case
from bot.store.messages import Message
from bot.store.unit_of_work import UnitOfWork
from bot.text import for_sms
from bot.web.demo_phone import Text

LATE = timedelta(seconds=20)
"""How much later than due a clock may have been moved: processes were dead meanwhile."""


@dataclass(frozen=True)
class Count:
    """The figures of one run; all but ``texts``, ``sent`` and ``cases`` should be 0."""

    texts: int
    sent: int
    cases: int
    lost_in: int
    lost_out: int
    doubled: int
    out_of_order: int
    unanswered: int
    answered_twice: int
    cases_lost: int
    cases_doubled: int
    clocks_forgotten: int
    audit_broken: int

    @property
    def wrong(self) -> dict[str, int]:
        """What should not be."""
        good = ("texts", "sent", "cases")
        return {name: value for name, value in self.__dict__.items() if value and name not in good}


def count(app: App, traffic: Traffic) -> Count:
    """Compare everything."""
    kept: Counter[str] = Counter()
    wanted: Counter[tuple[str, str]] = Counter()
    heard: Counter[str] = Counter()
    written: dict[str, list[str]] = {}
    unanswered, cases_lost, cases_doubled, forgotten, cases = 0, 0, 0, 0, 0
    opened: dict[str, list[Case]] = {}
    with app.store.read() as work:
        for case in work.cases.opened_since(app.now() - timedelta(days=1)):
            opened.setdefault(case.thread_id, []).append(case)
        for person in traffic.people:
            thread_id = app.vault.pseudonym("sms", person.number)
            talk = work.messages.transcript(thread_id, limit=100_000)
            unanswered += _without_words(talk)
            for m in talk:
                if m.direction == "in":
                    kept[str(m.provider_id)] += 1
                    unanswered += m.state == "kept"
                else:
                    body = for_sms(as_text(m.text, m.choices))
                    wanted[person.number, body] += 1
                    written.setdefault(person.number, []).append(body)
                    heard[m.text] += m.text.startswith("Heard: ")
            theirs = opened.get(thread_id, [])
            cases += len(theirs)
            cases_lost += bool(person.danger and person.said and not theirs)
            cases_doubled += max(0, len(theirs) - 1)
            asked = any(m.text.startswith(f"Heard: {ASKS}") for m in talk)
            forgotten += sum(_forgotten(work, case, asked=asked, now=app.now()) for case in theirs)
        broken = len(list(work.audit.broken_links()))
    said = set(traffic.said)
    sent = Counter((t.number, t.body) for t in traffic.phone.texts if not t.inbound)
    return Count(
        texts=len(said),
        sent=sum(sent.values()),
        cases=cases,
        lost_in=len(said - set(kept)),
        lost_out=sum((wanted - sent).values()),
        doubled=sum((sent - wanted).values()),
        out_of_order=sum(_misplaced(texts, traffic.phone.of(number)) for number, texts in written.items()),
        unanswered=unanswered,
        answered_twice=sum(n - 1 for n in heard.values() if n > 1),
        cases_lost=cases_lost,
        cases_doubled=cases_doubled,
        clocks_forgotten=forgotten,
        audit_broken=broken,
    )


def _misplaced(written: Sequence[str], texts: Sequence[Text]) -> int:
    """How many texts a phone got in another place than they were written in; what was lost or doubled is counted elsewhere."""
    got = [text.body for text in texts if not text.inbound]
    return sum(a != b for a, b in zip(written, got, strict=True)) if Counter(got) == Counter(written) else 0


def _without_words(said: Sequence[Message]) -> int:
    """How many texts count as answered with nothing of ours after them that could be their answer.

    The engine says back what it heard, so its answers are known; of the others each takes one of our other texts.
    """
    heard = Counter(m.text for m in said if m.direction == "out")
    spare = missing = 0
    for m in reversed(said):
        if m.direction == "out":
            spare += not m.text.startswith("Heard: ")
        elif m.state == "answered" and heard[f"Heard: {m.text}"] == 0:
            missing += spare == 0
            spare -= spare > 0
    return missing


def _forgotten(work: UnitOfWork, case: Case, *, asked: bool, now: datetime) -> int:
    """How many steps of a case's clock came and were not taken: of those since it waits, and its very first where it should
    wait and does not. ``asked`` says that the engine answered the wish for a person; without that only danger now waits."""
    if case.queued_at is None:
        return int(asked or case.level is Level.IMMINENT)
    due = [s.tell for s in clocks.steps(case.level) if case.queued_at + s.after + LATE < now]
    told = [entry.detail for entry in work.audit.of_case(case.id) if entry.what == "told" and entry.at >= case.queued_at]
    silent = case.state is State.QUEUED and case.heartbeat_at is not None and case.heartbeat_at + LATE < now
    return sum((Counter(due) - Counter(told)).values()) + silent
