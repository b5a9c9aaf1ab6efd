"""A facilitator's session: open, lead, release, calm, end, and what is left afterwards.

Promises: only who opened a group or came by its link may touch it; nothing returned from here is about a person.
"""

from __future__ import annotations

import csv
import hmac
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from bot.careful import Careful
from bot.conversation import queue_if_possible
from bot.desk.views import StaffMember
from bot.group_ending import end_group
from bot.group_talk import GroupTalk
from bot.groups import effect
from bot.groups.clouds import cloud
from bot.groups.codes import spoken
from bot.groups.state import GroupEvent, GroupState, NotNow, can, moved
from bot.groups.steps import AFTER, BEFORE, GroupLessons, GroupStep, Subject
from bot.groups.suppression import Published, floor5
from bot.groups.views import Bar, GroupRefused, GroupView, RoomView, StepView, Summary, Waiting
from bot.handoff.cases import Event, State
from bot.privacy import Vault
from bot.safety.verdict import Level, Reason, Verdict
from bot.store.database import Store
from bot.store.group_answers import DROPPED, QUESTION, RELEASED, WORD
from bot.store.groups import Group, Template
from bot.store.unit_of_work import UnitOfWork

NOT_YOURS = "This group is not yours. Ask whoever opened it for its link."
LONGEST_WORRY = 600
LEVELS = {"soon": Level.HIGH, "now": Level.IMMINENT}

STANDS = {
    State.QUEUED: "The desk has this. Nobody has taken it yet.",
    State.TIMED_OUT: "Nobody has come yet. Use the duty card beside this, and your own team.",
    State.FALLBACK_GIVEN: "Nobody has come yet. Use the duty card beside this, and your own team.",
}
"""What a facilitator who waits for the desk is told; everything else is with a worker."""


