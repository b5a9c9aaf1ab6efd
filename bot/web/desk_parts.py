"""What the desk pages need from the rest of the system, and nothing more.

Every call may block and is made in a thread. What a case's state or holder does not allow raises
``DeskRefused`` (or ``Conflict``, ``NotYours``, ``NoSuchCase``) with a sentence for staff.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.desk.views import CaseCard, CaseView, Colleague, StaffMember
from bot.web.youth_parts import Live


class DeskSettings(Protocol):
    """The settings the desk shows or needs."""

    @property
    def demo(self) -> bool: ...
    @property
    def service_name(self) -> str: ...
    @property
    def content(self) -> Path: ...
    @property
    def proxies(self) -> Sequence[str]: ...


class Staff(Protocol):
    """Signing in and out. A session has an idle clock and a longest life, kept on this side."""

    @property
    def needs_totp(self) -> bool:
        """Whether a six-digit code is asked for."""

    def sign_in(self, username: str, password: str, totp: str | None) -> str:
        """A new session's token; raises SignInRefused. Wrong tries lock the account for a while."""

    def by_session(self, token: str) -> StaffMember | None:
        """Who a session belongs to; None when unknown, ended, idle too long or the person disabled.

        Does not move the idle clock: a page that only listens is not somebody at work.
        """

    def touch(self, token: str) -> None:
        """The person did something: the session's idle clock starts again."""

    def sign_out(self, token: str) -> None:
        """End the session."""

    def seen(self, staff: StaffMember) -> None:
        """The person's desk is open now (presence)."""


class Desk(Protocol):
    """A worker's day. Lists hold the highest level first, then the longest waiting."""

    def queue(self, staff: StaffMember) -> Sequence[CaseCard]:
        """Cases nobody holds."""

    def mine(self, staff: StaffMember) -> Sequence[CaseCard]:
        """Cases this person holds."""

    def others(self, staff: StaffMember) -> Sequence[CaseCard]:
        """Cases that others hold, for a supervisor; empty for a worker."""

    def closed_today(self, staff: StaffMember) -> Sequence[CaseCard]:
        """Cases closed today, latest first."""

    def view(self, case_id: int, staff: StaffMember) -> CaseView:
        """One case with its transcript; marks it read when ``staff`` holds it.

        Audited at the first look and once more for every half hour of looking: an open page asks again
        at each change, and the audit should say who looked, not how often the page refreshed.
        """

    def accept(self, case_id: int, staff: StaffMember) -> None:
        """Take a case; raises Conflict naming who was first."""

    def say(self, case_id: int, staff: StaffMember, text: str, *, once: str) -> None:
        """Queue a message to the young person; the same ``once`` twice is one message."""

    def raise_level(self, case_id: int, staff: StaffMember, level: str) -> None:
        """Raise the level; it never falls."""

    def note(self, case_id: int, staff: StaffMember, text: str) -> None:
        """Keep a note between staff; the young person never sees it."""

    def close(
        self,
        case_id: int,
        staff: StaffMember,
        outcome: str,
        chi_category: str,
        *,
        then: str | None = None,
        check_in_hours: int | None = None,
    ) -> None:
        """Close a case; the bot comes back, brings ``then``, and asks about a check-in."""

    def hand_back(self, case_id: int, staff: StaffMember) -> None:
        """Put a case back in the queue."""

    def types(self, case_id: int, staff: StaffMember) -> None:
        """The worker is typing."""

    def open_anyway(self, case_id: int, staff: StaffMember, reason: str) -> None:
        """Read what was not passed on, to keep somebody safe; audited with the reason."""

    def canned(self, case_id: int, staff: StaffMember) -> Sequence[tuple[str, str]]:
        """Reviewed replies for this case, as title and text."""

    def reveal_number(self, case_id: int, staff: StaffMember, reason: str) -> str:
        """The number behind a case; audited with the reason."""


class Team(Protocol):
    """What staff do together."""

    def colleagues(self, staff: StaffMember) -> Sequence[Colleague]:
        """Who else is at the desk now."""

    def is_away(self, staff: StaffMember) -> bool:
        """Whether this person said they are away."""

    def go_away(self, staff: StaffMember) -> int:
        """Away: their conversations go back to the queue; returns how many."""

    def come_back(self, staff: StaffMember) -> None:
        """Here again."""

    def offers(self, staff: StaffMember) -> Sequence[CaseCard]:
        """Conversations that a colleague would like to hand over now."""

    def offer(self, case_id: int, staff: StaffMember, to: int) -> str:
        """Ask a colleague to take over; returns their first name."""

    def take_over(self, case_id: int, staff: StaffMember) -> None:
        """Take what a colleague offered."""

    def decline(self, case_id: int, staff: StaffMember) -> None:
        """Not now."""


class DeskParts(Protocol):
    """The working parts that ``desk_routes`` is given. ``now`` is the clock, aware UTC."""

    @property
    def settings(self) -> DeskSettings: ...
    @property
    def staff(self) -> Staff: ...
    @property
    def desk(self) -> Desk: ...
    @property
    def team(self) -> Team: ...
    @property
    def modules(self) -> Mapping[str, str]: ...
    @property
    def live(self) -> Live: ...

    def now(self) -> datetime: ...
