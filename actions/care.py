"""Which reviewed words of care go with which situation. Every decision here has a rule in docs/handoff.md.

Believe, say it is not their fault, tell the truth about who is here, ask as little as possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from actions.parts import words
from actions.situation import Situation, Speaker, times_said
from bot.choices import Choice, payload
from bot.safety.verdict import Level

SHORTER = ("care_again_1", "care_again_2", "care_again_3")
"""For the second danger message and those after it: never the same words twice in a row."""


GROUNDING = ("grounding_1", "grounding_2", "grounding_3", "grounding_4")


@dataclass(frozen=True)
class Given:
    """Care said so far in this thread: how often, and at which highest level."""

    times: int = 0
    level: Level = Level.NONE

    @classmethod
    def read(cls, kept: Any, *, case_state: str | None) -> Given:
        """From the slot that keeps it; a case that has just been opened begins care anew."""
        if not kept or case_state == "detected":
            return cls()
        return cls(int(kept["times"]), Level.of(kept["level"]))

    def to_json(self) -> dict[str, Any]:
        """As the slot keeps it."""
        return {"times": self.times, "level": self.level.word}

    def and_now(self, level: Level) -> Given:
        """After care was said once more."""
        return Given(self.times + 1, max(self.level, level))


@dataclass(frozen=True)
class Beside:
    """What goes with care for somebody who also asked something: an answer, or answers to choose from."""

    answer: str | None = None
    choices: tuple[Choice, ...] = ()


ALONE = Beside()


HEARD = ("heard_1", "heard_2", "heard_3")
"""What is said to somebody in danger who goes on telling and asks nothing."""

PLAINLY = 0.95
"""How certain it must be that somebody in danger ends the talk: "im outside now" is read as a goodbye at 0.84."""


def hear(speaker: Speaker, tracker: Tracker) -> None:
    """Say only that they were heard, in other words each time."""
    speaker.say(HEARD[times_said(tracker) % len(HEARD)])


def plainly_ends(tracker: Tracker) -> bool:
    """Whether the newest message ends or halts the talk for certain. A choice does."""
    return float((tracker.latest_message.get("intent") or {}).get("confidence") or 0.0) >= PLAINLY


def is_imminent(situation: Situation) -> bool:
    """Danger now, in this message or in the open case: people were asked for already."""
    return max(situation.level, situation.case_level) is Level.IMMINENT


def give(speaker: Speaker, *, given: Given, asked: str | None, beside: Beside = ALONE) -> bool:
    """Say care, then what was asked ``beside`` it. ``asked`` is the form's open question.

    True when the form should begin.
    """
    situation = speaker.situation
    if situation.level is Level.IMMINENT:
        speaker.say("care_imminent_again" if given.level is Level.IMMINENT else "care_imminent", _open_choices(speaker, asked))
        return given.level < Level.IMMINENT
    if not situation.with_people:
        speaker.effect("case", event="offer", level=situation.level.word, category=situation.category)
    if situation.level <= given.level:
        _again(speaker, given, asked)
        return False
    if situation.level is Level.ELEVATED:
        direct = question_after(situation) == "suicide"
        offered = [] if situation.with_people else offer_choices(speaker)
        choices = suicide_choices(speaker) if direct else [*beside.choices, *offered]
        offers = direct or not situation.with_people  # the longer words ask whether they want a person
        speaker.say(_for_category(situation, "elevated") if offers else SHORTER[0], [] if beside.answer else choices)
        if beside.answer:
            speaker.tell(beside.answer, choices)
        return False
    speaker.say(_for_category(situation, "high"))
    if beside.answer:
        speaker.tell(beside.answer)
    if not situation.people_here:
        speaker.say("nobody_here")
    return True


def _again(speaker: Speaker, given: Given, asked: str | None) -> None:
    """A further danger message: shorter words, never the same twice in a row, and what can be chosen."""
    choices = _open_choices(speaker, asked) or ([] if speaker.situation.with_people else offer_choices(speaker))
    speaker.say(SHORTER[(given.times - 1) % len(SHORTER)], choices)


def question_after(situation: Situation) -> str | None:
    """The question outside the form that a plain yes or no would answer."""
    if situation.level is not Level.ELEVATED:
        return None
    if situation.category == "suicide" and situation.subject == "self":
        return "suicide"
    return None if situation.with_people else "person"  # who waits for a person was offered none


def _for_category(situation: Situation, level: str) -> str:
    """The most particular words that are written."""
    if situation.subject == "other":
        return f"care_friend_{level}"
    wanted = f"care_{level}_{situation.category}"
    return wanted if wanted in words().ids() else f"care_{level}"


def _open_choices(speaker: Speaker, asked: str | None) -> list[Choice]:
    if asked == "safe_to_text":
        return safe_choices(speaker)
    return wants_choices(speaker) if asked == "handoff_wants" else []


def conclude(speaker: Speaker, *, safe: str | None, wants: str | None, in_lesson: bool) -> str | None:
    """The end of the form: do what they chose; returns the question a plain yes would answer."""
    if wants == "person":
        return ask_for_person(speaker, safe=safe)
    if wants is None:
        speaker.effect("case", event="offer", safe_to_text=safe)
        said = "not_safe_now" if safe == "no" else "imminent_stay" if speaker.situation.people_here else "imminent_alone"
        speaker.say(said)
        return None
    speaker.effect("case", event="offer" if wants == "line" else "decline", safe_to_text=safe, wants=wants)
    if wants == "line":
        say_lines(speaker)
    elif wants == "stop":
        speaker.say("stop_for_now")
    else:
        speaker.say("keep_talking", [resume_choice(speaker)] if in_lesson else [])
    return None


def pass_on(speaker: Speaker, what: str) -> None:
    """Pass on the summary as shown, or nothing."""
    speaker.effect("pass_on", what=what, summary=summary(speaker) if what == "sent" else None)
    speaker.say("summary_sent" if what == "sent" else "summary_nothing", [grounding_choice(speaker)])


def ask_for_person(speaker: Speaker, *, safe: str | None) -> str | None:
    """Ask for a person, and say truthfully what that means right now; returns the question a plain yes would answer."""
    if speaker.situation.with_people:
        speaker.effect("case", event="consent", safe_to_text=safe, wants="person")
        speaker.say("person_asked_before")
        return None
    speaker.effect("case", event="consent", safe_to_text=safe, wants="person")
    speaker.say("person_asked" if speaker.situation.people_here else "person_asked_nobody_here")
    if speaker.situation.limits:
        speaker.tell(speaker.situation.limits)
    else:
        speaker.say("limits")
    if is_imminent(speaker.situation):
        return None  # people see all of it: they were told so, and there is no time for a form
    ask_summary(speaker)
    return "summary"


def ask_summary(speaker: Speaker) -> None:
    """Show what would be passed on, and ask whether it may be."""
    speaker.say("summary_ask", pass_on_choices(speaker), summary=summary(speaker))


def decline(speaker: Speaker, *, in_lesson: bool) -> None:
    """No person: kept warmly, with the door left open."""
    speaker.effect("case", event="decline", wants="bot")
    speaker.say("declined_warmly", [resume_choice(speaker)] if in_lesson else [])


def summary(speaker: Speaker) -> str:
    """What would be passed on, in reviewed words: what kind of thing, and that they want a person."""
    situation = speaker.situation
    if situation.subject == "other":
        return speaker.words("summary_friend")
    wanted = f"summary_{situation.category or situation.case_category}"
    return speaker.words(wanted if wanted in words().ids() else "summary_any")


def say_lines(speaker: Speaker) -> None:
    """The lines that are open now, one message each, best first."""
    if not speaker.situation.lines:
        speaker.say("lines_unknown")
        return
    speaker.say("lines_intro")
    for line in speaker.situation.lines[:2]:
        speaker.tell(line)


def safe_choices(speaker: Speaker) -> list[Choice]:
    """Yes, no, not sure."""
    return [
        speaker.choice("choice_yes", payload("affirm")),
        speaker.choice("choice_no", payload("deny")),
        speaker.choice("choice_not_sure", payload("unsure")),
    ]


def wants_choices(speaker: Speaker) -> list[Choice]:
    """A person, a line, this bot, or stop."""
    return [
        speaker.choice("choice_person_here", payload("want_person")),
        speaker.choice("choice_line", payload("lines")),
        speaker.choice("choice_keep_talking", payload("keep_talking")),
        speaker.choice("choice_stop_now", payload("goodbye")),
    ]


def offer_choices(speaker: Speaker) -> list[Choice]:
    """A person is offered, never pushed."""
    return [
        speaker.choice("choice_person", payload("want_person")),
        speaker.choice("choice_keep_going", payload("keep_talking")),
    ]


def pass_on_choices(speaker: Speaker) -> list[Choice]:
    """What is passed on is theirs: as shown, in their own words, or nothing."""
    return [
        speaker.choice("choice_pass_on", payload("pass_on", what="sent")),
        speaker.choice("choice_pass_own", payload("pass_on", what="own")),
        speaker.choice("choice_pass_nothing", payload("pass_on", what="nothing")),
    ]


def cancel_choice(speaker: Speaker) -> Choice:
    """The person they asked for is told not to come."""
    return speaker.choice("choice_cancel", payload("no_person", sure="yes"))


def grounding_choice(speaker: Speaker, *, again: bool = False) -> Choice:
    """Something small to do while they wait."""
    return speaker.choice("choice_grounding_again" if again else "choice_grounding", payload("grounding"), key="MORE")


def suicide_choices(speaker: Speaker) -> list[Choice]:
    """Answers to the one direct question; yes and not sure both lead to a person."""
    yes = payload("disclosure", level="high", category="suicide")
    return [
        speaker.choice("choice_yes", yes),
        speaker.choice("choice_not_sure", yes),
        speaker.choice("choice_no", payload("deny")),
    ]


def friend_choices(speaker: Speaker) -> list[Choice]:
    """Ideas for what to say, or a person."""
    return [
        speaker.choice("choice_friend_ideas", payload("ask", answer="helping_friend_how")),
        speaker.choice("choice_person", payload("want_person")),
    ]


def resume_choice(speaker: Speaker) -> Choice:
    """Back to the lesson, where it was and in its own words: REPEAT alone would say some steps in others.

    No step is called that, and a choice that was offered elsewhere shows where they are.
    """
    return speaker.choice("choice_resume", payload("repeat", step="elsewhere"))
