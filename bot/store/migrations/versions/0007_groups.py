"""Group sessions: seats, polls with one answer per thread, and texts held for the facilitator."""

from alembic import op
import sqlalchemy as sa


revision = '0007'
down_revision = '0005'
branch_labels = None
depends_on = None



def upgrade() -> None:
    op.create_table('group_session',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('join_code', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('module', sa.String(length=64), nullable=False),
    sa.Column('lesson', sa.String(length=64), nullable=False),
    sa.Column('band', sa.String(length=8), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('region', sa.String(length=8), nullable=True),
    sa.Column('pace', sa.String(length=12), nullable=False),
    sa.Column('activities', sa.String(length=200), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('door_open', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('opened_by', sa.Integer(), nullable=False),
    sa.Column('worry_thread', sa.String(length=32), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('step_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_session')),
    sa.UniqueConstraint('join_code', name=op.f('uq_group_session_join_code'))
    )
    with op.batch_alter_table('group_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_session_state'), ['state'], unique=False)

    op.create_table('join_try',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('thread_id', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_try'))
    )
    with op.batch_alter_table('join_try', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_join_try_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_join_try_thread_id'), ['thread_id'], unique=False)

    op.create_table('group_answer',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.String(length=48), nullable=False),
    sa.Column('thread_id', sa.String(length=32), nullable=False),
    sa.Column('options', sa.String(length=24), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['group_session.id'], name=op.f('fk_group_answer_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_group_answer_thread_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_answer')),
    sa.UniqueConstraint('group_id', 'step', 'thread_id', name='uq_group_answer_once')
    )
    with op.batch_alter_table('group_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_answer_thread_id'), ['thread_id'], unique=False)

    op.create_table('group_staff',
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['group_session.id'], name=op.f('fk_group_staff_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_group_staff_staff_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'staff_id', name=op.f('pk_group_staff'))
    )
    op.create_table('group_template',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('module', sa.String(length=64), nullable=False),
    sa.Column('lesson', sa.String(length=64), nullable=False),
    sa.Column('band', sa.String(length=8), nullable=False),
    sa.Column('lang', sa.String(length=8), nullable=False),
    sa.Column('region', sa.String(length=8), nullable=True),
    sa.Column('pace', sa.String(length=12), nullable=False),
    sa.Column('activities', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_group_template_staff_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_template'))
    )
    with op.batch_alter_table('group_template', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_template_staff_id'), ['staff_id'], unique=False)

    op.create_table('group_text',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('thread_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('step', sa.String(length=48), nullable=False),
    sa.Column('sealed_text', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['group_session.id'], name=op.f('fk_group_text_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_group_text_thread_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_text'))
    )
    with op.batch_alter_table('group_text', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_text_group_id'), ['group_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_group_text_thread_id'), ['thread_id'], unique=False)

    op.create_table('poll_result',
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.String(length=48), nullable=False),
    sa.Column('over', sa.Integer(), nullable=False),
    sa.Column('answered', sa.Integer(), nullable=False),
    sa.Column('counts', sa.String(length=200), nullable=False),
    sa.Column('shown', sa.Boolean(), nullable=False),
    sa.Column('closed', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['group_session.id'], name=op.f('fk_poll_result_group_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'step', name=op.f('pk_poll_result'))
    )
    op.create_table('seat',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('thread_id', sa.String(length=32), nullable=False),
    sa.Column('nickname', sa.String(length=32), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=True),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('told', sa.String(length=24), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['group_session.id'], name=op.f('fk_seat_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_seat_thread_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat')),
    sa.UniqueConstraint('group_id', 'thread_id', name='uq_seat_group_thread'),
    sa.UniqueConstraint('token_hash', name=op.f('uq_seat_token_hash'))
    )
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_thread_id'), ['thread_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_seat_thread_id'))

    op.drop_table('seat')
    op.drop_table('poll_result')
    with op.batch_alter_table('group_text', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_group_text_thread_id'))
        batch_op.drop_index(batch_op.f('ix_group_text_group_id'))

    op.drop_table('group_text')
    with op.batch_alter_table('group_template', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_group_template_staff_id'))

    op.drop_table('group_template')
    op.drop_table('group_staff')
    with op.batch_alter_table('group_answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_group_answer_thread_id'))

    op.drop_table('group_answer')
    with op.batch_alter_table('join_try', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_join_try_thread_id'))
        batch_op.drop_index(batch_op.f('ix_join_try_at'))

    op.drop_table('join_try')
    with op.batch_alter_table('group_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_group_session_state'))

    op.drop_table('group_session')
