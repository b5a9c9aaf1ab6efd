"""Check-ins: a text some hours after a case was closed, only where the young person said yes to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection, Row

from bot.store.tables import check_in

ASKED, AGREED, SENT, ENDED = "asked", "agreed", "sent", "ended"

OF_THREAD = (
    select(check_in)
    .where(check_in.c.thread_id == bindparam("of"), check_in.c.state == bindparam("state"))
    .order_by(check_in.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class CheckIn:
    """One check-in. ``state`` is asked, agreed, sent or ended."""

    id: int
    thread_id: str
    case_id: int
    state: str
    due_at: datetime


class CheckInRows:
    """Keeps what was asked, agreed and sent."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def ask(self, thread_id: str, case_id: int, due_at: datetime) -> None:
        """A worker would like to check in at ``due_at``; nothing is sent before the young person says yes."""
        self.end(thread_id)
        self._connection.execute(insert(check_in).values(thread_id=thread_id, case_id=case_id, state=ASKED, due_at=due_at))

    def of_thread(self, thread_id: str, state: str) -> CheckIn | None:
        """The newest check-in of a thread in this state."""
        row = self._connection.execute(OF_THREAD, {"of": thread_id, "state": state}).first()
        return _check_in(row) if row else None

    def of_case(self, case_id: int) -> CheckIn | None:
        """The newest check-in of a case."""
        wanted = select(check_in).where(check_in.c.case_id == case_id).order_by(check_in.c.id.desc()).limit(1)
        row = self._connection.execute(wanted).first()
        return _check_in(row) if row else None

    def due(self) -> list[CheckIn]:
        """Those they agreed to whose time has come."""
        wanted = select(check_in).where(check_in.c.state == AGREED, check_in.c.due_at <= self._now).order_by(check_in.c.id)
        return [_check_in(row) for row in self._connection.execute(wanted)]

    def settle(self, check_in_id: int, state: str) -> None:
        """Write how one went on."""
        self._connection.execute(update(check_in).where(check_in.c.id == check_in_id).values(state=state))

    def end(self, thread_id: str) -> None:
        """Nothing that was asked or agreed is sent any more."""
        still = check_in.c.state.in_((ASKED, AGREED))
        self._connection.execute(update(check_in).where(check_in.c.thread_id == thread_id, still).values(state=ENDED))


def _check_in(row: Row) -> CheckIn:
    return CheckIn(row.id, row.thread_id, row.case_id, row.state, row.due_at)
