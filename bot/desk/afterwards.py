"""What follows for the young person when the desk closes a case."""

from __future__ import annotations

from bot import deliveries
from bot.choices import payload
from bot.forgetting import TO_BE_FORGOTTEN, is_wished
from bot.safety.verdict import Verdict
from bot.store.cases import Case
from bot.store.unit_of_work import UnitOfWork
from bot.voice import Voice, is_silent


def after_closing(work: UnitOfWork, voice: Voice, case: Case, *, was_held: bool, then: str | None) -> None:
    """Erase it where they asked for that; forget a number that is nobody's; otherwise the bot comes back, and says so.

    ``then`` is what the bot brings after a person held the case. To a phone that was silent for long nothing is said before
    its word: thanks for a talk, or the name of a lesson, would tell whoever holds it now. Who chose no word cannot be told
    from somebody else, and is brought no lesson.
    """
    thread = work.threads.get(case.thread_id)
    if thread is None:
        return
    nobodys = deliveries.is_nobodys(work, thread.id)
    kept_as = deliveries.number_gone(work, thread.id) if nobodys else thread.id
    if is_wished(work, case):
        work.sending.wished(TO_BE_FORGOTTEN, thread.id, work.now)
        work.threads.forget(kept_as)
        if not thread.opted_out and not nobodys:
            voice.say(work, thread, "forgotten")
    elif was_held and not nobodys:
        silent = is_silent(work, thread)
        if silent and not thread.waits:
            work.threads.change(thread.id, waits_since=work.now)
        named = then if thread.has_word or not silent else None
        left = payload("person_left", then=named) if named else payload("person_left")
        state = "waits" if silent else "kept"
        work.messages.keep_inbound(thread.id, provider_id=None, text=left, verdict=Verdict(), state=state, who="event")
