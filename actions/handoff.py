"""Care after danger, and the way to a person: the handoff form and the requests that lead to it.

At most two questions follow a disclosure (safe to text? what would help?); nothing asks for the story;
the truth about whether somebody is here comes first; a refusal is kept, and the door stays open.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction

from actions import care
from actions.parts import answers
from actions.situation import Speaker, entity
from bot.choices import Choice, payload
from bot.safety.verdict import Level
from bot.text import asks

Events = list[dict[str, Any]]

FORM = "handoff_form"
SUMMARY_FORM = "summary_form"
WORD_FORM = "word_form"
FORMS = (FORM, SUMMARY_FORM, WORD_FORM)
OWN_SLOTS = ("safe_to_text", "handoff_wants", "handoff_asked", "own_words", "requested_slot")
NOTHING_LEFT = tuple(SlotSet(slot, None) for slot in OWN_SLOTS)


def leave_form(tracker: Tracker, speaker: Speaker | None = None) -> Events:
    """End the form when they turned to something else; nothing is asked again, and a speaker says the door is open."""
    if tracker.active_loop.get("name") not in FORMS:
        return []
    if speaker is not None and tracker.active_loop.get("name") == FORM:
        speaker.say("offer_stays")
    return [ActiveLoop(None), *NOTHING_LEFT]


NO_INFORMATION = frozenset({"suicide", "self_harm", "medical_emergency", "violence_threat", "eating_distress"})
"""What somebody says of these is never met with information, whatever they asked beside it."""

CARE_ALONE = frozenset({"suicide", "medical_emergency"})
"""Beside these nothing is even offered to choose from: the one question that is asked must be heard."""


class ActionCare(Action):
    """Says care by level and category, and starts the form from high on."""

    def name(self) -> str:
        return "action_care"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        situation = speaker.situation
        given = care.Given.read(tracker.get_slot("care_given"), case_state=situation.case_state)
        in_form = tracker.active_loop.get("name") == FORM
        asked = tracker.get_slot("requested_slot") if in_form else None
        beside = asked_too(speaker, tracker, given)
        start = care.give(speaker, given=given, asked=asked, beside=beside)
        again = None if situation.with_people else "person"  # what was offered with the shorter words
        question = care.question_after(situation) if situation.level > given.level else again
        events = [SlotSet("care_given", given.and_now(situation.level).to_json()), SlotSet("question", question)]
        return [*events, FollowupAction(FORM)] if start and not in_form else events


def asked_too(speaker: Speaker, tracker: Tracker, given: care.Given) -> care.Beside:
    """What goes with care: the answer to a question that also discloses, or the two nearest to choose from.

    Mild danger that is told and not asked about brings the choice as well, for the screening takes some plain questions for a
    disclosure, and nobody has to choose. Nothing where only care will do, or was given before.
    """
    situation, known = speaker.situation, answers(speaker.situation.lang)
    found, other = known.get(entity(tracker, "answer")), known.get(entity(tracker, "answer_2"))
    if found is None or situation.level <= given.level or situation.level is Level.IMMINENT or situation.category in CARE_ALONE:
        return care.ALONE
    sure, plainly_asked = entity(tracker, "sure"), asks(str(tracker.latest_message.get("text") or ""))
    if plainly_asked and sure != "unsure" and situation.category not in NO_INFORMATION:
        speaker.effect("answered", answer=found.id, topic=found.topic, sure=sure)
        return care.Beside(answer=found.words(band=situation.band, region=situation.region))
    if situation.level > Level.ELEVATED:
        return care.ALONE
    offered = [a for a in (found, other) if a is not None]
    speaker.effect("answered", topic=found.topic, or_topic=other.topic if other else None, sure="unsure")
    return care.Beside(choices=tuple(Choice(a.label, payload("ask", answer=a.id)) for a in offered))


class ValidateHandoffForm(FormValidationAction):
    """What the form still needs: one question is enough for danger now, or for somebody who cannot text."""

    def name(self) -> str:
        return f"validate_{FORM}"

    def domain_slots(self, _: dict[str, Any]) -> list[str]:
        return ["safe_to_text", "handoff_wants"]

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]
    ) -> list[str]:
        situation = Speaker(dispatcher, tracker).situation
        if tracker.get_slot("handoff_wants"):
            return ["handoff_wants"]
        if tracker.get_slot("safe_to_text") == "no" or care.is_imminent(situation):
            return ["safe_to_text"]
        return domain_slots

    def validate_safe_to_text(self, value: Any, *_: Any) -> dict[str, Any]:
        return {"safe_to_text": value if value in ("yes", "no", "unsure") else "unsure"}

    def validate_handoff_wants(self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, *_: Any) -> dict[str, Any]:
        speaker = Speaker(dispatcher, tracker)
        if value == "nobody" and care.is_imminent(speaker.situation):
            speaker.say("care_imminent_again")
            return {"handoff_wants": None}
        # Whoever is in danger is not left for a guess, nor taken out of the queue by one.
        if (value == "stop" and not care.plainly_ends(tracker)) or (value == "nobody" and speaker.situation.with_people):
            care.hear(speaker, tracker)
            return {"handoff_wants": None}
        return {"handoff_wants": value if value in ("person", "line", "bot", "stop") else "bot"}


class AskSafeToText(Action):
    """The first question."""

    def name(self) -> str:
        return f"action_ask_{FORM}_safe_to_text"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        again = tracker.get_slot("handoff_asked") == "safe_to_text"
        speaker.say("ask_safe_again" if again else "ask_safe", care.safe_choices(speaker))
        return [SlotSet("handoff_asked", "safe_to_text")]


class AskHandoffWants(Action):
    """The second and last question."""

    def name(self) -> str:
        return f"action_ask_{FORM}_handoff_wants"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        again = tracker.get_slot("handoff_asked") == "handoff_wants"
        speaker.say("ask_wants_again" if again else "ask_wants", care.wants_choices(speaker))
        return [SlotSet("handoff_asked", "handoff_wants")]


class ActionHandoffDone(Action):
    """Says what happens now, and tells the gateway what they chose."""

    def name(self) -> str:
        return "action_handoff_done"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        safe, wants = tracker.get_slot("safe_to_text"), tracker.get_slot("handoff_wants")
        speaker = Speaker(dispatcher, tracker)
        asked = care.conclude(speaker, safe=safe, wants=wants, in_lesson=bool(tracker.get_slot("lesson_place")))
        return [*NOTHING_LEFT, SlotSet("question", asked)]


class ActionWantPerson(Action):
    """They asked for a person, in whatever situation."""

    def name(self) -> str:
        return "action_want_person"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.effect("answered", topic="getting_help")
        asked = care.ask_for_person(speaker, safe=None)
        return [*leave_form(tracker), SlotSet("question", asked)]


class ActionHappeningToMe(Action):
    """The way out of any lesson step: a person is offered, and the story is not asked for."""

    def name(self) -> str:
        return "action_happening_to_me"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.say("happening_to_me")
        if not speaker.situation.with_people:
            speaker.effect("case", event="offer", level=Level.HIGH.word, category="grooming_online")
        given = care.Given.read(tracker.get_slot("care_given"), case_state=speaker.situation.case_state).and_now(Level.HIGH)
        return [SlotSet("care_given", given.to_json()), SlotSet("question", None), FollowupAction(FORM)]


class ActionWorriedAboutFriend(Action):
    """Ideas for what to say to a friend, and a person."""

    def name(self) -> str:
        return "action_worried_about_friend"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.say("worried_about_friend", care.friend_choices(speaker))
        speaker.effect("answered", topic="helping_a_friend")
        return [*leave_form(tracker), SlotSet("question", None)]
