"""Group sessions. Who leads them is ``group_leading``, who sits in them ``seats``."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, insert, or_, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from bot.groups.codes import new_code
from bot.groups.state import GroupState
from bot.groups.steps import Subject, read_activities
from bot.store.group_tables import group_answer, group_session, group_staff, group_text, seat

LINK_BYTES = 8

NEWEST = 200
"""Groups that are looked at even when they have ended: their pages may still be open."""

FREE, LED = "free", "facilitator"
"""At whose pace the steps go."""

ONE = select(group_session).where(group_session.c.id == bindparam("one"))


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


class GroupRows:
    """Opens, finds and changes groups."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def open(self, subject: Subject, *, region: str | None, free: bool, staff_id: int) -> Group:
        """A new group with a code that no group has or had."""
        while True:
            values = {**kept(subject, region, free), "join_code": new_code(), "state": GroupState.GATHERING.value}
            values.update(
                step=0, door_open=True, version=1, opened_by=staff_id, opened_at=self._now, step_at=self._now, link=new_link()
            )
            try:
                with self._connection.begin_nested():
                    group_id = int(self._connection.execute(insert(group_session).values(**values)).inserted_primary_key[0])
                break
            except IntegrityError:
                continue  # one chance in a million: the code is taken, so another one
        self._connection.execute(insert(group_staff).values(group_id=group_id, staff_id=staff_id))
        return self.get(group_id)

    def get(self, group_id: int) -> Group:
        """One group; raises KeyError."""
        row = self._connection.execute(ONE, {"one": group_id}).first()
        if row is None:
            raise KeyError(group_id)
        return group_of(row)

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
        return group_of(row) if row else None

    def change(self, group_id: int, **values: Any) -> None:
        """Set columns of what everybody sees, such as ``state`` or ``step``."""
        values = {**values, "version": group_session.c.version + 1}
        self._connection.execute(update(group_session).where(group_session.c.id == group_id).values(**values))

    def versions(self) -> dict[int, int]:
        """The version of every group that has not ended, and of the newest besides, to see which changed."""
        newest = select(group_session.c.id).order_by(group_session.c.id.desc()).limit(NEWEST)
        wanted = select(group_session.c.id, group_session.c.version).where(
            or_(group_session.c.state != GroupState.ENDED.value, group_session.c.id.in_(newest))
        )
        return {row.id: row.version for row in self._connection.execute(wanted)}

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

    def live(self) -> list[Group]:
        """Groups that have not ended, and those that ended so lately that phones may still have to be told."""
        lately = select(seat.c.group_id).where(seat.c.left_at.is_(None)).distinct()
        wanted = select(group_session).where(group_session.c.id.in_(lately)).order_by(group_session.c.id)
        return [group_of(row) for row in self._connection.execute(wanted)]


def new_link() -> str:
    """What a co-facilitators' link is made from: by chance, so that an ended one never comes again."""
    return secrets.token_hex(LINK_BYTES)


def kept(subject: Subject, region: str | None, free: bool) -> Mapping[str, Any]:
    """The columns of what a group, or a template, is about."""
    return {
        "module": subject.module,
        "lesson": subject.lesson,
        "band": subject.band,
        "lang": subject.lang,
        "region": region,
        "pace": FREE if free else LED,
        "activities": ",".join(subject.activities),
    }


def subject_of(row: Row) -> Subject:
    """What a kept group, or a template, is about."""
    return Subject(row.module, row.lesson, row.band, row.lang, read_activities(row.activities))


def group_of(row: Row) -> Group:
    """A group as it is kept."""
    return Group(
        id=row.id,
        code=row.join_code,
        state=GroupState(row.state),
        subject=subject_of(row),
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
