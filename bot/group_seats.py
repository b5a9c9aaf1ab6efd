"""A seat in a group from its page: join, look, answer, write, leave.

Promises: answers that arrive together are kept together, in one transaction, each exactly once and each
acknowledged only after it is kept; so two hundred in a second hold up neither each other nor a message that
shows danger. Words go through the spine like every message, and are screened first.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.channels.base import Inbound
from bot.chat import MOST_CHARACTERS, ChatRefused
from bot.conversation import Conversation
from bot.group_joining import refusal
from bot.group_talk import GroupTalk, feedback
from bot.groups.codes import read_code
from bot.groups.state import GroupState
from bot.groups.steps import COUNTED, GroupLessons, GroupStep, LessonGone
from bot.privacy import Vault, new_token
from bot.store.database import Store
from bot.store.groups import Group
from bot.store.seats import Seat
from bot.store.unit_of_work import UnitOfWork
from bot.words import Words

MOST_TOGETHER = 100
"""Answers kept in one transaction: about 30 ms of the database's one writer."""


@dataclass(frozen=True)
class Taken:
    """An opened seat: its token, which is kept only as a hash, and the name its owner sees."""

    token: str
    nickname: str
    lang: str


@dataclass(frozen=True)
class Sitting:
    """Who a token is: the seat's thread, its group, and from where its private lines may be shown."""

    group_id: int
    thread_id: str
    nickname: str
    lang: str
    last_seq: int


class UnknownCode(ChatRefused):
    """No group has or had this join code."""


GATHER_SECONDS = 0.05
"""After a batch, so that a room that answers at once is written in a few: a batch of one costs as much as one of thirty."""


@dataclass
class _Waiting:
    token_hash: str
    step: str
    options: tuple[str, ...]
    lang: str
    done: asyncio.Future[dict[str, Any]] = field(repr=False)


