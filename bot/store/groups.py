"""Group sessions, who runs them, and the seats of those who joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, func, insert, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from bot.groups.codes import new_code
from bot.groups.state import GroupState
from bot.groups.steps import Subject, read_activities
from bot.groups.suppression import floor5
from bot.handoff.cases import ENDED
from bot.store.group_tables import group_answer, group_session, group_staff, group_template, group_text, seat
from bot.store.tables import case

TOKEN_AFTER_END = timedelta(hours=1)

FREE, LED = "free", "facilitator"
"""At whose pace the steps go."""

SEAT_OF = (
    select(seat)
    .join(group_session, group_session.c.id == seat.c.group_id)
    .where(seat.c.thread_id == bindparam("of"), seat.c.left_at.is_(None), group_session.c.state != GroupState.ENDED.value)
    .limit(1)
)


@dataclass(frozen=True)
class Group:
    """One group session. ``step`` is the place in its steps; ``version`` grows with every change everybody sees."""

    id: int
    code: str
    state: GroupState
    subject: Subject
    region: str | None
    free: bool
    step: int
    door_open: bool
    version: int
    opened_by: int
    worry_thread: str | None
    opened_at: datetime
    step_at: datetime
    ended_at: datetime | None
    takers: int
    """How many took part, in fives, as last kept."""


@dataclass(frozen=True)
class Seat:
    """Somebody's place in a group; ``nickname`` is shown to them alone. ``told`` is what a phone was sent last."""

    id: int
    group_id: int
    thread_id: str
    nickname: str
    step: int
    told: str


@dataclass(frozen=True)
class Template:
    """What a facilitator opens again and again."""

    id: int
    subject: Subject
    region: str | None
    free: bool


