"""Answers to questions, what to say when nothing fits, and the way back to the lesson."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import care
from actions.handoff import FORM
from actions.lessons import practised, say_where
from actions.parts import answers
from actions.situation import Speaker, entity
from bot.answers.catalog import Answer
from bot.choices import Choice, payload
from bot.language import other_script
from bot.safety.verdict import Level
from bot.text import asks

Events = list[dict[str, Any]]

MISSED = ("missed_1", "missed_2", "missed_3")
"""What is said when nothing was understood: another sentence each time, and a person from the second on."""


class ActionAnswer(Action):
    """Says the answer that was found, or offers the two nearest and a person."""

    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        asked_in = entity(tracker, "lang")
        if asked_in and asked_in != speaker.situation.lang:  # too short for its language to be plain by itself
            speaker.effect("set", lang=asked_in)
            speaker.speak(asked_in)
        known = answers(speaker.situation.lang)
        first, second = known.get(entity(tracker, "answer")), known.get(entity(tracker, "answer_2"))
        if first is None:
            return missed(speaker, tracker)
        said = practised(speaker, tracker)
        if said is not None:
            return said
        sure = entity(tracker, "sure") or "sure"
        if sure != "sure" and heard(speaker, tracker):
            return []
        if sure == "unsure" and second is not None:
            offer_two(speaker, first, second)
            return [SlotSet("misses", 0)]
        answer(speaker, first, further=further(speaker, tracker, first, second), sure=sure, second=second)
        say_where(speaker, tracker)
        return [SlotSet("misses", 0), SlotSet("last_answer", first.id)]


class ActionFallback(Action):
    """Nothing fits: never the same "sorry" twice, and soon a person."""

    def name(self) -> str:
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        said = practised(speaker, tracker)
        if said is not None:
            return said
        if unreadable(speaker, tracker) or heard(speaker, tracker):
            return []
        outside = (tracker.latest_message.get("intent") or {}).get("name") == "out_of_scope"
        if outside:
            speaker.effect("answered", topic="out_of_scope")
        if outside and not tracker.get_slot("misses"):
            speaker.say("out_of_scope", [onward(speaker, tracker)])
            return [SlotSet("misses", 1)]
        return missed(speaker, tracker)


def answer(
    speaker: Speaker, found: Answer, *, further: Sequence[Answer], sure: str = "sure", second: Answer | None = None
) -> None:
    """Say an answer in the words for this band, region and channel; one without words in their language is announced."""
    situation = speaker.situation
    if found.lang != situation.lang:
        speaker.say("answer_in_english")
    text = found.words(band=situation.band, region=situation.region, channel=situation.channel)
    choices = [Choice(a.label, payload("ask", answer=a.id)) for a in further]
    speaker.tell(text, [*speaker.fitting(text, choices), *steering(speaker)])
    speaker.effect("answered", answer=found.id, topic=found.topic, sure=sure, or_topic=second.topic if second else None)


def steering(speaker: Speaker) -> list[Choice]:
    """On a screen, where nothing counts characters: the answer in other words, and a person. Both can be typed anywhere."""
    if speaker.situation.channel != "web":
        return []
    other_words = speaker.choice("choice_differently", payload("repeat"), key="REPEAT", aside=True)
    return [other_words, speaker.choice("choice_person", payload("want_person"), key="PERSON", aside=True)]


def offer_two(speaker: Speaker, first: Answer, second: Answer) -> None:
    """Unsure: the two nearest and a person, in one short message."""
    choices = [Choice(a.label, payload("ask", answer=a.id)) for a in (first, second)]
    speaker.say("which_of_two", [*choices, speaker.choice("choice_person", payload("want_person"), key="PERSON")])
    speaker.effect("answered", topic=first.topic, or_topic=second.topic, sure="unsure")


def further(speaker: Speaker, tracker: Tracker, found: Answer, second: Answer | None = None) -> list[Answer]:
    """Up to two answers to go on with: the next nearest, where this one is only likely, and its follow-ups.

    Inside a lesson or the form the thread goes back there instead.
    """
    if tracker.active_loop.get("name") == FORM or tracker.get_slot("lesson_place"):
        return [second] if second else []
    known = answers(speaker.situation.lang)
    follow_ups = [a for a in (known.get(i) for i in found.follow_ups) if a is not None and a != second]
    return [*([second] if second else []), *follow_ups][:2]


def missed(speaker: Speaker, tracker: Tracker) -> Events:
    """Say that it was not understood, differently each time."""
    count = int(tracker.get_slot("misses") or 0)
    choices = [onward(speaker, tracker), *(care.offer_choices(speaker)[:1] if count else ())]
    speaker.say(MISSED[count % len(MISSED)], choices)
    return [SlotSet("misses", count + 1)]


def heard(speaker: Speaker, tracker: Tracker) -> bool:
    """Whether somebody tells us more while danger is open, "ok im in the bathroom"; if so, only that they were heard is said.

    The form's question follows by itself. A guess at an answer would be the coldest thing to get there, and "I don't
    understand" the next.
    """
    situation = speaker.situation
    waits = tracker.active_loop.get("name") == FORM or (situation.with_people and situation.case_level is Level.IMMINENT)
    if not waits or asks(str(tracker.latest_message.get("text") or "")):
        return False
    care.hear(speaker, tracker)
    return True


def unreadable(speaker: Speaker, tracker: Tracker) -> bool:
    """Whether the text is emoji alone or in a script of none of our languages; if so, that is said, and a person offered."""
    text = str(tracker.latest_message.get("text") or "")
    if not text or (any(letter.isalnum() for letter in text) and not other_script(text)):
        return False
    speaker.effect("answered", topic="out_of_scope")
    speaker.say("other_language" if other_script(text) else "only_emoji", care.offer_choices(speaker)[:1])
    return True


def onward(speaker: Speaker, tracker: Tracker) -> Choice:
    """Where to go from here: back to the lesson that is open, or to the list."""
    if tracker.get_slot("lesson_place"):
        return care.resume_choice(speaker)
    return speaker.choice("choice_lessons", payload("menu"))
