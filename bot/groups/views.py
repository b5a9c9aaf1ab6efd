"""What facilitators and projectors are shown. Pure: no thread, no pseudonym, no nickname is ever in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.groups.effect import Effect
from bot.groups.steps import GONE, Subject
from bot.groups.suppression import Published


class GroupRefused(Exception):
    """This cannot be done to this group; the sentence tells the facilitator why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Bar:
    """One option of a poll as it may be shown: ``least`` is a lower bound in fives, 0 for "fewer than 5".

    ``told`` False: nothing may be said of this option.
    """

    key: str
    label: str
    least: int
    percent: int
    told: bool


@dataclass(frozen=True)
class StepView:
    """One step on the screen. ``answered`` is a lower bound in fives; ``bars`` is empty while nothing may be shown."""

    id: str
    kind: str
    number: int
    of: int
    say: str
    labels: Mapping[str, str]
    answered: int
    shown: bool
    bars: Sequence[Bar]
    closed: bool
    reopens: bool
    """Whether it is closed, and can be opened again."""
    words: Sequence[tuple[str, int]]
    """For a cloud: each word with its size (see ``clouds``)."""
    lang: str
    """The language its words are in."""


@dataclass(frozen=True)
class GroupView:
    """A group for its presenter view: nothing in here is about a person."""

    id: int
    code: str
    spoken: str
    state: str
    subject: Subject
    title: str
    region: str | None
    free: bool
    door_open: bool
    opened_at: datetime
    ended_at: datetime | None
    step: StepView
    questions: Sequence[str]
    lesson_lang: str
    """The language the lesson is in, which may be another than the group's."""

    @property
    def gone(self) -> bool:
        """Whether its lesson was renamed or taken away."""
        return self.step.id == GONE.id


@dataclass(frozen=True)
class Waiting:
    """A text that waits for the facilitator, or was released."""

    id: int
    kind: str
    text: str


@dataclass(frozen=True)
class RoomView:
    """The facilitator's own view: the presenter's, and what only they need."""

    group: GroupView
    name: str
    """What those who lead it call it; it is in no view that the room sees."""
    here: int
    to_answer: int
    stuck: int
    """At their own pace: how many, in fives, have answered nothing for longer than the minutes of a step that asks."""
    late: bool
    """Whether the step has taken longer than its guide's minutes, so that who has not answered may be stuck."""
    minutes: int
    guide: str
    coming: str
    steps: Sequence[tuple[int, str, bool]]
    at: Mapping[int, int]
    """At their own pace: how many, in fives, are at each step; 0 for fewer than five."""
    waiting: Sequence[Waiting]
    released: Sequence[Waiting]
    worry: Sequence[tuple[str, str]]
    may: frozenset[str]


@dataclass(frozen=True)
class Summary:
    """What is left of a group: aggregates only."""

    group: GroupView
    name: str
    polls: Sequence[tuple[StepView, Published]]
    effects: Sequence[tuple[str, Effect]]
    takers: int


@dataclass(frozen=True)
class Together:
    """How a group is led together. ``token`` is what the colleagues' link carries, None where it was ended."""

    token: str | None
    others: Sequence[str]
    """The first names of who else leads it."""
    mine: bool
    """Whether whoever looks opened it, and may end the link."""
