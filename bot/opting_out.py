"""What STOP means, by whichever way it came: from their phone, or told by the carrier.

It promises: from here on nothing that is queued or planned reaches them, their seat in a group is free, and the log
says that it happened, without a word or a number. What is still on its way is settled by the outbox.
"""

from __future__ import annotations

from bot.store.unit_of_work import UnitOfWork


def opt_out(work: UnitOfWork, thread_id: str, *, actor: str) -> None:
    """Stop everything to a thread. Twice is the same as once, and keeps the time of the first."""
    work.messages.stop_queued(thread_id)
    leave_group(work, thread_id)
    work.boosters.end(thread_id)
    work.check_ins.end(thread_id)
    thread = work.threads.get(thread_id)
    if thread is None or thread.opted_out:
        return
    work.threads.change(thread_id, opted_out_at=work.now)
    case = work.cases.open_for(thread_id)
    work.audit.add(actor=actor, what="opted out", case_id=case.id if case else None)


def leave_group(work: UnitOfWork, thread_id: str) -> bool:
    """Leave a group without a word; what was asked there and nobody could read yet goes too. False when in none.

    What a facilitator already reads stays: were it gone with one who goes, the room would know who wrote it.
    """
    seated = work.seats.now_of(thread_id)
    if seated is None:
        return False
    work.seats.change(seated[0].id, left_at=work.now)
    work.group_answers.take_back_resting(thread_id)
    return True
