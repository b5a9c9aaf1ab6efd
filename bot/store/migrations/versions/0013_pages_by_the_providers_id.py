"""Under which id the provider took a page, so that its report is understood when the page did not arrive."""

from alembic import op
import sqlalchemy as sa


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('page', schema=None) as batch_op:
        batch_op.add_column(sa.Column('provider_id', sa.String(length=128), nullable=True))
        batch_op.create_index(batch_op.f('ix_page_provider_id'), ['provider_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('page', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_page_provider_id'))
        batch_op.drop_column('provider_id')
