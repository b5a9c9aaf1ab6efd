"""The tables. Every column is described in docs/data-we-keep.md; a test compares the two.

Columns named ``sealed_*`` are encrypted by ``bot.privacy.Vault`` before they get here.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from bot.store.columns import Instant, metadata
from bot.store.group_tables import (
    group_answer,
    group_session,
    group_staff,
    group_template,
    group_text,
    join_try,
    poll_result,
    seat,
)

__all__ = [
    "Instant",
    "group_answer",
    "group_session",
    "group_staff",
    "group_template",
    "group_text",
    "join_try",
    "metadata",
    "poll_result",
    "seat",
]

thread = Table(
    "thread",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("lang", String(8), nullable=False),
    Column("band", String(8)),
    Column("region", String(8)),
    Column("level", Integer, nullable=False),
    Column("lesson", String(64)),
    Column("token_hash", String(64), unique=True),
    Column("opted_out_at", Instant),
    Column("forgotten_at", Instant, index=True),
    Column("word_hash", String(64)),
    Column("waits_since", Instant),
    Column("way_back_hash", String(64), unique=True),
    Column("sealed_choices", LargeBinary),
    Column("last_seq", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
)

address = Table(
    "address",
    metadata,
    Column("thread_id", String(32), ForeignKey("thread.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed_number", LargeBinary, nullable=False),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("thread_id", String(32), ForeignKey("thread.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("direction", String(3), nullable=False),
    Column("who", String(8), nullable=False),
    Column("provider_id", String(128), unique=True),
    Column("once", String(80), unique=True),
    Column("sealed_body", LargeBinary, nullable=False),
    Column("sealed_choices", LargeBinary),
    Column("sealed_choice", LargeBinary),
    Column("sealed_screening", LargeBinary),
    Column("level", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("case_id", Integer),
    Column("staff_id", Integer),
    Column("created_at", Instant, nullable=False),
    Column("said_at", Instant),
    Column("due_at", Instant),
    Column("claimed_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("error_code", String(16)),
    UniqueConstraint("thread_id", "seq", name="uq_message_thread_seq"),
    Index("ix_message_work", "state", "direction", "due_at"),
)

received = Table(
    "received",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", Integer, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("provider_id", String(128), unique=True),
    Column("code", String(32)),
)

report = Table(
    "report",
    metadata,
    Column("provider_id", String(128), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("code", String(32)),
    Column("at", Instant, nullable=False),
)

pace = Table(
    "pace",
    metadata,
    Column("sender", String(64), primary_key=True),
    Column("next_at", Instant, nullable=False),
)

return_try = Table(
    "return_try",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("free_at", Instant, nullable=False, index=True),
)

beat = Table(
    "beat",
    metadata,
    Column("part", String(16), primary_key=True),
    Column("at", Instant, nullable=False),
)

case = Table(
    "case",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("thread_id", String(32), ForeignKey("thread.id"), nullable=False, index=True),
    Column("designation", String(64), nullable=False),
    Column("level", Integer, nullable=False),
    Column("category", String(32), nullable=False),
    Column("subject", String(8), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("sealed_reasons", LargeBinary, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("queued_at", Instant),
    Column("step", Integer, nullable=False),
    Column("deadline_at", Instant),
    Column("heartbeat_at", Instant),
    Column("staff_id", Integer),
    Column("accepted_at", Instant),
    Column("seen_seq", Integer, nullable=False),
    Column("safe_to_text", String(8)),
    Column("wants", String(16)),
    Column("passed_on", String(8)),
    Column("passed_seq", Integer),
    Column("sealed_summary", LargeBinary),
    Column("not_staff_id", Integer),
    Column("passed_to", Integer),
    Column("passed_until", Instant),
    Column("outcome", String(64)),
    Column("chi_category", String(64)),
    Column("closed_at", Instant),
)

check_in = Table(
    "check_in",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("thread_id", String(32), ForeignKey("thread.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("case_id", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at", Instant, nullable=False),
)

booster = Table(
    "booster",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("thread_id", String(32), ForeignKey("thread.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("module", String(64), nullable=False),
    Column("which", String(16), nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
)

typing = Table(
    "typing",
    metadata,
    Column("thread_id", String(32), primary_key=True),
    Column("who", String(8), primary_key=True),
    Column("until", Instant, nullable=False),
)

switch = Table(
    "switch",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("staff_id", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)

note = Table(
    "note",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("case_id", Integer, ForeignKey("case.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("staff_id", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("sealed_text", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("what", String(64), nullable=False),
    Column("case_id", Integer, index=True),
    Column("detail", String(200), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

mark = Table(
    "mark",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("hash", String(64), nullable=False),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("first_name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("sealed_totp", LargeBinary),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Instant),
    Column("seen_at", Instant),
    Column("away", Boolean, nullable=False),
    Column("sealed_phone", LargeBinary),
    Column("phone_hash", String(64), index=True),
    Column("sealed_email", LargeBinary),
    Column("capacity", Integer, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

tracker = Table(
    "tracker",
    metadata,
    Column("thread_id", String(32), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("message_id", Integer),
    Column("sealed_events", LargeBinary, nullable=False),
    Column("sealed_answered", LargeBinary),
    Column("updated_at", Instant, nullable=False),
)

shift = Table(
    "shift",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("staff_id", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("place", String(16), nullable=False),
    Column("days", String(16), nullable=False),
    Column("starts", String(5), nullable=False),
    Column("ends", String(5), nullable=False),
    Column("zone", String(64), nullable=False),
)

holiday = Table(
    "holiday",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("name", String(64), nullable=False),
)

page = Table(
    "page",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("case_id", Integer, index=True),
    Column("staff_id", Integer, nullable=False),
    Column("place", String(16), nullable=False),
    Column("way", String(8), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("sealed_token", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("acknowledged_at", Instant),
    Column("provider_id", String(128), index=True),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("staff_id", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Instant, nullable=False),
)
