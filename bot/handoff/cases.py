"""The handoff: one transition table, and nothing else knows it. Pure.

docs/handoff-states.md is generated from this table, so the picture cannot lie.
"""

from __future__ import annotations

from enum import Enum


class State(str, Enum):
    """Where a case stands."""

    DETECTED = "detected"
    OFFERED = "offered"
    CONSENTED = "consented"
    QUEUED = "queued"
    ACCEPTED = "accepted"
    LIVE = "live"
    CLOSED = "closed"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    FALLBACK_GIVEN = "fallback_given"
    DROPPED = "dropped"


class Event(str, Enum):
    """What can happen to a case."""

    OFFER = "offer"
    CONSENT = "consent"
    QUEUE = "queue"
    ACCEPT = "accept"
    GREET = "greet"
    CLOSE = "close"
    DECLINE = "decline"
    HAND_BACK = "hand_back"
    TIME_OUT = "time_out"
    FALL_BACK = "fall_back"
    DROP = "drop"
    RETURN = "return"


S, E = State, Event

TRANSITIONS: dict[tuple[State, Event], State] = {
    (S.DETECTED, E.OFFER): S.OFFERED,
    (S.DETECTED, E.CONSENT): S.CONSENTED,
    (S.DETECTED, E.QUEUE): S.QUEUED,
    (S.DETECTED, E.ACCEPT): S.ACCEPTED,
    (S.DETECTED, E.DECLINE): S.DECLINED,
    (S.OFFERED, E.CONSENT): S.CONSENTED,
    (S.OFFERED, E.QUEUE): S.QUEUED,
    (S.OFFERED, E.ACCEPT): S.ACCEPTED,
    (S.OFFERED, E.DECLINE): S.DECLINED,
    (S.OFFERED, E.DROP): S.DROPPED,
    (S.CONSENTED, E.QUEUE): S.QUEUED,
    (S.CONSENTED, E.DECLINE): S.DECLINED,
    (S.QUEUED, E.ACCEPT): S.ACCEPTED,
    (S.QUEUED, E.DECLINE): S.DECLINED,
    (S.QUEUED, E.TIME_OUT): S.TIMED_OUT,
    (S.QUEUED, E.DROP): S.DROPPED,
    (S.TIMED_OUT, E.FALL_BACK): S.FALLBACK_GIVEN,
    (S.TIMED_OUT, E.ACCEPT): S.ACCEPTED,
    (S.FALLBACK_GIVEN, E.ACCEPT): S.ACCEPTED,
    (S.FALLBACK_GIVEN, E.QUEUE): S.QUEUED,
    (S.FALLBACK_GIVEN, E.DECLINE): S.DECLINED,
    (S.FALLBACK_GIVEN, E.CLOSE): S.CLOSED,
    (S.DECLINED, E.CONSENT): S.CONSENTED,
    (S.DECLINED, E.QUEUE): S.QUEUED,
    (S.DECLINED, E.ACCEPT): S.ACCEPTED,
    (S.DECLINED, E.CLOSE): S.CLOSED,
    (S.DROPPED, E.RETURN): S.QUEUED,
    (S.DROPPED, E.ACCEPT): S.ACCEPTED,
    (S.DROPPED, E.CLOSE): S.CLOSED,
    (S.ACCEPTED, E.GREET): S.LIVE,
    (S.ACCEPTED, E.HAND_BACK): S.QUEUED,
    (S.ACCEPTED, E.CLOSE): S.CLOSED,
    (S.LIVE, E.HAND_BACK): S.QUEUED,
    (S.LIVE, E.CLOSE): S.CLOSED,
}

HELD = frozenset({S.ACCEPTED, S.LIVE})
"""States in which a person, not the bot, answers the thread."""

WAITING = frozenset({S.QUEUED, S.TIMED_OUT, S.FALLBACK_GIVEN, S.DROPPED})
"""States in which a young person is waiting for a person."""

ENDED = frozenset({S.CLOSED})
"""States that nothing leaves."""


class CannotHappen(Exception):
    """The case is not in a state where this can happen; the sentence says so to staff."""


def after(state: State, event: Event) -> State:
    """The state after an event; raises CannotHappen when the table has no such step."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise CannotHappen(
            f"This case is {state.value.replace('_', ' ')}, so it cannot {event.value.replace('_', ' ')} now."
        ) from None


def can(state: State, event: Event) -> bool:
    """Whether the table has this step."""
    return (state, event) in TRANSITIONS


def diagram() -> str:
    """The table as a Mermaid state diagram, for docs/handoff-states.md."""
    steps = [f"    {a.value} --> {b.value}: {e.value.replace('_', ' ')}" for (a, e), b in TRANSITIONS.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> detected", *steps, "    closed --> [*]"])