class GroupRows:
    """Opens, finds and changes groups and seats."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def open(self, subject: Subject, *, region: str | None, free: bool, staff_id: int) -> Group:
        """A new group with a code that no group has or had."""
        while True:
            values = {**_kept(subject, region, free), "join_code": new_code(), "state": GroupState.GATHERING.value}
            values.update(step=0, door_open=True, version=1, opened_by=staff_id, opened_at=self._now, step_at=self._now)
            try:
                with self._connection.begin_nested():
                    group_id = int(self._connection.execute(insert(group_session).values(**values)).inserted_primary_key[0])
                break
            except IntegrityError:
                continue  # one chance in a million: the code is taken, so another one
        self.add_staff(group_id, staff_id)
        return self.get(group_id)

    def get(self, group_id: int) -> Group:
        """One group; raises KeyError."""
        row = self._connection.execute(select(group_session).where(group_session.c.id == group_id)).first()
        if row is None:
            raise KeyError(group_id)
        return _group(row)

    def hold(self, group_id: int) -> Group:
        """Nobody else publishes, closes or moves this group until the end of the transaction; as it is then.

        Whoever needs the group and answers in it takes the group first, and several groups in the order of their ids.
        Seats and answers that refer to it go on being written meanwhile. Raises KeyError.
        """
        wanted = select(group_session.c.id).where(group_session.c.id == group_id)
        self._connection.execute(wanted.with_for_update(key_share=True))
        return self.get(group_id)

    def by_code(self, code: str) -> Group | None:
        """The group of a join code, ended ones too."""
        row = self._connection.execute(select(group_session).where(group_session.c.join_code == code)).first()
        return _group(row) if row else None

    def change(self, group_id: int, **values: Any) -> None:
        """Set columns of what everybody sees, such as ``state`` or ``step``."""
        values = {**values, "version": group_session.c.version + 1}
        self._connection.execute(update(group_session).where(group_session.c.id == group_id).values(**values))

    def versions(self) -> dict[int, int]:
        """The version of every group that has not ended long ago, to see which changed."""
        wanted = select(group_session.c.id, group_session.c.version).order_by(group_session.c.id.desc()).limit(200)
        return {row.id: row.version for row in self._connection.execute(wanted)}

    def of_staff(self, staff_id: int) -> list[Group]:
        """The groups somebody runs or ran, latest first."""
        mine = select(group_staff.c.group_id).where(group_staff.c.staff_id == staff_id)
        wanted = select(group_session).where(group_session.c.id.in_(mine)).order_by(group_session.c.id.desc()).limit(100)
        return [_group(row) for row in self._connection.execute(wanted)]

    def runs(self, group_id: int, staff_id: int) -> bool:
        """Whether somebody may run this group."""
        wanted = select(group_staff.c.staff_id).where(group_staff.c.group_id == group_id, group_staff.c.staff_id == staff_id)
        return self._connection.execute(wanted).first() is not None

    def add_staff(self, group_id: int, staff_id: int) -> None:
        """Somebody runs this group too; twice is the same as once."""
        if not self.runs(group_id, staff_id):
            self._connection.execute(insert(group_staff).values(group_id=group_id, staff_id=staff_id))

    def keep_template(self, subject: Subject, *, region: str | None, free: bool, staff_id: int) -> None:
        """Keep what a facilitator wants to open again."""
        values = {**_kept(subject, region, free), "staff_id": staff_id, "created_at": self._now}
        self._connection.execute(insert(group_template).values(**values))

    def templates(self, staff_id: int) -> list[Template]:
        """Somebody's templates, latest first."""
        wanted = select(group_template).where(group_template.c.staff_id == staff_id).order_by(group_template.c.id.desc())
        return [Template(r.id, _subject(r), r.region, r.pace == FREE) for r in self._connection.execute(wanted)]

    def sit(self, group: Group, thread_id: str, *, nickname: str, token_hash: str | None = None) -> Seat:
        """A seat; who had one takes it again. It begins at the step the group is on."""
        found = self.seat(group.id, thread_id)
        if found is None:
            values = {"group_id": group.id, "thread_id": thread_id, "nickname": nickname, "token_hash": token_hash}
            start = 0 if group.free else group.step
            self._connection.execute(insert(seat).values(**values, step=start, told="", joined_at=self._now))
        else:
            self.change_seat(found.id, left_at=None, told="")
        self._connection.execute(
            update(seat)
            .where(seat.c.thread_id == thread_id, seat.c.group_id != group.id, seat.c.left_at.is_(None))
            .values(left_at=self._now)
        )
        again = self.seat(group.id, thread_id)
        if again is None:
            raise LookupError("A seat that was kept is gone.")
        return again

    def seat(self, group_id: int, thread_id: str) -> Seat | None:
        """A thread's seat in a group, also when it has left."""
        row = self._connection.execute(select(seat).where(seat.c.group_id == group_id, seat.c.thread_id == thread_id)).first()
        return _seat(row) if row else None

    def seat_of(self, thread_id: str) -> tuple[Seat, Group] | None:
        """Where a thread sits now: its seat in a group that has not ended."""
        row = self._connection.execute(SEAT_OF, {"of": thread_id}).first()
        return (_seat(row), self.get(row.group_id)) if row else None

    def seat_by_token(self, token_hash: str) -> tuple[Seat, Group] | None:
        """The seat a token opens, as long as its owner has not left.

        An hour after its group has ended a token opens nothing more, for a phone that is found later, unless people
        have the case of whoever sat there.
        """
        mine = select(seat).join(group_session, group_session.c.id == seat.c.group_id)
        mine = mine.where(seat.c.token_hash == token_hash, seat.c.left_at.is_(None))
        lately = group_session.c.ended_at.is_(None) | (group_session.c.ended_at > self._now - TOKEN_AFTER_END)
        with_people = exists().where(case.c.thread_id == seat.c.thread_id, case.c.state.not_in([s.value for s in ENDED]))
        row = self._connection.execute(mine.where(lately | with_people)).first()
        return (_seat(row), self.get(row.group_id)) if row else None

    def change_seat(self, seat_id: int, **values: Any) -> None:
        """Set columns such as ``step`` or ``left_at``."""
        self._connection.execute(update(seat).where(seat.c.id == seat_id).values(**values))

    def here(self, group_id: int) -> int:
        """How many are in a group now."""
        wanted = select(func.count()).select_from(seat).where(seat.c.group_id == group_id, seat.c.left_at.is_(None))
        return int(self._connection.execute(wanted).scalar_one())

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

    def keep_takers_of_all(self) -> None:
        """The same for every group that has not ended, before threads go."""
        for row in self._connection.execute(
            select(group_session.c.id).where(group_session.c.state != GroupState.ENDED.value)
        ).all():
            self.keep_takers(row.id)

    def untouched(self, for_long: timedelta) -> list[int]:
        """Groups that have not ended, in which nobody has done anything for so long."""
        since = self._now - for_long
        wanted = select(group_session.c.id).where(
            group_session.c.state != GroupState.ENDED.value,
            group_session.c.opened_at < since,
            group_session.c.step_at < since,
        )
        for table, at in ((seat, seat.c.joined_at), (group_answer, group_answer.c.at), (group_text, group_text.c.at)):
            wanted = wanted.where(~exists().where(table.c.group_id == group_session.c.id, at >= since))
        return [row.id for row in self._connection.execute(wanted.order_by(group_session.c.id))]

    def to_tell(self, group_id: int, told: str, *, limit: int) -> Sequence[Seat]:
        """Seats without a page of their own (phones, chats) that were not told this yet."""
        open_seat = (seat.c.group_id == group_id, seat.c.left_at.is_(None), seat.c.token_hash.is_(None))
        wanted = select(seat).where(*open_seat, seat.c.told != told)
        return [_seat(row) for row in self._connection.execute(wanted.order_by(seat.c.id).limit(limit))]

    def live(self) -> list[Group]:
        """Groups that have not ended, and those that ended so lately that phones may still have to be told."""
        lately = select(seat.c.group_id).where(seat.c.left_at.is_(None)).distinct()
        wanted = select(group_session).where(group_session.c.id.in_(lately)).order_by(group_session.c.id)
        return [_group(row) for row in self._connection.execute(wanted)]

    def empty(self, group_id: int) -> None:
        """Everybody has left, without a word; a page stays open to somebody whose case people have."""
        with_people = exists().where(case.c.thread_id == seat.c.thread_id, case.c.state.not_in([s.value for s in ENDED]))
        gone = (seat.c.group_id == group_id, seat.c.left_at.is_(None), seat.c.token_hash.is_(None) | ~with_people)
        self._connection.execute(update(seat).where(*gone).values(left_at=self._now))


def _kept(subject: Subject, region: str | None, free: bool) -> Mapping[str, Any]:
    return {
        "module": subject.module,
        "lesson": subject.lesson,
        "band": subject.band,
        "lang": subject.lang,
        "region": region,
        "pace": FREE if free else LED,
        "activities": ",".join(subject.activities),
    }


def _subject(row: Row) -> Subject:
    return Subject(row.module, row.lesson, row.band, row.lang, read_activities(row.activities))


def _group(row: Row) -> Group:
    return Group(
        id=row.id,
        code=row.join_code,
        state=GroupState(row.state),
        subject=_subject(row),
        region=row.region,
        free=row.pace == FREE,
        step=row.step,
        door_open=row.door_open,
        version=row.version,
        opened_by=row.opened_by,
        worry_thread=row.worry_thread,
        opened_at=row.opened_at,
        step_at=row.step_at,
        ended_at=row.ended_at,
        takers=row.takers or 0,
    )


def _seat(row: Row) -> Seat:
    return Seat(row.id, row.group_id, row.thread_id, row.nickname, row.step, row.told)
