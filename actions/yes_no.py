"""A plain yes, no or "not sure" outside the form: it answers the question that was asked last, if any."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import care
from actions.answers import missed
from actions.handoff import FORM
from actions.lessons import practised
from actions.situation import Speaker
from bot.safety.verdict import Level

Events = list[dict[str, Any]]


class ActionAffirm(Action):
    """Yes."""

    def name(self) -> str:
        return "action_affirm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        asked = tracker.get_slot("question")
        if asked == "suicide":
            return thinks_of_dying(speaker)
        if asked == "person":
            return [SlotSet("question", care.ask_for_person(speaker, safe=None))]
        if asked == "summary":
            care.pass_on(speaker, "sent")
            return [SlotSet("question", None)]
        said = practised(speaker, tracker)
        if said is not None:
            return said
        speaker.say("ok_what_next", [care.resume_choice(speaker)] if tracker.get_slot("lesson_place") else [])
        return [SlotSet("question", None)]


class ActionUnsure(Action):
    """Not sure: after the direct question it counts as yes."""

    def name(self) -> str:
        return "action_unsure"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        asked = tracker.get_slot("question")
        if asked == "suicide":
            return thinks_of_dying(speaker)
        if asked == "person":
            speaker.say("no_rush")
            return [SlotSet("question", None)]
        said = practised(speaker, tracker)
        return missed(speaker, tracker) if said is None else said


class ActionDeny(Action):
    """No: kept, with the door left open."""

    def name(self) -> str:
        return "action_deny"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        asked = tracker.get_slot("question")
        said = practised(speaker, tracker) if not asked else None
        if said is not None:
            return said
        if asked == "summary":
            care.pass_on(speaker, "nothing")
            return [SlotSet("question", None)]
        in_lesson = bool(tracker.get_slot("lesson_place"))
        if asked == "person":
            care.decline(speaker, in_lesson=in_lesson)
        else:
            speaker.say("declined_warmly" if asked else "ok_no", [care.resume_choice(speaker)] if in_lesson else [])
        return [SlotSet("question", None)]


def thinks_of_dying(speaker: Speaker) -> Events:
    """Yes, or not sure, to the direct question: believed, and brought to people."""
    speaker.effect("case", event="offer", level="high", category="suicide")
    speaker.say("care_high_suicide")
    if not speaker.situation.people_here:
        speaker.say("nobody_here")
    given = care.Given(times=1, level=Level.HIGH)
    return [SlotSet("question", None), SlotSet("care_given", given.to_json()), FollowupAction(FORM)]
