"""When a plan was frozen, beside when it began: of tests from elsewhere that is told afterwards."""

import sqlalchemy as sa

from alembic import op

revision = "0024_frozen_plans"
down_revision = "0023_experiment_sums"


def upgrade() -> None:
    """Of those that are there, both are the same."""
    op.add_column("experiment_versions", sa.Column("frozen_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE experiment_versions SET frozen_at = started_at")
    op.alter_column("experiment_versions", "frozen_at", nullable=False)


def downgrade() -> None:
    """Only back to where started_at says both."""
    op.drop_column("experiment_versions", "frozen_at")