class GroupRoom:
    """Everything behind the facilitator's pages."""

    def __init__(
        self,
        *,
        store: Store,
        vault: Vault,
        talk: GroupTalk,
        lessons: GroupLessons,
        screening: Callable[[], Careful],
        service: str,
    ) -> None:
        self._screening = screening
        self._service = service
        self._store = store
        self._vault = vault
        self._talk = talk
        self._lessons = lessons

    # --- opening ------------------------------------------------------------------------------------

    def open(self, staff: StaffMember, subject: Subject, *, region: str | None, free: bool, keep: bool = False) -> int:
        """A new group; ``keep`` keeps it as a template too. Raises GroupRefused."""
        try:
            self._lessons.steps(subject)
        except KeyError:
            raise GroupRefused("There is no such lesson in this band. Choose one from the list.") from None
        with self._store.begin() as work:
            group = work.groups.open(subject, region=region, free=free, staff_id=staff.id)
            if keep:
                work.groups.keep_template(subject, region=region, free=free, staff_id=staff.id)
            work.audit.add(actor=staff.username, what="group opened", detail=f"{group.id} {subject.module}"[:200])
        return group.id

    def again(self, group_id: int, staff: StaffMember) -> int:
        """The same group once more, with a new code."""
        with self._store.read() as work:
            group = self._mine(work, group_id, staff)
        return self.open(staff, group.subject, region=group.region, free=group.free)

    def groups(self, staff: StaffMember) -> list[Group]:
        """Somebody's groups, latest first."""
        with self._store.read() as work:
            return work.groups.of_staff(staff.id)

    def templates(self, staff: StaffMember) -> list[Template]:
        """Somebody's templates."""
        with self._store.read() as work:
            return work.groups.templates(staff.id)

    def link_token(self, group_id: int) -> str:
        """What the co-facilitators' link carries; it opens nothing without a sign-in."""
        return self._vault.service_token(f"group:{group_id}:together")[:32]

    def come_by_link(self, group_id: int, staff: StaffMember, token: str) -> None:
        """A colleague runs the group too. Raises GroupRefused."""
        if not hmac.compare_digest(token.encode(), self.link_token(group_id).encode()):
            raise GroupRefused("This link is not right. Ask for it again.")
        with self._store.begin() as work:
            self._existing(work, group_id)
            work.groups.add_staff(group_id, staff.id)
            work.audit.add(actor=staff.username, what="group joined", detail=str(group_id))

    # --- leading ------------------------------------------------------------------------------------

    def move(self, group_id: int, staff: StaffMember, event: GroupEvent) -> None:
        """Start, pause, calm, go on or end. Raises GroupRefused."""
        with self._store.begin() as work:
            group = self._held(work, group_id, staff)
            try:
                state = moved(group.state, event)
            except NotNow as error:
                raise GroupRefused(str(error)) from None
            if state is GroupState.ENDED:
                end_group(work, self._lessons, group)
            else:
                work.groups.change(group_id, state=state.value, step_at=work.now)
            work.audit.add(actor=staff.username, what=f"group {event.value}", detail=str(group_id))

    def step(self, group_id: int, staff: StaffMember, number: int) -> None:
        """Go to a step; the poll that is left is closed. Raises GroupRefused."""
        with self._store.begin() as work:
            group = self._held(work, group_id, staff)
            steps = self._lessons.steps(group.subject)
            if group.state is GroupState.ENDED or not 0 <= number < len(steps):
                raise GroupRefused("There is no such step to go to now.")
            if not group.free and number != group.step and group.state is GroupState.RUNNING:
                self._close(work, group, steps[min(group.step, len(steps) - 1)])
            work.groups.change(group_id, step=number, step_at=work.now)

    def close_poll(self, group_id: int, staff: StaffMember) -> None:
        """No more answers to the step on the screen; a small group sees its result now."""
        with self._store.begin() as work:
            group = self._held(work, group_id, staff)
            self._close(work, group, self._talk_step(group))
            work.groups.change(group_id, step=group.step)

    def door(self, group_id: int, staff: StaffMember, *, is_open: bool) -> None:
        """Whether anybody new may join."""
        with self._store.begin() as work:
            self._mine(work, group_id, staff)
            work.groups.change(group_id, door_open=is_open)

    def settle(self, group_id: int, staff: StaffMember, text_id: int, *, release: bool) -> None:
        """Show a text that waits, or drop it."""
        with self._store.begin() as work:
            self._mine(work, group_id, staff)
            work.group_answers.settle(group_id, text_id, RELEASED if release else DROPPED)

    def worry(self, group_id: int, staff: StaffMember, text: str, how_soon: str) -> None:
        """Ask the desk for help with the group, and go on talking with it. Raises GroupRefused."""
        said = " ".join(text.split())[:LONGEST_WORRY]
        if not said:
            raise GroupRefused("Write a few words for the desk first, without names.")
        seen = self._screening().look(said).level  # what the words show counts, also where less was chosen
        with self._store.begin() as work:
            group = self._held(work, group_id, staff)
            thread_id = group.worry_thread or self._vault.pseudonym("web", f"group:{group_id}:worry")
            if work.threads.get(thread_id) is None:
                work.threads.create(thread_id, channel="web", lang="en", region=group.region)
                work.groups.change(group_id, worry_thread=thread_id)
            level = max(LEVELS.get(how_soon, Level.HIGH), seen)
            verdict = Verdict(level, "third_party_concern", "other", (Reason("asked", ""),))
            words = f"[The facilitator of group {group.code} asks for help] {said}"
            work.messages.keep_inbound(thread_id, provider_id=None, text=words, verdict=verdict, state="noted")
            case = work.cases.open_for(thread_id)
            if case is None:
                case = work.cases.open(thread_id, verdict, actor=staff.username)
                work.cases.move(case, Event.QUEUE, actor=staff.username)
            else:
                queue_if_possible(work, work.cases.raise_level(case, verdict, actor=staff.username))

    # --- looking ------------------------------------------------------------------------------------

    def presenter(self, group_id: int, staff: StaffMember) -> GroupView:
        """What the projector shows."""
        with self._store.read() as work:
            return self._view(work, self._mine(work, group_id, staff))

    def room(self, group_id: int, staff: StaffMember) -> RoomView:
        """What only the facilitator sees."""
        with self._store.read() as work:
            group = self._mine(work, group_id, staff)
            view = self._view(work, group)
            steps = self._lessons.steps(group.subject)
            guide = self._lessons.guide(group.subject, self._talk_step(group))
            here = work.groups.here(group_id)
            answered = work.group_answers.answered(group_id, view.step.id)
            coming = steps[group.step + 1] if group.step + 1 < len(steps) else None
            say = {s.id: self._talk.show(group, s, group.subject.lang, work.now).say for s in steps}
            return RoomView(
                group=view,
                here=here,
                to_answer=floor5(max(0, here - answered)),
                late=work.now - group.step_at > timedelta(minutes=guide.minutes),
                minutes=guide.minutes,
                guide=guide.text,
                coming=say[coming.id] if coming else "",
                steps=[(n, say[s.id], n == group.step) for n, s in enumerate(steps)],
                waiting=[Waiting(t.id, t.kind, t.text) for t in work.group_answers.to_read(group_id)],
                released=[Waiting(t.id, t.kind, t.text) for t in work.group_answers.texts(group_id, RELEASED)],
                worry=self._worry_talk(work, group),
                may=frozenset(event.value for event in GroupEvent if can(group.state, event)),
            )

    def summary(self, group_id: int, staff: StaffMember) -> Summary:
        """What is left of a group: its polls in fives, and what changed between before and after."""
        with self._store.read() as work:
            group = self._mine(work, group_id, staff)
            published = work.group_answers.published(group_id)
            steps = [s for s in self._lessons.steps(group.subject) if s.counted]
            polls = [(self._step_view(work, group, s, published), published.get(s.id, Published.nothing())) for s in steps]
            takers = max(group.takers, floor5(work.groups.ever(group_id)))
            return Summary(self._view(work, group), polls, self._effects(group, published), takers)

    def export(self, group_id: int, staff: StaffMember) -> str:
        """The summary as CSV: one row for each option. Counts are "fewer than 5" or lower bounds in fives."""
        found = self.summary(group_id, staff)
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(
            ["group", "module", "lesson", "band", "language", "step", "question", "answered", "option", "label", "count"]
        )
        subject = found.group.subject
        for step, published in found.polls:
            for key, label in step.labels.items():
                count = _said(published.counts.get(key, 0)) if published.tells(key) else "not shown"
                head = [found.group.id, subject.module, subject.lesson, subject.band, subject.lang]
                rows.writerow([*head, step.id, step.say, _said(published.answered), key, label, count])
        return out.getvalue()

    # --- parts --------------------------------------------------------------------------------------

    def _existing(self, work: UnitOfWork, group_id: int) -> Group:
        try:
            return work.groups.get(group_id)
        except KeyError:
            raise GroupRefused("There is no such group.") from None

    def _held(self, work: UnitOfWork, group_id: int, staff: StaffMember) -> Group:
        """Theirs, and nobody else's to change until the end of the transaction."""
        self._mine(work, group_id, staff)
        return work.groups.hold(group_id)

    def _mine(self, work: UnitOfWork, group_id: int, staff: StaffMember) -> Group:
        group = self._existing(work, group_id)
        if not work.groups.runs(group_id, staff.id):
            raise GroupRefused(NOT_YOURS)
        return group

    def _talk_step(self, group: Group) -> GroupStep:
        steps = self._lessons.steps(group.subject)
        return steps[min(group.step, len(steps) - 1)]

    def _close(self, work: UnitOfWork, group: Group, step: GroupStep) -> None:
        if step.counted:
            work.group_answers.publish(group.id, step, close=True)

    def _view(self, work: UnitOfWork, group: Group) -> GroupView:
        published = work.group_answers.published(group.id)
        asked = [t.text for t in work.group_answers.texts(group.id, RELEASED) if t.kind == QUESTION]
        return GroupView(
            id=group.id, code=group.code, spoken=spoken(group.code), state=group.state.value, subject=group.subject,
            title=self._lessons.catalog.title(group.subject.module, group.subject.lesson, group.subject.lang),
            region=group.region, free=group.free, door_open=group.door_open, opened_at=group.opened_at,
            ended_at=group.ended_at, step=self._step_view(work, group, self._talk_step(group), published), questions=asked,
            lesson_lang=self._lessons.lesson_language(group.subject),
        )  # fmt: skip

    def _step_view(self, work: UnitOfWork, group: Group, step: GroupStep, all_published: Mapping[str, Published]) -> StepView:
        steps = self._lessons.steps(group.subject)
        words = self._talk.show(group, step, group.subject.lang, work.now)
        published = all_published.get(step.id, Published.nothing())
        said = [t.text for t in work.group_answers.texts(group.id, RELEASED) if t.kind == WORD and t.step == step.id]
        answered = published.answered
        bars = [
            Bar(
                key,
                words.labels[key],
                published.counts.get(key, 0),
                round(100 * published.counts.get(key, 0) / max(1, answered)),
                published.tells(key),
            )
            for key in step.options
        ]
        return StepView(
            id=step.id, kind=step.kind, number=list(steps).index(step) + 1, of=len(steps), say=words.say, labels=words.labels,
            answered=answered, shown=published.shown, bars=bars if published.shown else (),
            closed=work.group_answers.is_closed(group.id, step.id), words=cloud(said, f"{group.id} {step.id}"),
            lang=self._lessons.spoken_in(group.subject, step),
        )  # fmt: skip

    def _effects(self, group: Group, published: Mapping[str, Published]) -> Sequence[tuple[str, effect.Effect]]:
        items = self._lessons.catalog.items(group.subject.module, group.subject.lang)
        constructs = self._lessons.catalog.module(group.subject.module).items
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

    def desk_is_there(self) -> bool:
        """Whether somebody is on shift: by the rota where one is kept, else whoever has the desk open."""
        with self._store.read() as work:
            rota = work.rota.now()
            kept = rota.opens(work.now) is not None
            return rota.anybody(work.now) if kept else rota.anybody(work.now) or work.staff.someone_here()


def _said(count: int) -> str:
    return f"{count} or more" if count else "fewer than 5"
