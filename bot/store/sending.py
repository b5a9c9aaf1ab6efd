"""How sending went: every attempt, what the provider reported, and how fast a number may send.

A report can come before the commit that makes its message known; it is kept until then. The ids of texts taken in
are kept as keyed hashes, longer than the texts: neither a repeated webhook nor the catch-up brings back what was erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.engine import Connection

from bot.privacy import Vault
from bot.store.columns import Instant
from bot.store.once import insert_once
from bot.store.tables import attempt, message, pace, page, received, report, thread

REMEMBERED = timedelta(days=7)
"""How long an id is known as taken in: more than twice the 72 hours the catch-up looks back."""

LONGEST_REST = timedelta(minutes=6)
"""No number rests longer: the provider is believed about five minutes at most."""

AT_ONCE = 500
"""Ids in one question to the database."""

REPORTS_BY = timedelta(minutes=5)
"""How long the provider gets to tell by itself what became of a text, before it is asked: a phone that is on is reported within
seconds, and after five minutes whoever is in danger should not wait for a text that is not coming."""

EARLY = timedelta(days=1)
"""How long a report waits for its message."""

KNOWN = or_(
    exists(select(attempt.c.id).where(attempt.c.provider_id == report.c.provider_id)),
    exists(select(page.c.id).where(page.c.provider_id == report.c.provider_id)),
)
"""A report of a text, or of a page to staff, that is kept here."""

_NOW = bindparam("now", type_=Instant)
KEPT_AS = select(message.c.id).where(message.c.provider_id == bindparam("provider_id"))
NEXT_AT = select(pace.c.next_at).where(pace.c.sender == bindparam("sender"))

UNREPORTED = (
    select(message.c.id, message.c.provider_id, message.c.created_at)
    .join(thread, thread.c.id == message.c.thread_id)
    .where(message.c.state == "sent", message.c.direction == "out", message.c.provider_id.is_not(None))
    .where(message.c.created_at > bindparam("since", type_=Instant))
    .where(
        or_(
            message.c.due_at.is_(None),
            message.c.due_at <= _NOW,
            message.c.due_at > bindparam("furthest", type_=Instant),  # further than any we set: before the clock went back
            and_(message.c.created_at > _NOW, message.c.due_at > bindparam("soonest", type_=Instant)),
        )
    )
    .order_by(thread.c.level.desc(), message.c.due_at, message.c.id)
    .limit(1)
    .with_for_update(skip_locked=True, of=message)
)


@dataclass(frozen=True)
class Sent:
    """What one provider id belongs to. ``newest`` says that the message was not sent again since."""

    message_id: int
    thread_id: str
    state: str
    attempts: int
    newest: bool
    written_at: datetime


@dataclass(frozen=True)
class Unreported:
    """A text of ours, or a page, that was sent, and of which the provider has not told whether it arrived."""

    row_id: int
    provider_id: str
    written_at: datetime


@dataclass(frozen=True)
class Attempt:
    """One try. ``state`` is sent, refused, unknown or failed; ``code`` is the provider's."""

    at: datetime
    state: str
    code: str | None


