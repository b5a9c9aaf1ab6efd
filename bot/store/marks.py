"""Two keyed hashes that the rest of the database is held against: of the oldest key, and of where the audit trail ends.

Whoever has the database alone can take a mark away, which is noticed, but cannot make one that fits.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from bot.privacy import Vault
from bot.store.once import insert_once
from bot.store.tables import mark

KEY, AUDIT_END = "key", "audit end"


class MarkRows:
    """Sets and compares marks."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def fits(self, name: str, of: str = "") -> bool | None:
        """Whether a mark was made of this, with the oldest key at hand; None when there is no mark."""
        kept = self._connection.execute(select(mark.c.hash).where(mark.c.name == name)).scalar()
        return None if kept is None else kept == self._hash(name, of)

    def begin(self, name: str, of: str = "") -> None:
        """Set a mark that is not there yet."""
        insert_once(self._connection, mark, name=name, hash=self._hash(name, of))

    def set(self, name: str, of: str) -> None:
        """Set a mark anew."""
        self.begin(name, of)
        self._connection.execute(update(mark).where(mark.c.name == name).values(hash=self._hash(name, of)))

    def _hash(self, name: str, of: str) -> str:
        return self._vault.token_hash(f"mark:{name}:{of}")
