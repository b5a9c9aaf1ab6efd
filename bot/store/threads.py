"""Threads and, apart from them, the numbers they belong to."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlalchemy.engine import Connection, Row

from bot.choices import Choice
from bot.handoff.cases import ENDED, HELD
from bot.privacy import Vault
from bot.safety.verdict import Level
from bot.store.once import insert_once
from bot.store.tables import (
    address,
    booster,
    case,
    check_in,
    group_answer,
    group_text,
    join_try,
    message,
    metadata,
    note,
    seat,
    thread,
    tracker,
    typing,
)
from bot.threads import Thread
from bot.way_back import plain

FAREWELL = timedelta(seconds=60)
"""How long a forgotten thread's bare row waits for the last message to leave, or the page to close."""


TOKEN_LIFE = timedelta(hours=12)
"""How long a page's token opens its chat after the last word: an evening and its night, not a phone found next week."""

BARE = {
    "band": None, "region": None, "lesson": None, "sealed_choices": None, "level": int(Level.NONE),
    "word_hash": None, "waits_since": None, "way_back_hash": None,
}  # fmt: skip
"""What a bare row says of somebody: nothing but its language, and whether it said STOP."""

OF_A_THREAD = [table for table in metadata.sorted_tables if "thread_id" in table.columns]
"""What belongs to a thread, and goes where it goes."""

_ONE = thread.c.id == bindparam("of")
_IS_HELD = exists(select(case.c.id).where(case.c.thread_id == thread.c.id, case.c.state.in_([s.value for s in HELD])))
GET = select(thread, _IS_HELD.label("is_held")).where(_ONE)
HOLD = select(thread.c.id).where(_ONE).with_for_update()
CHANGE = update(thread).where(_ONE)
WORD = select(thread.c.word_hash).where(_ONE)
NUMBER = select(address.c.sealed_number).where(address.c.thread_id == bindparam("of"))


def token_is_over(now: datetime) -> Any:
    """Which threads no page's token may open any more."""
    ended = [s.value for s in ENDED]
    has_case = exists(select(case.c.id).where(case.c.thread_id == thread.c.id, case.c.state.not_in(ended)))
    return (thread.c.last_at < now - TOKEN_LIFE) & ~has_case


