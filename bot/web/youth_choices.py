"""What a young person can choose under a message: what was offered, and the page's own ways to steer.

Promises: in a lesson "back" and "say it again" stand beside "skip"; each sends a keyword that can be typed as well. How
far a lesson has come is told without scoring anything. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.choices import Choice, intent_and_entities

LESSON_ASIDE = "SKIP"
"""Every step of a lesson carries it, and nothing else does."""

Say = Callable[[str], str]


def with_steering(choices: Sequence[Choice], say: Say) -> tuple[Choice, ...]:
    """The choices of a step of a lesson with the page's own asides among them; any others as they are."""
    if not in_lesson(choices):
        return tuple(choices)
    mains, asides = [c for c in choices if not c.aside], [c for c in choices if c.aside]
    place = how_far(choices)
    back = [Choice(say("page_back"), "", "BACK", aside=True)] if place is None or place[0] > 1 else []
    skip = [c for c in asides if c.key == LESSON_ASIDE]
    rest = [c for c in asides if c.key != LESSON_ASIDE]
    return (*mains, *back, *skip, Choice(say("page_say_again"), "", "REPEAT", aside=True), *rest)


def in_lesson(choices: Sequence[Choice]) -> bool:
    """Whether these choices belong to a step of a lesson."""
    return any(c.aside and c.key == LESSON_ASIDE for c in choices)


def how_far(choices: Sequence[Choice]) -> tuple[int, int] | None:
    """Which step of how many these choices belong to; None outside a lesson."""
    for choice in choices:
        if choice.aside and choice.key == LESSON_ASIDE:
            try:
                at = intent_and_entities(choice.payload)[1].get("at", "")
            except ValueError:  # kept by an older release, or not ours
                return None
            step, _, steps = at.partition("/")
            return (int(step), int(steps)) if step.isdecimal() and steps.isdecimal() else None
    return None
