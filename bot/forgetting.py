"""FORGET ME, by whichever way it came: typed, tapped, or the page was left.

It promises: what nobody needs any more goes at once; a wish that a case stands in the way of is kept in the log, and
comes true when the desk closes the case.
"""

from __future__ import annotations

from datetime import datetime

from bot.handoff.cases import Event, State, can
from bot.store.cases import Case
from bot.store.unit_of_work import UnitOfWork
from bot.threads import Thread
from bot.voice import Voice

WISH = "asked to be forgotten"
"""How the log names it; ``is_wished`` reads it there."""

FORGOTTEN = "forgotten"
"""The outcome of a case that was closed because they had said no to a person, and asked to be forgotten."""


TO_BE_FORGOTTEN = "forgotten"
"""How the wish is remembered, for what was said before it and comes to us later."""


def forget(work: UnitOfWork, thread_id: str, *, keeps_counted: bool = False, wished_at: datetime | None = None) -> bool:
    """Erase a thread at once; False when people have a case of it, for whom the wish is noted.

    ``keeps_counted`` leaves what a group counted and read of it, so that nobody there sees that somebody went.
    ``wished_at`` is when they said so, where that came to us late. A case of somebody who said no to a person waits for
    nobody: it is closed and erased with the rest.
    """
    case = work.cases.open_for(thread_id)
    if case is not None:
        work.audit.add(actor="young person", what=WISH, case_id=case.id)
        if case.state is not State.DECLINED:
            return False
        work.cases.move(case, Event.CLOSE, actor="young person", outcome=FORGOTTEN, closed_at=work.now)
    work.sending.wished(TO_BE_FORGOTTEN, thread_id, wished_at or work.now)
    if keeps_counted:
        work.threads.empty(thread_id)
    else:
        work.seats.keep_takers_with(thread_id)
        work.threads.forget(thread_id)
    return True


def page_closed(work: UnitOfWork, thread_id: str, *, keeps_counted: bool = False) -> None:
    """A page that nothing opens any more: its thread is erased, and people who have a case of it see why nobody answers."""
    case = None if forget(work, thread_id, keeps_counted=keeps_counted) else work.cases.open_for(thread_id)
    if case is None:
        return
    if can(case.state, Event.DROP):
        work.cases.move(case, Event.DROP, detail="page closed")
    else:
        work.audit.add(actor="young person", what="page closed", case_id=case.id)


def forgotten_and_told(work: UnitOfWork, voice: Voice, thread: Thread, wished_at: datetime | None) -> None:
    """Erased at once, without the engine: silently for who asked us not to text. A live case is told of honestly."""
    is_gone = forget(work, thread.id, wished_at=wished_at)
    if not thread.opted_out:
        voice.say(work, thread, "forgotten" if is_gone else "forget_case_open")


def is_wished(work: UnitOfWork, case: Case) -> bool:
    """Whether they asked to be forgotten while this case was open."""
    return any(entry.what == WISH for entry in work.audit.of_case(case.id))
