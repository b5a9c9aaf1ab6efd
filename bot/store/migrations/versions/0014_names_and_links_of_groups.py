"""A name of a group that only staff see; what its co-facilitators' link is made from; when who came by it was let go."""

from alembic import op
import sqlalchemy as sa

import bot.store.columns


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('group_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sealed_name', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('link', sa.String(length=16), nullable=True))
    with op.batch_alter_table('group_staff', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ended_at', bot.store.columns.Instant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('group_staff', schema=None) as batch_op:
        batch_op.drop_column('ended_at')
    with op.batch_alter_table('group_session', schema=None) as batch_op:
        batch_op.drop_column('link')
        batch_op.drop_column('sealed_name')
