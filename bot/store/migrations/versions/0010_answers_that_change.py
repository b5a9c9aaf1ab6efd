"""What was published of an answer, so that changed ones are published anew, five at a time."""

from alembic import op
import sqlalchemy as sa


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('group_answer', schema=None) as batch_op:
        batch_op.add_column(sa.Column('told', sa.String(length=24), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('group_answer', schema=None) as batch_op:
        batch_op.drop_column('told')
