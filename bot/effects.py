"""What the engine asks to be done, done in the transaction that keeps its words.

The engine itself writes nothing but its tracker; here is the whole list of what it can cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from bot.choices import Choice
from bot.directory import Directory
from bot.forgetting import forget
from bot.groups.private import OWN_WORDS
from bot.handoff.cases import HELD, Event, State, can
from bot.redaction import Redaction
from bot.safety.verdict import Level, Reason, Verdict
from bot.store.cases import Case
from bot.store.check_ins import AGREED, ASKED, ENDED
from bot.store.messages import Message
from bot.store.unit_of_work import UnitOfWork
from bot.threads import BANDS, Thread

log = structlog.get_logger()

SAFE_TO_TEXT = ("yes", "no", "unsure")
WANTS = ("person", "line", "bot", "stop")
PASSED_ON = ("sent", "own", "nothing")
LONGEST_SUMMARY = 600
LISTEN = "listen"
"""Any words are the answer to what was just asked: they are nobody else's. Kept with what can be chosen (``offered_by``)."""
ANSWERED = "answered"
"""Says which answer was given, for `handrail ask`; nothing is to be done about it."""
JUST_BEFORE = 20
"""Messages before the one that chose the word, among which the same text may stand: the engine was away then."""
BY_ASKING = Reason("asked", "")


def lasts(effects: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any of these must outlive a power cut by itself.

    Which answer it was, and the lesson they are in, come again with the answer itself (ADR 14).
    """
    return any(effect.get("effect") != ANSWERED and set(effect) != {"effect", "lesson"} for effect in effects)


class Effects:
    """Applies effects to a thread."""

    def __init__(self, *, directory: Directory, languages: tuple[str, ...], redaction: Redaction) -> None:
        self._redaction = redaction
        self._regions = {region for region, _ in directory.regions()}
        self._languages = languages

    def apply(self, work: UnitOfWork, thread: Thread, effect: Mapping[str, Any], message: Message | None = None) -> None:
        """Do what an effect of this message says; one that is not in the list, or makes no sense, is logged by kind and left:
        it must not cost anybody the answer it came with."""
        try:
            self._apply(work, thread, effect, message)
        except (KeyError, TypeError, ValueError) as error:
            log.error("effect makes no sense", kind=str(effect.get("effect"))[:32], error=type(error).__name__)

    def _apply(self, work: UnitOfWork, thread: Thread, effect: Mapping[str, Any], message: Message | None) -> None:
        kind = effect.get("effect")
        if kind == "set":
            self._set(work, thread, effect)
        elif kind == "case":
            self._case(work, thread, effect)
        elif kind == "forget":
            forget(work, thread.id, wished_at=message.said_at if message else None)
        elif kind == "pass_on":
            self._pass_on(work, thread, effect)
        elif kind == "check_in":
            self._check_in(work, thread, agreed=effect.get("answer") == "yes")
        elif kind == "boosters":
            self._boosters(work, thread, effect)
        elif kind == "private_word" and message is not None:
            self._private_word(work, thread, message)
        elif kind not in (ANSWERED, LISTEN):
            log.error("unknown effect", kind=str(kind)[:32])

    def _set(self, work: UnitOfWork, thread: Thread, effect: Mapping[str, Any]) -> None:
        allowed = {"band": BANDS, "region": self._regions, "lang": self._languages}
        values = {k: effect[k] for k, known in allowed.items() if effect.get(k) in known}
        if "lesson" in effect:
            values["lesson"] = str(effect["lesson"])[:64] if effect["lesson"] else None
        if values:
            work.threads.change(thread.id, **values)

    def _case(self, work: UnitOfWork, thread: Thread, effect: Mapping[str, Any]) -> None:
        """Move the case as the young person wished; somebody who asks for a person gets a case."""
        event = Event(effect["event"])
        case = work.cases.open_for(thread.id)
        asked = _asked(effect)
        if case is None and (event is Event.CONSENT or (event is Event.OFFER and asked.level >= Level.HIGH)):
            case = work.cases.open(thread.id, asked)
        if case is None or case.state in HELD:
            return
        said = {k: effect[k] for k, ok in (("safe_to_text", SAFE_TO_TEXT), ("wants", WANTS)) if effect.get(k) in ok}
        if said:
            case = work.cases.remember(case, **said)
        self._move(work, case, event)

    def _move(self, work: UnitOfWork, case: Case, event: Event) -> None:
        if event is Event.DECLINE and case.level is Level.IMMINENT:
            return  # danger now stays with people; the young person is told so
        if event is Event.CONSENT and case.state is State.QUEUED:
            work.audit.add(actor="young person", what="asked again", case_id=case.id)
        if can(case.state, event):
            case = work.cases.move(case, event)
        if event is Event.CONSENT and can(case.state, Event.QUEUE):
            work.cases.move(case, Event.QUEUE)

    def _pass_on(self, work: UnitOfWork, thread: Thread, effect: Mapping[str, Any]) -> None:
        """Keep what they let us pass on; danger now is seen by people whatever they chose, and they were told so.

        Their own words are kept without what says who they are: whoever reads the summary does not need it.
        """
        case = work.cases.open_for(thread.id)
        what = effect.get("what")
        if case and what in PASSED_ON:
            words = self._redaction.redact(str(effect.get("summary") or ""))[:LONGEST_SUMMARY] or None
            work.cases.pass_on(case, str(what), words, said_until=work.messages.last_seq(thread.id))

    def _check_in(self, work: UnitOfWork, thread: Thread, *, agreed: bool) -> None:
        asked = work.check_ins.of_thread(thread.id, ASKED)
        if asked:
            work.check_ins.settle(asked.id, AGREED if agreed else ENDED)
            work.audit.add(actor="young person", what="check-in", case_id=asked.case_id, detail="yes" if agreed else "no")

    def _private_word(self, work: UnitOfWork, thread: Thread, message: Message) -> None:
        """This text is their word from now on, and read nowhere; nor is the same text just before it."""
        work.threads.keep_word(thread.id, message.text)
        work.messages.hide_word(message)
        for said in work.messages.transcript(thread.id, after=message.seq - JUST_BEFORE):
            if said.who == "you" and said.verdict.level < Level.HIGH and work.threads.is_word(thread.id, said.text):
                work.messages.hide_word(said)

    def _boosters(self, work: UnitOfWork, thread: Thread, effect: Mapping[str, Any]) -> None:
        """Three texts to come, or no more of them. A page cannot be written to, so only a phone gets them."""
        if effect.get("answer") == "yes" and thread.channel == "sms":
            work.boosters.plan(thread.id, str(effect.get("module") or "")[:64])
        else:
            work.boosters.end(thread.id)


def offered_by(effects: Iterable[Mapping[str, Any]]) -> tuple[Choice, ...]:
    """What can be chosen after an answer that offers nothing: nothing, or words of their own."""
    return (OWN_WORDS,) if any(effect.get("effect") == LISTEN for effect in effects) else ()


def _asked(effect: Mapping[str, Any]) -> Verdict:
    level = effect.get("level")
    known = level in ("elevated", "high")
    return Verdict(
        Level.of(str(level)) if known else Level.ELEVATED,
        str(effect.get("category") or "distress_general"),
        "self",
        (BY_ASKING,),
    )
