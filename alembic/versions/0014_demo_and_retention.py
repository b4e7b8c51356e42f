"""Which tenants are demonstrations, and how long each tenant's events are kept."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import tenant_policies

revision = "0014_demo_and_retention"
down_revision = "0013_source_privacy"

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """No tenant is a demonstration yet, and nothing has been announced: what there is stays until it has been."""
    op.add_column("tenants", sa.Column("demo", JSONB))
    op.create_table(
        "analytics_retention",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("imported", sa.Text, nullable=False, server_default="forever"),
        sa.Column("imported_days", sa.Integer),
        sa.Column("announced_days", sa.Integer),
        sa.Column("announced_imported_days", sa.Integer),
        sa.Column("due_at", TIMESTAMP),
        sa.Column("events_before", TIMESTAMP),
        sa.Column("imports_before", TIMESTAMP),
        sa.CheckConstraint("imported IN ('forever', 'plan', 'days')", name="analytics_retention_imported"),
        sa.CheckConstraint(
            "(imported = 'days') = (imported_days IS NOT NULL) AND imported_days > 0 IS NOT FALSE",
            name="analytics_retention_days",
        ),
    )
    tenant_policies(op, "analytics_retention", ("select", "insert", "update"))


def downgrade() -> None:
    """Without them."""
    op.drop_table("analytics_retention")
    op.drop_column("tenants", "demo")
