"""Members of staff, their sessions and their presence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection, Row

from bot.privacy import Vault
from bot.store.tables import api_token, session, staff

PRESENT = timedelta(seconds=90)
"""Somebody whose desk was open this recently is here; the desk reports every few seconds."""

GONE = timedelta(minutes=5)
"""After this long without their desk open, the conversations somebody holds go back to the queue."""

CAPACITY = 3
"""How many conversations one worker may hold, unless a supervisor sets it otherwise; danger now goes over it."""

HERE = select(staff).where(
    staff.c.role.in_(("worker", "supervisor")),
    staff.c.disabled.is_(False),
    staff.c.away.is_(False),
    staff.c.seen_at >= bindparam("since"),
)
SOMEONE_HERE = HERE.with_only_columns(staff.c.id).limit(1)


@dataclass(frozen=True)
class StaffRow:
    """One member of staff, as stored."""

    id: int
    username: str
    first_name: str
    role: str
    password_hash: str
    totp: str | None
    failures: int
    locked_until: datetime | None
    seen_at: datetime | None
    away: bool
    capacity: int
    disabled: bool
    phone: str | None = None
    email: str | None = None


class StaffRows:
    """Finds and changes members of staff."""

    def __init__(self, connection: Connection, vault: Vault, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._now = now

    def add(self, *, username: str, first_name: str, role: str, password_hash: str, totp: str | None) -> int:
        """Add somebody; the username must be new."""
        result = self._connection.execute(
            insert(staff).values(
                username=username,
                first_name=first_name,
                role=role,
                password_hash=password_hash,
                sealed_totp=self._vault.seal(totp) if totp else None,
                failures=0,
                away=False,
                capacity=CAPACITY,
                disabled=False,
            )
        )
        return int(result.inserted_primary_key[0])

    def by_username(self, username: str) -> StaffRow | None:
        """Somebody by username."""
        row = self._connection.execute(select(staff).where(staff.c.username == username)).first()
        return self._staff(row) if row else None

    def get(self, staff_id: int) -> StaffRow | None:
        """Somebody by id."""
        row = self._connection.execute(select(staff).where(staff.c.id == staff_id)).first()
        return self._staff(row) if row else None

    def set_contact(self, staff_id: int, *, phone: str | None, email: str | None) -> None:
        """Where somebody is paged; None takes a way out."""
        self.change(
            staff_id,
            sealed_phone=self._vault.seal(phone) if phone else None,
            phone_hash=self._vault.pseudonym("staff", phone) if phone else None,
            sealed_email=self._vault.seal(email) if email else None,
        )

    def by_phone(self, number: str) -> StaffRow | None:
        """The member of staff who is paged at a number."""
        wanted = select(staff).where(staff.c.phone_hash == self._vault.pseudonym("staff", number), staff.c.disabled.is_(False))
        row = self._connection.execute(wanted).first()
        return self._staff(row) if row else None

    def everyone(self) -> list[StaffRow]:
        """All members of staff, by username."""
        return [self._staff(r) for r in self._connection.execute(select(staff).order_by(staff.c.username))]

    def change(self, staff_id: int, **values: Any) -> None:
        """Set columns such as ``failures`` or ``seen_at``."""
        self._connection.execute(update(staff).where(staff.c.id == staff_id).values(**values))

    def someone_here(self) -> bool:
        """Whether a worker or supervisor has the desk open now and is not away."""
        return self._connection.execute(SOMEONE_HERE, {"since": self._now - PRESENT}).first() is not None

    def here(self) -> list[StaffRow]:
        """Workers and supervisors who have the desk open now and are not away, by first name."""
        since = {"since": self._now - PRESENT}
        return [self._staff(r) for r in self._connection.execute(HERE.order_by(staff.c.first_name), since)]

    def open_session(self, token: str, staff_id: int) -> None:
        """Keep a session by the hash of its token."""
        self._connection.execute(
            insert(session).values(
                token_hash=self._vault.token_hash(token), staff_id=staff_id, created_at=self._now, seen_at=self._now
            )
        )

    def by_session(self, token: str, *, idle: timedelta, longest: timedelta) -> StaffRow | None:
        """Who a session belongs to; None when it is unknown, idle too long, too old, or the person disabled."""
        row = self._connection.execute(
            select(session).where(
                session.c.token_hash == self._vault.token_hash(token),
                session.c.seen_at >= self._now - idle,
                session.c.created_at >= self._now - longest,
            )
        ).first()
        found = self.get(row.staff_id) if row else None
        return found if found and not found.disabled else None

    def touch_session(self, token: str) -> None:
        """Somebody did something: the idle clock of the session starts again."""
        self._connection.execute(
            update(session).where(session.c.token_hash == self._vault.token_hash(token)).values(seen_at=self._now)
        )

    def close_session(self, token: str) -> None:
        """End one session."""
        self._connection.execute(delete(session).where(session.c.token_hash == self._vault.token_hash(token)))

    def close_sessions_of(self, staff_id: int) -> None:
        """End all sessions of somebody."""
        self._connection.execute(delete(session).where(session.c.staff_id == staff_id))

    def add_api_token(self, token: str, staff_id: int) -> None:
        """Keep an API token by its hash."""
        values = {"token_hash": self._vault.token_hash(token), "staff_id": staff_id, "created_at": self._now}
        self._connection.execute(insert(api_token).values(**values))

    def by_api_token(self, token: str) -> StaffRow | None:
        """Whom an API token acts as; None when it is unknown or the person no longer works here."""
        wanted = select(api_token.c.staff_id).where(api_token.c.token_hash == self._vault.token_hash(token))
        staff_id = self._connection.execute(wanted).scalar()
        found = self.get(staff_id) if staff_id else None
        return found if found and not found.disabled else None

    def drop_api_tokens(self, staff_id: int) -> None:
        """Take all API tokens of somebody back."""
        self._connection.execute(delete(api_token).where(api_token.c.staff_id == staff_id))

    def _staff(self, row: Row) -> StaffRow:
        return StaffRow(
            id=row.id,
            username=row.username,
            first_name=row.first_name,
            role=row.role,
            password_hash=row.password_hash,
            totp=self._vault.open(row.sealed_totp) if row.sealed_totp else None,
            failures=row.failures,
            locked_until=row.locked_until,
            seen_at=row.seen_at,
            away=row.away,
            capacity=row.capacity,
            disabled=row.disabled,
            phone=self._vault.readable(row.sealed_phone),
            email=self._vault.readable(row.sealed_email),
        )
