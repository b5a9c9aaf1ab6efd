"""When an outbox was last at work; and tries to come back to a chat, counted for all gateways together."""

from alembic import op
import sqlalchemy as sa


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('beat',
    sa.Column('part', sa.String(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('part', name=op.f('pk_beat'))
    )
    op.create_table('return_try',
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('free_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key_hash', name=op.f('pk_return_try'))
    )
    with op.batch_alter_table('return_try', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_return_try_free_at'), ['free_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('return_try', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_return_try_free_at'))

    op.drop_table('return_try')
    op.drop_table('beat')
