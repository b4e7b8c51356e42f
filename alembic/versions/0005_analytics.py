"""Sources, the partitioned event table, seen message ids and imports."""

from datetime import UTC, date, datetime
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from alembic import op
from enterprise_app.core.table import tenant_columns, tenant_partition, tenant_policies, version_column

revision = "0005_analytics"
down_revision = "0004_campaigns"

TIMESTAMP = sa.DateTime(timezone=True)
TEXTS = (
    "name", "message_id", "anonymous_id", "user_id", "session_id", "url", "host", "path", "title", "referrer",
    "referrer_host", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "channel", "device",
    "browser", "os", "ip",
)  # fmt: skip


def upgrade() -> None:
    """Create the tables, each closed in the same breath."""
    _sources()
    _events()
    _seen()
    _imports()


def downgrade() -> None:
    """Drop them, and all events with them."""
    for table in ("analytics_imports", "analytics_seen", "analytics_events", "analytics_sources"):
        op.drop_table(table)


def _sources() -> None:
    op.create_table(
        "analytics_sources",
        *tenant_columns(),
        version_column(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("write_key", sa.Text, nullable=False),
        sa.Column("allowed_origins", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("last_event_at", TIMESTAMP),
        sa.Column("revoked_at", TIMESTAMP),
        sa.UniqueConstraint("tenant_id", "write_key", name="analytics_sources_write_key"),
    )
    live = sa.text("revoked_at IS NULL")
    op.create_index(
        "analytics_sources_name", "analytics_sources", ["tenant_id", "name"], unique=True, postgresql_where=live
    )
    tenant_policies(op, "analytics_sources", ("select", "insert", "update"))


def _events() -> None:
    op.create_table(
        "analytics_events",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("occurred_at", TIMESTAMP, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("received_at", TIMESTAMP, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("visitor_id", sa.Uuid, nullable=False),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("status", sa.SmallInteger),
        sa.Column("is_bot", sa.Boolean, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in TEXTS),
        sa.Column("properties", JSONB),
        sa.Column("context", JSONB),
        postgresql_partition_by="RANGE (occurred_at)",
    )
    tenant_policies(op, "analytics_events", ("select", "insert"))
    this_month = datetime.now(UTC).date().replace(day=1)
    months = [_month(this_month, offset) for offset in range(-3, 5)]
    _partition("analytics_events_history", f"FROM (MINVALUE) TO ('{months[0]}')")
    for start, end in pairwise(months):
        _partition(f"analytics_events_{start:%Y_%m}", f"FROM ('{start}') TO ('{end}')")
    _partition("analytics_events_rest", None)


def _partition(name: str, bounds: str | None) -> None:
    op.execute(f"CREATE TABLE {name} PARTITION OF analytics_events {'FOR VALUES ' + bounds if bounds else 'DEFAULT'}")
    tenant_partition(op, name)


def _month(first: date, offset: int) -> date:
    index = first.year * 12 + first.month - 1 + offset
    return date(index // 12, index % 12 + 1, 1)


def _seen() -> None:
    op.create_table(
        "analytics_seen",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("seen_on", sa.Date, nullable=False),
        sa.Column("forever", sa.Boolean, nullable=False),
    )
    # Rows arrive by date: a block range index finds the old ones and costs nothing at insert.
    op.create_index("analytics_seen_by_age", "analytics_seen", ["seen_on"], postgresql_using="brin")
    tenant_policies(op, "analytics_seen", ("select", "insert", "delete"))


def _imports() -> None:
    op.create_table(
        "analytics_imports",
        *tenant_columns(),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("site", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
            for name in ("total_bytes", "done_bytes", "lines", "accepted", "rejected", "duplicates", "page_views")
        ),
        sa.Column("first_at", TIMESTAMP),
        sa.Column("last_at", TIMESTAMP),
        sa.Column("rejects", JSONB, nullable=False, server_default="[]"),
        sa.Column("error", sa.Text),
        sa.Column("finished_at", TIMESTAMP),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["analytics_sources.tenant_id", "analytics_sources.id"],
            name="analytics_imports_source",
        ),
    )
    op.create_index("analytics_imports_newest", "analytics_imports", ["tenant_id", "created_at", "id"])
    tenant_policies(op, "analytics_imports", ("select", "insert", "update"))
