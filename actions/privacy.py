"""What is private, being forgotten, lines, and the few things a young person may tell about themselves."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import AllSlotsReset, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import care
from actions.handoff import leave_form
from actions.parts import places
from actions.situation import Speaker, entity
from bot.ages import band_in
from bot.choices import payload
from bot.directory.files import SUPPORT_THEMES
from bot.threads import BANDS

MOST_SUPPORT = 3
"""Places named at once: more is a wall."""

Events = list[dict[str, Any]]


class ActionPrivacy(Action):
    """Says what is private and where that ends."""

    def name(self) -> str:
        return "action_privacy"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.say("privacy")
        speaker.effect("answered", answer="about_private", topic="about_the_bot_privacy")
        return []


class ActionIsThisABot(Action):
    """Says what it is."""

    def name(self) -> str:
        return "action_is_this_a_bot"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.say("is_this_a_bot")
        speaker.effect("answered", answer="about_bot", topic="about_the_bot_privacy")
        return []


class ActionForgetMe(Action):
    """Erases the thread; a case with a person stays until that person closes it, and that is said."""

    def name(self) -> str:
        return "action_forget_me"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        speaker.effect("answered", topic="about_the_bot_privacy")
        speaker.effect("forget")  # the gateway notes the wish where a case stands in its way
        if speaker.situation.case_state not in (None, "declined"):
            speaker.say("forget_case_open")
            return leave_form(tracker)
        speaker.say("forgotten")
        return [*leave_form(tracker), AllSlotsReset()]


class ActionLines(Action):
    """Lines to call or text, open now."""

    def name(self) -> str:
        return "action_lines"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        care.say_lines(speaker)
        speaker.effect("answered", topic="getting_help")
        return []


class ActionSupport(Action):
    """Longer-term support where they live: what kinds there are, then at most three of one kind."""

    def name(self) -> str:
        return "action_support"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker, theme = Speaker(dispatcher, tracker), entity(tracker, "theme")
        known = speaker.situation.support
        if not known:
            speaker.say("support_none" if speaker.situation.region else "support_unknown")
        elif theme:
            speaker.say("support_intro")
            for _themes, words in [entry for entry in known if theme in entry[0]][:MOST_SUPPORT]:
                speaker.tell(words)
        else:
            themes = [each for each in SUPPORT_THEMES if any(each in entry[0] for entry in known)]
            speaker.say("support_ask", [speaker.choice(f"choice_{each}", payload("support", theme=each)) for each in themes])
        speaker.effect("answered", topic="getting_help")
        return leave_form(tracker, speaker)


class ActionSetBand(Action):
    """Keeps the age band, never an age."""

    def name(self) -> str:
        return "action_set_band"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        band = entity(tracker, "band") or band_in(str(tracker.latest_message.get("text") or ""), speaker.situation.lang)
        if band in BANDS:
            speaker.effect("set", band=band)
            speaker.say("band_kept")
        else:
            speaker.say("band_unclear")
        return [SlotSet("question", None)]


class ActionSetRegion(Action):
    """Keeps the region; it decides lines and the law."""

    def name(self) -> str:
        return "action_set_region"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, _: dict[str, Any]) -> Events:
        speaker = Speaker(dispatcher, tracker)
        region = entity(tracker, "region") or places().region_in(str(tracker.latest_message.get("text") or ""))
        if region:
            speaker.effect("set", region=region)
        speaker.say("region_kept" if region else "region_unclear")
        return []
