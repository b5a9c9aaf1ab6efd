"""Messages: the transcript, the inbox and the outbox are one table, so that nothing falls between them.

Inbound: ``kept`` (to be answered) -> ``answered``; ``noted`` needs no answer from the bot.
Outbound: ``queued`` -> ``sending`` -> ``sent`` -> ``delivered``, or ``failed`` / ``opted out``; on the
web a message is ``shown`` as soon as it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, insert, or_, select, update
from sqlalchemy.engine import Connection, Row

from bot.choices import Choice
from bot.privacy import UNREADABLE, Vault
from bot.safety.verdict import Level, Verdict
from bot.store.tables import message, thread

LEASE = timedelta(seconds=30)
"""How long a claimed message is left to its claimer before somebody else takes it up."""

LONGEST_PAUSE = timedelta(minutes=15)
"""No message is ever put off for longer: one that seems to be was written before the clock went back."""

NOT_READABLE = "(This cannot be read: no key opens it.)"
"""What staff see instead of the words of a damaged row."""


@dataclass(frozen=True)
class Message:
    """One text in or out."""

    id: int
    thread_id: str
    seq: int
    direction: str
    who: str
    text: str
    choices: tuple[Choice, ...]
    chosen: str | None
    verdict: Verdict
    state: str
    at: datetime
    provider_id: str | None
    case_id: int | None
    staff_id: int | None
    attempts: int
    error_code: str | None
    readable: bool = True


class MessageRows:
    """Keeps, claims and reads messages."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def keep_inbound(
        self,
        thread_id: str,
        *,
        provider_id: str | None,
        text: str,
        verdict: Verdict,
        state: str,
        who: str = "you",
        chosen: str | None = None,
    ) -> int:
        """Keep what came in; returns its id. ``chosen`` is the payload of the choice it names, as offered then."""
        return self._insert(
            thread_id,
            direction="in",
            who=who,
            text=text,
            provider_id=provider_id,
            sealed_screening=self._vault.seal_json(verdict.to_json()),
            sealed_choice=self._vault.seal(chosen) if chosen else None,
            level=int(verdict.level),
            state=state,
        )

    def queue(
        self,
        thread_id: str,
        text: str,
        *,
        who: str = "bot",
        choices: Sequence[Choice] = (),
        state: str = "queued",
        case_id: int | None = None,
        staff_id: int | None = None,
        once: str | None = None,
    ) -> int:
        """Write a message to a young person; the outbox (or the open page) takes it from here."""
        return self._insert(
            thread_id,
            direction="out",
            who=who,
            text=text,
            once=once,
            sealed_choices=self._vault.seal_json([c.to_json() for c in choices]) if choices else None,
            level=int(Level.NONE),
            state=state,
            case_id=case_id,
            staff_id=staff_id,
            due_at=self._now,
        )

    def said_once(self, once: str) -> bool:
        """Whether a message with this key was written before."""
        return self._connection.execute(select(message.c.id).where(message.c.once == once)).first() is not None

    def newest(self, limit: int = 200) -> list[tuple[int, str]]:
        """The newest messages as (id, thread id): what live pages compare with what they knew."""
        wanted = select(message.c.id, message.c.thread_id).order_by(message.c.id.desc()).limit(limit)
        return [(row.id, row.thread_id) for row in self._connection.execute(wanted)]

    def recent_texts(self, thread_id: str, *, within: timedelta, limit: int = 6) -> list[str]:
        """What the young person wrote in the last minutes, oldest first; without what no key opens."""
        wanted = (
            select(message.c.sealed_body)
            .where(message.c.thread_id == thread_id, message.c.who == "you", message.c.created_at >= self._now - within)
            .order_by(message.c.seq.desc())
            .limit(limit)
        )
        said = [self._vault.readable(sealed) for (sealed,) in self._connection.execute(wanted)]
        return [text for text in said[::-1] if text is not None]

    def heard(self, thread_id: str, *, within: timedelta) -> int:
        """How many texts the young person sent in the last while."""
        said = (message.c.thread_id == thread_id, message.c.who == "you", message.c.created_at > self._now - within)
        return int(self._connection.execute(select(func.count()).select_from(message).where(*said)).scalar_one())

    def last_heard(self, thread_id: str) -> datetime | None:
        """When the young person last wrote."""
        wanted = select(message.c.created_at).where(message.c.thread_id == thread_id, message.c.who == "you")
        heard: datetime | None = self._connection.execute(wanted.order_by(message.c.seq.desc()).limit(1)).scalar()
        return heard

    def last_seq(self, thread_id: str) -> int:
        """The place of the newest message of a thread."""
        return int(self._connection.execute(select(thread.c.last_seq).where(thread.c.id == thread_id)).scalar() or 0)

    def transcript(self, thread_id: str, *, after: int = 0, limit: int = 500) -> list[Message]:
        """A thread's messages in order, without the notes the gateway writes to itself."""
        wanted = (
            select(message)
            .where(message.c.thread_id == thread_id, message.c.seq > after, message.c.who != "event")
            .order_by(message.c.seq.desc())
            .limit(limit)
        )
        return [self._message(r) for r in self._connection.execute(wanted)][::-1]

    def get(self, message_id: int) -> Message | None:
        """One message."""
        row = self._connection.execute(select(message).where(message.c.id == message_id)).first()
        return self._message(row) if row else None

    def claim(self, *, direction: str, states: Sequence[str], into: str | None = None) -> Message | None:
        """Take the oldest message that is due and whose thread has no earlier one waiting; threads in danger first.

        One at a time per thread keeps order; a claim expires, so that a killed process loses nothing. A time further off
        than any we set was written before the clock went back, and has come. One that no key opens is given up, and
        the next is taken.
        """
        earlier = message.alias("earlier")
        first_in_thread = ~exists(
            select(earlier.c.id).where(
                earlier.c.thread_id == message.c.thread_id,
                earlier.c.direction == direction,
                earlier.c.state.in_(states),
                earlier.c.seq < message.c.seq,
            )
        )
        until, due_at, now = message.c.claimed_until, message.c.due_at, self._now
        free = or_(until.is_(None), until < now, until > now + 2 * LEASE)
        due = or_(due_at.is_(None), due_at <= now, due_at > now + LONGEST_PAUSE, message.c.created_at > now)
        wanted = (
            select(message)
            .join(thread, thread.c.id == message.c.thread_id)
            .where(and_(message.c.direction == direction, message.c.state.in_(states), free, due, first_in_thread))
            .order_by(thread.c.level.desc(), message.c.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=message)
        )
        while (row := self._connection.execute(wanted).first()) is not None:
            found = self._message(row)
            if found.readable:
                values: dict[str, Any] = {"claimed_until": self._now + LEASE, "attempts": row.attempts + 1}
                self._change(row.id, **values, **({"state": into} if into else {}))
                return found
            self.settle(row.id, "failed", error_code=UNREADABLE)
        return None

    def settle(self, message_id: int, state: str, **values: Any) -> None:
        """Write how a claimed message ended."""
        self._change(message_id, state=state, claimed_until=None, **values)

    def stop_queued(self, thread_id: str) -> None:
        """They asked us to stop: what waits to be sent to them is not sent any more."""
        waiting = (message.c.thread_id == thread_id) & (message.c.state == "queued")
        self._connection.execute(update(message).where(waiting).values(state="opted out", claimed_until=None))

    def newest_failure(self, thread_id: str) -> str | None:
        """The code with which the newest text that left for a thread failed; None when that one did not fail."""
        ours = (message.c.thread_id == thread_id, message.c.direction == "out")
        tried = select(message.c.state, message.c.error_code).where(*ours, message.c.state.in_(("sent", "delivered", "failed")))
        row = self._connection.execute(tried.order_by(message.c.seq.desc()).limit(1)).first()
        return row.error_code if row and row.state == "failed" else None

    def due_now(self, thread_id: str, codes: Sequence[str]) -> None:
        """What was put off for one of these reasons is due now."""
        waiting = (message.c.thread_id == thread_id, message.c.direction == "out", message.c.state == "queued")
        put_off = (message.c.due_at > self._now, message.c.error_code.in_(codes))
        self._connection.execute(update(message).where(*waiting, *put_off).values(due_at=self._now))

    def unfinished(self) -> int:
        """How many messages are still to be answered or sent."""
        waiting = message.c.state.in_(("kept", "queued", "sending"))
        return int(self._connection.execute(select(func.count()).select_from(message).where(waiting)).scalar_one())

    def stuck(self, *, older_than: timedelta) -> int:
        """How many messages have waited too long to be answered or sent."""
        waiting = message.c.state.in_(("kept", "queued", "sending")) & (message.c.created_at < self._now - older_than)
        overdue = or_(message.c.due_at.is_(None), message.c.due_at < self._now - older_than)
        return len(self._connection.execute(select(message.c.id).where(waiting, overdue)).all())

    def waiting(self) -> dict[str, int]:
        """How many messages wait to be answered (``in``) or sent (``out``), however long; nothing for none."""
        wanted = select(message.c.direction, func.count()).where(message.c.state.in_(("kept", "queued", "sending")))
        return {direction: count for direction, count in self._connection.execute(wanted.group_by(message.c.direction))}

    def came_in(self) -> tuple[int, int]:
        """How many texts came in, and how many of those are there twice under one provider's id."""
        mine = (message.c.direction == "in") & (message.c.who == "you")
        count, different = self._connection.execute(
            select(func.count(), func.count(message.c.provider_id.distinct())).where(mine)
        ).one()
        return int(count), int(count) - int(different)

    def _change(self, message_id: int, **values: Any) -> None:
        self._connection.execute(update(message).where(message.c.id == message_id).values(**values))

    def _insert(self, thread_id: str, *, text: str, **values: Any) -> int:
        # The row lock on the thread gives each message its place, in commit order, on both databases.
        self._connection.execute(
            update(thread).where(thread.c.id == thread_id).values(last_seq=thread.c.last_seq + 1, last_at=self._now)
        )
        seq = self._connection.execute(select(thread.c.last_seq).where(thread.c.id == thread_id)).scalar_one()
        row = {
            "thread_id": thread_id,
            "seq": seq,
            "sealed_body": self._vault.seal(text),
            "attempts": 0,
            "created_at": self._now,
        }
        result = self._connection.execute(insert(message).values(**row, **values))
        return int(result.inserted_primary_key[0])

    def _message(self, row: Row) -> Message:
        """A row as a message, also one of which a part cannot be read."""
        screening = self._vault.readable_json(row.sealed_screening)
        text, choices = self._vault.readable(row.sealed_body), self._vault.readable_json(row.sealed_choices)
        return Message(
            id=row.id,
            thread_id=row.thread_id,
            seq=row.seq,
            direction=row.direction,
            who=row.who,
            text=NOT_READABLE if text is None else text,
            choices=tuple(Choice.from_json(c) for c in choices or ()),
            chosen=self._vault.readable(row.sealed_choice),
            verdict=Verdict.from_json(screening) if screening else Verdict(Level(row.level)),
            state=row.state,
            at=row.created_at,
            provider_id=row.provider_id,
            case_id=row.case_id,
            staff_id=row.staff_id,
            attempts=row.attempts,
            error_code=row.error_code,
            readable=text is not None,
        )
