"""The part of the spine that is about groups: joining, answering, asking, leaving, each in the message's own transaction.

Promises: it is asked after the screening and takes only what ``choose_route`` gives it, so that a text that shows
danger never reaches a group. What it does not plainly know as the group's is left to the bot, privately.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.choices import Choice, payload
from bot.forgetting import page_closed
from bot.group_joining import refusal
from bot.groups.codes import asked_to_join, asks_to_leave, word_language
from bot.groups.nicknames import nickname
from bot.groups.private import OURS, answers_group, in_private
from bot.groups.quiet import comes_back, is_quiet, plainly
from bot.groups.reading import LONGEST_QUESTION, Matter, Reading, is_theirs_alone, read
from bot.groups.redacting import redacted
from bot.groups.state import GroupState
from bot.groups.steps import GroupLessons, GroupStep, LessonGone, Shown, place_of
from bot.opting_out import leave_group
from bot.redaction import Redaction
from bot.store.group_answers import QUESTION, WORD
from bot.store.groups import Group
from bot.store.seats import AWAY, Seat
from bot.store.unit_of_work import UnitOfWork
from bot.threads import Thread
from bot.voice import Voice

MOST_WAITING = 10
"""Texts of one seat that wait for the facilitator at a time: nobody buries the others' questions."""

IN_THEIR_WORDS = (Matter.QUESTION, Matter.WORD, Matter.PRACTISED)
"""What is in words of their own, and so may tell of danger in pieces."""

DONE = ("done",)
"""The answer of somebody who practised a sentence: the sentence itself is not kept."""


@dataclass(frozen=True)
class Said:
    """A text that is a group's matter. ``step`` is the step it was written to, where its page says so."""

    join: str | None = None
    leave: bool = False
    back: bool = False
    reading: Reading | None = None
    step: str = ""


