"""What only those who lead groups see: who leads which, under which name, and by which link a colleague comes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from bot.privacy import Vault
from bot.store.group_tables import group_session, group_staff
from bot.store.groups import Group, group_of

MOST_LISTED = 100


class GroupLeadingRows:
    """Finds and changes who leads a group. Changes of what its open pages show belong to ``GroupRows.change``."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def groups_of(self, staff_id: int) -> list[Group]:
        """The groups somebody leads or led, latest first."""
        theirs = (group_staff.c.staff_id == staff_id, group_staff.c.ended_at.is_(None))
        wanted = select(group_session).where(group_session.c.id.in_(select(group_staff.c.group_id).where(*theirs)))
        found = self._connection.execute(wanted.order_by(group_session.c.id.desc()).limit(MOST_LISTED))
        return [group_of(row) for row in found]

    # --- who ---

    def leads(self, group_id: int, staff_id: int) -> bool:
        """Whether somebody may lead this group."""
        return staff_id in self.leaders(group_id)

    def leaders(self, group_id: int) -> list[int]:
        """Everybody who may lead it."""
        theirs = (group_staff.c.group_id == group_id, group_staff.c.ended_at.is_(None))
        return list(self._connection.execute(select(group_staff.c.staff_id).where(*theirs)).scalars())

    def was_let_go(self, group_id: int, staff_id: int) -> bool:
        """Whether somebody led it until the link by which they came was ended."""
        row = self._connection.execute(select(group_staff.c.ended_at).where(*_both(group_id, staff_id))).first()
        return row is not None and row.ended_at is not None

    def add(self, group_id: int, staff_id: int) -> None:
        """Somebody leads it too; twice is the same as once."""
        if self.was_let_go(group_id, staff_id):
            self._connection.execute(update(group_staff).where(*_both(group_id, staff_id)).values(ended_at=None))
        elif not self.leads(group_id, staff_id):
            self._connection.execute(insert(group_staff).values(group_id=group_id, staff_id=staff_id))

    def let_go(self, group_id: int, *, but: int) -> None:
        """Nobody leads it any more but one."""
        theirs = (group_staff.c.group_id == group_id, group_staff.c.staff_id != but, group_staff.c.ended_at.is_(None))
        self._connection.execute(update(group_staff).where(*theirs).values(ended_at=self._now))

    # --- the link ---

    def link(self, group_id: int) -> str | None:
        """What the link of the co-facilitators is made from; None where it was ended, or there is no such group."""
        return self._connection.execute(select(group_session.c.link).where(group_session.c.id == group_id)).scalar()

    def change_link(self, group_id: int, link: str | None) -> None:
        """Another one, or none."""
        self._connection.execute(update(group_session).where(group_session.c.id == group_id).values(link=link))

    # --- the name ---

    def name(self, group_id: int) -> str:
        """What those who lead it call it; empty where it has no name, or no key opens it."""
        return self.names([group_id]).get(group_id, "")

    def names(self, group_ids: Iterable[int]) -> dict[int, str]:
        """The same for several groups; those without a name are not in it."""
        named = (group_session.c.id.in_(list(group_ids)), group_session.c.sealed_name.is_not(None))
        rows = self._connection.execute(select(group_session.c.id, group_session.c.sealed_name).where(*named))
        found = {row.id: self._vault.readable(row.sealed_name) for row in rows}
        return {group_id: name for group_id, name in found.items() if name}

    def change_name(self, group_id: int, name: str) -> None:
        """Another name; empty takes it away."""
        sealed = self._vault.seal(name) if name else None
        self._connection.execute(update(group_session).where(group_session.c.id == group_id).values(sealed_name=sealed))


def _both(group_id: int, staff_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return group_staff.c.group_id == group_id, group_staff.c.staff_id == staff_id
