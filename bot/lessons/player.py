"""Plays a lesson: given a place and a move, says what comes and where that is. Pure.

Nothing is scored and nothing typed is kept. A move that does not fit shows the step again, so that two
answers within a second can never skip one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.choices import Choice, keyed, payload
from bot.lessons.catalog import END, Catalog, Step, StepWords
from bot.lessons.render import render

ASIDES = (("skip", "SKIP"), ("happening_to_me", "ME"), ("worried_about_friend", "FRIEND"), ("want_person", "PERSON"))
"""On every step: past it, "this is happening to me", "it is about a friend", and a person."""

LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {"SKIP": "Skip", "ME": "This is happening to me", "FRIEND": "It's about a friend", "PERSON": "Talk to a person", "NEXT": "Next"},
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where somebody is; ``trail`` holds the steps they came by, for "back"."""

    module: str
    lesson: str
    band: str
    lang: str
    step: str
    trail: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A plain dict, as the dialogue keeps it."""
        return {**self.__dict__, "trail": list(self.trail)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Place:
        """The reverse of ``to_json``."""
        fields = {k: str(data[k]) for k in ("module", "lesson", "band", "lang", "step")}
        return cls(**fields, trail=tuple(data.get("trail", ())))


@dataclass(frozen=True)
class Turn:
    """What is said, what can be chosen, and where that is; ``ended`` when the lesson is over."""

    place: Place | None
    says: tuple[str, ...]
    choices: tuple[Choice, ...]
    ended: bool = False


def begin(catalog: Catalog, *, module: str, lesson: str, band: str, lang: str, service: str = "Handrail") -> Turn:
    """The first step of a lesson; raises KeyError when there is no such lesson."""
    first = catalog.steps(module=module, lesson=lesson, band=band)[0]
    return show(catalog, Place(module, lesson, band, lang, first.id), service=service)


def show(catalog: Catalog, place: Place, *, service: str = "Handrail") -> Turn:
    """The step where somebody is, as if for the first time."""
    step, words = _here(catalog, place)
    return Turn(place, (render(words.say, {"service": service}),), _choices(step, words, place))


def move(
    catalog: Catalog, place: Place, *, move: str, option: str | None = None, text: str | None = None, service: str = "Handrail"
) -> Turn:
    """The turn after a move: choose, next, back, repeat, skip or text."""
    step, words = _here(catalog, place)
    if move == "choose":
        return _choose(catalog, place, step, words, option, service)
    if move == "back":
        return _back(catalog, place, service)
    if move == "skip" or (move == "next" and step.kind != "choose"):
        return _go(catalog, place, step.goto or _below(catalog, place), (), service)
    if move == "text" and step.kind == "practise":
        after = (render(words.after, {"service": service}),) if words.after else ()
        return _go(catalog, place, step.goto or _below(catalog, place), after, service)
    return show(catalog, place, service=service)


def _choose(catalog: Catalog, place: Place, step: Step, words: StepWords, option: str | None, service: str) -> Turn:
    if option is None or option not in step.options:
        return show(catalog, place, service=service)
    feedback = render(words.options[option].feedback, {"service": service})
    return _go(catalog, place, step.options[option] or step.goto or _below(catalog, place), (feedback,), service)


def _back(catalog: Catalog, place: Place, service: str) -> Turn:
    if not place.trail:
        return show(catalog, place, service=service)
    return show(catalog, replace(place, step=place.trail[-1], trail=place.trail[:-1]), service=service)


def _go(catalog: Catalog, place: Place, target: str, before: tuple[str, ...], service: str) -> Turn:
    if target == END:
        return Turn(None, before, (), ended=True)
    there = show(catalog, replace(place, step=target, trail=(*place.trail, place.step)), service=service)
    return replace(there, says=(*before, *there.says))


def _here(catalog: Catalog, place: Place) -> tuple[Step, StepWords]:
    """The step and its words; a step that an edit removed is the first one."""
    steps = catalog.steps(module=place.module, lesson=place.lesson, band=place.band)
    step = next((s for s in steps if s.id == place.step), steps[0])
    return step, catalog.say(module=place.module, lesson=place.lesson, band=place.band, step=step.id, lang=place.lang)


def _below(catalog: Catalog, place: Place) -> str:
    ids = [s.id for s in catalog.steps(module=place.module, lesson=place.lesson, band=place.band)]
    number = ids.index(place.step) if place.step in ids else 0
    return ids[number + 1] if number + 1 < len(ids) else END


def _choices(step: Step, words: StepWords, place: Place) -> tuple[Choice, ...]:
    labels = LABELS.get(place.lang, LABELS["en"])
    if step.kind == "choose":
        mains = [Choice(words.options[o].label, payload("lesson_choice", option=o, step=step.id)) for o in step.options]
    else:
        mains = [Choice(labels["NEXT"], payload("next"), key="NEXT")]
    asides = [Choice(labels[key], payload(intent), key=key, aside=True) for intent, key in ASIDES]
    return keyed([*mains, *asides])