class GroupTalk:
    """Reads and takes texts for groups."""

    def __init__(self, *, voice: Voice, lessons: GroupLessons, redaction: Redaction, service: str) -> None:
        self._voice = voice
        self._redaction = redaction
        self._lessons = lessons
        self._service = service
        self._lines: dict[tuple[int, str, datetime], str] = {}

    # --- what a text is ---------------------------------------------------------------------------

    def reads(self, work: UnitOfWork, thread: Thread, text: str, *, aim: str = "", to_step: str = "") -> Said | None:
        """What a text is to a group; None when it is none of a group's business."""
        code = asked_to_join(text) if not aim else None
        if code:
            return Said(join=code)
        leaves = asks_to_leave(text) and aim in ("", "me")
        seated = None if aim == "me" and not leaves else work.seats.now_of(thread.id)
        if seated is None:
            return None
        if leaves:
            return Said(leave=True)
        if not aim and self._is_for_us(work, thread, seated[0], text):
            return None
        reading = self._reading(work, thread, *seated, text, aim, to_step)
        if is_quiet(seated[0].told):
            reading = plainly(reading)
            if comes_back(text):
                return Said(back=True)
        return Said(reading=reading, step=to_step) if reading else None

    def language(self, work: UnitOfWork, text: str) -> str | None:
        """The language of the group that a text joins, or of the word it joins with; None where it joins none."""
        code = asked_to_join(text)
        group = work.groups.by_code(code) if code else None
        return group.subject.lang if group else word_language(text) if code else None

    def _is_for_us(self, work: UnitOfWork, thread: Thread, seat: Seat, text: str) -> bool:
        """Whether the bot, or a person, waits for what they write. Their step is told to them again when that is over."""
        asked_last = seat.told != AWAY and answers_group(text, thread.choices)
        is_ours = self.is_busy(work, thread) and not asked_last
        if is_ours and seat.told:
            work.seats.change(seat.id, told=AWAY)
        return is_ours

    def _reading(
        self, work: UnitOfWork, thread: Thread, seat: Seat, group: Group, text: str, aim: str, to_step: str
    ) -> Reading | None:
        if aim == "box":
            return None if is_theirs_alone(text) else Reading(Matter.QUESTION, words=text[:LONGEST_QUESTION])
        step = self._told_step(group, seat, to_step)
        if aim == "step" and step.kind == "practise" and not is_theirs_alone(text):
            return Reading(Matter.PRACTISED)
        offered = [c for c in thread.choices if not c.payload.startswith(OURS)]
        return read(
            text, step=step, labels=self.show(group, step, thread.lang, work.now).labels, offered=offered, free=group.free
        )

    # --- what is done with it -----------------------------------------------------------------------

    def take(self, work: UnitOfWork, thread: Thread, said: Said) -> None:
        """Do what a text asks, and answer it privately."""
        if said.join:
            self._join(work, thread, said.join)
            return
        seated = work.seats.now_of(thread.id)
        if seated is None:
            return
        seat, group = seated
        if said.leave:
            self._leave(work, thread, group)
        elif said.reading and said.reading.matter is Matter.QUESTION:
            self._ask(work, thread, group, said.reading.words)
        elif group.state is not GroupState.RUNNING:
            self._voice.say(work, thread, "group_waiting")
        elif is_quiet(seat.told) or (seat.told and not group.free and seat.told != marker(group)):
            self._too_late(work, thread, seat, group)
        elif said.step and said.step != self.step_of(group, seat).id:  # it may answer a poll that its writer never saw
            self._voice.say(work, thread, "group_closed")
        elif said.reading and said.reading.matter is Matter.NEXT:
            self.go_on(work, thread, seat, group)
        elif said.reading:
            self._answer(work, thread, seat, group, said.reading)

    def take_held(self, work: UnitOfWork, thread: Thread, said: Said) -> None:
        """A person holds the thread: they come and go, and no more. Going is silent, for the word may have answered the person.

        Not from a group's own page, whose token opens the talk with that person too: there the button leaves.
        """
        seated = work.seats.now_of(thread.id)
        if said.join and not thread.opted_out:
            self._join(work, thread, said.join)
        elif said.leave and seated and not seated[0].on_page:
            leave_group(work, thread.id)

    def _leave(self, work: UnitOfWork, thread: Thread, group: Group) -> None:
        """Leave, and hear that it is fine; the page says that by itself."""
        if self.leave_page(work, thread.id, group.id):
            return
        work.threads.offer(thread.id, ())
        self._voice.say(work, thread, "group_left")

    def leave_page(self, work: UnitOfWork, thread_id: str, group_id: int) -> bool:
        """Leave from a group's own page, for good: nothing opens what was written there, so it is erased, or people who have
        a case are told. False for a phone or a chat, whose thread goes on.
        """
        leave_group(work, thread_id)
        if not work.seats.drop_token(group_id, thread_id):
            return False
        page_closed(work, thread_id, keeps_counted=True)
        return True

    def sit(self, work: UnitOfWork, thread: Thread, group: Group, *, token_hash: str | None = None) -> Seat:
        """Take a seat; the thread takes the group's language, and its band and region where it has none."""
        known: dict[str, Any] = {"lang": group.subject.lang}
        known.update({} if thread.band else {"band": group.subject.band})
        known.update({} if thread.region or not group.region else {"region": group.region})
        work.threads.change(thread.id, **known)
        return work.seats.take(
            group,
            thread.id,
            nickname=nickname(self._voice.plain("group_animals", group.subject.lang).split()),
            token_hash=token_hash,
        )

    def _join(self, work: UnitOfWork, thread: Thread, code: str) -> None:
        refused, group = refusal(work, thread.id, code)
        if refused or group is None:
            self._voice.say(work, thread, refused)
            return
        seat = self.sit(work, thread, group)
        if work.cases.open_for(thread.id) is None:  # they chose the group, after whatever the bot had asked before
            work.threads.offer(thread.id, ())
        fresh = work.threads.get(thread.id) or thread
        self._voice.say(work, fresh, "group_welcome", nickname=seat.nickname)
        try:
            self.tell(work, fresh, seat, group)
        except LessonGone:
            self._voice.say(work, fresh, "group_lesson_gone")

    def _ask(self, work: UnitOfWork, thread: Thread, group: Group, words: str) -> None:
        held = self._hold(work, thread, group, QUESTION, "", redacted(words, self._redaction))
        self._voice.say(work, thread, "group_asked" if held else "group_box_full")

    def _hold(self, work: UnitOfWork, thread: Thread, group: Group, kind: str, step: str, text: str) -> bool:
        """Put a text before the facilitator; False when enough of this seat wait there."""
        if work.group_answers.waiting_of(group.id, thread.id) >= MOST_WAITING:
            return False
        work.group_answers.hold(group.id, thread.id, kind=kind, step=step, text=text)
        return True

    def _answer(self, work: UnitOfWork, thread: Thread, seat: Seat, group: Group, reading: Reading) -> None:
        step = self.step_of(group, seat)
        options = DONE if reading.matter in (Matter.PRACTISED, Matter.WORD) else reading.options
        if not self.keep(work, group, step, thread.id, options):
            self._voice.say(work, thread, "group_closed")
            if group.free:  # nobody waits at a poll that others have finished
                self.go_on(work, thread, seat, group)
            return
        if reading.matter is Matter.WORD:
            said = self._take_word(work, thread, group, step, reading.words)
        else:
            said = self._reaction(work, thread, group, step, reading)
        self._voice.send(work, thread, f"{said} {self._how_to_go_on(thread, seat, group)}".strip())

    def _take_word(self, work: UnitOfWork, thread: Thread, group: Group, step: GroupStep, words: str) -> str:
        word = redacted(words, self._redaction).lower()  # small letters only now: capitals are how names are seen
        held = self._hold(work, thread, group, WORD, step.id, word)
        return self._voice.plain("group_word_kept" if held else "group_box_full", thread.lang)

    def _reaction(self, work: UnitOfWork, thread: Thread, group: Group, step: GroupStep, reading: Reading) -> str:
        shown = self.show(group, step, thread.lang, work.now)
        said = self._practised(shown, thread) if reading.matter is Matter.PRACTISED else feedback(shown, reading.options)
        return said or self._voice.plain("group_kept_own_pace" if group.free else "group_kept", thread.lang)

    def _how_to_go_on(self, thread: Thread, seat: Seat, group: Group) -> str:
        """At their own pace on a phone: until they text NEXT an answer can be changed. A page has a button for it."""
        if not group.free or not seat.told:
            return ""
        is_last = seat.step + 1 >= len(self._lessons.steps(group.subject))
        return self._voice.plain("group_done" if is_last else "group_next", thread.lang)

    def _too_late(self, work: UnitOfWork, thread: Thread, seat: Seat, group: Group) -> None:
        """Meant for the step they were told last: it counts to no other, and they hear which one is on."""
        if seat.told.startswith(GroupState.RUNNING.value):
            self._voice.say(work, thread, "group_closed")
        self.tell(work, thread, seat, group)

    def _practised(self, shown: Shown, thread: Thread) -> str:
        """Thanks; and since telling may look just like practising, how to reach a person."""
        return f"{shown.after} {self._voice.plain('group_practised', thread.lang)}".strip()

    def keep(self, work: UnitOfWork, group: Group, step: GroupStep, thread_id: str, options: tuple[str, ...]) -> bool:
        """Keep an answer, exactly one for a thread and a step, and publish when that is due; False when it is closed."""
        now = work.groups.hold(group.id)
        moved_on = now.state is not GroupState.RUNNING or (not group.free and now.step != group.step)
        if moved_on or work.group_answers.is_closed(group.id, step.id):
            return False
        work.group_answers.keep(group.id, step.id, thread_id, options)
        if step.counted:
            work.group_answers.publish(group.id, step)
        return True

    # --- what they are told -------------------------------------------------------------------------

    def go_on(self, work: UnitOfWork, thread: Thread, seat: Seat, group: Group) -> None:
        """At their own pace: the next step, or the end."""
        number = seat.step + 1
        if number >= len(self._lessons.steps(group.subject)):
            self._voice.say(work, thread, "group_done")
            return
        work.seats.change(seat.id, step=number)
        again = work.seats.find(group.id, thread.id)
        if again:
            self.tell(work, thread, again, group)

    def tell(self, work: UnitOfWork, thread: Thread, seat: Seat, group: Group) -> None:
        """Say where the group is now, with the step's choices; who is busy with us hears it when that is over."""
        if self.is_busy(work, thread):
            work.seats.change(seat.id, told=AWAY)
            return
        work.seats.change(seat.id, told=marker(group))
        if group.state is not GroupState.RUNNING:
            self._voice.say(work, thread, f"group_{group.state.value}")
            return
        step = self.step_of(group, seat)
        shown = self.show(group, step, thread.lang, work.now)
        on = self._how_to_go_on(thread, replace(seat, told=marker(group)), group) if step.kind == "say" else ""
        offered = self._voice.send(work, thread, f"{shown.say}\n{on}".strip(), _choices(step, shown, thread.channel))
        work.threads.offer(thread.id, offered)

    def is_busy(self, work: UnitOfWork, thread: Thread) -> bool:
        """Whether they are alone with us, have yet to say their private word, or said that texting them is not safe."""
        case = work.cases.open_for(thread.id)
        not_safe = case is not None and case.safe_to_text == "no"
        return thread.waits or not_safe or in_private(case.state if case else None, thread.choices)

    def step_of(self, group: Group, seat: Seat) -> GroupStep:
        """The step somebody is on: the group's, or their own where everybody goes at their own pace."""
        return place_of(self._lessons.steps(group.subject), seat.step if group.free else group.step)

    def _told_step(self, group: Group, seat: Seat, to_step: str) -> GroupStep:
        """The step they had before them, which the group may have left: as their page says, or as their phone was told."""
        if to_step:
            steps = self._lessons.steps(group.subject)
            return next((step for step in steps if step.id == to_step), self.step_of(group, seat))
        number = seat.told.partition(":")[2]
        if group.free or not number.isdecimal():
            return self.step_of(group, seat)
        return place_of(self._lessons.steps(group.subject), int(number))

    def say(self, words_id: str, group: Group) -> str:
        """A sentence for the whole room, in its language."""
        return self._voice.plain(words_id, group.subject.lang)

    def show(self, group: Group, step: GroupStep, lang: str, now: datetime) -> Shown:
        """The words of a step."""
        values = {"service": self._service, "line": self._line(group, lang, now)}
        return self._lessons.show(group.subject, step, lang=lang, values=values)

    def _line(self, group: Group, lang: str, now: datetime) -> str:
        """A line that is open now; looked up once a minute for a group, and not for each answer."""
        key = (group.id, lang, now.replace(second=0, microsecond=0))
        found = self._lines.get(key)
        if found is None:
            found = self._voice.first_line(group.region, band=group.subject.band, lang=lang, now=now)
            self._lines = {**({} if len(self._lines) > 200 else self._lines), key: found}
        return found


def marker(group: Group) -> str:
    """What a phone has been told, so that it is told once: the state, and the step where the facilitator leads."""
    return group.state.value if group.free else f"{group.state.value}:{group.step}"


def feedback(shown: Shown, options: tuple[str, ...]) -> str:
    """What the lesson says after an option; empty where it says nothing."""
    return shown.feedback.get(options[0], "") if len(options) == 1 else ""


def _choices(step: GroupStep, shown: Shown, channel: str) -> list[Choice]:
    """A phone is not sent the lines 1 to 5: the step's words say them."""
    if step.kind == "scale" and channel == "sms":
        return []
    return [Choice(shown.labels[o], payload("group_answer", option=o), key=o.upper()) for o in step.options]
