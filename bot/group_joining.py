"""Whom a join code lets in, and why not, in the transaction of whoever asks; and how often may be guessed."""

from __future__ import annotations

from datetime import timedelta

from bot.groups.state import GroupState
from bot.store.groups import Group
from bot.store.unit_of_work import UnitOfWork

MOST_GUESSES, GUESSED_WITHIN = 5, timedelta(minutes=10)
MOST_GUESSES_OF_CHATS, CHATS_WITHIN = 300, timedelta(minutes=1)
"""Wrong join codes that are taken from one thread; and from all web chats together, because a chat costs nothing to open."""


def refusal(work: UnitOfWork, thread_id: str | None, code: str) -> tuple[str, Group | None]:
    """Why a code does not let somebody in, as the id of a sentence ("" when it does), and its group.

    A wrong code is counted against the thread; the group's page, which has none yet, counts at its own door.
    """
    if thread_id and _guesses_too_much(work, thread_id):
        return "group_too_many_tries", None
    group = work.groups.by_code(code)
    if group is None:
        if thread_id is None:
            return "group_no_such", None
        too_many = _chats_guess_too_much(work, thread_id)
        work.group_answers.guessed(thread_id)
        return "group_too_many_tries" if too_many else "group_no_such", None
    if group.state is GroupState.ENDED:
        return "group_over", group
    seat = work.seats.find(group.id, thread_id) if thread_id else None
    return ("group_door_shut", group) if not group.door_open and seat is None else ("", group)


def _guesses_too_much(work: UnitOfWork, thread_id: str) -> bool:
    return work.group_answers.guesses(thread_id, within=GUESSED_WITHIN) >= MOST_GUESSES


def _chats_guess_too_much(work: UnitOfWork, thread_id: str) -> bool:
    """A wrong code of one more chat; a right one is let through, whatever others typed."""
    thread = work.threads.get(thread_id)
    is_chat = thread is not None and thread.channel == "web"
    return is_chat and work.group_answers.guesses_of_chats(within=CHATS_WITHIN) >= MOST_GUESSES_OF_CHATS
