"""Threads and, apart from them, the numbers they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.engine import Connection, Row

from bot.choices import Choice
from bot.handoff.cases import HELD
from bot.privacy import Vault
from bot.safety.verdict import Level
from bot.store.tables import address, case, group_answer, group_text, message, seat, thread, tracker
from bot.threads import Thread

FAREWELL = timedelta(seconds=60)
"""How long a forgotten thread's bare row waits for the last message to leave, or the page to close."""


class ThreadRows:
    """Finds, creates and changes threads."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def get(self, thread_id: str) -> Thread | None:
        """A thread, or None."""
        row = self._connection.execute(select(thread).where(thread.c.id == thread_id)).first()
        return self._thread(row) if row else None

    def find_or_create(
        self, thread_id: str, *, channel: str, lang: str = "en", number: str | None = None
    ) -> tuple[Thread, bool]:
        """The thread of a pseudonym, and whether it is new. The number is kept encrypted, in its own table."""
        found = self.get(thread_id)
        is_new = found is None or self._come_back(thread_id)
        if found is None:
            self.create(thread_id, channel=channel, lang=lang)
        if number is not None:
            self._keep_number(thread_id, number)
        return found or self._existing(thread_id), is_new

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
        self._connection.execute(
            insert(thread).values(
                id=thread_id,
                channel=channel,
                lang=lang,
                band=band,
                region=region,
                level=int(Level.NONE),
                token_hash=token_hash,
                last_seq=0,
                created_at=self._now,
                last_at=self._now,
            )
        )

    def by_token(self, token: str) -> str | None:
        """The id of the web thread that a token opens."""
        wanted = self._vault.token_hash(token)
        return self._connection.execute(select(thread.c.id).where(thread.c.token_hash == wanted)).scalar()

    def change(self, thread_id: str, **values: Any) -> None:
        """Set columns such as ``band``, ``region``, ``lang`` or ``opted_out_at``."""
        self._connection.execute(update(thread).where(thread.c.id == thread_id).values(**values))

    def raise_level(self, thread_id: str, level: Level) -> None:
        """A level never falls inside a conversation."""
        self._connection.execute(
            update(thread).where(thread.c.id == thread_id, thread.c.level < int(level)).values(level=int(level))
        )

    def offer(self, thread_id: str, choices: Sequence[Choice]) -> None:
        """Remember what was offered last, so that a typed "b" can be read."""
        sealed = self._vault.seal_json([c.to_json() for c in choices]) if choices else None
        self.change(thread_id, sealed_choices=sealed)

    def number(self, thread_id: str) -> str | None:
        """The number behind a pseudonym. Only the outbox, and the desk with a reason, may ask."""
        sealed = self._connection.execute(select(address.c.sealed_number).where(address.c.thread_id == thread_id)).scalar()
        return self._vault.open(sealed) if sealed else None

    def keep_word(self, thread_id: str, word: str) -> None:
        """Keep their private word, as a keyed hash only."""
        self.change(thread_id, word_hash=self._hash_of(thread_id, word))

    def is_word(self, thread_id: str, text: str) -> bool:
        """Whether this text is their private word; true of any text when they chose none."""
        kept = self._connection.execute(select(thread.c.word_hash).where(thread.c.id == thread_id)).scalar()
        return kept is None or kept == self._hash_of(thread_id, text)

    def start_afresh(self, thread_id: str) -> None:
        """The word is forgotten: so is everything this thread was, for whoever holds the phone now."""
        self._connection.execute(delete(tracker).where(tracker.c.thread_id == thread_id))
        bare = {"band": None, "lesson": None, "sealed_choices": None, "word_hash": None, "waits_since": None}
        self.change(thread_id, **bare)

    def _hash_of(self, thread_id: str, word: str) -> str:
        plain = "".join(c for c in word.casefold() if c.isalnum())
        return self._vault.token_hash(f"word:{thread_id}:{plain}")

    def forget(self, thread_id: str) -> None:
        """Erase a thread's words, tracker and facts at once.

        The bare row and the number stay until the farewell is sent (``purge``); a case keeps the bare row.
        """
        self._connection.execute(delete(tracker).where(tracker.c.thread_id == thread_id))
        for table in (message, group_answer, group_text, seat):
            self._connection.execute(delete(table).where(table.c.thread_id == thread_id))
        empty = self._vault.seal_json([])
        wordless = {"sealed_reasons": empty, "sealed_summary": None}
        self._connection.execute(update(case).where(case.c.thread_id == thread_id).values(**wordless))
        bare = {"band": None, "region": None, "lesson": None, "sealed_choices": None, "level": int(Level.NONE)}
        bare.update(word_hash=None, waits_since=None)
        self.change(thread_id, forgotten_at=self._now, **bare)

    def purge(self) -> int:
        """Delete what is left of forgotten threads once nothing waits to be sent; returns how many."""
        waiting = exists(
            select(message.c.id).where(message.c.thread_id == thread.c.id, message.c.state.in_(("queued", "sending")))
        )
        wanted = select(thread.c.id).where(thread.c.forgotten_at <= self._now - FAREWELL, ~waiting)
        gone = [row.id for row in self._connection.execute(wanted)]
        for thread_id in gone:
            self._connection.execute(delete(message).where(message.c.thread_id == thread_id))
            self._connection.execute(delete(address).where(address.c.thread_id == thread_id))
            if self._connection.execute(select(case.c.id).where(case.c.thread_id == thread_id)).first():
                self.change(thread_id, forgotten_at=None, token_hash=None)
            else:
                self._connection.execute(delete(thread).where(thread.c.id == thread_id))
        return len(gone)

    def _existing(self, thread_id: str) -> Thread:
        found = self.get(thread_id)
        if found is None:
            raise LookupError(f"Thread {thread_id} was not kept.")
        return found

    def _keep_number(self, thread_id: str, number: str) -> None:
        """Also for a thread whose number was deleted when its time was over."""
        if self._connection.execute(select(address.c.thread_id).where(address.c.thread_id == thread_id)).first() is None:
            self._connection.execute(insert(address).values(thread_id=thread_id, sealed_number=self._vault.seal(number)))

    def _come_back(self, thread_id: str) -> bool:
        """Somebody who was forgotten and writes again is new."""
        forgotten = thread.c.forgotten_at.is_not(None) & (thread.c.id == thread_id)
        return bool(self._connection.execute(update(thread).where(forgotten).values(forgotten_at=None)).rowcount)

    def _thread(self, row: Row) -> Thread:
        offered = self._vault.open_json(row.sealed_choices) or ()
        return Thread(
            id=row.id,
            channel=row.channel,
            lang=row.lang,
            band=row.band,
            region=row.region,
            level=Level(row.level),
            lesson=row.lesson,
            held=self._held(row.id),
            opted_out=row.opted_out_at is not None,
            waits=row.waits_since is not None,
            has_word=row.word_hash is not None,
            choices=tuple(Choice.from_json(c) for c in offered),
        )

    def _held(self, thread_id: str) -> bool:
        held = [s.value for s in HELD]
        wanted = select(case.c.id).where(case.c.thread_id == thread_id, case.c.state.in_(held)).limit(1)
        return self._connection.execute(wanted).first() is not None
