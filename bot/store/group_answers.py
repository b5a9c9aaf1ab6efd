"""Answers, what is published of them, and texts that wait for the facilitator.

One answer per thread and poll is a constraint of the database; publishing happens in the transaction of the
answer that makes it due, so that every view reads the same published row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from bot.groups.steps import GroupStep
from bot.groups.suppression import Published, due, publish_many, publish_one
from bot.privacy import Vault
from bot.store.group_tables import group_answer, group_text, join_try, poll_result

ANSWERS = timedelta(days=30)
"""How long single answers and texts of a group are kept; what is published of them stays."""

TRIES = timedelta(hours=1)
"""How long a wrong join code is counted."""

HELD, RELEASED, DROPPED = "held", "released", "dropped"
QUESTION, WORD = "question", "word"


@dataclass(frozen=True)
class Held:
    """A text for the facilitator: redacted, and shown to nobody else before it is released."""

    id: int
    kind: str
    step: str
    text: str
    state: str


class GroupAnswerRows:
    """Keeps answers exactly once, publishes, and holds texts."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def keep(self, group_id: int, step: str, thread_id: str, options: tuple[str, ...]) -> None:
        """Keep an answer; the same thread's earlier one is replaced."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        values = {"group_id": group_id, "step": step, "thread_id": thread_id, "options": ",".join(options), "at": self._now}
        wanted = dialect.insert(group_answer).values(**values)
        again = {"options": wanted.excluded.options, "at": wanted.excluded.at}
        self._connection.execute(wanted.on_conflict_do_update(index_elements=["group_id", "step", "thread_id"], set_=again))

    def answered(self, group_id: int, step: str) -> int:
        """How many have answered; not to be shown as it is."""
        wanted = select(func.count()).select_from(group_answer)
        which = (group_answer.c.group_id == group_id, group_answer.c.step == step)
        return int(self._connection.execute(wanted.where(*which)).scalar_one())

    def of_thread(self, group_id: int, thread_id: str) -> dict[str, tuple[str, ...]]:
        """Somebody's own answers, by step."""
        which = (group_answer.c.group_id == group_id, group_answer.c.thread_id == thread_id)
        wanted = select(group_answer.c.step, group_answer.c.options).where(*which)
        return {row.step: tuple(row.options.split(",")) for row in self._connection.execute(wanted)}

    def publish(self, group_id: int, step: GroupStep, *, close: bool = False) -> None:
        """Publish a poll anew when that is due; ``close`` ends it."""
        before = self._result(group_id, step.id)
        if before is not None and before.closed:
            return
        over = due(self.answered(group_id, step.id), before.over if before else 0, closed=close)
        if over:
            which = (group_answer.c.group_id == group_id, group_answer.c.step == step.id)
            first = select(group_answer.c.options).where(*which).order_by(group_answer.c.id).limit(over)
            given = [frozenset(row.options.split(",")) for row in self._connection.execute(first)]
            found = _of(step, given, _published(before) if before else None)
            self._put(group_id, step.id, found, over=over, closed=close)
        elif close:
            kept = _published(before) if before else Published.nothing()
            self._put(group_id, step.id, kept, over=before.over if before else 0, closed=True)

    def is_closed(self, group_id: int, step: str) -> bool:
        """Whether no more answers are taken to a poll."""
        found = self._result(group_id, step)
        return bool(found and found.closed)

    def published(self, group_id: int) -> dict[str, Published]:
        """What may be shown of every poll of a group, by step."""
        wanted = select(poll_result).where(poll_result.c.group_id == group_id)
        return {row.step: _published(row) for row in self._connection.execute(wanted)}

    def hold(self, group_id: int, thread_id: str, *, kind: str, step: str, text: str) -> None:
        """A text waits for the facilitator."""
        values = {"group_id": group_id, "thread_id": thread_id, "kind": kind, "step": step, "state": HELD, "at": self._now}
        self._connection.execute(insert(group_text).values(**values, sealed_text=self._vault.seal(text)))

    def texts(self, group_id: int, state: str) -> list[Held]:
        """Texts of a group in a state, oldest first."""
        wanted = select(group_text).where(group_text.c.group_id == group_id, group_text.c.state == state)
        return [
            Held(row.id, row.kind, row.step, self._vault.open(row.sealed_text), row.state)
            for row in self._connection.execute(wanted.order_by(group_text.c.id))
        ]

    def settle(self, group_id: int, text_id: int, state: str) -> None:
        """Release a text, or drop it: a dropped one loses its words at once."""
        which = (group_text.c.group_id == group_id, group_text.c.id == text_id)
        gone = {"sealed_text": self._vault.seal("")} if state == DROPPED else {}
        self._connection.execute(update(group_text).where(*which).values(state=state, **gone))

    def take_back(self, thread_id: str) -> None:
        """What a thread put before the facilitator and has not been released is dropped."""
        self._connection.execute(delete(group_text).where(group_text.c.thread_id == thread_id, group_text.c.state == HELD))

    def guessed(self, thread_id: str) -> None:
        """Somebody tried a code that is none."""
        self._connection.execute(insert(join_try).values(thread_id=thread_id, at=self._now))

    def guesses(self, *, thread_id: str | None, within: timedelta) -> int:
        """Wrong codes lately, of one thread or of everybody."""
        wanted = select(func.count()).select_from(join_try).where(join_try.c.at >= self._now - within)
        mine = wanted.where(join_try.c.thread_id == thread_id) if thread_id else wanted
        return int(self._connection.execute(mine).scalar_one())

    def _result(self, group_id: int, step: str) -> Row | None:
        which = (poll_result.c.group_id == group_id, poll_result.c.step == step)
        return self._connection.execute(select(poll_result).where(*which)).first()

    def _put(self, group_id: int, step: str, found: Published, *, over: int, closed: bool) -> None:
        values = {"over": over, "answered": found.answered, "counts": json.dumps(dict(found.counts)), "shown": found.shown}
        values.update(closed=closed, at=self._now)
        which = (poll_result.c.group_id == group_id, poll_result.c.step == step)
        if self._connection.execute(update(poll_result).where(*which).values(**values)).rowcount == 0:
            self._connection.execute(insert(poll_result).values(group_id=group_id, step=step, **values))


def _published(row: Row) -> Published:
    return Published(row.answered, json.loads(row.counts), row.shown)


def _of(step: GroupStep, given: list[frozenset[str]], before: Published | None) -> Published:
    if step.kind == "many":
        return publish_many(step.options, given, before)
    return publish_one(step.options, [next(iter(options)) for options in given], before)
