"""What became of a text of ours, or of a page: reports in any order, early, late or twice, and what follows from a failure.

It promises: a text that arrived is never sent again; one that may pass is tried again, and one that did not arrive is
said loudly on the case.
"""

from __future__ import annotations

import random
from datetime import timedelta

import structlog

from bot.channels.base import Delivery
from bot.channels.refusals import Then, meaning
from bot.opting_out import opt_out
from bot.store.rota import Page
from bot.store.sending import REPORTS_BY, Sent
from bot.store.unit_of_work import UnitOfWork

log = structlog.get_logger()

MOST_ATTEMPTS = 12
"""After this many tries, about half an hour by ``pause``, a message is failed, and the case says so."""

HURRIED = 6
"""With fewer tries a text that waits is tried at once when they write: their phone is on, and what they hear next waits behind
it. With more it keeps its pauses, or somebody who writes much while the provider is away would use up all its tries."""

MOST_UNDELIVERED = 3
"""How often a text is sent to a phone that is off: a fourth would come when it no longer fits."""

FITS = timedelta(hours=1)
"""So long after it was written a text still fits. One that waited here for longer, because nothing went out, or that is known
not to have arrived only later, is not sent at some other hour, to a phone that somebody else may hold by then."""

SETTLED = ("delivered", "failed", "opted out")


def pause(attempt: int) -> timedelta:
    """How long to wait after the attempt with this number (1 is the first): doubling, at most ten minutes, with jitter so
    that a crowd that failed together does not come back together."""
    return timedelta(seconds=min(600.0, float(2**attempt)) * random.uniform(0.7, 1.3))


def note(work: UnitOfWork, said: Delivery) -> None:
    """Take in a report. One that comes before the commit which names its message is kept until then."""
    sent = work.sending.sent_as(said.provider_id)
    if sent is None:
        _note_page(work, said)
    elif said.state == "failed":
        work.sending.failed(said.provider_id, said.error_code)
        if sent.newest and sent.state == "sent":  # told twice, or late, while the next try waits or is in doubt: known already
            _did_not_arrive(work, sent, said.error_code)
    elif said.state == "delivered" and sent.state not in SETTLED:  # also of an earlier try: it is there, so no other is sent
        work.messages.settle(sent.message_id, "delivered", error_code=None)


def sent(work: UnitOfWork, message_id: int, provider_id: str) -> None:
    """Keep that the provider took a text, and what it may have said about it already."""
    message = work.messages.get(message_id)
    if message is None:
        return  # they asked to be forgotten while it was on its way
    work.sending.tried(message_id, "sent", provider_id=provider_id)
    if message.state != "delivered":  # an earlier try may have arrived after all, meanwhile
        asked_at = work.now + REPORTS_BY
        work.messages.settle(message_id, "sent", provider_id=provider_id, error_code=None, due_at=asked_at)
    claim(work, provider_id)


def page_sent(work: UnitOfWork, page: Page, provider_id: str | None) -> None:
    """Keep that a page left, and what the provider may have said about it already. None: an e-mail, of which nobody reports."""
    work.pages.sent(page.id, provider_id)
    if provider_id is not None:
        claim(work, provider_id)


def page_failed(work: UnitOfWork, page: Page, code: str | None = None, sentence: str = "") -> None:
    """Loudly: the rota shows it, and the trail of its case says that they were not reached, and why. The clocks go on to
    others."""
    log.warning("page failed", page_id=page.id, way=page.way, code=code)
    work.pages.settle(page.id, "failed")
    if page.case_id:
        why = f": {sentence or meaning(code).sentence} (code {code})" if code else ""
        work.audit.add(actor="bot", what="page failed", case_id=page.case_id, detail=f"{page.place}, {page.way}{why}"[:200])


def claim(work: UnitOfWork, provider_id: str) -> None:
    """Take in a report that came while the commit which names its message was under way: neither saw the other."""
    report = work.sending.take_report(provider_id)
    if report:
        note(work, Delivery(provider_id, *report))


def give_up(work: UnitOfWork, message_id: int, code: str | None, *, actor: str) -> None:
    """Loudly: the message says why, and an open case says "not delivered"."""
    message, then = work.messages.get(message_id), meaning(code).then
    if message is None:
        return
    thread_id = message.thread_id  # as it is now: their number may have become nobody's since
    log.warning("message not delivered", message_id=message_id, code=code)
    work.messages.settle(message_id, "opted out" if then is Then.OPTED_OUT else "failed", error_code=code)
    case = work.cases.open_for(thread_id)
    if case:
        work.audit.add(actor=actor, what="not delivered", case_id=case.id, detail=code or "")
    if then is Then.OPTED_OUT:
        opt_out(work, thread_id, actor=actor)
    if then is Then.NOBODY and case is None:  # with a case it waits until people have closed it
        number_gone(work, thread_id)


def is_nobodys(work: UnitOfWork, thread_id: str) -> bool:
    """Whether the newest text to a thread failed because the number is nobody's, or will be somebody else's."""
    return meaning(work.messages.newest_failure(thread_id)).then is Then.NOBODY


def number_gone(work: UnitOfWork, thread_id: str) -> str:
    """Forget the number, and what was planned for it: whoever gets it next begins as a stranger. Returns the id under which
    the thread is kept from now on."""
    moved = work.threads.number_gone(thread_id)
    work.boosters.end(moved)
    work.check_ins.end(moved)
    return moved


def _note_page(work: UnitOfWork, said: Delivery) -> None:
    """A report about a page to staff, or about a text that no commit has named yet."""
    page = work.pages.sent_as(said.provider_id)
    if page is None:
        work.sending.keep_report(said.provider_id, said.state, said.error_code)
    elif page.state == "sent":  # whoever answered meanwhile, by whichever way, was reached
        if said.state == "failed":
            page_failed(work, page, said.error_code)
        elif said.state == "delivered":
            work.pages.settle(page.id, "delivered")


def _did_not_arrive(work: UnitOfWork, text: Sent, code: str | None) -> None:
    """After one minute and after four more, then no more; never after STOP, and not when it no longer fits."""
    if work.threads.stopped_since(text.thread_id, text.written_at):
        work.messages.settle(text.message_id, "opted out", error_code=code)
    elif meaning(code).then is Then.AGAIN and text.attempts < MOST_UNDELIVERED and work.now < text.written_at + FITS:
        due_at = work.now + timedelta(minutes=4 ** (text.attempts - 1))
        work.messages.settle(text.message_id, "queued", error_code=code, due_at=due_at)
    else:
        give_up(work, text.message_id, code, actor="provider")