class ThreadRows:
    """Finds, creates and changes threads."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def get(self, thread_id: str) -> Thread | None:
        """A thread, or None."""
        row = self._row(thread_id)
        return self._thread(row) if row else None

    def hold(self, thread_id: str) -> None:
        """Nobody else changes this thread, or a case of it, until the end of the transaction.

        Whoever needs a thread and more takes the thread first: two that took them the other way round would deadlock.
        SQLite has one writer at a time anyway.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(HOLD, {"of": thread_id})

    def find_or_create(
        self, thread_id: str, *, channel: str, lang: str = "en", number: str | None = None
    ) -> tuple[Thread, bool]:
        """The thread of a pseudonym, and whether it is new. The number is kept encrypted, in its own table.

        The thread is held until the end of the transaction: of two texts in the same moment the second waits, and sees
        the first.
        """
        row, is_new = self._held_row(thread_id), False
        if row is None:
            is_new = insert_once(self._connection, thread, **self._begun(thread_id, channel=channel, lang=lang))
            row = self._held_row(thread_id)
        if row is None:
            raise LookupError(f"Thread {thread_id} was not kept.")
        if row.forgotten_at is not None:  # somebody who was forgotten and writes again is new
            self.change(thread_id, forgotten_at=None)
            is_new = True
        if number is not None:
            self._keep_number(thread_id, number)
        return self._thread(row), is_new

    def create(
        self,
        thread_id: str,
        *,
        channel: str,
        lang: str = "en",
        band: str | None = None,
        region: str | None = None,
        token_hash: str | None = None,
    ) -> None:
        """Add a thread."""
        row = self._begun(thread_id, channel=channel, lang=lang, band=band, region=region, token_hash=token_hash)
        self._connection.execute(insert(thread).values(**row))

    def _begun(self, thread_id: str, *, channel: str, lang: str, **more: Any) -> dict[str, Any]:
        begun = {"level": int(Level.NONE), "last_seq": 0, "created_at": self._now, "last_at": self._now}
        return {"id": thread_id, "channel": channel, "lang": lang, **begun, **more}

    def by_token(self, token: str) -> str | None:
        """The id of the web thread that a token opens: for a while after the last word, or as long as a case is open."""
        same = thread.c.token_hash == self._vault.token_hash(token)
        return self._connection.execute(select(thread.c.id).where(same, ~token_is_over(self._now))).scalar()

    def tokens(self, thread_ids: Collection[str]) -> dict[str, str | None]:
        """The hash of each thread's token, None for one whose chat is over: what live pages compare with what they knew."""
        wanted = select(thread.c.id, thread.c.token_hash).where(thread.c.id.in_(thread_ids))
        kept = {row.id: row.token_hash for row in self._connection.execute(wanted)} if thread_ids else {}
        return {thread_id: kept.get(thread_id) for thread_id in thread_ids}

    def is_forgotten(self, thread_id: str) -> bool:
        """Whether nothing is left of a thread, or only its bare row."""
        kept = select(thread.c.id).where(thread.c.id == thread_id, thread.c.forgotten_at.is_(None))
        return self._connection.execute(kept).scalar() is None

    def forgotten_since(self, thread_id: str, moment: datetime) -> bool:
        """Whether they asked to be forgotten then or later; known until the bare row is gone."""
        asked = (thread.c.id == thread_id) & (thread.c.forgotten_at >= moment)
        return self._connection.execute(select(thread.c.id).where(asked)).first() is not None

    def drop_tokens(self) -> int:
        """Take back the tokens whose time is over; returns how many."""
        over = update(thread).where(thread.c.token_hash.is_not(None), token_is_over(self._now)).values(token_hash=None)
        return int(self._connection.execute(over).rowcount)

    def change(self, thread_id: str, **values: Any) -> None:
        """Set columns such as ``band``, ``region``, ``lang`` or ``opted_out_at``."""
        self._connection.execute(CHANGE, {"of": thread_id, **values})

    def touch(self, thread_ids: Iterable[str]) -> None:
        """They did something now, though nothing was said: held in the order of their ids, so that no two wait in a ring."""
        which = thread.c.id.in_(sorted(set(thread_ids)))
        self._connection.execute(select(thread.c.id).where(which).order_by(thread.c.id).with_for_update(key_share=True)).all()
        self._connection.execute(update(thread).where(which).values(last_at=self._now))

    def raise_level(self, thread_id: str, level: Level) -> None:
        """A level never falls inside a conversation."""
        self._connection.execute(
            update(thread).where(thread.c.id == thread_id, thread.c.level < int(level)).values(level=int(level))
        )

    def offer(self, thread_id: str, choices: Sequence[Choice]) -> None:
        """Remember what was offered last, so that a typed "b" can be read."""
        sealed = self._vault.seal_json([c.to_json() for c in choices]) if choices else None
        self.change(thread_id, sealed_choices=sealed)

    def stopped_since(self, thread_id: str, written_at: datetime) -> bool:
        """Whether they said STOP after a text was written to them, and still mean it."""
        later = (thread.c.id == thread_id) & (thread.c.opted_out_at > written_at)
        return self._connection.execute(select(thread.c.id).where(later)).first() is not None

    def number(self, thread_id: str) -> str | None:
        """The number behind a pseudonym, if it is kept and a key opens it. Only the outbox, and the desk with a reason,
        may ask."""
        return self._vault.readable(self._connection.execute(NUMBER, {"of": thread_id}).scalar())

    def number_gone(self, thread_id: str) -> str:
        """Their number no longer exists. All of the thread moves to an id that no number leads to, which is returned:
        whoever gets the number next begins as a stranger, and staff see nothing of one with the other.
        """
        self.start_afresh(thread_id)
        row = self._held_row(thread_id)
        if row is None:
            return thread_id
        moved = secrets.token_hex(16)
        kept = {column.name: getattr(row, column.name) for column in thread.columns}
        kept.update(id=moved, token_hash=None, way_back_hash=None, opted_out_at=None)
        self._connection.execute(insert(thread).values(**kept))
        for table in OF_A_THREAD:
            self._connection.execute(update(table).where(table.c.thread_id == thread_id).values(thread_id=moved))
        self._connection.execute(delete(address).where(address.c.thread_id == moved))
        self._connection.execute(delete(thread).where(thread.c.id == thread_id))
        return moved

    def keep_word(self, thread_id: str, word: str) -> None:
        """Keep their private word, as a keyed hash only."""
        self.change(thread_id, word_hash=self._hash_of(thread_id, word))

    def is_word(self, thread_id: str, text: str) -> bool:
        """Whether this text is their private word; true of any text when they chose none."""
        kept = self._connection.execute(WORD, {"of": thread_id}).scalar()
        return kept is None or (any(c.isalnum() for c in text) and kept == self._hash_of(thread_id, text))

    def was_asked(self, thread_id: str) -> bool:
        """Whether anything was texted to a phone since it waits for its word: closing a case sends it nothing."""
        since = (message.c.thread_id == thread.c.id) & (message.c.created_at >= thread.c.waits_since)
        said = select(message.c.id).join(thread, since).where(thread.c.id == thread_id, message.c.direction == "out")
        return self._connection.execute(said.limit(1)).first() is not None

    def said_word(self, thread: Thread, text: str, level: Level) -> bool:
        """Whether they chose a private word, and this text is it and no more, for nobody to read.

        What shows danger is for people to read; and so is what they answer to a worker, who waits for no word.
        """
        answers_worker = thread.held and not thread.waits
        return thread.has_word and not answers_worker and level < Level.HIGH and self.is_word(thread.id, text)

    def keep_way_back(self, thread_id: str, said: str) -> None:
        """Keep the way back to a web chat, as a keyed hash only; an earlier one stops working."""
        self.change(thread_id, way_back_hash=self._way_back(said))

    def by_way_back(self, said: str) -> str | None:
        """The id of the web thread that a way back leads to."""
        wanted = (thread.c.way_back_hash == self._way_back(said)) & thread.c.forgotten_at.is_(None)
        return self._connection.execute(select(thread.c.id).where(wanted)).scalar()

    def has_way_back(self, thread_id: str) -> bool:
        """Whether they kept a way back."""
        kept = (thread.c.id == thread_id) & thread.c.way_back_hash.is_not(None)
        return self._connection.execute(select(thread.c.id).where(kept)).first() is not None

    def _way_back(self, said: str) -> str:
        return self._vault.token_hash(f"way back:{plain(said)}")

    def start_afresh(self, thread_id: str) -> None:
        """The word is forgotten: so is everything this thread was, for whoever holds the phone now."""
        self._connection.execute(delete(tracker).where(tracker.c.thread_id == thread_id))
        bare = {"band": None, "lesson": None, "sealed_choices": None, "word_hash": None, "waits_since": None}
        self.change(thread_id, **bare)

    def _hash_of(self, thread_id: str, word: str) -> str:
        bare = "".join(c for c in word.casefold() if c.isalnum())
        return self._vault.token_hash(f"word:{thread_id}:{bare}")

    def forget(self, thread_id: str) -> None:
        """Erase a thread's words, tracker and facts at once, with what is still to be sent and what staff noted of it.

        The bare row and the number stay until the farewell is sent (``purge``); a case keeps the bare row.
        """
        for table in (group_answer, group_text, seat):
            self._connection.execute(delete(table).where(table.c.thread_id == thread_id))
        self.empty(thread_id)
        self.change(thread_id, forgotten_at=self._now)

    def empty(self, thread_id: str) -> None:
        """The same, but what a group counted and read of it stays with the bare row until that expires."""
        for table in (tracker, message, booster, check_in, typing, join_try):
            self._connection.execute(delete(table).where(table.c.thread_id == thread_id))
        self._connection.execute(delete(note).where(note.c.case_id.in_(select(case.c.id).where(case.c.thread_id == thread_id))))
        empty = self._vault.seal_json([])
        wordless = {"sealed_reasons": empty, "sealed_summary": None}
        self._connection.execute(update(case).where(case.c.thread_id == thread_id).values(**wordless))
        self.change(thread_id, **BARE)

    def purge(self) -> int:
        """Delete what is left of forgotten threads once nothing waits to be sent; returns how many."""
        waiting = exists(
            select(message.c.id).where(message.c.thread_id == thread.c.id, message.c.state.in_(("queued", "sending")))
        )
        wanted = select(thread.c.id).where(thread.c.forgotten_at <= self._now - FAREWELL, ~waiting)
        gone = [row.id for row in self._connection.execute(wanted.with_for_update(skip_locked=True))]
        for thread_id in gone:
            for table in (message, address, tracker):  # the tracker again: an engine may have answered too late
                self._connection.execute(delete(table).where(table.c.thread_id == thread_id))
            if self._keeps_bare_row(thread_id):
                self.change(thread_id, forgotten_at=None, token_hash=None)
            else:
                self._connection.execute(delete(thread).where(thread.c.id == thread_id))
        return len(gone)

    def _keeps_bare_row(self, thread_id: str) -> bool:
        """A case refers to it, or the wish not to be texted must outlive being forgotten."""
        opted_out = select(thread.c.id).where(thread.c.id == thread_id, thread.c.opted_out_at.is_not(None))
        has_case = select(case.c.id).where(case.c.thread_id == thread_id)
        return any(self._connection.execute(wanted).first() is not None for wanted in (opted_out, has_case))

    def _held_row(self, thread_id: str) -> Row | None:
        """Read after the thread is held: what another has just changed is in it."""
        self.hold(thread_id)
        return self._row(thread_id)

    def _row(self, thread_id: str) -> Row | None:
        return self._connection.execute(GET, {"of": thread_id}).first()

    def _keep_number(self, thread_id: str, number: str) -> None:
        """Also for a thread whose number was deleted when its time was over."""
        if self._connection.execute(NUMBER, {"of": thread_id}).first() is None:
            self._connection.execute(insert(address).values(thread_id=thread_id, sealed_number=self._vault.seal(number)))

    def _thread(self, row: Row) -> Thread:
        offered = self._vault.readable_json(row.sealed_choices) or ()
        return Thread(
            id=row.id,
            channel=row.channel,
            lang=row.lang,
            band=row.band,
            region=row.region,
            level=Level(row.level),
            lesson=row.lesson,
            held=row.is_held,
            opted_out=row.opted_out_at is not None,
            waits=row.waits_since is not None,
            has_word=row.word_hash is not None,
            choices=tuple(Choice.from_json(c) for c in offered),
        )
