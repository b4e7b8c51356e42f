"""The backlog of events: bodies that were checked and answered when more came than could be stored at once."""

import sqlalchemy as sa

from alembic import op
from enterprise_app.core.table import tenant_policies

revision = "0016_backlog"
down_revision = "0015_analytics_health"

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """A queue: short-lived rows, written and deleted many a second."""
    op.create_table(
        "analytics_backlog",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("received_at", TIMESTAMP, nullable=False),
        sa.Column("due_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("ip", sa.Text),
        sa.Column("agent", sa.Text),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    # Compressing a body takes longer than writing it, and it is read once.
    op.execute("ALTER TABLE analytics_backlog ALTER COLUMN body SET STORAGE EXTERNAL")
    # Emptied all the time: what was deleted must go before the table has grown by a share of nothing.
    op.execute(
        "ALTER TABLE analytics_backlog SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,"
        " autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000)"
    )
    tenant_policies(op, "analytics_backlog", ("select", "insert", "delete", "update (due_at, attempts)"))


def downgrade() -> None:
    """Without it. Run only when it is empty: what waits in it has been answered."""
    op.drop_table("analytics_backlog")
