"""After a case was closed: the bot comes back, brings what was agreed on, and asks about a check-in."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction

from actions import care
from actions.handoff import NOTHING_LEFT, WORD_FORM, leave_form
from actions.parts import lessons
from actions.passing_on import OwnWords, asks_for_words
from actions.situation import Speaker, chosen, entity
from bot.choices import Choice, payload
from bot.private_word import fits

Events = list[dict[str, Any]]


class ActionPersonLeft(Action):
    """A worker closed the case: the bot comes back kindly, and care would begin anew."""

    def name(self) -> str:
        return "action_person_left"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.say("bot_back", [care.resume_choice(speaker)] if tracker.get_slot("lesson_place") else [])
        bring(speaker, entity(tracker, "then"))
        if speaker.situation.check_in_days:
            speaker.say("check_in_ask", _check_in_choices(speaker), days=speaker.situation.check_in_days)
        return [*leave_form(tracker), SlotSet("care_given", None), SlotSet("question", None)]


class ActionCheckIn(Action):
    """Whether a text later is all right on this phone; a private word goes first on it."""

    def name(self) -> str:
        return "action_check_in"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        agreed = entity(tracker, "answer") == "yes"
        speaker.effect("check_in", answer="yes" if agreed else "no")
        if agreed:
            return [SlotSet("own_words", None), FollowupAction(WORD_FORM)]
        speaker.say("check_in_no")
        return leave_form(tracker)


class ValidateWordForm(OwnWords, FormValidationAction):
    """Their private word: any that they would not text by chance."""

    form = WORD_FORM

    def validate_own_words(self, value: Any, *_: Any) -> dict[str, Any]:
        """A word that does not fit is none, and the form asks for another."""
        return super().validate_own_words(value if fits(str(value or "")) else None)


class AskPrivateWord(Action):
    """Asks for a private word; for another, where the one they picked is an answer that everybody gives."""

    def name(self) -> str:
        return f"action_ask_{WORD_FORM}_own_words"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        picked = tracker.get_slot("requested_slot") == "own_words" and not chosen(tracker)
        asks_for_words(Speaker(dispatcher, tracker), "check_in_other_word" if picked else "check_in_word")
        return []


class ActionWordDone(Action):
    """Has this text kept as their word. The effect does not name it: it would be stored with the answer."""

    def name(self) -> str:
        return "action_word_done"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.effect("private_word")
        speaker.say("check_in_kept")
        return [*NOTHING_LEFT]


def bring(speaker: Speaker, then: str | None) -> None:
    """A line, or a lesson by the id of its module, that the worker and the young person agreed on."""
    if then == "line" and speaker.situation.lines:
        speaker.say("after_line")
        speaker.tell(speaker.situation.lines[0])
    module = next((m for m in lessons().modules if m.id == then), None)
    if module is not None:
        first = module.lessons[0]
        start = Choice(speaker.words("choice_start_lesson"), payload("start_lesson", module=module.id, lesson=first.id))
        speaker.say("after_lesson", [start], lesson=lessons().title(module.id, first.id, speaker.situation.lang))


def _check_in_choices(speaker: Speaker) -> list[Choice]:
    return [
        speaker.choice("choice_yes_text", payload("check_in", answer="yes")),
        speaker.choice("choice_no_text", payload("check_in", answer="no")),
    ]
