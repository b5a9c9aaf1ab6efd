"""Carries lessons: reads the place from the tracker, lets the player move, says what it says, keeps the place."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import care
from actions.handoff import FORM, leave_form
from actions.parts import lessons
from actions.situation import Speaker, chosen, entity
from bot.choices import Choice, payload
from bot.lessons import player
from bot.lessons.player import Place, Turn

Events = list[dict[str, Any]]

_QUESTION = re.compile(
    r"\s*(what|whats|wat|how|who|why|when|where|is|are|can|could|do|does|should|will)\b.*|.*\?\s*$", re.IGNORECASE | re.DOTALL
)
"""A text that asks something is answered even where a lesson asks for a sentence of their own."""

BAND_IF_UNKNOWN = "13-15"
"""For somebody who skipped the question: the middle one, whose words the younger can read and the older bear."""


class ActionMenu(Action):
    """The list of lessons."""

    def name(self) -> str:
        return "action_menu"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        left, choices = leave_form(tracker, speaker), menu(speaker)
        speaker.say("menu" if choices else "no_lessons", choices)
        return left


class ActionStartLesson(Action):
    """Begins a lesson: the one chosen, or the first."""

    def name(self) -> str:
        return "action_start_lesson"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        left = leave_form(tracker, speaker)
        wanted = (entity(tracker, "module"), entity(tracker, "lesson"))
        first = next((c for c in offered() if c == wanted), None) or next(iter(offered()), None)
        if first is None:
            speaker.say("no_lessons")
            return left
        situation = speaker.situation
        band, lang = situation.band or BAND_IF_UNKNOWN, situation.lang
        begun = player.begin(lessons(), module=first[0], lesson=first[1], band=band, lang=lang, values=facts(speaker))
        return [*left, *show(speaker, begun)]


class ActionLessonChoice(Action):
    """A choice in a step; one that belongs to another step shows where they are instead."""

    def name(self) -> str:
        return "action_lesson_choice"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        place, step = place_in(tracker), entity(tracker, "step")
        if place is not None and step is not None and step != place.step:
            speaker = Speaker(dispatcher, tracker)
            left = leave_form(tracker, speaker)
            speaker.say("step_moved")
            return [*left, *show(speaker, player.show(lessons(), place, values=facts(speaker)))]
        return move(dispatcher, tracker, "choose", option=entity(tracker, "option"))


class ActionNext(Action):
    """The next step."""

    def name(self) -> str:
        return "action_next"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        return move(dispatcher, tracker, "next")


class ActionBackStep(Action):
    """The step before."""

    def name(self) -> str:
        return "action_back_step"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        return move(dispatcher, tracker, "back")


class ActionSkip(Action):
    """Past this step, without a question why."""

    def name(self) -> str:
        return "action_skip"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        return move(dispatcher, tracker, "skip")


class ActionRepeat(Action):
    """The same step again."""

    def name(self) -> str:
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        return move(dispatcher, tracker, "repeat")


class ActionPause(Action):
    """A pause; the place is kept."""

    def name(self) -> str:
        return "action_pause"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        Speaker(dispatcher, tracker).say("paused" if place_in(tracker) else "paused_talk")
        return leave_form(tracker)


class ActionKeepTalking(Action):
    """Go on: with the lesson where it was, or simply here."""

    def name(self) -> str:
        return "action_keep_talking"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker, place = Speaker(dispatcher, tracker), place_in(tracker)
        if tracker.get_slot("question") == "person":  # a person was offered: this is a kind no
            speaker.effect("case", event="decline", wants="bot")
        if place is None:
            speaker.say("keep_talking")
            return [SlotSet("question", None)]
        return [SlotSet("question", None), *show(speaker, player.show(lessons(), place, values=facts(speaker)))]


def place_in(tracker: Tracker) -> Place | None:
    """Where they are in a lesson; None too when an edit took that lesson away."""
    kept = tracker.get_slot("lesson_place")
    place = Place.from_json(kept) if kept else None
    return place if place and (place.module, place.lesson) in offered() else None


def move(dispatcher: CollectingDispatcher, tracker: Tracker, how: str, *, option: str | None = None) -> Events:
    """Let the player move, and say what it says."""
    speaker, place = Speaker(dispatcher, tracker), place_in(tracker)
    left = leave_form(tracker, speaker)
    if place is None:
        if not left:
            speaker.say("no_lesson_open", menu(speaker)[:3])
        return left
    turn = player.move(lessons(), place, move=how, option=option, step=entity(tracker, "step"), values=facts(speaker))
    return [*left, *show(speaker, turn)]


def practised(speaker: Speaker, tracker: Tracker) -> Events | None:
    """When the open step asks for a sentence in their own words, this text is it; None otherwise."""
    place, text = place_in(tracker), str(tracker.latest_message.get("text") or "")
    if place is None or tracker.active_loop.get("name") == FORM or chosen(tracker) or _QUESTION.match(text):
        return None
    steps = lessons().steps(module=place.module, lesson=place.lesson, band=place.band)
    if not any(step.id == place.step and step.kind == "practise" for step in steps):
        return None
    return show(speaker, player.move(lessons(), place, move="text", values=facts(speaker)))


def say_where(speaker: Speaker, tracker: Tracker) -> None:
    """After something else was answered: which lesson waits, and the way back to it."""
    place = place_in(tracker)
    if place is not None and tracker.active_loop.get("name") != FORM:
        title = lessons().title(place.module, place.lesson, place.lang)
        speaker.say("back_to_lesson", [care.resume_choice(speaker)], lesson=title)


def show(speaker: Speaker, turn: Turn) -> Events:
    """Say a step; its choices go with the last message. Returns what keeps the place."""
    if turn.ended or turn.place is None:
        for text in turn.says:
            speaker.tell(text)
        speaker.say("lesson_done", [speaker.choice("choice_lessons", payload("menu"))])
        speaker.effect("set", lesson="")
        return [SlotSet("lesson_place", None)]
    for text in turn.says[:-1]:
        speaker.tell(text)
    speaker.tell(turn.says[-1], turn.choices)
    speaker.effect("set", lesson=turn.place.module)
    return [SlotSet("lesson_place", turn.place.to_json()), SlotSet("misses", 0)]


def facts(speaker: Speaker) -> dict[str, str]:
    """What a lesson may name of this thread: a line that is open now, if one is known."""
    return {"line": next(iter(speaker.situation.lines), "")}


def offered() -> list[tuple[str, str]]:
    """Every lesson as module and lesson id, in the order of the catalog."""
    return [(module.id, lesson.id) for module in lessons().modules for lesson in module.lessons]


def menu(speaker: Speaker) -> list[Choice]:
    """A choice for every lesson."""
    return [
        Choice(lessons().title(module, lesson, speaker.situation.lang), payload("start_lesson", module=module, lesson=lesson))
        for module, lesson in offered()
    ]
