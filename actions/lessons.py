"""Carries lessons: reads the place from the tracker, lets the player move, says what it says, keeps the place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import care
from actions.handoff import FORM, leave_form
from actions.parts import answers, lessons
from actions.situation import Speaker, chosen, entity
from bot.choices import Choice, payload
from bot.lessons import player
from bot.lessons.player import Place, Turn
from bot.text import asks

Events = list[dict[str, Any]]

MOST_IN_MENU = 8
"""More choices than this are a wall, on a screen too."""

BAND_IF_UNKNOWN = "13-15"
"""For somebody who skipped the question: the middle one, whose words the younger can read and the older bear."""


class ActionMenu(Action):
    """The list of lessons."""

    def name(self) -> str:
        return "action_menu"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        page = entity(tracker, "page") or "0"
        left, choices = leave_form(tracker, speaker), menu(speaker, int(page) if page.isdecimal() else 0)
        if not chosen(tracker):
            speaker.effect("answered", topic="about_the_bot_privacy")  # "what can you do" is a question of its own
        if choices and not any(speaker.situation.lang in lessons().languages(m.id) for m in lessons().modules):
            speaker.say("lessons_in_english")
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
    """The same step again; outside a lesson the last answer, in its simplest words, and a person who can explain."""

    def name(self) -> str:
        return "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker, last = Speaker(dispatcher, tracker), tracker.get_slot("last_answer")
        found = answers(speaker.situation.lang).get(last) if last and place_in(tracker) is None else None
        if found is None or tracker.active_loop.get("name") == FORM:
            return move(dispatcher, tracker, "repeat")
        speaker.say("said_again")
        speaker.tell(found.words(band="9-12", region=speaker.situation.region))
        return []


class ActionBoosters(Action):
    """Three texts after a lesson, only asked for; or no more of them."""

    def name(self) -> str:
        return "action_boosters"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker, module = Speaker(dispatcher, tracker), entity(tracker, "module")
        left = leave_form(tracker, speaker)
        if entity(tracker, "answer") == "yes" and module and speaker.situation.channel == "sms":
            speaker.effect("boosters", answer="yes", module=module)
            speaker.say("boosters_kept", [speaker.choice("choice_no_more", payload("boosters", answer="no"))])
        else:
            speaker.effect("boosters", answer="no")
            speaker.say("boosters_ended")
        return left


class ActionPause(Action):
    """A pause; the place is kept."""

    def name(self) -> str:
        return "action_pause"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        if tracker.active_loop.get("name") == FORM and not care.plainly_ends(tracker):
            care.hear(speaker, tracker)
            return []
        speaker.say("paused" if place_in(tracker) else "paused_talk")
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
    lang = (tracker.latest_message.get("metadata") or {}).get("lang")
    place = Place.from_json({**kept, "lang": lang or kept["lang"]}) if kept else None  # they may have changed it since
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
    if how == "next" and turn.place is not None and turn.place.step == place.step:
        speaker.say("choose_or_skip")  # "next" alone chooses nothing
    return [*left, *show(speaker, turn, place)]


def show_again(speaker: Speaker, tracker: Tracker) -> Events:
    """The step where they are, once more; nothing outside a lesson or inside the form."""
    place = place_in(tracker)
    if place is None or tracker.active_loop.get("name") == FORM:
        return []
    spoken = replace(place, lang=speaker.situation.lang)  # it may have changed with this very message
    return show(speaker, player.show(lessons(), spoken, values=facts(speaker)))


def practised(speaker: Speaker, tracker: Tracker) -> Events | None:
    """When the open step asks for a sentence in their own words, this text is it; None otherwise."""
    place, text = place_in(tracker), str(tracker.latest_message.get("text") or "")
    if place is None or tracker.active_loop.get("name") == FORM or chosen(tracker) or asks(text):
        return None
    steps = lessons().steps(module=place.module, lesson=place.lesson, band=place.band)
    if not any(step.id == place.step and step.kind == "practise" for step in steps):
        return None
    return show(speaker, player.move(lessons(), place, move="text", values=facts(speaker)), place)


def say_where(speaker: Speaker, tracker: Tracker) -> None:
    """After something else was answered: which lesson waits, and the way back to it."""
    place = place_in(tracker)
    if place is not None and tracker.active_loop.get("name") != FORM:
        title = lessons().title(place.module, place.lesson, place.lang)
        speaker.say("back_to_lesson", [care.resume_choice(speaker)], lesson=title)


def show(speaker: Speaker, turn: Turn, was: Place | None = None) -> Events:
    """Say a step; its choices go with the last message. Returns what keeps the place. ``was`` is where they came from."""
    if turn.ended or turn.place is None:
        for text in turn.says:
            speaker.tell(text)
        speaker.say("lesson_done", after(speaker, was))
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
    """Every lesson as module and lesson id: the first of each module, then the second of each, and so on."""
    modules = lessons().modules
    longest = max((len(module.lessons) for module in modules), default=0)
    return [(m.id, m.lessons[n].id) for n in range(longest) for m in modules if n < len(m.lessons)]


def menu(speaker: Speaker, page: int = 0) -> list[Choice]:
    """The lessons as choices, as many as one message holds, and one choice for more of them."""
    rest = [lesson_choice(speaker, module, lesson) for module, lesson in offered()]
    words = speaker.words("menu")
    for number in range(len(rest)):
        more = speaker.choice("choice_more_lessons", payload("menu", page=str(number + 1)))
        if len(rest) <= MOST_IN_MENU and len(speaker.fitting(words, rest)) == len(rest):
            return rest
        fits = speaker.fitting(words, [more, *rest[:MOST_IN_MENU]])[1:] or rest[:1]
        if number == page:
            return [*fits, more]
        rest = rest[len(fits) :]
    return rest


def lesson_choice(speaker: Speaker, module: str, lesson: str) -> Choice:
    """A choice that begins a lesson."""
    title = lessons().title(module, lesson, speaker.situation.lang)
    return Choice(title, payload("start_lesson", module=module, lesson=lesson))


def after(speaker: Speaker, place: Place | None) -> list[Choice]:
    """What comes after a lesson: the next of its module, and the list."""
    ids = [lesson for module, lesson in offered() if place and module == place.module]
    further = ids[ids.index(place.lesson) + 1 :][:1] if place and place.lesson in ids else []
    next_ones = [lesson_choice(speaker, place.module, lesson) for lesson in further if place]
    asked = place is not None and speaker.situation.channel == "sms" and lessons().boosters(place.module, place.lang)
    later = (
        [speaker.choice("choice_boosters", payload("boosters", answer="yes", module=place.module))] if place and asked else []
    )
    return [*next_ones, speaker.choice("choice_lessons", payload("menu")), *later]
