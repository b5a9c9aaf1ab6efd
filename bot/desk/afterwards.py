"""What follows for the young person when the desk closes a case."""

from __future__ import annotations

from bot import deliveries
from bot.choices import payload
from bot.forgetting import is_wished
from bot.safety.verdict import Verdict
from bot.store.cases import Case
from bot.store.unit_of_work import UnitOfWork
from bot.voice import Voice


def after_closing(work: UnitOfWork, voice: Voice, case: Case, *, was_held: bool, then: str | None) -> None:
    """Erase it where they asked for that; forget a number that is nobody's; otherwise the bot comes back, and says so.

    ``then`` is what the bot brings after a person held the case.
    """
    thread = work.threads.get(case.thread_id)
    if thread is None:
        return
    nobodys = deliveries.is_nobodys(work, thread.id)
    kept_as = deliveries.number_gone(work, thread.id) if nobodys else thread.id
    if is_wished(work, case):
        work.threads.forget(kept_as)
        if not thread.opted_out and not nobodys:
            voice.say(work, thread, "forgotten")
    elif was_held and not nobodys:
        left = payload("person_left", then=then) if then else payload("person_left")
        work.messages.keep_inbound(thread.id, provider_id=None, text=left, verdict=Verdict(), state="kept", who="event")
