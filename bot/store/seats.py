"""Seats in group sessions: who sits where now, and how many have been in a group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, func, insert, select, update
from sqlalchemy.engine import Connection, Row

from bot.groups.state import GroupState
from bot.groups.suppression import floor5
from bot.handoff.cases import ENDED
from bot.store.group_tables import group_answer, group_session, seat
from bot.store.groups import Group, GroupRows
from bot.store.tables import case

TOKEN_AFTER_END = timedelta(hours=1)

AWAY = "away"
"""What a phone was told last, of somebody who is busy with us: nothing that counts. They hear the step when that is over."""

SEAT_OF = (
    select(seat)
    .join(group_session, group_session.c.id == seat.c.group_id)
    .where(seat.c.thread_id == bindparam("of"), seat.c.left_at.is_(None), group_session.c.state != GroupState.ENDED.value)
    .limit(1)
)

OPENED_BY = (
    select(seat)
    .join(group_session, group_session.c.id == seat.c.group_id)
    .where(seat.c.token_hash.in_(bindparam("tokens", expanding=True)), seat.c.left_at.is_(None))
    .where(
        group_session.c.ended_at.is_(None)
        | (group_session.c.ended_at > bindparam("lately"))
        | exists().where(case.c.thread_id == seat.c.thread_id, case.c.state.not_in([s.value for s in ENDED]))
    )
)


@dataclass(frozen=True)
class Seat:
    """Somebody's place in a group; ``nickname`` is shown to them alone. ``told`` is what a phone was sent last, and
    ``on_page`` whether it is a page of the group's own instead."""

    id: int
    group_id: int
    thread_id: str
    nickname: str
    step: int
    told: str
    on_page: bool = False


