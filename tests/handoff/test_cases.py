"""The transition table: every edge, no dead end, and a picture that cannot lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.handoff.cases import ENDED, TRANSITIONS, CannotHappen, Event, State, after, can, diagram

DOC = Path(__file__).resolve().parents[2] / "docs" / "handoff-states.md"


@pytest.mark.parametrize(("state", "event"), list(TRANSITIONS))
def test_every_edge_of_the_table_leads_where_it_says(state: State, event: Event) -> None:
    assert after(state, event) is TRANSITIONS[state, event]


@pytest.mark.parametrize("state", list(State))
def test_what_is_not_in_the_table_cannot_happen_and_says_so(state: State) -> None:
    for event in Event:
        if not can(state, event):
            with pytest.raises(CannotHappen, match=r"This case is .* so it cannot .* now\."):
                after(state, event)


@pytest.mark.parametrize("state", [s for s in State if s not in ENDED])
def test_every_state_can_still_reach_a_person_and_an_end(state: State) -> None:
    reached, border = {state}, [state]
    while border:
        here = border.pop()
        for (a, _), b in TRANSITIONS.items():
            if a is here and b not in reached:
                reached.add(b)
                border.append(b)
    assert {State.ACCEPTED, State.CLOSED} <= reached


def test_no_clock_closes_a_case() -> None:
    for (state, event), to in TRANSITIONS.items():
        if to is State.CLOSED:
            assert event is Event.CLOSE, f"{state} closes by {event}"


def test_the_picture_in_the_docs_is_the_table() -> None:
    assert diagram() in DOC.read_text(encoding="utf-8")
