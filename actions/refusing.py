"""A wish refused ("no lesson pls", "dont get me a counsellor"): nothing is done, and no question is taken to be answered.

It is no answer to what was asked last: "no menu" says nothing about being safe to text, or about dying.
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
from actions.situation import Speaker

Events = list[dict[str, Any]]


class ActionRefuse(Action):
    """No lesson, number, exercise, menu, break or anything else that is no person."""

    def name(self) -> str:
        return "action_refuse"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        if _danger_is_open(speaker, tracker) or _asked_again(speaker, tracker):
            return []
        said = practised(speaker, tracker)
        return _ok(speaker, tracker) if said is None else said


class ActionNoPerson(Action):
    """No person: kept where one was offered, and asked about where one was asked for before."""

    def name(self) -> str:
        return "action_no_person"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        if _danger_is_open(speaker, tracker):
            return []
        if speaker.situation.with_people:  # a guess takes nobody out of the queue
            speaker.say("person_not_wanted", care.cancel_choices(speaker))
            return [SlotSet("question", "cancel")]
        if tracker.get_slot("question") == "person":
            care.decline(speaker, in_lesson=bool(tracker.get_slot("lesson_place")))
            return [SlotSet("question", None)]
        return [] if _asked_again(speaker, tracker) else _ok(speaker, tracker)


def _danger_is_open(speaker: Speaker, tracker: Tracker) -> bool:
    """Whether the form asks, or danger is now: then they are heard at most, and the form's question follows by itself."""
    return heard(speaker, tracker) or tracker.active_loop.get("name") == FORM


def _asked_again(speaker: Speaker, tracker: Tracker) -> bool:
    """Say a question again that needs an answer of its own, with its choices; False when none is open."""
    asked = tracker.get_slot("question")
    if asked == "suicide":
        speaker.say("care_elevated_suicide", care.suicide_choices(speaker))
    elif asked == "summary":
        care.ask_summary(speaker)
    return asked in ("suicide", "summary")


def _ok(speaker: Speaker, tracker: Tracker) -> Events:
    """It is all right; the offer of a person is not said again for it."""
    speaker.say("ok_no", [care.resume_choice(speaker)] if tracker.get_slot("lesson_place") else [])
    return [SlotSet("question", None)]
