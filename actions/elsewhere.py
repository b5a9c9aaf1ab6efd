"""What is said to a bot and is neither a question nor a way through: chatter, insults, a stray letter, another language.

Each gets a decent reply, another one each time, and the way back to a lesson that is open.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import care
from actions.answers import heard, onward, unreadable
from actions.handoff import FORM
from actions.lessons import place_in, practised, show_again
from actions.situation import Speaker, entity, times_said
from bot.choices import payload
from bot.language import plain_language

Events = list[dict[str, Any]]

SAID_TO = {
    "insult": ("insult_1", "insult_2"),
    "testing": ("testing_1", "testing_2"),
    "wrong_number": ("wrong_number",),
    "injection": ("injection_1", "injection_2"),
    "small_talk": ("small_talk_1", "small_talk_2", "small_talk_3"),
    "medicine": ("medicine",),
}
"""Messages by intent, said in turn. None of these is something the answers are about."""

LANGUAGES = {"en": ("english", "anglais", "ingl"), "fr": ("french", "fran"), "es": ("spanish", "espa")}
"""How a text names a language: the beginnings of its names in each of the three."""


class ActionElsewhere(Action):
    """A decent reply to what is no question."""

    def name(self) -> str:
        return "action_elsewhere"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        said = practised(speaker, tracker)
        if said is not None:
            return said
        if unreadable(speaker, tracker) or heard(speaker, tracker):
            return []
        intent = str((tracker.latest_message.get("intent") or {}).get("name"))
        messages = SAID_TO[intent]
        told = times_said(tracker, intent)
        choices = [onward(speaker, tracker), *(care.offer_choices(speaker)[:1] if told > 1 else ())]
        in_form = tracker.active_loop.get("name") == FORM
        speaker.say(messages[max(0, told - 1) % len(messages)], [] if in_form else choices)
        speaker.effect("answered", topic="out_of_scope")
        return []


class ActionSlower(Action):
    """Less at once, and no hurry."""

    def name(self) -> str:
        return "action_slower"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.say("slower")
        return show_again(speaker, tracker)


class ActionStrayChoice(Action):
    """A letter or number that is not on offer now: said so, and what is on offer is shown again."""

    def name(self) -> str:
        return "action_stray_choice"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        if place_in(tracker) is not None and tracker.active_loop.get("name") != FORM:
            speaker.say("not_a_choice_here")
            return show_again(speaker, tracker)
        speaker.say("no_choice_now", [onward(speaker, tracker)])
        return []


class ActionChangeLanguage(Action):
    """Speaks another of our languages from now on; with none named, asks which."""

    def name(self) -> str:
        return "action_change_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.effect("answered", topic="about_the_bot_privacy")
        said = str(tracker.latest_message.get("text") or "")
        wanted = entity(tracker, "lang") or language_named(said, spoken=speaker.situation.lang)
        if wanted is None:
            choices = [speaker.choice(f"language_{lang}", payload("change_language", lang=lang)) for lang in LANGUAGES]
            speaker.say("which_language", choices)
            return []
        speaker.effect("set", lang=wanted)
        speaker.speak(wanted)
        speaker.say("language_kept")
        return show_again(speaker, tracker)


def language_named(text: str, *, spoken: str) -> str | None:
    """The language that a text asks for: the one it names, or the one it is plainly written in where that is not the one
    ``spoken`` already ("do you speak other languages")."""
    said = text.casefold()
    named = [lang for lang, names in LANGUAGES.items() if any(name in said for name in names)]
    if named:
        return named[0] if len(named) == 1 else None
    written = plain_language(text)
    return None if written == spoken else written
