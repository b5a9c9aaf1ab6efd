"""A facilitator's session: open, lead, release, calm, end. What they see of it is in ``group_sights``.

Promises: only who opened a group or came by its link may touch it; who opened it can end that link, and is alone again.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from bot.careful import Careful
from bot.conversation import queue_if_possible
from bot.desk.views import StaffMember
from bot.group_ending import end_group
from bot.group_sights import existing, theirs
from bot.groups.names import read_name
from bot.groups.state import GroupEvent, GroupState, NotNow, moved
from bot.groups.steps import GroupLessons, GroupStep, Subject, place_of
from bot.groups.views import GroupRefused, Together
from bot.handoff.cases import Event
from bot.privacy import Vault
from bot.safety.verdict import Level, Reason, Verdict
from bot.store.database import Store
from bot.store.group_answers import DROPPED, RELEASED
from bot.store.group_templates import Template
from bot.store.groups import Group, new_link
from bot.store.unit_of_work import UnitOfWork

LONGEST_WORRY = 600
LEVELS = {"soon": Level.HIGH, "now": Level.IMMINENT}


class GroupRoom:
    """Everything behind the facilitator's pages."""

    def __init__(
        self,
        *,
        store: Store,
        vault: Vault,
        lessons: GroupLessons,
        screening: Callable[[], Careful],
    ) -> None:
        self._screening = screening
        self._store = store
        self._vault = vault
        self._lessons = lessons

    # --- opening ------------------------------------------------------------------------------------

    def open(
        self, staff: StaffMember, subject: Subject, *, region: str | None, free: bool, keep: bool = False, name: str = ""
    ) -> int:
        """A new group; ``keep`` keeps it as a template too. Raises GroupRefused."""
        read = read_name(name)
        try:
            self._lessons.steps(subject)
        except KeyError:
            raise GroupRefused("There is no such lesson in this band. Choose one from the list.") from None
        with self._store.begin() as work:
            group = work.groups.open(subject, region=region, free=free, staff_id=staff.id)
            work.group_leading.change_name(group.id, read)
            if keep:
                work.group_templates.keep(subject, region=region, free=free, staff_id=staff.id)
            work.audit.add(actor=staff.username, what="group opened", detail=f"{group.id} {subject.module}"[:200])
        return group.id

    def again(self, group_id: int, staff: StaffMember) -> int:
        """The same once more, with a new code and without the name: the same lesson again is for others."""
        with self._store.read() as work:
            group = theirs(work, group_id, staff)
        return self.open(staff, group.subject, region=group.region, free=group.free)

    def groups(self, staff: StaffMember) -> list[tuple[Group, str]]:
        """Somebody's groups, latest first, with their names."""
        with self._store.read() as work:
            found = work.group_leading.groups_of(staff.id)
            names = work.group_leading.names(group.id for group in found)
            return [(group, names.get(group.id, "")) for group in found]

    def name(self, group_id: int, staff: StaffMember, name: str) -> None:
        """Call it something that only staff see; empty takes the name away. Raises GroupRefused."""
        read = read_name(name)
        with self._store.begin() as work:
            theirs(work, group_id, staff)
            work.group_leading.change_name(group_id, read)

    def templates(self, staff: StaffMember) -> list[tuple[Template, str]]:
        """Somebody's templates, and for a supervisor also everybody else's, each with the first name of who made it."""
        with self._store.read() as work:
            found = work.group_templates.all() if _tidies(staff) else work.group_templates.of(staff.id)
            people = {s.id: s.first_name for s in work.staff.everyone()}
            return [(template, people.get(template.staff_id, "")) for template in found]

    def template(self, template_id: int, staff: StaffMember) -> Template:
        """One template that somebody may delete. Raises GroupRefused."""
        with self._store.read() as work:
            return _deletable(work, template_id, staff)

    def delete_template(self, template_id: int, staff: StaffMember) -> None:
        """Groups that were opened from it stay. Raises GroupRefused."""
        with self._store.begin() as work:
            _deletable(work, template_id, staff)
            work.group_templates.delete(template_id)
            work.audit.add(actor=staff.username, what="group template deleted", detail=str(template_id))

    # --- together -----------------------------------------------------------------------------------

    def together(self, group_id: int, staff: StaffMember) -> Together:
        """The link by which colleagues come, and who leads it too. Raises GroupRefused."""
        with self._store.read() as work:
            group = theirs(work, group_id, staff)
            people = {s.id: s.first_name for s in work.staff.everyone()}
            others = [people.get(each, "") for each in work.group_leading.leaders(group_id) if each != staff.id]
            return Together(self._token(work, group_id), sorted(others), group.opened_by == staff.id)

    def check_link(self, group_id: int, token: str) -> None:
        """Raise GroupRefused unless this is the group's link of now."""
        with self._store.read() as work:
            self._check_link(work, group_id, token)

    def come_by_link(self, group_id: int, staff: StaffMember, token: str) -> None:
        """A colleague leads the group too. Raises GroupRefused."""
        with self._store.begin() as work:
            existing(work, group_id)
            work.groups.hold(group_id)  # the link may be ended in this moment
            self._check_link(work, group_id, token)
            work.group_leading.add(group_id, staff.id)
            work.audit.add(actor=staff.username, what="group joined", detail=str(group_id))

    def end_link(self, group_id: int, staff: StaffMember) -> None:
        """Who came by it is out, and it opens nothing any more. Raises GroupRefused."""
        with self._store.begin() as work:
            group = self._opened(work, group_id, staff)
            if work.group_leading.link(group_id) is None:
                raise GroupRefused("This link has ended already.")
            work.group_leading.change_link(group_id, None)
            work.group_leading.let_go(group_id, but=staff.id)
            work.groups.change(group_id, step=group.step)  # their open pages look again at once
            work.audit.add(actor=staff.username, what="group link ended", detail=str(group_id))

    def new_link(self, group_id: int, staff: StaffMember) -> None:
        """Another link, after the last one was ended. Raises GroupRefused."""
        with self._store.begin() as work:
            self._opened(work, group_id, staff)
            if work.group_leading.link(group_id) is not None:
                raise GroupRefused("This group has a link. End it first, then make a new one.")
            work.group_leading.change_link(group_id, new_link())
            work.audit.add(actor=staff.username, what="group link made", detail=str(group_id))

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
                self._close(work, group, place_of(steps, group.step))
            work.groups.change(group_id, step=number, step_at=work.now)

    def close_poll(self, group_id: int, staff: StaffMember) -> None:
        """No more answers to the step on the screen; a small group sees its result now."""
        with self._store.begin() as work:
            group = self._held(work, group_id, staff)
            self._close(work, group, place_of(self._lessons.steps(group.subject), group.step))
            work.groups.change(group_id, step=group.step)

    def open_poll(self, group_id: int, staff: StaffMember) -> None:
        """Take answers again to a poll that was closed by a slip. Raises GroupRefused where closing told its result."""
        with self._store.begin() as work:
            group = self._held(work, group_id, staff)
            step = place_of(self._lessons.steps(group.subject), group.step)
            if group.state is GroupState.ENDED or not work.group_answers.reopen(group_id, step.id):
                raise GroupRefused("This poll stays closed: its result is told.")
            work.groups.change(group_id, step=group.step)

    def door(self, group_id: int, staff: StaffMember, *, is_open: bool) -> None:
        """Whether anybody new may join."""
        with self._store.begin() as work:
            theirs(work, group_id, staff)
            work.groups.change(group_id, door_open=is_open)

    def settle(self, group_id: int, staff: StaffMember, text_id: int, *, release: bool) -> None:
        """Show a text that waits, or drop it."""
        with self._store.begin() as work:
            theirs(work, group_id, staff)
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

    def desk_is_there(self) -> bool:
        """Whether somebody is on shift: by the rota where one is kept, else whoever has the desk open."""
        with self._store.read() as work:
            rota = work.rota.now()
            kept = rota.opens(work.now) is not None
            return rota.anybody(work.now) if kept else rota.anybody(work.now) or work.staff.someone_here()

    # --- parts ------------------------------------------------------------------------------------

    def _held(self, work: UnitOfWork, group_id: int, staff: StaffMember) -> Group:
        """Theirs, and nobody else's to change until the end of the transaction."""
        theirs(work, group_id, staff)
        return work.groups.hold(group_id)

    def _opened(self, work: UnitOfWork, group_id: int, staff: StaffMember) -> Group:
        """As ``_held``, for what only whoever opened the group may do."""
        group = self._held(work, group_id, staff)
        if group.opened_by != staff.id:
            raise GroupRefused("Only whoever opened this group can change its link. Ask them.")
        return group

    def _token(self, work: UnitOfWork, group_id: int) -> str | None:
        """What the link carries; it opens nothing without a sign-in."""
        link = work.group_leading.link(group_id)
        return self._vault.service_token(f"group:{group_id}:together:{link}")[:32] if link else None

    def _check_link(self, work: UnitOfWork, group_id: int, token: str) -> None:
        if not hmac.compare_digest(token.encode(), (self._token(work, group_id) or "").encode()):
            raise GroupRefused("This link has ended, or a part of it is missing. Ask whoever opened the group for a new one.")

    def _close(self, work: UnitOfWork, group: Group, step: GroupStep) -> None:
        if step.counted:
            work.group_answers.publish(group.id, step, close=True)


def _tidies(staff: StaffMember) -> bool:
    return staff.role == "supervisor"


def _deletable(work: UnitOfWork, template_id: int, staff: StaffMember) -> Template:
    template = work.group_templates.get(template_id)
    if template is None:
        raise GroupRefused("This template is gone already.")
    if template.staff_id != staff.id and not _tidies(staff):
        raise GroupRefused("This template is a colleague's. They can delete it, or a supervisor.")
    return template
