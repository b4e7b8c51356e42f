"""Rollups of the events, and how each tenant counts: its sessions, its zone, how far the rollups reach."""

import sqlalchemy as sa

from alembic import op
from enterprise_app.core.table import tenant_policies

revision = "0010_rollups"
down_revision = "0009_event_store"

TIMESTAMP = sa.DateTime(timezone=True)
_EVERY_GRANT = ("select", "insert", "update", "delete")


def upgrade() -> None:
    """Empty tables: the worker fills them, and until then readers count the events."""
    op.create_table(
        "analytics_rollups",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("grain", sa.Text, primary_key=True),
        sa.Column("dim", sa.Text, primary_key=True),
        sa.Column("start_at", TIMESTAMP, primary_key=True),
        sa.Column("key", sa.Uuid, primary_key=True),
        sa.Column("value", sa.ARRAY(sa.Text), nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("page_views", "sessions", "events", "humans", "bots", "requests")
        ),
        sa.Column("visitors", sa.LargeBinary, nullable=False),
    )
    # Hashes don't compress: trying costs time and saves nothing.
    op.execute("ALTER TABLE analytics_rollups ALTER COLUMN visitors SET STORAGE EXTERNAL")
    tenant_policies(op, "analytics_rollups", _EVERY_GRANT)
    _counting()


def downgrade() -> None:
    """Without them; the events are as they were."""
    op.drop_table("analytics_counting")
    op.drop_table("analytics_rollups")


def _counting() -> None:
    op.create_table(
        "analytics_counting",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("session_gap_minutes", sa.Integer, nullable=False, server_default="30"),
        sa.Column("cut_at_midnight", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("cut_at_campaign", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("rolled_from", TIMESTAMP, nullable=False),
        sa.Column("closed_until", TIMESTAMP, nullable=False),
        sa.Column("data_version", sa.BigInteger, nullable=False, server_default="0"),
    )
    tenant_policies(op, "analytics_counting", ("select", "insert", "update"))
    # Tenants whose events are older than the rollups: nothing is rolled up yet (2200), and the worker begins.
    op.execute(
        "INSERT INTO analytics_counting (tenant_id, zone, rolled_from, closed_until)"
        " SELECT id, zone, '2200-01-01Z', '2000-01-01Z' FROM tenants t"
        " WHERE EXISTS (SELECT FROM analytics_events e WHERE e.tenant_id = t.id)"
    )
