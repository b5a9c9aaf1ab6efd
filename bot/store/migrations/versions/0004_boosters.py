"""Boosters: up to three short texts after a lesson."""

from alembic import op
import sqlalchemy as sa


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('booster',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('thread_id', sa.String(length=32), nullable=False),
    sa.Column('module', sa.String(length=64), nullable=False),
    sa.Column('which', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_booster_thread_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booster'))
    )
    with op.batch_alter_table('booster', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_booster_thread_id'), ['thread_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_booster_due_at'), ['due_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('booster', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_booster_due_at'))
        batch_op.drop_index(batch_op.f('ix_booster_thread_id'))

    op.drop_table('booster')
