"""The part of the spine that is about groups: joining, answering, asking, leaving, each in the message's own transaction.

Promises: it is asked after the screening and takes only what ``choose_route`` gives it, so that a text that shows
danger never reaches a group. What it does not plainly know as the group's is left to the bot, privately.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.choices import Choice, payload
from bot.groups.codes import asked_to_join, asks_to_leave
from bot.groups.nicknames import nickname
from bot.groups.reading import LONGEST_QUESTION, Matter, Reading, read
from bot.groups.redacting import redacted
from bot.groups.state import GroupState
from bot.groups.steps import GroupLessons, GroupStep, Shown, place_of
from bot.opting_out import leave_group
from bot.redaction import Redaction
from bot.store.group_answers import QUESTION, WORD
from bot.store.groups import Group, Seat
from bot.store.unit_of_work import UnitOfWork
from bot.threads import Thread
from bot.voice import Voice

OURS = "/group_"
"""How the payload of a group's own choice begins, so that a letter is read against what the bot offered first."""

MOST_GUESSES, GUESSED_WITHIN = 5, timedelta(minutes=10)
MOST_GUESSES_OF_CHATS, CHATS_WITHIN = 300, timedelta(minutes=1)
"""Wrong join codes that are taken from one thread; and from all web chats together, because a chat costs nothing to open."""

MOST_WAITING = 10
"""Texts of one seat that wait for the facilitator at a time: nobody buries the others' questions."""

HELD_FOR_READING = (Matter.QUESTION, Matter.WORD)
"""What a facilitator reads before anybody else does."""

DONE = ("done",)
"""The answer of somebody who practised a sentence: the sentence itself is not kept."""


@dataclass(frozen=True)
class Said:
    """A text that is a group's matter."""

    join: str | None = None
    leave: bool = False
    reading: Reading | None = None


