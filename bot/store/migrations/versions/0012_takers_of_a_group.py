"""How many took part in a group, in fives, so that its summary stays the same when their threads are gone."""

from alembic import op
import sqlalchemy as sa


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('group_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('takers', sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('group_session', schema=None) as batch_op:
        batch_op.drop_column('takers')
