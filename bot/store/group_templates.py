"""What facilitators open again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection, Row

from bot.groups.steps import Subject
from bot.store.group_tables import group_template
from bot.store.groups import FREE, kept, subject_of


@dataclass(frozen=True)
class Template:
    """What a facilitator opens again and again; ``staff_id`` is who made it."""

    id: int
    staff_id: int
    subject: Subject
    region: str | None
    free: bool


class GroupTemplateRows:
    """Keeps, finds and deletes templates."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def keep(self, subject: Subject, *, region: str | None, free: bool, staff_id: int) -> None:
        """Keep what somebody wants to open again."""
        values = {**kept(subject, region, free), "staff_id": staff_id, "created_at": self._now}
        self._connection.execute(insert(group_template).values(**values))

    def of(self, staff_id: int) -> list[Template]:
        """Somebody's templates, latest first."""
        return [each for each in self.all() if each.staff_id == staff_id]

    def all(self) -> list[Template]:
        """Everybody's templates, latest first."""
        return [_template(row) for row in self._connection.execute(select(group_template).order_by(group_template.c.id.desc()))]

    def get(self, template_id: int) -> Template | None:
        """One template; None where it is gone."""
        row = self._connection.execute(select(group_template).where(group_template.c.id == template_id)).first()
        return _template(row) if row else None

    def delete(self, template_id: int) -> None:
        """It is gone; groups opened from it stay."""
        self._connection.execute(delete(group_template).where(group_template.c.id == template_id))


def _template(row: Row) -> Template:
    return Template(row.id, row.staff_id, subject_of(row), row.region, row.pace == FREE)
