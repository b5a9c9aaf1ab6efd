"""Checks the lessons that loaded: what was written well enough to play, and still should not be sent. Pure.

Every finding names the file, the lesson, band and step, what is wrong, and the mend.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.choices import as_text
from bot.lessons import player
from bot.lessons.catalog import Catalog
from bot.lessons.model import Module, Step, StepWords
from bot.lessons.player import ASIDES, Place
from bot.lessons.wording import Banned, asks_once, fits_a_phone, reads_easily, reserved, says_banned

MOST_GRADE = {"9-12": 4.0, "13-15": 6.0, "16-18": 7.0, "adult": 8.0}
"""Reading level by band; health information for adults aims at ages 9 to 11
(https://pifonline.org.uk/news/target-reading-age-health-information/)."""

STEPS = (4, 10)
"""Least and most steps of a lesson: three to five minutes."""

NEEDED_KINDS = ("hook", "scenario", "choose", "practise", "keep")
LONGEST_REVIEW = timedelta(days=366)
LONGEST_LABEL = 30
"""Characters of a label: a button at 320 pixels, and a line of a text."""

BOOSTER_MAY_NOT_NAME = ("groom", "abuse", "traffick", "exploit", "sext", "predator", "unsafe", "secret", "lesson", "danger")
"""A booster comes unasked to a phone that may be shared or watched."""


@dataclass(frozen=True)
class Rules:
    """What the lessons are held against; ``line`` is the longest line that could stand in for a placeholder."""

    banned: Sequence[Banned]
    today: date
    line: str


def lint_lessons(catalog: Catalog, rules: Rules) -> Iterator[str]:
    """Every finding, as a sentence."""
    for module in (*catalog.modules, *catalog.for_adults):
        yield from _dates(module, rules.today)
        for lang in catalog.languages(module.id):
            yield from _module(catalog, module, lang, rules)
    yield from _labels(catalog)


def _dates(module: Module, today: date) -> Iterator[str]:
    where = f"content/lessons/{module.id}/module.yml"
    if module.review_by < today:
        yield f"{where}: review_by {module.review_by} is past; have it read again and set a new date."
    if module.reviewed_on > today:
        yield f"{where}: reviewed_on {module.reviewed_on} is still to come; write the day it was read."
    if module.review_by - module.reviewed_on > LONGEST_REVIEW:
        yield f"{where}: review_by is more than a year after reviewed_on; set it within a year."


def _module(catalog: Catalog, module: Module, lang: str, rules: Rules) -> Iterator[str]:
    where = f"content/lessons/{module.id}/{lang}.yml"
    for lesson in module.lessons:
        if catalog.language(module=module.id, lesson=lesson.id, lang=lang) != lang:
            continue
        for band in module.bands:
            yield from _lesson(catalog, Place(module.id, lesson.id, band, lang, ""), rules)
    for name, item in catalog.items(module.id, lang).items():
        said = "\n".join([item.say, *(f"{key.upper()} {label}" for key, label in item.options.items())])
        labels = (finding for label in item.options.values() for finding in reserved(label))
        found = (*fits_a_phone(said), *says_banned(said, rules.banned), *labels)
        yield from (f"{where}, items, {name}: {finding}" for finding in found)
    for when, text in catalog.boosters(module.id, lang).items():
        yield from (f"{where}, boosters, {when}: {finding}" for finding in _booster(text, rules.banned))


def _booster(text: str, banned: Sequence[Banned]) -> Iterator[str]:
    yield from fits_a_phone(text)
    yield from says_banned(text, banned)
    named = [word for word in BOOSTER_MAY_NOT_NAME if word in text.lower()]
    yield from (f'it says "{word}", which names the topic; say it without.' for word in named)


def _lesson(catalog: Catalog, place: Place, rules: Rules) -> Iterator[str]:
    """One lesson in one band and language, as it would be sent; ``place`` has no step yet."""
    where = f"content/lessons/{place.module}/{place.lang}.yml, {place.lesson} {place.band}"
    steps = catalog.steps(module=place.module, lesson=place.lesson, band=place.band)
    yield from (f"{where}: {finding}" for finding in _shape(steps))
    said: list[str] = []
    for step in steps:
        words = catalog.say(module=place.module, lesson=place.lesson, band=place.band, step=step.id, lang=place.lang)
        here = Place(place.module, place.lesson, place.band, place.lang, step.id)
        said += texts_of(catalog, here, words, "")
        yield from (f"{where}, {step.id}: {finding}" for finding in dict.fromkeys(_step(catalog, here, words, rules)))
    if place.lang == "en":
        yield from (f"{where}: {finding}" for finding in reads_easily(" ".join(said), MOST_GRADE[place.band]))


def _shape(steps: Sequence[Step]) -> Iterator[str]:
    if not STEPS[0] <= len(steps) <= STEPS[1]:
        yield f"it has {len(steps)} steps, and may have {STEPS[0]} to {STEPS[1]}; make it two lessons, or add what is missing."
    kinds = {step.kind for step in steps}
    yield from (f"it has no step of kind {kind}; add one." for kind in NEEDED_KINDS if kind not in kinds)


def _step(catalog: Catalog, place: Place, words: StepWords, rules: Rules) -> Iterator[str]:
    choices = player.show(catalog, place).choices
    missing = [key for _, key in ASIDES if not any(c.aside and c.key == key for c in choices)]
    yield from (f"there is no way out by {key}; every step must carry it." for key in missing)
    for option in words.options.values():
        yield from reserved(option.label)
        if len(option.label) > LONGEST_LABEL:
            yield f"the label {option.label!r} has {len(option.label)} characters; cut it to {LONGEST_LABEL}."
    for line in ("", rules.line):
        say, *others = texts_of(catalog, place, words, line)
        for text in (as_text(say, choices), *others):
            yield from fits_a_phone(text)
            yield from asks_once(text)
            yield from says_banned(text, rules.banned)


def texts_of(catalog: Catalog, place: Place, words: StepWords, line: str) -> list[str]:
    """What a step can say: its own words first, then what follows each option or a practised sentence."""
    values = {"line": line}
    step = catalog.steps(module=place.module, lesson=place.lesson, band=place.band)
    kind = next(s.kind for s in step if s.id == place.step)
    turns = [player.show(catalog, place, values=values)]
    turns += [player.move(catalog, place, move="choose", option=option, values=values) for option in words.options]
    if kind == "practise":
        turns.append(player.move(catalog, place, move="text", values=values))
    return [turn.says[0] for turn in turns]


def _labels(catalog: Catalog) -> Iterator[str]:
    """Every language that has lessons has its own labels, and they fit."""
    where = "content/lessons/labels.yml"
    written = {lang for _, lang in catalog.words}
    yield from (f"{where}: the labels in {lang} are missing; write them." for lang in sorted(written - set(catalog.labels)))
    for lang, labels in catalog.labels.items():
        for key, label in labels.items():
            if len(label) > LONGEST_LABEL:
                yield f"{where}, {lang}: the label {label!r} has {len(label)} characters; cut it to {LONGEST_LABEL}."
            if label.strip().upper() != key:
                yield from (f"{where}, {lang}: {finding}" for finding in reserved(label))
