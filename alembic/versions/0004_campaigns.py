"""Campaigns."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from alembic import op
from enterprise_app.core.table import archive_column, tenant_columns, tenant_policies, version_column

revision = "0004_campaigns"
down_revision = "0003_identity"


def upgrade() -> None:
    """The table, closed in the same breath, with an index for each order that lists offer first."""
    op.create_table(
        "campaigns",
        *tenant_columns(),
        version_column(),
        archive_column(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("objective", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("status_before_archive", sa.Text),
        sa.Column("budget_minor", sa.BigInteger),
        sa.Column("budget_currency", sa.Text),
        sa.Column("starts_on", sa.Date),
        sa.Column("ends_on", sa.Date),
        sa.Column("channels", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("tags", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("owner_id", sa.Uuid),
        sa.CheckConstraint("ends_on >= starts_on", name="campaigns_days"),
        sa.CheckConstraint("budget_minor >= 0", name="campaigns_budget_not_negative"),
        sa.CheckConstraint("(budget_minor IS NULL) = (budget_currency IS NULL)", name="campaigns_budget_currency"),
        sa.CheckConstraint("(status = 'archived') = (archived_at IS NOT NULL)", name="campaigns_archived"),
    )
    op.create_index("campaigns_by_creation", "campaigns", ["tenant_id", "created_at", "id"])
    op.create_index("campaigns_by_name", "campaigns", ["tenant_id", "name_key", "id"])
    op.create_index("campaigns_by_status", "campaigns", ["tenant_id", "status", "created_at", "id"])
    op.create_index("campaigns_by_start", "campaigns", ["tenant_id", "starts_on"])
    tenant_policies(op, "campaigns", grants=("select", "insert", "update"))


def downgrade() -> None:
    """Without campaigns."""
    op.drop_table("campaigns")