class SendingRows:
    """Attempts, early reports, the pace, and ids taken in."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    # --- in ----------------------------------------------------------------------------------------

    def is_first(self, provider_id: str) -> bool:
        """Whether a text with this id was never taken in before; from now on it was."""
        if self._connection.execute(KEPT_AS, {"provider_id": provider_id}).first() is not None:
            return False
        return insert_once(self._connection, received, id_hash=self._hash(provider_id), at=self._now)

    def taken_in(self, provider_id: str) -> bool:
        """Whether a text with this id was taken in before."""
        known = select(received.c.at).where(received.c.id_hash == self._hash(provider_id))
        kept = select(message.c.id).where(message.c.provider_id == provider_id)
        return any(self._connection.execute(wanted).first() is not None for wanted in (known, kept))

    def not_taken_in(self, provider_ids: Sequence[str]) -> set[str]:
        """Those that were never taken in, looked up many at a time: the provider's list of a busy hour is long."""
        missing = set(provider_ids)
        for start in range(0, len(provider_ids), AT_ONCE):
            by_hash = {self._hash(provider_id): provider_id for provider_id in provider_ids[start : start + AT_ONCE]}
            hashes = select(received.c.id_hash).where(received.c.id_hash.in_(by_hash))
            kept = select(message.c.provider_id).where(message.c.provider_id.in_(by_hash.values()))
            missing -= {by_hash[row.id_hash] for row in self._connection.execute(hashes)}
            missing -= {row.provider_id for row in self._connection.execute(kept)}
        return missing

    def wished(self, what: str, thread_id: str, moment: datetime) -> None:
        """Remember as long as an id when they last wished this: what was said before it may come to us after it."""
        id_hash = self._hash(f"{what}:{thread_id}")
        insert_once(self._connection, received, id_hash=id_hash, at=moment)
        earlier = (received.c.id_hash == id_hash) & (received.c.at < moment)
        self._connection.execute(update(received).where(earlier).values(at=moment))

    def wished_after(self, what: str, thread_id: str, moment: datetime) -> bool:
        """Whether they wished this after something was said."""
        later = (received.c.id_hash == self._hash(f"{what}:{thread_id}")) & (received.c.at > moment)
        return self._connection.execute(select(received.c.at).where(later)).first() is not None

    # --- out ---------------------------------------------------------------------------------------

    def tried(self, message_id: int, state: str, *, provider_id: str | None = None, code: str | None = None) -> None:
        """Keep one attempt."""
        insert_once(
            self._connection, attempt, message_id=message_id, at=self._now, state=state, provider_id=provider_id, code=code
        )

    def attempts(self, message_ids: Sequence[int]) -> dict[int, list[Attempt]]:
        """The attempts of messages, oldest first."""
        rows = self._connection.execute(select(attempt).where(attempt.c.message_id.in_(message_ids)).order_by(attempt.c.id))
        found: dict[int, list[Attempt]] = {}
        for row in rows:
            found.setdefault(row.message_id, []).append(Attempt(row.at, row.state, row.code))
        return found

    def sent_as(self, provider_id: str) -> Sent | None:
        """The message of ours that a provider id belongs to."""
        tries = select(attempt.c.message_id).where(attempt.c.provider_id == provider_id).scalar_subquery()
        ours = or_(message.c.id == tries, message.c.provider_id == provider_id)
        row = self._connection.execute(select(message).where(ours, message.c.direction == "out")).first()
        if row is None:
            return None
        return Sent(row.id, row.thread_id, row.state, row.attempts, row.provider_id == provider_id, row.created_at)

    def failed(self, provider_id: str, code: str | None) -> None:
        """Note on its attempt that it did not arrive."""
        self._connection.execute(update(attempt).where(attempt.c.provider_id == provider_id).values(state="failed", code=code))

    def lost(self, thread_id: str) -> list[int]:
        """Texts to a thread that did not arrive, and that whoever holds the case has not seen so: they keep their time."""
        unseen = (message.c.thread_id == thread_id, message.c.direction == "out", message.c.due_at.is_not(None))
        wanted = select(message.c.id).where(*unseen, message.c.state.in_(("failed", "opted out")))
        return list(self._connection.execute(wanted).scalars())

    def seen_lost(self, message_ids: Sequence[int]) -> None:
        """Whoever holds the case has seen that these did not arrive."""
        self._connection.execute(update(message).where(message.c.id.in_(message_ids)).values(due_at=None))

    # --- reports that never came ---------------------------------------------------------------------

    def claim_unreported(self, *, within: timedelta) -> Unreported | None:
        """The next text that it is time to ask about, of those written since then; threads in danger first, and of these the
        one that has waited longest. Nobody else asks about it for a while."""
        times = {"since": self._now - within, "furthest": self._now + within, "soonest": self._now + REPORTS_BY}
        row = self._connection.execute(UNREPORTED, {"now": self._now, **times}).first()
        if row is None:
            return None
        self.ask_later(row.id, REPORTS_BY)
        return Unreported(row.id, row.provider_id, row.created_at)

    def ask_later(self, message_id: int, pause: timedelta) -> None:
        """Ask about a text again after a pause, if nothing is known of it until then."""
        still = (message.c.id == message_id) & (message.c.state == "sent")
        self._connection.execute(update(message).where(still).values(due_at=self._now + pause))

    # --- reports that come early ---------------------------------------------------------------------

    def keep_report(self, provider_id: str, state: str, code: str | None) -> None:
        """Keep a report about a text that no commit has named yet. The last word counts, but nothing replaces "delivered",
        and "sent" is none."""
        if state == "sent" or insert_once(
            self._connection, report, provider_id=provider_id, state=state, code=code, at=self._now
        ):
            return
        open_still = (report.c.provider_id == provider_id) & (report.c.state != "delivered")
        self._connection.execute(update(report).where(open_still).values(state=state, code=code))

    def take_report(self, provider_id: str) -> tuple[str, str | None] | None:
        """The state and code that were reported early, once."""
        row = self._connection.execute(select(report).where(report.c.provider_id == provider_id)).first()
        if row is None:
            return None
        self._connection.execute(delete(report).where(report.c.provider_id == provider_id))
        return row.state, row.code

    def claimable_reports(self) -> list[str]:
        """The provider ids of kept reports whose text or page is known by now."""
        return list(self._connection.execute(select(report.c.provider_id).where(KNOWN).limit(AT_ONCE)).scalars())

    def unclaimed_reports(self, *, older_than: timedelta) -> tuple[int, int]:
        """How many reports wait for longer than that: of texts that are known by now, and of none that is kept here."""
        old = report.c.at < self._now - older_than
        counts = [select(func.count()).select_from(report).where(old, which) for which in (KNOWN, ~KNOWN)]
        taken, nobodys = (int(self._connection.execute(count).scalar_one()) for count in counts)
        return taken, nobodys

    # --- how fast ------------------------------------------------------------------------------------

    def wait(self, sender: str, *, burst: timedelta) -> timedelta:
        """How long a number must rest before it may send again; nothing when it may now. ``burst`` may be borrowed.

        A look without a lock: on PostgreSQL a lock counts as a change, every change is told, and outboxes that look would
        wake each other without end.
        """
        next_at = self._believed(self._connection.execute(NEXT_AT, {"sender": sender}).scalar())
        return max(timedelta(0), next_at - burst - self._now)

    def sends(self, sender: str, *, each: timedelta) -> None:
        """One more text leaves a number that takes ``each`` for one."""
        insert_once(self._connection, pace, sender=sender, next_at=self._now)
        wanted = select(pace.c.next_at).where(pace.c.sender == sender).with_for_update()
        current = self._connection.execute(wanted).scalar_one()
        self._set(sender, max(self._believed(current), self._now) + each)

    def rests(self, sender: str, how_long: timedelta) -> None:
        """The provider says that a number sends too fast."""
        insert_once(self._connection, pace, sender=sender, next_at=self._now)
        self._set(sender, self._now + how_long)

    def _believed(self, next_at: datetime | None) -> datetime:
        """A rest longer than any we set was set before the clock went back."""
        return self._now if next_at is None or next_at > self._now + LONGEST_REST else next_at

    def _set(self, sender: str, next_at: datetime) -> None:
        self._connection.execute(update(pace).where(pace.c.sender == sender).values(next_at=next_at))

    def _hash(self, provider_id: str) -> str:
        return self._vault.token_hash(f"received:{provider_id}")
