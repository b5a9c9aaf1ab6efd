"""A warm handoff: what is passed on, check-ins, handing over, being away, switches."""

from alembic import op
import sqlalchemy as sa


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('switch',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_switch'))
    )
    op.create_table('typing',
    sa.Column('thread_id', sa.String(length=32), nullable=False),
    sa.Column('who', sa.String(length=8), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('thread_id', 'who', name=op.f('pk_typing'))
    )
    op.create_table('check_in',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('thread_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_check_in_thread_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_in'))
    )
    with op.batch_alter_table('check_in', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_check_in_thread_id'), ['thread_id'], unique=False)

    with op.batch_alter_table('case', schema=None) as batch_op:
        batch_op.add_column(sa.Column('passed_on', sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column('passed_seq', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('sealed_summary', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('not_staff_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('passed_to', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('passed_until', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('staff', schema=None) as batch_op:
        batch_op.add_column(sa.Column('away', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('capacity', sa.Integer(), nullable=False, server_default='3'))

    with op.batch_alter_table('thread', schema=None) as batch_op:
        batch_op.add_column(sa.Column('word_hash', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('waits_since', sa.DateTime(timezone=True), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('thread', schema=None) as batch_op:
        batch_op.drop_column('waits_since')
        batch_op.drop_column('word_hash')

    with op.batch_alter_table('staff', schema=None) as batch_op:
        batch_op.drop_column('capacity')
        batch_op.drop_column('away')

    with op.batch_alter_table('case', schema=None) as batch_op:
        batch_op.drop_column('passed_until')
        batch_op.drop_column('passed_to')
        batch_op.drop_column('not_staff_id')
        batch_op.drop_column('sealed_summary')
        batch_op.drop_column('passed_seq')
        batch_op.drop_column('passed_on')

    with op.batch_alter_table('check_in', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_check_in_thread_id'))

    op.drop_table('check_in')
    op.drop_table('typing')
    op.drop_table('switch')
