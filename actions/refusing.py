"""A wish refused ("no lesson pls", "dont get me a counsellor"): it is not done, and does not answer what was asked last.

"No menu" says nothing about being safe to text, or about dying.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import care
from actions.answers import heard
from actions.handoff import FORM
from actions.lessons import practised
from actions.situation import Speaker, entity

Events = list[dict[str, Any]]

LATER = frozenset({"timed_out", "fallback_given"})
"""Case states in which nobody came in time and a person may still answer later."""


class ActionRefuse(Action):
    """No lesson, number, exercise, menu, break or anything else that is no person."""

    def name(self) -> str:
        return "action_refuse"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        if heard(speaker, tracker) or in_form(tracker) or asked_again(speaker, tracker):
            return []
        said = practised(speaker, tracker)
        return all_right(speaker, tracker) if said is None else said


class ActionNoPerson(Action):
    """No person: kept where one was offered. Who waits for one leaves the queue by a choice alone, never by a guess."""

    def name(self) -> str:
        return "action_no_person"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        situation = speaker.situation
        if care.is_imminent(situation):
            speaker.say("care_imminent_again")  # people stay with danger now, and the truth of it is said
            return []
        if in_form(tracker):
            return []
        if entity(tracker, "sure"):  # the choice below
            return kept(speaker, tracker)
        waits = situation.with_people or situation.case_state in LATER
        if waits and tracker.get_slot("question") != "suicide":
            speaker.say("person_not_wanted", [care.cancel_choice(speaker)])
            return [SlotSet("question", None)]  # a stray "ok" passes nothing on
        if asked_again(speaker, tracker):
            return []
        said = practised(speaker, tracker)
        return kept(speaker, tracker) if said is None else said


def in_form(tracker: Tracker) -> bool:
    """Whether the form asks about safety or what would help: its question follows by itself."""
    return bool(tracker.active_loop.get("name") == FORM)


def asked_again(speaker: Speaker, tracker: Tracker) -> bool:
    """Ask again what needs an answer of its own, with its choices; False when no such question is open."""
    asked = tracker.get_slot("question")
    if asked == "suicide":
        speaker.say("suicide_asked_again", care.suicide_choices(speaker))
    elif asked == "summary":
        care.ask_summary(speaker)
    return asked in ("suicide", "summary")


def kept(speaker: Speaker, tracker: Tracker) -> Events:
    """A person refused: a case that was opened for it is declined, and the door stays open."""
    if tracker.get_slot("question") != "person" and not speaker.situation.case_state:
        return all_right(speaker, tracker)
    care.decline(speaker, in_lesson=bool(tracker.get_slot("lesson_place")))
    return [SlotSet("question", None)]


def all_right(speaker: Speaker, tracker: Tracker) -> Events:
    """It is all right; an offer of a person is not said again for it."""
    speaker.say("ok_no", [care.resume_choice(speaker)] if tracker.get_slot("lesson_place") else [])
    return [SlotSet("question", None)]
