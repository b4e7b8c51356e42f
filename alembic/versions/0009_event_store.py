"""Event store: revenue as typed columns, a visitor's events in order, which slots of the rollups have to be redone."""

import sqlalchemy as sa

from alembic import op
from enterprise_app.core.table import tenant_policies

revision = "0009_event_store"
down_revision = "0008_email_verification"


def upgrade() -> None:
    """Columns first: adding them changes no row."""
    op.add_column("analytics_events", sa.Column("revenue", sa.Numeric(18, 4)))
    op.add_column("analytics_events", sa.Column("currency", sa.Text))
    op.add_column("analytics_events", sa.Column("order_id", sa.Text))
    # Visitor ids are salted per tenant and never meet: without the tenant the key is 24 bytes instead of 40.
    op.create_index("analytics_events_by_visitor", "analytics_events", ["visitor_id", "occurred_at"])
    _dirty()


def downgrade() -> None:
    """Without them."""
    op.drop_table("analytics_dirty")
    op.drop_index("analytics_events_by_visitor", "analytics_events")
    for name in ("order_id", "currency", "revenue"):
        op.drop_column("analytics_events", name)


def _dirty() -> None:
    """Append-only markers; whoever recomputed a slot deletes exactly those that it saw."""
    op.create_table(
        "analytics_dirty",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=False),
    )
    tenant_policies(op, "analytics_dirty", ("select", "insert", "delete"))
