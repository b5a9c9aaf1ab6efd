"""The states of a group and what moves it from one to the next: one table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class GroupState(str, Enum):
    """Where a group is. In ``calm`` everybody sees the calm screen: the distress pause."""

    GATHERING = "gathering"
    RUNNING = "running"
    PAUSED = "paused"
    CALM = "calm"
    ENDED = "ended"


class GroupEvent(str, Enum):
    """What a facilitator does to a group as a whole."""

    START = "start"
    PAUSE = "pause"
    CALM = "calm"
    GO_ON = "go on"
    END = "end"


_S, _E = GroupState, GroupEvent

TABLE: Mapping[tuple[GroupState, GroupEvent], GroupState] = {
    (_S.GATHERING, _E.START): _S.RUNNING,
    (_S.GATHERING, _E.CALM): _S.CALM,
    (_S.GATHERING, _E.END): _S.ENDED,
    (_S.RUNNING, _E.PAUSE): _S.PAUSED,
    (_S.RUNNING, _E.CALM): _S.CALM,
    (_S.RUNNING, _E.END): _S.ENDED,
    (_S.PAUSED, _E.GO_ON): _S.RUNNING,
    (_S.PAUSED, _E.CALM): _S.CALM,
    (_S.PAUSED, _E.END): _S.ENDED,
    (_S.CALM, _E.GO_ON): _S.RUNNING,
    (_S.CALM, _E.PAUSE): _S.PAUSED,
    (_S.CALM, _E.END): _S.ENDED,
}


class NotNow(Exception):
    """The group is not where this can be done; the sentence tells the facilitator so."""

    def __init__(self, state: GroupState, event: GroupEvent) -> None:
        super().__init__(f"This group is {state.value}, so it cannot {event.value} now. Look at the page again.")


def moved(state: GroupState, event: GroupEvent) -> GroupState:
    """The state after an event; raises NotNow."""
    if (state, event) not in TABLE:
        raise NotNow(state, event)
    return TABLE[state, event]


def can(state: GroupState, event: GroupEvent) -> bool:
    """Whether an event is open to a group in this state."""
    return (state, event) in TABLE
