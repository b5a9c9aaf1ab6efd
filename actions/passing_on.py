"""What is passed on to the person who joins: shown first, and theirs to change or drop."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction

from actions import care
from actions.handoff import NOTHING_LEFT, SUMMARY_FORM, leave_form
from actions.situation import Speaker, chosen, entity

LONGEST = 600
"""Characters of a summary that are kept: two screens of a phone."""

Events = list[dict[str, Any]]


class ActionPassOn(Action):
    """Yes as shown, in their own words, or nothing."""

    def name(self) -> str:
        return "action_pass_on"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        what = entity(tracker, "what")
        if what == "own":
            return [SlotSet("own_words", None), SlotSet("question", None), FollowupAction(SUMMARY_FORM)]
        care.pass_on(speaker, "sent" if what == "sent" else "nothing")
        return [*leave_form(tracker), SlotSet("question", None)]


def asks_for_words(speaker: Speaker, message_id: str) -> None:
    """Ask what any words answer; the gateway is told, so that it takes them for nothing else (a word for a group's cloud)."""
    speaker.effect("listen")
    speaker.say(message_id)


class OwnWords:
    """For a form with one slot that takes the next text as it stands; a choice is not a text of their own."""

    form: str

    def name(self) -> str:
        return f"validate_{self.form}"

    async def required_slots(
        self, _slots: list[str], _dispatcher: CollectingDispatcher, _tracker: Tracker, _domain: dict[str, Any]
    ) -> list[str]:
        return ["own_words"]

    async def extract_own_words(
        self, _dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> dict[str, Any]:
        said = str(tracker.latest_message.get("text") or "").strip()
        asked = tracker.get_slot("requested_slot") == "own_words"
        return {"own_words": said} if asked and said and not chosen(tracker) else {}

    def validate_own_words(self, value: Any, *_: Any) -> dict[str, Any]:
        """Any words are right; none are still to come."""
        return {"own_words": str(value)[:LONGEST] if value else None}


class ValidateSummaryForm(OwnWords, FormValidationAction):
    """Their own summary."""

    form = SUMMARY_FORM


class AskOwnSummary(Action):
    """Asks for their own words."""

    def name(self) -> str:
        return f"action_ask_{SUMMARY_FORM}_own_words"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        asks_for_words(Speaker(dispatcher, tracker), "summary_ask_own")
        return []


class ActionSummaryDone(Action):
    """Keeps their own words for the person who joins."""

    def name(self) -> str:
        return "action_summary_done"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.effect("pass_on", what="own", summary=tracker.get_slot("own_words"))
        speaker.say("summary_own_kept", [care.grounding_choice(speaker)])
        return [*NOTHING_LEFT, SlotSet("question", None)]


class ActionGrounding(Action):
    """One small thing to do while waiting; another one each time."""

    def name(self) -> str:
        return "action_grounding"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        step = int(tracker.get_slot("grounding_step") or 0)
        speaker.effect("answered", topic="feelings_coping")
        speaker.say(care.GROUNDING[step % len(care.GROUNDING)], [care.grounding_choice(speaker, again=True)])
        return [*leave_form(tracker), SlotSet("grounding_step", step + 1)]
