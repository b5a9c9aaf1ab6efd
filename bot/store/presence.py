"""Who is typing, and the switches a supervisor can throw: small facts that every process must see."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

from bot.store.tables import switch, typing

TYPES_FOR = timedelta(seconds=6)
"""How long one report of typing holds; a page reports every few seconds while somebody types."""

LINES_ONLY = "lines_only"
"""The switch that makes the bot answer with lines only; people and screening go on."""

IS_ON = select(switch.c.name).where(switch.c.name == bindparam("name"))


class PresenceRows:
    """Typing by thread and side (``you`` or ``helper``), and switches by name."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def types(self, thread_id: str, who: str) -> None:
        """Somebody types in a thread."""
        until = {"until": self._now + TYPES_FOR}
        which = (typing.c.thread_id == thread_id, typing.c.who == who)
        if self._connection.execute(update(typing).where(*which).values(**until)).rowcount == 0:
            self._connection.execute(insert(typing).values(thread_id=thread_id, who=who, **until))

    def typing_until(self, thread_id: str, who: str) -> datetime | None:
        """Until when that side of the thread is shown as typing; None when nobody types."""
        wanted = select(typing.c.until).where(typing.c.thread_id == thread_id, typing.c.who == who)
        until: datetime | None = self._connection.execute(wanted).scalar()
        return until if until and until > self._now else None

    def typing_now(self) -> set[tuple[str, str, datetime]]:
        """Everybody who types now, as thread, side and until when: what live pages compare with what they knew."""
        return {
            (row.thread_id, row.who, row.until) for row in self._connection.execute(select(typing)) if row.until > self._now
        }

    def stops_typing(self, thread_id: str, who: str) -> None:
        """Their message is there, so they no longer type."""
        self._connection.execute(delete(typing).where(typing.c.thread_id == thread_id, typing.c.who == who))

    def forget_typing(self) -> None:
        """Delete what is long over."""
        self._connection.execute(delete(typing).where(typing.c.until < self._now - timedelta(minutes=5)))

    def is_on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self._connection.execute(IS_ON, {"name": name}).first() is not None

    def turn_on(self, name: str, staff_id: int) -> None:
        """Throw a switch; again is the same."""
        if not self.is_on(name):
            self._connection.execute(insert(switch).values(name=name, staff_id=staff_id, at=self._now))

    def turn_off(self, name: str) -> None:
        """Set a switch back."""
        self._connection.execute(delete(switch).where(switch.c.name == name))
