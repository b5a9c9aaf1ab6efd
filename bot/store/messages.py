"""Messages: the transcript, the inbox and the outbox are one table, so that nothing falls between them.

Inbound: ``kept`` (to be answered) -> ``answered``; ``noted`` needs no answer from the bot; ``waits`` is a note the gateway
wrote to itself, or a text that came hours late, for when they have said their private word, or written again.
Outbound: ``queued`` -> ``sending`` -> ``sent`` -> ``delivered``, or ``failed`` / ``opted out``; on the
web a message is ``shown`` as soon as it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import Select

from bot.choices import Choice
from bot.privacy import UNREADABLE, Vault
from bot.safety.verdict import Level, Verdict
from bot.store.columns import Instant
from bot.store.tables import message, thread

LEASE = timedelta(seconds=30)
"""How long a claimed message is left to its claimer before somebody else takes it up."""

LONGEST_PAUSE = timedelta(minutes=15)
"""No message is ever put off for longer: one that seems to be was written before the clock went back."""

NOT_READABLE = "(This cannot be read: no key opens it.)"
"""What staff see instead of the words of a damaged row."""

THEIR_WORD = "(their private word)"
"""What is kept, and what staff see, of a text that was their private word."""

_NOW = bindparam("now", type_=Instant)
GET = select(message).where(message.c.id == bindparam("of"))
CHANGE = update(message).where(message.c.id == bindparam("of"))
ONE_MORE = update(thread).where(thread.c.id == bindparam("of")).values(last_seq=thread.c.last_seq + 1, last_at=_NOW)
KEEP = insert(message).values(seq=select(thread.c.last_seq).where(thread.c.id == bindparam("of")).scalar_subquery())
RECENT = (
    select(message.c.sealed_body)
    .where(message.c.thread_id == bindparam("of"), message.c.who == "you", message.c.created_at >= bindparam("since"))
    .where(message.c.sealed_choice.is_(None))
    .order_by(message.c.seq.desc())
    .limit(bindparam("most"))
)
HEARD = (
    select(func.count())
    .select_from(message)
    .where(message.c.thread_id == bindparam("of"), message.c.who == "you", message.c.created_at > bindparam("since"))
)
LAST_HEARD = (
    select(message.c.said_at, message.c.created_at)
    .where(message.c.thread_id == bindparam("of"), message.c.who == "you")
    .order_by(message.c.seq.desc())
    .limit(1)
)
HEARD_AS_SAID = LAST_HEARD.where(message.c.said_at.is_(None))
DUE_NOW = (
    update(message)
    .where(message.c.thread_id == bindparam("of"), message.c.direction == "out", message.c.state == "queued")
    .where(message.c.due_at > _NOW, message.c.attempts < bindparam("fewer_than"))
    .values(due_at=_NOW)
)
ASKED_SOON = (
    update(message)
    .where(message.c.thread_id == bindparam("of"), message.c.direction == "out", message.c.state == "sending")
    .where(message.c.claimed_until.is_(None), message.c.due_at > bindparam("soon", type_=Instant))
    .where(message.c.attempts < bindparam("fewer_than"))
    .values(due_at=bindparam("soon", type_=Instant))
)


@lru_cache
def _next(direction: str, states: tuple[str, ...]) -> Select:
    """What ``claim`` looks for; made once for each kind of work."""
    earlier = message.alias("earlier")
    first_in_thread = ~exists(
        select(earlier.c.id).where(
            earlier.c.thread_id == message.c.thread_id,
            earlier.c.direction == direction,
            earlier.c.state.in_(states),
            earlier.c.seq < message.c.seq,
        )
    )
    until, due_at = message.c.claimed_until, message.c.due_at
    free = or_(until.is_(None), until < _NOW, until > bindparam("longest_lease"))
    due = or_(due_at.is_(None), due_at <= _NOW, due_at > bindparam("longest_pause"), message.c.created_at > _NOW)
    return (
        select(message)
        .join(thread, thread.c.id == message.c.thread_id)
        .where(and_(message.c.direction == direction, message.c.state.in_(states), free, due, first_in_thread))
        .order_by(thread.c.level.desc(), message.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=message)
    )


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
    said_at: datetime
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
        said_at: datetime | None = None,
    ) -> int:
        """Keep what came in; returns its id. ``chosen`` is the payload of the choice it names, as offered then; ``said_at``
        when it was said, for what came later."""
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
            said_at=min(said_at, self._now) if said_at else None,
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
        """What the young person wrote in the last minutes, oldest first; without what no key opens, and without our own words
        where they chose them: a letter among sentences only pushes a sentence out of sight."""
        wanted = {"of": thread_id, "since": self._now - within, "most": limit}
        said = [self._vault.readable(sealed) for (sealed,) in self._connection.execute(RECENT, wanted)]
        return [text for text in said[::-1] if text is not None]

    def heard(self, thread_id: str, *, within: timedelta) -> int:
        """How many texts the young person sent in the last while."""
        return int(self._connection.execute(HEARD, {"of": thread_id, "since": self._now - within}).scalar_one())

    def last_heard(self, thread_id: str) -> datetime | None:
        """When the young person last wrote, whenever that came to us."""
        newest = self._connection.execute(LAST_HEARD, {"of": thread_id}).first()
        if newest is None or newest.said_at is None:
            return newest.created_at if newest else None
        return max(newest.said_at, self.heard_as_said(thread_id) or newest.said_at)

    def last_came(self, thread_id: str) -> datetime | None:
        """When the newest text of theirs came to us, whenever it was said."""
        newest = self._connection.execute(LAST_HEARD, {"of": thread_id}).first()
        return newest.created_at if newest else None

    def heard_as_said(self, thread_id: str) -> datetime | None:
        """When a text of theirs last came to us as it was said; None where all that is kept came late."""
        newest = self._connection.execute(HEARD_AS_SAID, {"of": thread_id}).first()
        return newest.created_at if newest else None

    def worst(self, thread_id: str, *, within: timedelta) -> Level:
        """The highest level of what the young person wrote in the last while."""
        mine = (message.c.thread_id == thread_id, message.c.direction == "in", message.c.created_at >= self._now - within)
        return Level(self._connection.execute(select(func.max(message.c.level)).where(*mine)).scalar() or 0)

    def last_seq(self, thread_id: str) -> int:
        """The place of the newest message of a thread."""
        return int(self._connection.execute(select(thread.c.last_seq).where(thread.c.id == thread_id)).scalar() or 0)

    def transcript(self, thread_id: str, *, after: int = 0, until: datetime | None = None, limit: int = 500) -> list[Message]:
        """A thread's messages in order, without the notes the gateway writes to itself; with ``until`` none written later."""
        wanted = select(message).where(message.c.thread_id == thread_id, message.c.seq > after, message.c.who != "event")
        if until is not None:
            wanted = wanted.where(message.c.created_at <= until)
        wanted = wanted.order_by(message.c.seq.desc()).limit(limit)
        return [self._message(r) for r in self._connection.execute(wanted)][::-1]

    def get(self, message_id: int) -> Message | None:
        """One message."""
        row = self._connection.execute(GET, {"of": message_id}).first()
        return self._message(row) if row else None

    def claim(self, *, direction: str, states: Sequence[str], into: str | None = None) -> Message | None:
        """Take the oldest message that is due and whose thread has no earlier one waiting; threads in danger first.

        One at a time per thread keeps order; a claim expires, so that a killed process loses nothing. A time further off
        than any we set was written before the clock went back, and has come. One that no key opens is given up, and
        the next is taken.
        """
        wanted = _next(direction, tuple(states))
        now = {"now": self._now, "longest_lease": self._now + 2 * LEASE, "longest_pause": self._now + LONGEST_PAUSE}
        while (row := self._connection.execute(wanted, now).first()) is not None:
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

    def hide_word(self, said: Message) -> None:
        """It was their private word: neither the text nor the words that the screening found in it stay."""
        wordless = self._vault.seal_json(replace(said.verdict, reasons=()).to_json())
        self._change(said.id, sealed_body=self._vault.seal(THEIR_WORD), sealed_screening=wordless)

    def no_longer_waits(self, thread_id: str, state: str, *, last: bool = False) -> None:
        """Their word was said, or will not be: what waited for it is in ``state`` from now on, our own notes ``last``
        after all else."""
        waiting = (message.c.thread_id == thread_id) & (message.c.state == "waits")
        if last:
            ours = waiting & (message.c.who == "event")
            for row in self._connection.execute(select(message.c.id).where(ours).order_by(message.c.seq)).all():
                self._connection.execute(ONE_MORE, {"of": thread_id, "now": self._now})
                self._change(row.id, seq=self.last_seq(thread_id))
        self._connection.execute(update(message).where(waiting).values(state=state))

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

    def due_now(self, thread_id: str, *, fewer_than: int, asked_after: timedelta) -> None:
        """What was put off after fewer tries than that is due now; what may have gone out is asked about soon, once the
        provider has had the time to list it: what they hear next waits behind either."""
        mine = {"of": thread_id, "fewer_than": fewer_than}
        self._connection.execute(DUE_NOW, {**mine, "now": self._now})
        self._connection.execute(ASKED_SOON, {**mine, "soon": self._now + asked_after})

    def unfinished(self) -> int:
        """How many messages are still to be answered or sent."""
        waiting = message.c.state.in_(("kept", "queued", "sending"))
        return int(self._connection.execute(select(func.count()).select_from(message).where(waiting)).scalar_one())

    def stuck(self, *, older_than: timedelta) -> int:
        """How many messages have waited too long to be answered or sent."""
        waiting = message.c.state.in_(("kept", "queued", "sending")) & (message.c.created_at < self._now - older_than)
        overdue = or_(message.c.due_at.is_(None), message.c.due_at < self._now - older_than)
        return len(self._connection.execute(select(message.c.id).where(waiting, overdue)).all())

    def _change(self, message_id: int, **values: Any) -> None:
        self._connection.execute(CHANGE, {"of": message_id, **values})

    def _insert(self, thread_id: str, *, text: str, **values: Any) -> int:
        # The row lock on the thread gives each message its place, in commit order, on both databases.
        self._connection.execute(ONE_MORE, {"of": thread_id, "now": self._now})
        row = {"thread_id": thread_id, "sealed_body": self._vault.seal(text), "attempts": 0, "created_at": self._now}
        result = self._connection.execute(KEEP, {"of": thread_id, **row, **values})
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
            said_at=row.said_at or row.created_at,
            provider_id=row.provider_id,
            case_id=row.case_id,
            staff_id=row.staff_id,
            attempts=row.attempts,
            error_code=row.error_code,
            readable=text is not None,
        )