class GroupTalk:
    """Reads and takes texts for groups."""

    def __init__(self, *, voice: Voice, lessons: GroupLessons, redaction: Redaction, service: str) -> None:
        self._voice = voice
        self._redaction = redaction
        self._lessons = lessons
        self._service = service
        self._lines: dict[tuple[int, str, datetime], str] = {}

    # --- what a text is ---------------------------------------------------------------------------

    def reads(self, work: UnitOfWork, thread: Thread, text: str, *, aim: str = "") -> Said | None:
        """What a text is to a group; None when it is none of a group's business."""
        code = asked_to_join(text) if not aim else None
        if code:
            return Said(join=code)
        leaves = asks_to_leave(text) and aim in ("", "me")
        seated = None if aim == "me" and not leaves else work.groups.seat_of(thread.id)
        if seated is None:
            return None
        if leaves:
            return Said(leave=True)
        reading = self._reading(work, thread, *seated, text, aim)
        return Said(reading=reading) if reading else None

    def _reading(self, work: UnitOfWork, thread: Thread, seat: Seat, group: Group, text: str, aim: str) -> Reading | None:
        if aim == "box":
            return Reading(Matter.QUESTION, words=text[:LONGEST_QUESTION])
        step = self.step_of(group, seat)
        if aim == "step" and step.kind == "practise":
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
        seated = work.groups.seat_of(thread.id)
        if seated is None:
            return
        seat, group = seated
        if said.leave:
            self.leave(work, thread)
        elif said.reading and said.reading.matter is Matter.QUESTION:
            self._ask(work, thread, group, said.reading.words)
        elif group.state is not GroupState.RUNNING:
            self._voice.say(work, thread, "group_waiting")
        elif said.reading and said.reading.matter is Matter.NEXT:
            self.go_on(work, thread, seat, group)
        elif said.reading:
            self._answer(work, thread, seat, group, said.reading)

    def leave(self, work: UnitOfWork, thread: Thread) -> None:
        """Leave, and hear that it is fine."""
        if leave_group(work, thread.id):
            work.threads.offer(thread.id, ())
            self._voice.say(work, thread, "group_left")

    def refusal(self, work: UnitOfWork, thread_id: str | None, code: str) -> tuple[str, Group | None]:
        """Why a code does not let somebody in, as the id of a sentence ("" when it does), and its group.

        A wrong code is counted against the thread; the group's page, which has none yet, counts at its own door.
        """
        if thread_id and self._guesses_too_much(work, thread_id):
            return "group_too_many_tries", None
        group = work.groups.by_code(code)
        if group is None:
            if thread_id is None:
                return "group_no_such", None
            too_many = self._chats_guess_too_much(work, thread_id)
            work.group_answers.guessed(thread_id)
            return "group_too_many_tries" if too_many else "group_no_such", None
        if group.state is GroupState.ENDED:
            return "group_over", group
        seat = work.groups.seat(group.id, thread_id) if thread_id else None
        return ("group_door_shut", group) if not group.door_open and seat is None else ("", group)

    def _guesses_too_much(self, work: UnitOfWork, thread_id: str) -> bool:
        return work.group_answers.guesses(thread_id, within=GUESSED_WITHIN) >= MOST_GUESSES

    def _chats_guess_too_much(self, work: UnitOfWork, thread_id: str) -> bool:
        """A wrong code of one more chat; a right one is let through, whatever others typed."""
        thread = work.threads.get(thread_id)
        is_chat = thread is not None and thread.channel == "web"
        return is_chat and work.group_answers.guesses_of_chats(within=CHATS_WITHIN) >= MOST_GUESSES_OF_CHATS

    def sit(self, work: UnitOfWork, thread: Thread, group: Group, *, token_hash: str | None = None) -> Seat:
        """Take a seat; the thread takes the group's language, and its band and region where it has none."""
        known: dict[str, Any] = {"lang": group.subject.lang}
        known.update({} if thread.band else {"band": group.subject.band})
        known.update({} if thread.region or not group.region else {"region": group.region})
        work.threads.change(thread.id, **known)
        return work.groups.sit(
            group,
            thread.id,
            nickname=nickname(self._voice.plain("group_animals", group.subject.lang).split()),
            token_hash=token_hash,
        )

    def _join(self, work: UnitOfWork, thread: Thread, code: str) -> None:
        refused, group = self.refusal(work, thread.id, code)
        if refused or group is None:
            self._voice.say(work, thread, refused)
            return
        seat = self.sit(work, thread, group)
        fresh = work.threads.get(thread.id) or thread
        self._voice.say(work, fresh, "group_welcome", nickname=seat.nickname)
        self.tell(work, fresh, seat, group)

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
        if reading.matter is Matter.WORD:
            word = redacted(reading.words, self._redaction).lower()  # small letters only now: capitals are how names are seen
            if not self._hold(work, thread, group, WORD, step.id, word):
                self._voice.say(work, thread, "group_box_full")
                return
        options = DONE if reading.matter in (Matter.PRACTISED, Matter.WORD) else reading.options
        if not self.keep(work, group, step, thread.id, options):
            self._voice.say(work, thread, "group_closed")
            return
        shown = self.show(group, step, thread.lang, work.now)
        said = shown.after if reading.matter is Matter.PRACTISED else feedback(shown, options)
        if said:
            self._voice.send(work, thread, said)
        else:
            self._voice.say(work, thread, "group_kept")
        if group.free:
            self.go_on(work, thread, seat, group)

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
        work.groups.change_seat(seat.id, step=number)
        again = work.groups.seat(group.id, thread.id)
        if again:
            self.tell(work, thread, again, group)

    def tell(self, work: UnitOfWork, thread: Thread, seat: Seat, group: Group) -> None:
        """Say where the group is now, with the step's choices."""
        work.groups.change_seat(seat.id, told=marker(group))
        if group.state is not GroupState.RUNNING:
            self._voice.say(work, thread, f"group_{group.state.value}")
            return
        step = self.step_of(group, seat)
        shown = self.show(group, step, thread.lang, work.now)
        offered = self._voice.send(work, thread, shown.say, _choices(step, shown, thread.channel))
        work.threads.offer(thread.id, offered)

    def step_of(self, group: Group, seat: Seat) -> GroupStep:
        """The step somebody is on: the group's, or their own where everybody goes at their own pace."""
        return place_of(self._lessons.steps(group.subject), seat.step if group.free else group.step)

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
