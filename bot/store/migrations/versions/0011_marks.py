"""Which key pseudonyms come from, and where the audit trail ends: what a later start, and the doctor, hold the rest against."""

from alembic import op
import sqlalchemy as sa


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mark',
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_mark'))
    )


def downgrade() -> None:
    op.drop_table('mark')