class GroupSeats:
    """Everything behind the group's page."""

    def __init__(
        self, *, store: Store, vault: Vault, conversation: Conversation, talk: GroupTalk, lessons: GroupLessons, words: Words
    ) -> None:
        self._store = store
        self._vault = vault
        self._conversation = conversation
        self._talk = talk
        self._lessons = lessons
        self._words = words
        self._waiting: deque[_Waiting] = deque()
        self._keeper: asyncio.Task[None] | None = None

    def join(self, code: str, lang: str) -> Taken:
        """A new seat. Raises ChatRefused with a kind sentence."""
        token = new_token()
        with self._store.begin() as work:
            refused, group = refusal(work, None, read_code(code))
            seat = None if refused or group is None else self._sit(work, group, token)
        if seat is None or group is None:
            kind = UnknownCode if refused == "group_no_such" else ChatRefused
            raise kind(self._words.say(refused, lang), status=404)
        return Taken(token, seat.nickname, group.subject.lang)

    def _sit(self, work: UnitOfWork, group: Group, token: str) -> Seat:
        thread_id = self._vault.pseudonym("web", secrets.token_hex(16))
        work.threads.create(thread_id, channel="web", lang=group.subject.lang)
        thread = work.threads.get(thread_id)
        if thread is None:
            raise LookupError("A thread that was kept is gone.")
        return self._talk.sit(work, thread, group, token_hash=self._vault.token_hash(token))

    def sitting(self, token: str) -> Sitting | None:
        """Whose seat a token opens; None when it was left."""
        with self._store.read() as work:
            found = work.seats.by_token(self._vault.token_hash(token)) if token else None
            thread = work.threads.get(found[0].thread_id) if found else None
            if found is None or thread is None:
                return None
            seat, group = found
            return Sitting(group.id, thread.id, seat.nickname, thread.lang, work.messages.last_seq(thread.id))

    def key_of(self, token: str) -> str:
        """How a seat is told from others without its token."""
        return self._vault.token_hash(token)

    def group_now(self, group_id: int) -> Group:
        """A group as it is now."""
        with self._store.read() as work:
            return work.groups.get(group_id)

    def screen(self, group_id: int, token: str, lang: str) -> dict[str, Any]:
        """What the page shows now: the state, the step, and somebody's own answer to it."""
        with self._store.read() as work:
            group = work.groups.get(group_id)
            found = work.seats.by_token(self._vault.token_hash(token)) if group.free else None
            return self._screen(work, group, found[0] if found else None, lang)

    def own(self, token: str) -> dict[str, list[str]]:
        """Somebody's own answers, by step, for a page that was opened again."""
        with self._store.read() as work:
            found = work.seats.by_token(self._vault.token_hash(token))
            answers = work.group_answers.of_thread(found[1].id, found[0].thread_id) if found else {}
        return {step: list(options) for step, options in answers.items()}

    def _screen(self, work: UnitOfWork, group: Group, seat: Seat | None, lang: str) -> dict[str, Any]:
        try:
            steps = self._lessons.steps(group.subject)
        except LessonGone:  # a break for everybody, until the facilitator ends it; private words still reach the page
            state = GroupState.PAUSED if group.state is GroupState.RUNNING else group.state
            return {"state": state.value, "free": group.free, "number": 0, "of": 0}
        number = seat.step if seat else group.step
        shown: dict[str, Any] = {"state": group.state.value, "free": group.free, "number": number + 1, "of": len(steps)}
        if group.state is not GroupState.RUNNING:
            return shown
        step = steps[min(number, len(steps) - 1)]
        words = self._talk.show(group, step, lang, work.now)
        options = [{"key": o, "label": words.labels[o]} for o in step.options]
        return {
            **shown,
            "step": step.id,
            "kind": step.kind,
            "say": words.say,
            "options": options,
            "lang": self._spoken(group, step, lang),
        }

    def _spoken(self, group: Group, step: GroupStep, lang: str) -> str:
        return self._lessons.spoken_in(replace(group.subject, lang=lang), step)

    async def answer(self, token: str, step: str, options: Sequence[str], lang: str = "en") -> dict[str, Any]:
        """Keep an answer; the same thread's earlier one is replaced. Raises ChatRefused, in ``lang`` where no seat is."""
        done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(self._vault.token_hash(token), step, tuple(sorted(set(options))), lang, done))
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep_waiting())
        return await done

    async def _keep_waiting(self) -> None:
        """One writer for all answers of this process: what came while it wrote is kept next, together."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self._waiting)))]
            try:
                outcomes = await asyncio.to_thread(self._keep, batch)
            except Exception as error:  # noqa: BLE001 - the edge: each page hears that its answer was not kept, and sends it again
                outcomes = [error] * len(batch)
            for waiting, outcome in zip(batch, outcomes, strict=True):
                if waiting.done.done():
                    continue
                if isinstance(outcome, Exception):
                    waiting.done.set_exception(outcome)
                else:
                    waiting.done.set_result(outcome)
            await asyncio.sleep(GATHER_SECONDS)

    def _keep(self, batch: Sequence[_Waiting]) -> list[dict[str, Any] | Exception]:
        outcomes: list[dict[str, Any] | Exception] = []
        given: dict[tuple[int, str, str], tuple[str, ...]] = {}
        touched: dict[tuple[int, str], GroupStep] = {}
        with self._store.begin() as work:
            seated = self._hold(work, [each.token_hash for each in batch])
            for each in batch:
                try:
                    seat, step, said = self._looked_at(work, each, seated.get(each.token_hash), touched)
                except ChatRefused as refused:
                    outcomes.append(refused)
                    continue
                given[seat.group_id, step.id, seat.thread_id] = each.options
                touched[seat.group_id, step.id] = step
                outcomes.append({"kept": list(each.options), "said": said})
            work.group_answers.keep_all(given)
            for (group_id, _), step in touched.items():
                work.group_answers.publish(group_id, step)
        return outcomes

    def _hold(self, work: UnitOfWork, tokens: Sequence[str]) -> dict[str, tuple[Seat, Group]]:
        """The threads, then the groups of a batch, each in order, before any answer: two gateways never wait in a ring.

        Gives whose seats they are and where, as it stands once nobody else can change it.
        """
        found = work.seats.by_tokens(tokens).values()
        work.threads.touch(seat.thread_id for seat, _ in found)
        for group_id in sorted({group.id for _, group in found}):
            work.groups.hold(group_id)
        return work.seats.by_tokens(tokens)

    def _looked_at(
        self, work: UnitOfWork, each: _Waiting, seated: tuple[Seat, Group] | None, open_now: Collection[tuple[int, str]]
    ) -> tuple[Seat, GroupStep, str]:
        """Whose answer it is, to what, and what they hear. Raises ChatRefused where it does not count.

        ``open_now`` are the polls, by group and step, that are known to be open.
        """
        if seated is None:
            raise ChatRefused(self._words.say("page_gone", each.lang), status=401)
        seat, group = seated
        lang = group.subject.lang
        step = self._step_of(group, seat)
        is_open = (group.id, step.id) in open_now or not work.group_answers.is_closed(group.id, step.id)
        if group.state is not GroupState.RUNNING or step.id != each.step or not is_open:
            raise ChatRefused(self._words.say("group_closed", lang), status=409)
        one_of_many = step.kind == "many" or len(each.options) == 1
        if step.kind not in COUNTED or not each.options or not set(each.options) <= set(step.options) or not one_of_many:
            raise ChatRefused(self._words.say("page_error_unreadable", lang), status=400)
        return seat, step, feedback(self._talk.show(group, step, lang, work.now), each.options)

    def _step_of(self, group: Group, seat: Seat) -> GroupStep:
        """The step somebody is on. Refuses theirs alone where their lesson was renamed, or taken away, while they are in it."""
        try:
            return self._talk.step_of(group, seat)
        except KeyError:
            raise ChatRefused(self._words.say("group_lesson_gone", group.subject.lang), status=409) from None

    def go_on(self, token: str, number: int) -> None:
        """At their own pace: the next step, while the group is running. Raises ChatRefused.

        ``number`` is the step that the page is on, counted from 1: what is sent again skips nothing.
        """
        with self._store.begin() as work:
            found = work.seats.by_token(self._vault.token_hash(token))
            if found is None or not found[1].free or found[1].state is not GroupState.RUNNING:
                return
            self._step_of(found[1], found[0])
            step = found[0].step
            if number == step + 1 and step + 1 < len(self._lessons.steps(found[1].subject)):
                work.seats.change(found[0].id, step=step + 1)

    def write(self, sitting: Sitting, client_id: str, text: str, aim: str, step: str = "") -> None:
        """Words: to the question box, to a step (the one that was on their screen), or to the bot alone. Raises ChatRefused."""
        if len(text) > MOST_CHARACTERS:
            raise ChatRefused(self._words.say("page_error_long", sitting.lang), status=413)
        provider_id = f"web:{sitting.thread_id}:{client_id}"[:128]
        inbound = Inbound(channel="web", provider_id=provider_id, text=text, thread_id=sitting.thread_id, aim=aim, step=step)
        self._conversation.receive(inbound)

    def leave(self, token: str) -> None:
        """Leave; the token opens nothing any more, and what was written is erased unless people have a case of it."""
        with self._store.begin() as work:
            found = work.seats.by_token(self._vault.token_hash(token))
            if found:
                seat, group = found
                work.threads.hold(seat.thread_id)
                self._talk.leave_page(work, seat.thread_id, group.id)
