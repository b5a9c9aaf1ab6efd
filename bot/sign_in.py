"""Staff sign in: argon2 passwords, a six-digit code outside demo mode, lockout, idle and longest times."""

from __future__ import annotations

from datetime import timedelta
from typing import cast, get_args

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.desk.views import Role, SignInRefused, StaffMember
from bot.privacy import new_token
from bot.store.database import Store
from bot.store.staff import StaffRow
from bot.store.unit_of_work import UnitOfWork

MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=13)
"""A night shift with its handover fits; nobody stays signed in over two."""
SHORTEST_PASSWORD = 12
LONGEST_NAME = 64

WRONG = "The name, password or code is not right. Check them and try again."


class StaffError(Exception):
    """Somebody cannot be added; the sentence says what to do."""


class SignIn:
    """Signs members of staff in and out."""

    def __init__(self, *, store: Store, needs_totp: bool) -> None:
        self._store = store
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(new_token())
        self.needs_totp = needs_totp

    def add(self, *, username: str, first_name: str, role: str, password: str) -> str | None:
        """Add a member of staff; returns the secret for their authenticator app, outside demo mode."""
        if role not in get_args(Role):
            raise StaffError(f"There is no role {role!r}: use one of {', '.join(get_args(Role))}.")
        if len(password) < SHORTEST_PASSWORD:
            raise StaffError(f"The password is too short: use at least {SHORTEST_PASSWORD} characters.")
        if not username or max(len(username), len(first_name)) > LONGEST_NAME:
            raise StaffError(f"A name has 1 to {LONGEST_NAME} characters.")
        totp = pyotp.random_base32() if self.needs_totp else None
        with self._store.begin() as work:
            if work.staff.by_username(username):
                raise StaffError(f"There is somebody called {username!r} already: choose another name.")
            hashed = self._hasher.hash(password)
            work.staff.add(username=username, first_name=first_name, role=role, password_hash=hashed, totp=totp)
            work.audit.add(actor="command line", what="staff added", detail=f"{username} ({role})")
        return totp

    def sign_in(self, username: str, password: str, totp: str | None) -> str:
        """A new session's token; raises SignInRefused. The same sentence whatever was wrong."""
        with self._store.begin() as work:
            found = work.staff.by_username(username.strip())
            right = self._right(found, password, totp, work)
            token = self._let_in(work, found) if found and right else None
            if found and not right:
                self._failed(work, found)
        if token is None:
            raise SignInRefused(WRONG)
        return token

    def api_token(self, username: str) -> str:
        """A token that lets another system act as somebody; shown once. Raises StaffError."""
        token = new_token()
        with self._store.begin() as work:
            work.staff.add_api_token(token, self._somebody(work, username).id)
            work.audit.add(actor="command line", what="api token made", detail=username)
        return token

    def by_api_token(self, token: str) -> StaffMember | None:
        """Whom an API token acts as."""
        with self._store.read() as work:
            found = work.staff.by_api_token(token)
        return member(found) if found else None

    def everyone(self) -> list[StaffRow]:
        """All members of staff."""
        with self._store.read() as work:
            return work.staff.everyone()

    def set_disabled(self, username: str, *, disabled: bool) -> None:
        """Somebody no longer works here, or does again; their sessions and tokens end at once. Raises StaffError."""
        with self._store.begin() as work:
            found = self._somebody(work, username)
            work.staff.change(found.id, disabled=disabled, failures=0, locked_until=None)
            work.staff.close_sessions_of(found.id)
            work.staff.drop_api_tokens(found.id)
            work.audit.add(actor="command line", what="staff disabled" if disabled else "staff enabled", detail=username)

    def revoke(self, username: str) -> None:
        """End all sessions and API tokens of somebody. Raises StaffError."""
        with self._store.begin() as work:
            found = self._somebody(work, username)
            work.staff.close_sessions_of(found.id)
            work.staff.drop_api_tokens(found.id)
            work.audit.add(actor="command line", what="sessions ended", detail=username)

    def set_password(self, username: str, password: str) -> None:
        """A new password; sessions end and a lock is lifted. Raises StaffError."""
        if len(password) < SHORTEST_PASSWORD:
            raise StaffError(f"The password is too short: use at least {SHORTEST_PASSWORD} characters.")
        with self._store.begin() as work:
            found = self._somebody(work, username)
            hashed = self._hasher.hash(password)
            work.staff.change(found.id, password_hash=hashed, failures=0, locked_until=None)
            work.staff.close_sessions_of(found.id)
            work.audit.add(actor="command line", what="password set", detail=username)

    def set_contact(self, username: str, *, phone: str | None, email: str | None) -> None:
        """Where somebody is paged. Raises StaffError."""
        with self._store.begin() as work:
            work.staff.set_contact(self._somebody(work, username).id, phone=phone, email=email)
            work.audit.add(actor="command line", what="paging contact set", detail=username)

    def _somebody(self, work: UnitOfWork, username: str) -> StaffRow:
        found = work.staff.by_username(username)
        if found is None:
            raise StaffError(f"There is nobody called {username!r}: `handrail staff list` shows who there is.")
        return found

    def by_session(self, token: str) -> StaffMember | None:
        """Who a session belongs to."""
        with self._store.read() as work:
            found = work.staff.by_session(token, idle=IDLE, longest=LONGEST)
        return member(found) if found else None

    def touch(self, token: str) -> None:
        """The person did something: the idle clock starts again."""
        with self._store.begin() as work:
            work.staff.touch_session(token)

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._store.begin() as work:
            work.staff.close_session(token)

    def seen(self, staff: StaffMember) -> None:
        """The person's desk is open now."""
        with self._store.begin() as work:
            work.staff.change(staff.id, seen_at=work.now)

    def _right(self, found: StaffRow | None, password: str, totp: str | None, work: UnitOfWork) -> bool:
        """Checks a hash even for an unknown name, so that timing tells nobody who works here."""
        try:
            same = self._hasher.verify(found.password_hash if found else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        if found is None or found.disabled or (found.locked_until and found.locked_until > work.now):
            return False
        if not self.needs_totp:
            return same
        return bool(found.totp and totp and pyotp.TOTP(found.totp).verify(totp.strip(), for_time=work.now, valid_window=1))

    def _let_in(self, work: UnitOfWork, found: StaffRow) -> str:
        token = new_token()
        work.staff.change(found.id, failures=0, locked_until=None, seen_at=work.now)
        work.staff.open_session(token, found.id)
        work.audit.add(actor=found.username, what="signed in")
        return token

    def _failed(self, work: UnitOfWork, found: StaffRow) -> None:
        failures = found.failures + 1
        locked = work.now + LOCKED if failures >= MOST_FAILURES else found.locked_until
        work.staff.change(found.id, failures=0 if failures >= MOST_FAILURES else failures, locked_until=locked)
        work.audit.add(actor=found.username, what="sign-in failed")


def member(found: StaffRow) -> StaffMember:
    """A stored member of staff as the pages know one."""
    return StaffMember(found.id, found.username, found.first_name, cast(Role, found.role))
