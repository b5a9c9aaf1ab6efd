"""Answers, what is published of them, and texts that wait for the facilitator.

One answer per thread and poll is a constraint of the database; publishing happens in the transaction of the
answer that makes it due, so that every view reads the same published row.
"""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import Executable

from bot.groups.steps import GroupStep
from bot.groups.suppression import Given, Published, due, publish_many, publish_one, to_tell, told_by_closing
from bot.privacy import Vault
from bot.store.group_tables import group_answer, group_text, join_try, poll_result
from bot.store.once import insert_once
from bot.store.tables import thread

ANSWERS = timedelta(days=30)
"""How long single answers and texts of a group are kept; what is published of them stays."""

TRIES = timedelta(hours=1)
"""How long a wrong join code is counted."""

HELD, RELEASED, DROPPED = "held", "released", "dropped"
QUESTION, WORD = "question", "word"

RESTS = timedelta(minutes=3)
"""How long a text rests before a facilitator may read it. A disclosure may come in several texts ("my stepdad", "hits",
"me"), and what shows it takes back those that came before: all rest as long as texts are looked at joined."""


IDS = 10**9
"""Texts have numbers by chance: were they in a row, one that is missing would show that somebody took theirs back."""


@lru_cache
def _answered(dialect: str) -> Executable:
    wanted = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(group_answer)
    again = {"options": wanted.excluded.options, "at": wanted.excluded.at}
    return wanted.on_conflict_do_update(index_elements=["group_id", "step", "thread_id"], set_=again)


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
        self.keep_all({(group_id, step, thread_id): options})

    def keep_all(self, given: Mapping[tuple[int, str, str], tuple[str, ...]]) -> None:
        """The same for the answers of many, by group, step and thread."""
        rows = [
            {"group_id": group_id, "step": step, "thread_id": thread_id, "at": self._now, "options": ",".join(sorted(options))}
            for (group_id, step, thread_id), options in given.items()
        ]
        if rows:
            self._connection.execute(_answered(self._connection.dialect.name), rows)

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
        """Publish a poll anew when that is due; ``close`` ends it. Whoever calls this holds the group (``GroupRows.hold``)."""
        before = self._result(group_id, step.id)
        if before is not None and before.closed:
            return
        which = (group_answer.c.group_id == group_id, group_answer.c.step == step.id)
        rows = self._connection.execute(select(group_answer).where(*which).order_by(group_answer.c.id)).all()
        over_before = before.over if before else 0
        changed = sum(_given(row).changed for row in rows[:over_before])
        over = due(len(rows), over_before, closed=close, changed=changed)
        if over:
            told = to_tell([_given(row) for row in rows[:over]])
            self._tell(rows[:over], told)
            found = _of(step, told, _published(before) if before else None)
            self._put(group_id, step.id, found, over=over, closed=close)
        elif close:
            kept = _published(before) if before else Published.nothing()
            self._put(group_id, step.id, kept, over=over_before, closed=True)

    def reopen(self, group_id: int, step: str) -> bool:
        """Take answers to a closed poll again; False where closing it told something, or it isn't closed.

        Whoever calls this holds the group.
        """
        if not self.reopens(group_id, step):
            return False
        which = (poll_result.c.group_id == group_id, poll_result.c.step == step)
        self._connection.execute(update(poll_result).where(*which).values(closed=False))
        return True

    def reopens(self, group_id: int, step: str) -> bool:
        """Whether a closed poll can be opened again."""
        found = self._result(group_id, step)
        return found is not None and found.closed and not told_by_closing(found.over)

    def _tell(self, rows: Sequence[Row], told: Sequence[frozenset[str]]) -> None:
        """Note what is published of each answer."""
        fresh: dict[str, list[int]] = defaultdict(list)
        for row, options in zip(rows, told, strict=True):
            kept = ",".join(sorted(options))
            if row.told != kept:
                fresh[kept].append(row.id)
        for kept, ids in fresh.items():
            self._connection.execute(update(group_answer).where(group_answer.c.id.in_(ids)).values(told=kept))

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
        values["sealed_text"] = self._vault.seal(text)
        while not insert_once(self._connection, group_text, id=secrets.randbelow(IDS), **values):
            continue  # one chance in a million: another text has this number

    def waiting_of(self, group_id: int, thread_id: str) -> int:
        """How many texts of a thread wait for the facilitator."""
        which = (group_text.c.group_id == group_id, group_text.c.thread_id == thread_id, group_text.c.state == HELD)
        return int(self._connection.execute(select(func.count()).select_from(group_text).where(*which)).scalar_one())

    def texts(self, group_id: int, state: str) -> list[Held]:
        """Texts of a group in a state, oldest first, those that still rest too."""
        return self._texts(group_text.c.group_id == group_id, group_text.c.state == state)

    def to_read(self, group_id: int) -> list[Held]:
        """What a facilitator may read now, oldest first: held, and rested."""
        return self._texts(group_text.c.group_id == group_id, group_text.c.state == HELD, ~self._resting())

    def _resting(self) -> Any:
        return and_(group_text.c.state == HELD, group_text.c.at > self._now - RESTS)

    def _texts(self, *which: Any) -> list[Held]:
        wanted = select(group_text).where(*which)
        return [
            Held(row.id, row.kind, row.step, self._vault.open(row.sealed_text), row.state)
            for row in self._connection.execute(wanted.order_by(group_text.c.at, group_text.c.id))
        ]

    def settle(self, group_id: int, text_id: int, state: str) -> None:
        """Release a text that waits, or drop one: a dropped one loses its words at once, and never comes back.

        One that still rests cannot be settled: nobody has read it.
        """
        which = (group_text.c.group_id == group_id, group_text.c.id == text_id, ~self._resting())
        open_to_it = group_text.c.state == HELD if state == RELEASED else group_text.c.state != DROPPED
        gone = {"sealed_text": self._vault.seal("")} if state == DROPPED else {}
        self._connection.execute(update(group_text).where(*which, open_to_it).values(state=state, **gone))

    def take_back_resting(self, thread_id: str) -> None:
        """They have shown danger, or left: what they wrote just before, and nobody has read yet, never comes before anybody."""
        self._connection.execute(delete(group_text).where(group_text.c.thread_id == thread_id, self._resting()))

    def guessed(self, thread_id: str) -> None:
        """Somebody tried a code that is none."""
        self._connection.execute(insert(join_try).values(thread_id=thread_id, at=self._now))

    def guesses(self, thread_id: str, *, within: timedelta) -> int:
        """Wrong codes lately, of one thread."""
        mine = (join_try.c.thread_id == thread_id, join_try.c.at >= self._now - within)
        return int(self._connection.execute(select(func.count()).select_from(join_try).where(*mine)).scalar_one())

    def guesses_of_chats(self, *, within: timedelta) -> int:
        """Wrong codes lately, of all web chats together."""
        chats = select(func.count()).select_from(join_try.join(thread, thread.c.id == join_try.c.thread_id))
        lately = (thread.c.channel == "web", join_try.c.at >= self._now - within)
        return int(self._connection.execute(chats.where(*lately)).scalar_one())

    def _result(self, group_id: int, step: str) -> Row | None:
        which = (poll_result.c.group_id == group_id, poll_result.c.step == step)
        return self._connection.execute(select(poll_result).where(*which)).first()

    def _put(self, group_id: int, step: str, found: Published, *, over: int, closed: bool) -> None:
        values = {"over": over, "answered": found.answered, "counts": json.dumps(dict(found.counts)), "shown": found.shown}
        values.update(closed=closed, at=self._now)
        which = (poll_result.c.group_id == group_id, poll_result.c.step == step)
        if not insert_once(self._connection, poll_result, group_id=group_id, step=step, **values):
            self._connection.execute(update(poll_result).where(*which).values(**values))


def _given(row: Row) -> Given:
    return Given(frozenset(row.options.split(",")), frozenset(row.told.split(",")) if row.told else None)


def _published(row: Row) -> Published:
    return Published(row.answered, json.loads(row.counts), row.shown)


def _of(step: GroupStep, given: list[frozenset[str]], before: Published | None) -> Published:
    if step.kind == "many":
        return publish_many(step.options, given, before)
    return publish_one(step.options, [next(iter(options)) for options in given], before)
