"""What is refused is not done, and is taken for no answer to what was asked before."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.handoff import ValidateHandoffForm
from actions.refusing import ActionNoPerson, ActionRefuse
from tests.actions.speaking import FACTS, Said, run
from tests.actions.test_lessons import at, steps, where

FORM = "handoff_form"
QUEUED = {"state": "queued", "level": "high"}
BOTH = ((ActionRefuse(), "refuse"), (ActionNoPerson(), "no_person"))


def refused(action: Action, intent: str, text: str = "no thanks", **more: Any) -> Said:
    return run(action, intent=intent, text=text, **more)


@pytest.mark.parametrize(("action", "intent"), BOTH)
def test_nothing_is_done_and_nothing_pushed(action: Action, intent: str) -> None:
    said = refused(action, intent)
    assert said.texts == ["That's OK. I'm here if you want something else."] and not said.choices and not said.effects


@pytest.mark.parametrize("case", [None, QUEUED])
@pytest.mark.parametrize(("action", "intent"), BOTH)
def test_the_question_about_dying_is_asked_again_and_not_taken_as_answered(
    action: Action, intent: str, case: dict[str, str] | None
) -> None:
    said = refused(action, intent, slots={"question": "suicide"}, case=case)
    assert "are you thinking about killing yourself?" in said.text and said.choices == ["Yes", "Not sure", "No"]
    assert "question" not in said.slots and not said.effects


def test_what_would_be_passed_on_is_asked_again() -> None:
    said = refused(ActionRefuse(), "refuse", slots={"question": "summary"})
    assert said.choices == ["Yes, pass it on", "I'll write it myself", "Pass nothing on"] and "question" not in said.slots
    assert not said.effects


def test_another_wish_refused_says_nothing_of_the_person_who_was_offered() -> None:
    said = refused(ActionRefuse(), "refuse", slots={"question": "person"})
    assert not said.effects and not said.choices and said.slots["question"] is None


def test_a_person_refused_where_one_was_offered_is_kept() -> None:
    said = refused(ActionNoPerson(), "no_person", slots={"question": "person"})
    assert said.effects == [{"effect": "case", "event": "decline", "wants": "bot"}] and "offer stays open" in said.text


@pytest.mark.parametrize("state", ["queued", "fallback_given"])
@pytest.mark.parametrize("question", [None, "person", "summary"])
def test_who_waits_for_a_person_leaves_the_queue_by_a_choice_alone(question: str | None, state: str) -> None:
    said = refused(ActionNoPerson(), "no_person", case={**QUEUED, "state": state}, slots={"question": question})
    assert not said.effects and said.choices == ["No person now"] and said.slots["question"] is None
    asked = {"question": question}
    again = refused(ActionNoPerson(), "no_person", case=QUEUED, entities={"sure": "yes"}, slots=asked)
    assert again.effects == [{"effect": "case", "event": "decline", "wants": "bot"}] and "offer stays open" in again.text


def test_in_danger_now_people_stay_and_that_is_said() -> None:
    for text in ("no counselor", "can u not put a person on here"):
        said = refused(ActionNoPerson(), "no_person", text=text, case={"state": "queued", "level": "imminent"})
        assert "A person has been asked to join you" in said.text and not said.choices and not said.effects


def test_a_person_refused_is_kept_in_a_case_that_nobody_waits_in() -> None:
    said = refused(ActionNoPerson(), "no_person", case={"state": "offered", "level": "high"})
    assert said.effects == [{"effect": "case", "event": "decline", "wants": "bot"}]


@pytest.mark.parametrize("question", [None, "person", "suicide"])
def test_in_the_form_they_are_heard_and_only_the_form_asks(question: str | None) -> None:
    said = refused(ActionRefuse(), "refuse", loop=FORM, slots={"question": question})
    assert len(said.texts) == 1 and not said.choices and not said.effects and "something else" not in said.text
    asks = refused(ActionRefuse(), "refuse", text="why do you keep sending numbers", loop=FORM, slots={"question": question})
    assert not asks.texts and not asks.choices


@pytest.mark.parametrize(
    ("level", "state", "kept"), [("high", "offered", "bot"), ("high", "queued", None), ("imminent", "offered", None)]
)
def test_a_person_refused_in_the_form_ends_it_but_not_in_danger_now_or_the_queue(
    level: str, state: str, kept: str | None
) -> None:
    message = {"text": "no counselor", "metadata": {**FACTS, "case": {"state": state, "level": level}}}
    dispatcher, tracker = CollectingDispatcher(), Tracker("t", {}, message, [], False, None, {"name": FORM}, None)
    assert ValidateHandoffForm().validate_handoff_wants("nobody", dispatcher, tracker, {}) == {"handoff_wants": kept}
    assert bool(dispatcher.messages) == (kept is None)  # they are heard, and the form asks again


@pytest.mark.parametrize(("action", "intent"), BOTH)
def test_in_a_lesson_the_way_back_is_shown(action: Action, intent: str) -> None:
    said = refused(action, intent, slots=at(steps("hook")[0]))
    assert said.choices == ["Back to the lesson"]


@pytest.mark.parametrize(("action", "intent"), BOTH)
def test_a_practised_sentence_may_be_a_refusal(action: Action, intent: str) -> None:
    step = steps("practise")[0]
    assert where(refused(action, intent, text="no advice. no police for now", slots=at(step))) != step