class SeatRows:
    """Takes, finds, changes and counts seats."""

    def __init__(self, connection: Connection, groups: GroupRows, now: datetime) -> None:
        self._connection = connection
        self._groups = groups
        self._now = now

    def take(self, group: Group, thread_id: str, *, nickname: str, token_hash: str | None = None) -> Seat:
        """A seat; who had one takes it again. It begins at the step the group is on."""
        found = self.find(group.id, thread_id)
        if found is None:
            values = {"group_id": group.id, "thread_id": thread_id, "nickname": nickname, "token_hash": token_hash}
            start = 0 if group.free else group.step
            self._connection.execute(insert(seat).values(**values, step=start, told="", joined_at=self._now))
        else:
            self.change(found.id, left_at=None, told="")
        self._connection.execute(
            update(seat)
            .where(seat.c.thread_id == thread_id, seat.c.group_id != group.id, seat.c.left_at.is_(None))
            .values(left_at=self._now)
        )
        again = self.find(group.id, thread_id)
        if again is None:
            raise LookupError("A seat that was kept is gone.")
        return again

    def find(self, group_id: int, thread_id: str) -> Seat | None:
        """A thread's seat in a group, also when it has left."""
        row = self._connection.execute(select(seat).where(seat.c.group_id == group_id, seat.c.thread_id == thread_id)).first()
        return _seat(row) if row else None

    def now_of(self, thread_id: str) -> tuple[Seat, Group] | None:
        """Where a thread sits now: its seat in a group that has not ended."""
        row = self._connection.execute(SEAT_OF, {"of": thread_id}).first()
        return (_seat(row), self._groups.get(row.group_id)) if row else None

    def by_token(self, token_hash: str) -> tuple[Seat, Group] | None:
        """The seat a token opens, as long as its owner has not left.

        An hour after its group has ended a token opens nothing more, for a phone that is found later, unless people
        have the case of whoever sat there.
        """
        return self.by_tokens([token_hash]).get(token_hash)

    def by_tokens(self, token_hashes: Collection[str]) -> dict[str, tuple[Seat, Group]]:
        """The same of many at once; a token that opens nothing is not among them."""
        asked = {"tokens": list(token_hashes), "lately": self._now - TOKEN_AFTER_END}
        rows = self._connection.execute(OPENED_BY, asked).all()
        groups = {group_id: self._groups.get(group_id) for group_id in {row.group_id for row in rows}}
        return {row.token_hash: (_seat(row), groups[row.group_id]) for row in rows}

    def drop_token(self, group_id: int, thread_id: str) -> bool:
        """A seat's page is left: its token opens nothing any more. False for a seat without one."""
        mine = (seat.c.group_id == group_id, seat.c.thread_id == thread_id, seat.c.token_hash.is_not(None))
        left = {"token_hash": None, "left_at": self._now}
        return bool(self._connection.execute(update(seat).where(*mine).values(left)).rowcount)

    def change(self, seat_id: int, **values: Any) -> None:
        """Set columns such as ``step`` or ``left_at``."""
        self._connection.execute(update(seat).where(seat.c.id == seat_id).values(**values))

    def here(self, group_id: int, *, without_answer_to: str | None = None) -> int:
        """How many are in a group now; or how many of them have not answered a step."""
        wanted = select(func.count()).select_from(seat).where(seat.c.group_id == group_id, seat.c.left_at.is_(None))
        if without_answer_to is not None:
            theirs = (group_answer.c.group_id == group_id, group_answer.c.thread_id == seat.c.thread_id)
            wanted = wanted.where(~exists().where(*theirs, group_answer.c.step == without_answer_to))
        return int(self._connection.execute(wanted).scalar_one())

    def places(self, group_id: int, *, quiet_since: datetime | None = None) -> list[int]:
        """The step of each who is in a group at their own pace; or of those who came before and answered nothing since.

        Not of who wrote nothing since: a private word to the bot, or from a person, moves no count that a facilitator sees.
        """
        wanted = select(seat.c.step).where(seat.c.group_id == group_id, seat.c.left_at.is_(None))
        if quiet_since is not None:
            theirs = (group_answer.c.group_id == group_id, group_answer.c.thread_id == seat.c.thread_id)
            answered = exists().where(*theirs, group_answer.c.at >= quiet_since)
            wanted = wanted.where(seat.c.joined_at < quiet_since, ~answered)
        return [int(step) for step in self._connection.execute(wanted).scalars()]

    def ever(self, group_id: int) -> int:
        """How many have been in a group."""
        return int(
            self._connection.execute(select(func.count()).select_from(seat).where(seat.c.group_id == group_id)).scalar_one()
        )

    def keep_takers(self, group_id: int) -> None:
        """Keep how many took part, in fives; never fewer than before."""
        now = floor5(self.ever(group_id))
        fewer = group_session.c.takers.is_(None) | (group_session.c.takers < now)
        self._connection.execute(update(group_session).where(group_session.c.id == group_id, fewer).values(takers=now))

    def keep_takers_with(self, thread_id: str) -> None:
        """The same for every group that somebody has been in, before they are forgotten: else one fewer would show it."""
        wanted = select(seat.c.group_id).where(seat.c.thread_id == thread_id).order_by(seat.c.group_id)
        for group_id in self._connection.execute(wanted).scalars().all():
            self.keep_takers(group_id)

    def keep_takers_of_all(self) -> None:
        """The same for every group that has not ended, before threads go."""
        for row in self._connection.execute(
            select(group_session.c.id).where(group_session.c.state != GroupState.ENDED.value)
        ).all():
            self.keep_takers(row.id)

    def away(self, group_id: int) -> Sequence[Seat]:
        """Seats of those who were busy with us when there was something to tell."""
        mine = (seat.c.group_id == group_id, seat.c.left_at.is_(None), seat.c.token_hash.is_(None), seat.c.told == AWAY)
        return [_seat(row) for row in self._connection.execute(select(seat).where(*mine).order_by(seat.c.id))]

    def to_tell(self, group_id: int, told: Collection[str], *, limit: int) -> Sequence[Seat]:
        """Seats without a page of their own (phones, chats) that were not told this yet, nor are as good as told."""
        open_seat = (seat.c.group_id == group_id, seat.c.left_at.is_(None), seat.c.token_hash.is_(None))
        wanted = select(seat).where(*open_seat, seat.c.told.not_in(told))
        return [_seat(row) for row in self._connection.execute(wanted.order_by(seat.c.id).limit(limit))]

    def empty(self, group_id: int) -> None:
        """Everybody has left, without a word; a page stays open to somebody whose case people have."""
        with_people = exists().where(case.c.thread_id == seat.c.thread_id, case.c.state.not_in([s.value for s in ENDED]))
        gone = (seat.c.group_id == group_id, seat.c.left_at.is_(None), seat.c.token_hash.is_(None) | ~with_people)
        self._connection.execute(update(seat).where(*gone).values(left_at=self._now))


def _seat(row: Row) -> Seat:
    return Seat(row.id, row.group_id, row.thread_id, row.nickname, row.step, row.told, row.token_hash is not None)
