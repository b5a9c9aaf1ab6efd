"""What the desk shows and what it may be refused: shared by the desk's work and its pages. Pure.

Promises: no name, number, address or birthday of a young person is ever in here, only what they wrote
and what they chose to say. Refuses to know: the database, HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Role = Literal["worker", "supervisor", "facilitator", "administrator"]
LevelWord = Literal["none", "elevated", "high", "imminent"]
SafeToText = Literal["yes", "no", "unsure"]
Who = Literal["young person", "bot", "helper", "note"]
Delivery = Literal["queued", "sent", "delivered", "failed", "opted out"]


class DeskRefused(Exception):
    """The state of a case does not allow this; ``sentence`` tells staff why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Conflict(DeskRefused):
    """Another member of staff was first."""


class NotYours(DeskRefused):
    """Somebody else holds this case, or the role does not open it."""


class NoSuchCase(DeskRefused):
    """There is no case with this number, or its words are already deleted."""


class SignInRefused(DeskRefused):
    """The username, password or code was wrong, or the account is locked for a while."""


@dataclass(frozen=True)
class StaffMember:
    """Somebody signed in."""

    id: int
    username: str
    first_name: str
    role: Role


@dataclass(frozen=True)
class Colleague:
    """Somebody else who is at the desk now."""

    id: int
    first_name: str
    role: str
    holds: int
    capacity: int


@dataclass(frozen=True)
class CaseCard:
    """A case as one entry of a list.

    ``designation`` is an invented name. ``state`` is a word of the handoff's table. All times are aware
    UTC; ``deadline_at`` is when somebody else is told, and None when no clock runs. ``unread`` counts the
    young person's messages that nobody at the desk has seen. ``worker`` is the first name of who holds it,
    ``offered_to`` that of a colleague who was asked to take it over.
    """

    id: int
    designation: str
    level: LevelWord
    category: str
    subject: str
    state: str
    channel: str
    opened_at: datetime
    waiting_since: datetime
    deadline_at: datetime | None
    worker: str | None
    band: str | None
    region: str | None
    unread: int
    not_delivered: bool
    typing: bool = False
    offered_to: str | None = None
    opted_out: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the transcript; ``delivery`` is None for what the young person wrote and for notes.

    ``name`` is the first name of a helper or of a note's author; ``delivery_note`` says why it failed.
    """

    seq: int
    who: Who
    name: str | None
    text: str
    at: datetime
    delivery: Delivery | None
    delivery_note: str | None


@dataclass(frozen=True)
class CaseView:
    """Everything a worker needs on one screen.

    ``why`` pairs a source (``pattern:<id>`` or ``classifier``) with the young person's own words.
    ``passed_on`` is ``sent``, ``own`` or ``nothing``, as they chose, or ``opened`` after staff had to look anyway; with
    ``nothing``, ``why`` and what they wrote before are not in here. ``waits`` says that they must write first.
    ``wants`` is ``person``, ``line``, ``bot`` or ``stop``. ``lines`` are ready sentences of the
    directory, best first. ``log`` is (when, who, what), oldest first.
    """

    card: CaseCard
    why: tuple[tuple[str, str], ...]
    safe_to_text: SafeToText | None
    wants: str | None
    consent: str
    summary: str | None
    asked_already: tuple[str, ...]
    lesson: str | None
    lines: tuple[str, ...]
    emergency: str | None
    reporting: str | None
    transcript: tuple[Line, ...]
    log: tuple[tuple[datetime, str, str], ...]
    passed_on: str | None = None
    waits: bool = False
    check_in: str | None = None
    in_group: str | None = None
    """They sit in a group now, among others: its lesson, and since when it goes on."""
