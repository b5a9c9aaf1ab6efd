"""The steps of a group session: the questions before, the lesson's own steps, activities, the questions after. Pure.

A group walks through a lesson's steps in the order of the file, all of them, whatever anybody picks: a branch
("if you live in care") would otherwise show the room who took it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.groups.activities import Activities, Guide
from bot.groups.suppression import NOT, Published
from bot.lessons.catalog import Catalog
from bot.lessons.render import render

BEFORE, LESSON, ALSO, AFTER = "before", "lesson", "also", "after"
QUESTIONS = "questions"
"""Among the activities of a group: ask the module's items before and after."""

LANGUAGES = ("en", "es", "fr")
MOST_SHOWN = 2000
"""Rendered steps that are kept in memory."""

COUNTED = frozenset({"one", "scale", "many"})
"""Kinds whose answers are counted and shown."""


@dataclass(frozen=True)
class GroupStep:
    """One step. ``id`` is its source and name (``lesson:hook``); ``kind`` is say, one, scale, many, practise or cloud."""

    id: str
    kind: str
    options: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """before, lesson, also or after."""
        return self.id.partition(":")[0]

    @property
    def name(self) -> str:
        """Its name within the source."""
        return self.id.partition(":")[2]

    @property
    def counted(self) -> bool:
        """Whether it is a poll."""
        return self.kind in COUNTED


GONE = GroupStep("gone:lesson", "say")
"""Stands on the screen for the steps of a lesson that is gone."""


class LessonGone(KeyError):
    """A lesson was renamed, or taken away, while its groups go on or are read."""


@dataclass(frozen=True)
class Subject:
    """What a group is about: a lesson in a band and a language, and what is asked beside it."""

    module: str
    lesson: str
    band: str
    lang: str
    activities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """A step's words: what it says, its options, what is said after each, and after a practised sentence."""

    say: str
    labels: Mapping[str, str]
    feedback: Mapping[str, str]
    after: str


_KINDS = {"choose": "one", "practise": "practise"}


class GroupLessons:
    """The lessons and activities as groups play them."""

    def __init__(self, catalog: Catalog, activities: Activities) -> None:
        self.catalog = catalog
        self.activities = activities
        self._shown: dict[tuple[object, ...], Shown] = {}

    def steps(self, subject: Subject) -> tuple[GroupStep, ...]:
        """All steps in order; raises LessonGone for a lesson that is not there (any more)."""
        try:
            of_lesson = self.catalog.steps(module=subject.module, lesson=subject.lesson, band=subject.band)
        except KeyError:
            raise LessonGone(f"{subject.module}/{subject.lesson}") from None
        lesson = [GroupStep(f"{LESSON}:{s.id}", _KINDS.get(s.kind, "say"), tuple(s.options)) for s in of_lesson]
        at: dict[str, list[GroupStep]] = {"start": [], "middle": [], "end": []}
        for each in self.activities.all:
            if each.id in subject.activities:
                at[each.at].append(GroupStep(f"{ALSO}:{each.id}", each.kind, each.options))
        asked = QUESTIONS in subject.activities
        before = self._questions(subject, BEFORE) if asked else []
        after = self._questions(subject, AFTER) if asked else []
        return (*at["start"], *before, *lesson[:-1], *at["middle"], lesson[-1], *after, *at["end"])

    def _questions(self, subject: Subject, when: str) -> list[GroupStep]:
        items = self.catalog.items(subject.module, "en")
        return [GroupStep(f"{when}:{name}", "one", tuple(item.options)) for name, item in items.items()]

    def show(self, subject: Subject, step: GroupStep, *, lang: str, values: Mapping[str, str]) -> Shown:
        """The words of a step in a language, with its placeholders filled; made once, for a room that asks at once."""
        key = (subject, step, lang, *sorted(values.items()))
        if key not in self._shown:
            if len(self._shown) >= MOST_SHOWN:
                self._shown.clear()
            self._shown[key] = self._made(subject, step, lang, values)
        return self._shown[key]

    def _made(self, subject: Subject, step: GroupStep, lang: str, values: Mapping[str, str]) -> Shown:
        if step.source == ALSO:
            words = self.activities.say(step.name, lang)
            return Shown(render(words.say, values), words.labels, {}, "")
        if step.source in (BEFORE, AFTER):
            item = self.catalog.items(subject.module, lang)[step.name]
            return Shown(render(item.say, values), item.options, {}, "")
        said = self.catalog.say(module=subject.module, lesson=subject.lesson, band=subject.band, step=step.name, lang=lang)
        labels = {o: said.options[o].label for o in step.options}
        feedback = {o: render(said.options[o].feedback, values) for o in step.options}
        return Shown(render(said.say, values), labels, feedback, render(said.after, values) if said.after else "")

    def languages(self, module: str) -> tuple[str, ...]:
        """The languages in which a group can have all of a module's words."""
        return tuple(lang for lang in LANGUAGES if lang in self.catalog.languages(module))

    def spoken_in(self, subject: Subject, step: GroupStep) -> str:
        """The language a step's words are in: the group's, or English where nobody has written them."""
        if step.source == ALSO:
            return subject.lang if subject.lang in self.activities.words else "en"
        if step.source in (BEFORE, AFTER):
            written = self.catalog.words.get((subject.module, subject.lang))
            return subject.lang if written and written.items else "en"
        return self.lesson_language(subject)

    def lesson_language(self, subject: Subject) -> str:
        """The language the lesson itself is in: the group's, or English where nobody has written it."""
        return self.catalog.language(module=subject.module, lesson=subject.lesson, lang=subject.lang)

    def guide(self, subject: Subject, step: GroupStep) -> Guide:
        """What the facilitator reads at a step."""
        return self.activities.guides[self._kind(subject, step)]

    def _kind(self, subject: Subject, step: GroupStep) -> str:
        if step.source in (BEFORE, AFTER):
            return step.source
        if step.source == ALSO:
            return step.kind
        steps = self.catalog.steps(module=subject.module, lesson=subject.lesson, band=subject.band)
        return next(s.kind for s in steps if s.id == step.name)


def read_activities(kept: str) -> tuple[str, ...]:
    """Activities as they are stored, names with commas."""
    return tuple(name for name in kept.split(",") if name)


def place_of(steps: Sequence[GroupStep], number: int) -> GroupStep:
    """The step at a place; the nearest one where an edit made the lesson shorter."""
    return steps[max(0, min(number, len(steps) - 1))]


def left_of(step_id: str, published: Published) -> GroupStep:
    """A poll of which only its counts are left, because its lesson, or the poll in it, was renamed or taken away."""
    options = tuple(name for name in published.counts if not name.startswith(NOT))
    return GroupStep(step_id, "one" if len(options) == len(published.counts) else "many", options)
