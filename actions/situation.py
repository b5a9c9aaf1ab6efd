"""What an action knows about the thread it speaks in, and how it speaks. Reads a Rasa tracker, writes nothing.

The gateway sends the facts with every message (who is here, which lines are open, the emergency number);
an action never looks them up and never guesses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.parts import words
from bot.choices import Choice, as_text, keyed
from bot.safety.verdict import Level

WITH_PEOPLE = frozenset({"queued", "accepted", "live"})
"""Case states in which a person has been asked for or is there."""

LONGEST_SMS = 306

BEFORE, ANY = "before", "any"
"""The slot that says, of turns whose events are no longer kept, how many messages there were (``ANY``), how many of each kind
of chatter (``actions.elsewhere``), and how often each response was given."""


@dataclass(frozen=True)
class Situation:
    """The facts of one message."""

    lang: str
    band: str | None
    region: str | None
    channel: str
    case_state: str | None
    case_level: Level
    case_category: str | None
    check_in_days: int | None
    people_here: bool
    opens: str | None
    emergency: str | None
    limits: str | None
    lines: tuple[str, ...]
    support: tuple[tuple[frozenset[str], str], ...]
    level: Level
    category: str | None
    subject: str

    @classmethod
    def of(cls, tracker: Tracker) -> Situation:
        """Read it from the latest message."""
        message: Mapping[str, Any] = tracker.latest_message or {}
        facts = message.get("metadata") or {}
        case = facts.get("case") or {}
        verdict = message.get("screening") or facts.get("screening") or {}
        return cls(
            lang=facts.get("lang") or "en",
            band=facts.get("band"),
            region=facts.get("region"),
            channel=facts.get("channel") or "console",
            case_state=case.get("state"),
            case_level=_level(case.get("level")),
            case_category=case.get("category"),
            check_in_days=(facts.get("check_in") or {}).get("days"),
            people_here=bool(facts.get("people_here")),
            opens=facts.get("opens"),
            emergency=facts.get("emergency"),
            limits=facts.get("limits"),
            lines=tuple(str(line["say"]) for line in facts.get("lines") or ()),
            support=tuple((frozenset(entry["themes"]), str(entry["say"])) for entry in facts.get("support") or ()),
            level=_level(verdict.get("level")),
            category=verdict.get("category"),
            subject=verdict.get("subject") or "self",
        )

    @property
    def with_people(self) -> bool:
        """Whether a person has been asked for already."""
        return self.case_state in WITH_PEOPLE

    @property
    def values(self) -> dict[str, Any]:
        """What a sentence may say."""
        line = self.lines[0] if self.lines else None
        return {
            "people_here": self.people_here,
            "opens": self.opens,
            "emergency": self.emergency,
            "line": line,
            "lines": self.lines,
        }


class Speaker:
    """Says reviewed words in the thread's language."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self._dispatcher = dispatcher
        self.situation = Situation.of(tracker)

    def speak(self, lang: str) -> None:
        """Go on in another language, from this message."""
        self.situation = replace(self.situation, lang=lang)

    def say(self, message_id: str, choices: Sequence[Choice] = (), **values: Any) -> None:
        """Say the words of an id, with choices after them."""
        self.tell(self.words(message_id, **values), choices)

    def tell(self, text: str, choices: Sequence[Choice] = ()) -> None:
        """Say a text that some other reviewed file holds."""
        self._dispatcher.utter_message(text=text, buttons=[_button(c) for c in choices])

    def words(self, message_id: str, **values: Any) -> str:
        """The words of an id; raises WordsError."""
        return words().say(message_id, self.situation.lang, **{**self.situation.values, **values})

    def choice(self, message_id: str, payload: str, *, key: str = "", aside: bool = False) -> Choice:
        """A choice whose label is the words of an id."""
        return Choice(self.words(message_id), payload, key, aside)

    def effect(self, effect: str, **details: Any) -> None:
        """Ask the gateway to do something in the transaction that keeps the words."""
        given = {k: v for k, v in details.items() if v is not None}
        self._dispatcher.utter_message(json_message={"effect": effect, **given})

    def fitting(self, text: str, choices: Sequence[Choice]) -> list[Choice]:
        """As many choices as fit a text message with these words; a screen takes all."""
        fits = list(choices)
        while self.situation.channel == "sms" and fits and len(as_text(text, keyed(fits))) > LONGEST_SMS:
            fits.pop()
        return fits


def entity(tracker: Tracker, name: str) -> str | None:
    """The value of an entity of the latest message, or None."""
    value = next(tracker.get_latest_entity_values(name), None)
    return None if value is None else str(value)


def times_said(tracker: Tracker, intent: str = ANY) -> int:
    """How many messages there have been, of one of the intents told apart there or of any, this one among them."""
    kept = [_intent_of(event) for event in tracker.events if event.get("event") == "user"]
    earlier: Mapping[str, int] = tracker.get_slot(BEFORE) or {}
    return int(earlier.get(intent, 0)) + (len(kept) if intent == ANY else kept.count(intent))


def _intent_of(event: Mapping[str, Any]) -> str:
    return str(((event.get("parse_data") or {}).get("intent") or {}).get("name"))


def chosen(tracker: Tracker) -> bool:
    """Whether the latest message is a choice that was offered, rather than words of their own."""
    return bool(tracker.latest_message.get("chosen"))


def _button(choice: Choice) -> dict[str, Any]:
    return {"title": choice.label, "payload": choice.payload, "key": choice.key, "aside": choice.aside, "word": choice.word}


def _level(word: Any) -> Level:
    try:
        return Level.of(str(word)) if word else Level.NONE
    except KeyError:
        return Level.HIGH  # a level that nobody knows is not a safe one
