"""The tables of group sessions. Every column is described in docs/data-we-keep.md; a test compares the two.

The one promise that is a constraint: a thread has one answer to a poll (``uq_group_answer_once``).
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table, UniqueConstraint

from bot.store.columns import Instant, metadata

group_session = Table(
    "group_session",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("join_code", String(8), nullable=False, unique=True),
    Column("state", String(12), nullable=False, index=True),
    Column("module", String(64), nullable=False),
    Column("lesson", String(64), nullable=False),
    Column("band", String(8), nullable=False),
    Column("lang", String(8), nullable=False),
    Column("region", String(8)),
    Column("pace", String(12), nullable=False),
    Column("activities", String(200), nullable=False),
    Column("step", Integer, nullable=False),
    Column("door_open", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_by", Integer, nullable=False),
    Column("worry_thread", String(32)),
    Column("opened_at", Instant, nullable=False),
    Column("step_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("takers", Integer),
    Column("sealed_name", LargeBinary),
    Column("link", String(16)),
)

group_staff = Table(
    "group_staff",
    metadata,
    Column("group_id", Integer, ForeignKey("group_session.id", ondelete="CASCADE"), primary_key=True),
    Column("staff_id", Integer, ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    Column("ended_at", Instant),
)

group_template = Table(
    "group_template",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("staff_id", Integer, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("module", String(64), nullable=False),
    Column("lesson", String(64), nullable=False),
    Column("band", String(8), nullable=False),
    Column("lang", String(8), nullable=False),
    Column("region", String(8)),
    Column("pace", String(12), nullable=False),
    Column("activities", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
)

seat = Table(
    "seat",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("group_id", Integer, ForeignKey("group_session.id", ondelete="CASCADE"), nullable=False),
    Column("thread_id", String(32), ForeignKey("thread.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("nickname", String(32), nullable=False),
    Column("token_hash", String(64), unique=True),
    Column("step", Integer, nullable=False),
    Column("told", String(24), nullable=False),
    Column("joined_at", Instant, nullable=False),
    Column("left_at", Instant),
    UniqueConstraint("group_id", "thread_id", name="uq_seat_group_thread"),
)

group_answer = Table(
    "group_answer",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("group_id", Integer, ForeignKey("group_session.id", ondelete="CASCADE"), nullable=False),
    Column("step", String(48), nullable=False),
    Column("thread_id", String(32), ForeignKey("thread.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("options", String(24), nullable=False),
    Column("told", String(24)),
    Column("at", Instant, nullable=False),
    UniqueConstraint("group_id", "step", "thread_id", name="uq_group_answer_once"),
)

poll_result = Table(
    "poll_result",
    metadata,
    Column("group_id", Integer, ForeignKey("group_session.id", ondelete="CASCADE"), primary_key=True),
    Column("step", String(48), primary_key=True),
    Column("over", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("counts", String(200), nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
)

group_text = Table(
    "group_text",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("group_id", Integer, ForeignKey("group_session.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("thread_id", String(32), ForeignKey("thread.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("step", String(48), nullable=False),
    Column("sealed_text", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("at", Instant, nullable=False),
)

join_try = Table(
    "join_try",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("thread_id", String(32), nullable=False, index=True),
    Column("at", Instant, nullable=False, index=True),
)
