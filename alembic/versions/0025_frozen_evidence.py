"""What was frozen at decisions beside their results: segments and distributions."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import tenant_policies

revision = "0025_frozen_evidence"
down_revision = "0024_frozen_plans"


def upgrade() -> None:
    """One row for each dimension and each distribution of a decided experiment; written once, never changed."""
    op.create_table(
        "experiment_evidence",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("experiment_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text(collation="C"), primary_key=True),
        sa.Column("about", sa.Text(collation="C"), primary_key=True),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "experiment_id"], ["experiments.tenant_id", "experiments.id"]),
    )
    tenant_policies(op, "experiment_evidence", ("select", "insert"))


def downgrade() -> None:
    """Without it: segments of decided experiments are measured when they are read."""
    op.drop_table("experiment_evidence")
