"""What a facilitator and a projector see of a group, while it runs and afterwards.

Promises: only who opened a group or came by its link sees it; nothing returned from here is about a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.desk.views import StaffMember
from bot.group_talk import GroupTalk
from bot.groups import effect
from bot.groups.activities import Guide
from bot.groups.clouds import cloud
from bot.groups.codes import spoken
from bot.groups.state import GroupEvent, can
from bot.groups.steps import AFTER, BEFORE, GONE, GroupLessons, GroupStep, LessonGone, Shown, Subject, left_of, place_of
from bot.groups.suppression import Published, floor5, publish_one
from bot.groups.views import Bar, GroupRefused, GroupView, RoomView, StepView, Summary, Waiting
from bot.handoff.cases import State
from bot.store.database import Store
from bot.store.group_answers import QUESTION, RELEASED, WORD
from bot.store.groups import Group
from bot.store.unit_of_work import UnitOfWork

NOT_YOURS = "This group is not yours. Ask whoever opened it for its link."
LET_GO = (
    "The link by which you came into this group has ended, so it is closed to you now."
    " Thank you for leading it. Whoever opened the group can give you a new link."
)

LESSON_GONE = Guide(
    minutes=0,
    text="This lesson was renamed or taken away after you opened the group, so it cannot go on. Please end the group, and open"
    " one with a lesson from the list. What was counted stays in its summary, under the short names of the questions.",
)

STANDS = {
    State.QUEUED: "The desk has this. Nobody has taken it yet.",
    State.TIMED_OUT: "Nobody has come yet. Use the duty card beside this, and your own team.",
    State.FALLBACK_GIVEN: "Nobody has come yet. Use the duty card beside this, and your own team.",
}
"""What a facilitator who waits for the desk is told; everything else is with a worker."""


def existing(work: UnitOfWork, group_id: int) -> Group:
    """A group that there is. Raises GroupRefused."""
    try:
        return work.groups.get(group_id)
    except KeyError:
        raise GroupRefused("There is no such group.") from None


def theirs(work: UnitOfWork, group_id: int, staff: StaffMember) -> Group:
    """A group that somebody may run. Raises GroupRefused."""
    group = existing(work, group_id)
    if not work.group_leading.leads(group_id, staff.id):
        raise GroupRefused(LET_GO if work.group_leading.was_let_go(group_id, staff.id) else NOT_YOURS)
    return group


class GroupSights:
    """Everything that is seen of groups by who leads them."""

    def __init__(self, *, store: Store, talk: GroupTalk, lessons: GroupLessons, service: str) -> None:
        self._store = store
        self._talk = talk
        self._lessons = lessons
        self._service = service

    def presenter(self, group_id: int, staff: StaffMember) -> GroupView:
        """What the projector shows."""
        with self._store.read() as work:
            return self._view(work, theirs(work, group_id, staff))

    def room(self, group_id: int, staff: StaffMember) -> RoomView:
        """What only the facilitator sees."""
        with self._store.read() as work:
            group = theirs(work, group_id, staff)
            view = self._view(work, group)
            steps = self._steps(group)
            guide = self._guide(group)
            coming = steps[group.step + 1] if group.step + 1 < len(steps) else None
            say = {s.id: self._words(work, group, s).say for s in steps}
            return RoomView(
                group=view,
                name=work.group_leading.name(group_id),
                here=work.seats.here(group_id),
                to_answer=floor5(work.seats.here(group_id, without_answer_to=view.step.id)),
                stuck=self._stuck(work, group) if group.free else 0,
                late=work.now - group.step_at > timedelta(minutes=guide.minutes),
                minutes=guide.minutes,
                guide=guide.text,
                coming=say[coming.id] if coming else "",
                steps=[(n, say[s.id], n == group.step) for n, s in enumerate(steps)],
                at=self._spread(work, group) if group.free else {},
                waiting=[Waiting(t.id, t.kind, t.text) for t in work.group_answers.to_read(group_id)],
                released=[Waiting(t.id, t.kind, t.text) for t in work.group_answers.texts(group_id, RELEASED)],
                worry=self._worry_talk(work, group),
                may=frozenset(event.value for event in GroupEvent if can(group.state, event)),
            )

    def summary(self, group_id: int, staff: StaffMember) -> Summary:
        """What is left of a group: its polls in fives, and what changed between before and after."""
        with self._store.read() as work:
            group = theirs(work, group_id, staff)
            published = work.group_answers.published(group_id)
            steps = [s for s in self._steps(group) if s.counted]
            steps += [left_of(*each) for each in published.items() if each[0] not in {s.id for s in steps}]
            polls = [(self._step_view(work, group, s, published), published.get(s.id, Published.nothing())) for s in steps]
            takers = max(group.takers, floor5(work.seats.ever(group_id)))
            name = work.group_leading.name(group_id)
            return Summary(self._view(work, group), name, polls, self._effects(group, published), takers)

    # --- parts ------------------------------------------------------------------------------------

    def _talk_step(self, group: Group) -> GroupStep:
        return place_of(self._steps(group), group.step)

    def _steps(self, group: Group) -> Sequence[GroupStep]:
        """The steps as they are now; one that stands for them where the lesson was renamed or taken away."""
        try:
            return self._lessons.steps(group.subject)
        except LessonGone:
            return (GONE,)

    def _guide(self, group: Group) -> Guide:
        step = self._talk_step(group)
        return LESSON_GONE if step is GONE else self._lessons.guide(group.subject, step)

    def _words(self, work: UnitOfWork, group: Group, step: GroupStep) -> Shown:
        """A step's words; of one that nobody can look up any more its short name, and its options' letters."""
        if step is GONE:
            return Shown(self._talk.say("wall_lesson_gone", group), {}, {}, "")
        try:
            return self._talk.show(group, step, group.subject.lang, work.now)
        except KeyError:
            return Shown(step.name.replace("_", " "), {option: option for option in step.options}, {}, "")

    def _title(self, subject: Subject) -> str:
        try:
            return self._lessons.catalog.title(subject.module, subject.lesson, subject.lang)
        except KeyError:
            return subject.lesson.replace("_", " ")

    def _spread(self, work: UnitOfWork, group: Group) -> Mapping[int, int]:
        """By the rule of the polls: how many are in the group is known, and may pin no step with few."""
        steps = [str(number) for number in range(len(self._steps(group)))]
        at = publish_one(steps, map(str, work.seats.places(group.id))).counts
        return {int(number): least for number, least in at.items()}

    def _stuck(self, work: UnitOfWork, group: Group) -> int:
        steps = self._steps(group)
        found = 0
        for number, step in enumerate(steps):
            if step.kind == "say":
                continue
            minutes = timedelta(minutes=self._lessons.guide(group.subject, step).minutes)
            found += work.seats.places(group.id, quiet_since=work.now - minutes).count(number)
        return floor5(found)

    def _view(self, work: UnitOfWork, group: Group) -> GroupView:
        published = work.group_answers.published(group.id)
        asked = [t.text for t in work.group_answers.texts(group.id, RELEASED) if t.kind == QUESTION]
        return GroupView(
            id=group.id, code=group.code, spoken=spoken(group.code), state=group.state.value, subject=group.subject,
            title=self._title(group.subject),
            region=group.region, free=group.free, door_open=group.door_open, opened_at=group.opened_at,
            ended_at=group.ended_at, step=self._step_view(work, group, self._talk_step(group), published), questions=asked,
            lesson_lang=self._lessons.lesson_language(group.subject),
        )  # fmt: skip

    def _step_view(self, work: UnitOfWork, group: Group, step: GroupStep, all_published: Mapping[str, Published]) -> StepView:
        steps = list(self._steps(group))
        words = self._words(work, group, step)
        published = all_published.get(step.id, Published.nothing())
        said = [t.text for t in work.group_answers.texts(group.id, RELEASED) if t.kind == WORD and t.step == step.id]
        answered = published.answered
        bars = [
            Bar(
                key,
                words.labels.get(key, key),
                published.counts.get(key, 0),
                round(100 * published.counts.get(key, 0) / max(1, answered)),
                published.tells(key),
            )
            for key in step.options
        ]
        return StepView(
            id=step.id, kind=step.kind, number=steps.index(step) + 1 if step in steps else 0, of=len(steps),
            say=words.say, labels=words.labels,
            answered=answered, shown=published.shown, bars=bars if published.shown else (),
            closed=work.group_answers.is_closed(group.id, step.id), reopens=work.group_answers.reopens(group.id, step.id),
            words=cloud(said, f"{group.id} {step.id}"),
            lang=group.subject.lang if step is GONE else self._lessons.spoken_in(group.subject, step),
        )  # fmt: skip

    def _effects(self, group: Group, published: Mapping[str, Published]) -> Sequence[tuple[str, effect.Effect]]:
        try:
            constructs = self._lessons.catalog.module(group.subject.module).items
        except KeyError:  # a module that is gone: nobody knows any more which answer was hoped for
            return ()
        items = self._lessons.catalog.items(group.subject.module, group.subject.lang)
        found = []
        for name, item in items.items():
            hoped = effect.HOPED[constructs[name]]
            shares = [effect.share(published.get(f"{when}:{name}", Published.nothing()), hoped) for when in (BEFORE, AFTER)]
            changed = effect.effect(name, *shares)
            if changed:
                found.append((f"{item.say} {item.options[hoped]}", changed))
        return found

    def _worry_talk(self, work: UnitOfWork, group: Group) -> Sequence[tuple[str, str]]:
        """What was said between the facilitator and the desk, and where it stands.

        What the service itself says in such a thread is written for young people; staff read one sentence instead.
        """
        if group.worry_thread is None:
            return ()
        names = {s.id: s.first_name for s in work.staff.everyone()}
        people = [m for m in work.messages.transcript(group.worry_thread) if m.who == "you" or m.staff_id]
        said = [("You" if m.who == "you" else names.get(m.staff_id or 0, "The desk"), m.text) for m in people]
        case = work.cases.open_for(group.worry_thread)
        if case is None:
            return [*said, (self._service, "The desk has closed this. Write again if you need somebody.")]
        return [*said, (self._service, STANDS.get(case.state, "A worker has it."))]
