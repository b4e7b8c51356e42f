"""Health of the data: what became of what each source sent, by hour, and its last refused messages."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import tenant_policies

revision = "0015_analytics_health"
down_revision = "0014_demo_and_retention"

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Both begin empty: what was sent before nobody counted."""
    op.create_table(
        "analytics_health",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("hour_at", TIMESTAMP, primary_key=True),
        sa.Column("source_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        # Which of several equal rows: one row for all would line up the transactions of a busy source.
        sa.Column("shard", sa.SmallInteger, primary_key=True),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
    )
    tenant_policies(op, "analytics_health", ("select", "insert", "update"))
    _rejects()


def downgrade() -> None:
    """Without them."""
    op.drop_table("analytics_rejects")
    op.drop_table("analytics_health")


def _rejects() -> None:
    op.create_table(
        "analytics_rejects",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("source_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("rejected_at", TIMESTAMP, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
    )
    # Locking old rows before they are deleted takes the right to change some column of them.
    tenant_policies(op, "analytics_rejects", ("select", "insert", "delete", "update (field)"))
