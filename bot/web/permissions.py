"""What each role may do at the desk. Deny by default: what is not written here is refused.

This is about the person's role. Whether the state of a case allows something is the desk's own rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from bot.desk.views import Role, StaffMember


class Doing(str, Enum):
    """Something a member of staff may want to do, in words that end "Your role may not ..."."""

    SEE_DESK = "open the desk"
    SEE_CASE = "read a conversation"
    ACCEPT = "take a case"
    SAY = "write to a young person"
    RAISE = "raise the level"
    NOTE = "write a note"
    CLOSE = "close a case"
    HAND_BACK = "hand a case back"
    REVEAL = "see a number"
    SEE_BOARD = "see the board and the rota"
    RUN_SHIFT = "change the rota, limits or switches"
    EXPORT = "export counts"
    OPEN_ANYWAY = "open what was not passed on"
    READ_LESSONS = "read the lessons"
    RUN_GROUPS = "run a group"
    PRINT = "make posters and cards"


_RUNNING = frozenset({Doing.SEE_BOARD, Doing.RUN_SHIFT, Doing.EXPORT, Doing.PRINT})
_DESK_WORK = frozenset(Doing) - _RUNNING - {Doing.RUN_GROUPS}

MAY: Mapping[Role, frozenset[Doing]] = {
    "worker": _DESK_WORK,
    "supervisor": _DESK_WORK | _RUNNING | {Doing.RUN_GROUPS},
    # A facilitator must never meet a private disclosure, and an administrator has no need to read one.
    "facilitator": frozenset({Doing.READ_LESSONS, Doing.RUN_GROUPS}),
    "administrator": _RUNNING | {Doing.READ_LESSONS},
}


_FIRST_PAGES = {Doing.SEE_DESK: "/", Doing.SEE_BOARD: "/board", Doing.RUN_GROUPS: "/groups", Doing.READ_LESSONS: "/lessons"}


class NotAllowed(Exception):
    """The role does not allow this; ``sentence`` says so and whom to ask."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def may(staff: StaffMember, doing: Doing) -> bool:
    """Whether this person's role allows it; an unknown role allows nothing."""
    return doing in MAY.get(staff.role, frozenset())


def first_page(staff: StaffMember) -> str:
    """Where this person's work begins; the desk's own address for a role that may nothing (it says so)."""
    return next((page for doing, page in _FIRST_PAGES.items() if may(staff, doing)), "/")


def check_may(staff: StaffMember, doing: Doing) -> None:
    """Raise NotAllowed unless the role allows it."""
    if not may(staff, doing):
        raise NotAllowed(f"Your role ({staff.role}) may not {doing.value}. An administrator can change it.")
