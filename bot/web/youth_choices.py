"""What a young person can choose under a message: what was offered, and the page's own ways to steer.

Promises: in a lesson a person comes first among what stands aside, and "back" and "say it again" stand beside "skip"; each
sends a keyword that can be typed as well. "Say it differently" is offered only where there are other words. How far a lesson
has come is told without scoring anything. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.choices import Choice, intent_and_entities
from bot.lessons.player import DIFFERENTLY

LESSON_ASIDE = "SKIP"
"""Every step of a lesson carries it, and nothing else does."""

PERSON = "PERSON"

Say = Callable[[str], str]


def with_steering(choices: Sequence[Choice], say: Say) -> tuple[Choice, ...]:
    """The choices of a step of a lesson with the page's own asides among them; any others as they are."""
    if not in_lesson(choices):
        return tuple(choices)
    mains, asides = [c for c in choices if not c.aside], [c for c in choices if c.aside]
    place = how_far(choices)
    back = [Choice(say("page_back"), "", "BACK", aside=True)] if place is None or place[0] > 1 else []
    skip = [c for c in asides if c.key == LESSON_ASIDE]
    person = [c for c in asides if c.key == PERSON]
    rest = [c for c in asides if c.key not in (LESSON_ASIDE, PERSON)]
    again = Choice(
        say("choice_differently" if can_be_said_differently(choices) else "page_say_again"), "", "REPEAT", aside=True
    )
    return (*mains, *person, *back, *skip, again, *rest)


def in_lesson(choices: Sequence[Choice]) -> bool:
    """Whether these choices belong to a step of a lesson."""
    return any(c.aside and c.key == LESSON_ASIDE for c in choices)


def can_be_said_differently(choices: Sequence[Choice]) -> bool:
    """Whether the step these choices belong to has other words (bot.lessons.player says so beside its place)."""
    return _place(choices)[2:] == [DIFFERENTLY]


def how_far(choices: Sequence[Choice]) -> tuple[int, int] | None:
    """Which step of how many these choices belong to; None outside a lesson."""
    place = _place(choices)
    if len(place) < 2 or not all(number.isdecimal() for number in place[:2]):
        return None
    return (int(place[0]), int(place[1]))


def _place(choices: Sequence[Choice]) -> list[str]:
    skip = next((c for c in choices if c.aside and c.key == LESSON_ASIDE), None)
    try:
        return intent_and_entities(skip.payload)[1].get("at", "").split("/") if skip else []
    except ValueError:  # kept by an older release, or not ours
        return []
