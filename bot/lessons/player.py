"""Plays a lesson: given a place and a move, says what comes and where that is. Pure.

Nothing is scored and nothing typed is kept. A move that does not fit, or was meant for another step, shows
the step again, so that two answers within a second never skip one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.choices import Choice, keyed, payload
from bot.lessons.catalog import BANDS, END, Catalog, Step, StepWords
from bot.lessons.render import render

ASIDES = (("skip", "SKIP"), ("happening_to_me", "ME"), ("worried_about_friend", "FRIEND"), ("want_person", "PERSON"))
"""On every step: past it, "this is happening to me", "it is about a friend", and a person."""

RETOLD = ("hook", "keep")
"""Kinds of step whose words in the band below say the same more simply; the others tell another story there."""

DIFFERENTLY = "differently"
"""Stands beside how far a lesson is where REPEAT has other words for the step."""

NOTHING: Mapping[str, str] = {}


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
        return cls(**fields, trail=tuple(str(step) for step in data.get("trail", ())))


@dataclass(frozen=True)
class Turn:
    """What is said, what can be chosen, and where that is; ``ended`` when the lesson is over.

    Feedback and the next step are texts of their own in ``says``; the choices belong to the last one.
    """

    place: Place | None
    says: tuple[str, ...]
    choices: tuple[Choice, ...]
    ended: bool = False


def begin(catalog: Catalog, *, module: str, lesson: str, band: str, lang: str, values: Mapping[str, str] = NOTHING) -> Turn:
    """The first step of a lesson; raises KeyError when there is no such lesson.

    ``values`` fill the placeholders (see ``render.PLACEHOLDERS``), here and in ``show`` and ``move``.
    """
    first = catalog.steps(module=module, lesson=lesson, band=band)[0]
    return show(catalog, Place(module, lesson, band, lang, first.id), values=values)


def show(catalog: Catalog, place: Place, *, values: Mapping[str, str] = NOTHING) -> Turn:
    """The step where somebody is, as if for the first time; the first one where an edit took theirs away."""
    place = _standing(catalog, place)
    step, words = _here(catalog, place)
    return Turn(
        place, (render(words.say, values),), _choices(catalog, place, step, words, retold=retold(catalog, place) is not None)
    )


def retold(catalog: Catalog, place: Place) -> str | None:
    """The step where somebody is in the words of the next lower band; None where there are none or the same."""
    step, words = _here(catalog, place)
    lower = BANDS[: BANDS.index(place.band)] if place.band in BANDS and step.kind in RETOLD else ()
    for band in reversed(lower):
        steps = catalog.steps(module=place.module, lesson=place.lesson, band=band)
        if any(other.id == step.id and other.kind == step.kind for other in steps):
            told = catalog.say(module=place.module, lesson=place.lesson, band=band, step=step.id, lang=place.lang).say
            return told if told != words.say else None
    return None


def move(
    catalog: Catalog,
    place: Place,
    *,
    move: str,
    option: str | None = None,
    step: str | None = None,
    text: str | None = None,  # noqa: ARG001 - what is practised is never judged and never kept
    values: Mapping[str, str] = NOTHING,
) -> Turn:
    """The turn after a move: choose, next, back, repeat, skip or text.

    ``step`` is the step a choice was offered on; when that is another one, the place is shown again.
    ``text`` is not looked at.
    """
    place = _standing(catalog, place)
    if step is not None and step != place.step:
        return show(catalog, place, values=values)
    here, words = _here(catalog, place)
    onward = here.goto or _below(catalog, place)
    if move == "choose" and option is not None and option in here.options:
        feedback = render(words.options[option].feedback, values)
        return _go(catalog, place, here.options[option] or onward, (feedback,), values)
    if here.kind == "practise" and move in ("text", "next"):
        return _go(catalog, place, onward, (render(words.after, values),) if words.after else (), values)
    if move == "skip" or (move == "next" and not here.options):
        return _go(catalog, place, onward, (), values)
    if move == "repeat":
        return _again(catalog, place, values)
    if move == "back" and place.trail:
        return show(catalog, replace(place, step=place.trail[-1], trail=place.trail[:-1]), values=values)
    return show(catalog, place, values=values)


def _go(catalog: Catalog, place: Place, target: str, before: tuple[str, ...], values: Mapping[str, str]) -> Turn:
    if target == END:
        return Turn(None, before, (), ended=True)
    there = show(catalog, replace(place, step=target, trail=(*place.trail, place.step)), values=values)
    return replace(there, says=(*before, *there.says))


def _again(catalog: Catalog, place: Place, values: Mapping[str, str]) -> Turn:
    """The step in other words where it has some; said like that, it offers no others."""
    step, words = _here(catalog, place)
    told = retold(catalog, place) or words.say
    return Turn(place, (render(told, values),), _choices(catalog, place, step, words, retold=False))


def _standing(catalog: Catalog, place: Place) -> Place:
    """The place as the lesson is now: an edit may have taken steps away while somebody was in it."""
    ids = [s.id for s in catalog.steps(module=place.module, lesson=place.lesson, band=place.band)]
    trail = tuple(step for step in place.trail if step in ids)
    if place.step in ids:
        return replace(place, trail=trail)
    return replace(place, step=ids[0], trail=())


def _here(catalog: Catalog, place: Place) -> tuple[Step, StepWords]:
    steps = catalog.steps(module=place.module, lesson=place.lesson, band=place.band)
    step = next(s for s in steps if s.id == place.step)
    return step, catalog.say(module=place.module, lesson=place.lesson, band=place.band, step=step.id, lang=place.lang)


def _below(catalog: Catalog, place: Place) -> str:
    ids = [s.id for s in catalog.steps(module=place.module, lesson=place.lesson, band=place.band)]
    number = ids.index(place.step)
    return ids[number + 1] if number + 1 < len(ids) else END


def _choices(catalog: Catalog, place: Place, step: Step, words: StepWords, *, retold: bool) -> tuple[Choice, ...]:
    """The options, or "next", then the asides. What moves the lesson carries the step it was offered on."""
    lang = catalog.language(module=place.module, lesson=place.lesson, lang=place.lang)
    mains = [Choice(words.options[o].label, payload("lesson_choice", option=o, step=step.id)) for o in step.options]
    onward = [] if mains else [_carried(catalog, "NEXT", lang, payload("next", step=step.id))]
    at = f"{how_far(catalog, place)}/{DIFFERENTLY}" if retold else how_far(catalog, place)
    asides = [replace(_carried(catalog, key, lang, _aside(intent, step, at)), aside=True) for intent, key in ASIDES]
    return keyed([*mains, *onward, *asides])


def _carried(catalog: Catalog, key: str, lang: str, to: str) -> Choice:
    return Choice(catalog.label(key, lang), to, key=key, word=catalog.typed_as(key, lang))


def how_far(catalog: Catalog, place: Place) -> str:
    """Where the open step stands among the steps of its lesson, such as "3/10"; branches make it an about."""
    ids = [s.id for s in catalog.steps(module=place.module, lesson=place.lesson, band=place.band)]
    return f"{ids.index(place.step) + 1}/{len(ids)}"


def _aside(intent: str, step: Step, at: str) -> str:
    return payload(intent, step=step.id, at=at) if intent == "skip" else payload(intent)
