"""One transaction, and the shelves of the store that it can reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.engine import Connection

from bot.privacy import Vault
from bot.store.audit import AuditRows
from bot.store.beats import BeatRows
from bot.store.boosters import BoosterRows
from bot.store.cases import CaseRows
from bot.store.check_ins import CheckInRows
from bot.store.cursors import CursorRows
from bot.store.gauges import GaugeRows
from bot.store.group_answers import GroupAnswerRows
from bot.store.group_leading import GroupLeadingRows
from bot.store.group_templates import GroupTemplateRows
from bot.store.groups import GroupRows
from bot.store.marks import MarkRows
from bot.store.messages import MessageRows
from bot.store.opening import unhurried
from bot.store.presence import PresenceRows
from bot.store.retention import Keep, RetentionRows
from bot.store.rota import PageRows, RotaRows
from bot.store.seats import SeatRows
from bot.store.sending import SendingRows
from bot.store.staff import StaffRows
from bot.store.threads import ThreadRows
from bot.store.trackers import TrackerRows
from bot.store.tries import TryRows

SWEEP_LOCK = 7_246_003
"""PostgreSQL advisory lock of the outbox that moves the clocks."""


class UnitOfWork:
    """Everything inside is kept together or not at all; leaving by an exception keeps nothing."""

    def __init__(self, connection: Connection, vault: Vault, clock: Callable[[], datetime], keep: Keep) -> None:
        self._connection = connection
        self.now = clock()
        self.marks = MarkRows(connection, vault)
        self.audit = AuditRows(connection, self.marks, self.now)
        self.threads = ThreadRows(connection, vault, self.now)
        self.messages = MessageRows(connection, vault, self.now)
        self.sending = SendingRows(connection, vault, self.now)
        self.cases = CaseRows(connection, vault, self.audit, self.now)
        self.check_ins = CheckInRows(connection, self.now)
        self.boosters = BoosterRows(connection, self.now)
        self.presence = PresenceRows(connection, self.now)
        self.rota = RotaRows(connection)
        self.pages = PageRows(connection, vault, self.now)
        self.cursors = CursorRows(connection, self.now)
        self.retention = RetentionRows(connection, self.now, keep)
        self.staff = StaffRows(connection, vault, self.now)
        self.groups = GroupRows(connection, self.now)
        self.seats = SeatRows(connection, self.groups, self.now)
        self.group_leading = GroupLeadingRows(connection, vault, self.now)
        self.group_templates = GroupTemplateRows(connection, self.now)
        self.group_answers = GroupAnswerRows(connection, vault, self.now)
        self.trackers = TrackerRows(connection, vault, self.now)
        self.tries = TryRows(connection, vault, self.now)
        self.beats = BeatRows(connection, self.now)
        self.gauges = GaugeRows(connection, self.staff, self.beats, self.now)

    def takes_its_time(self) -> None:
        """To its end this transaction may look at everything that is kept, however long that takes."""
        unhurried(self._connection)

    def alone(self) -> None:
        """From here to the end of the transaction no other outbox moves a clock; what it moved before is seen.

        SQLite has one writer at a time anyway.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text(f"SELECT pg_advisory_xact_lock({SWEEP_LOCK})"))
