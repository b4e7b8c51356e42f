"""Sums of every unit of an experiment as they were counted last, and which slots of the events changed since."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from alembic import op
from enterprise_app.core.table import tenant_policies

revision = "0023_experiment_sums"
down_revision = "0022_assets"

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Marks for whoever keeps sums of events, then the sums that experiments keep."""
    _marks()
    _keeping()
    _sums()
    # Refunds name the order only: which units an order's money belongs to is asked with every refund that comes.
    found = sa.text("order_id IS NOT NULL")
    op.create_index("analytics_events_by_order", "analytics_events", ["tenant_id", "order_id"], postgresql_where=found)


def downgrade() -> None:
    """Without them: results are counted from the events."""
    op.drop_index("analytics_events_by_order", "analytics_events")
    for table in ("experiment_unit_sums", "experiment_keeping", "analytics_followed", "analytics_followers"):
        op.drop_table(table)
    op.drop_column("analytics_dirty", "removed")


def _marks() -> None:
    """`removed`: events of the slot went, so that nobody can tell any more whose they were."""
    op.add_column("analytics_dirty", sa.Column("removed", sa.Boolean, nullable=False, server_default="false"))
    op.create_table(
        "analytics_followers",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("follower", sa.Uuid, primary_key=True),
    )
    tenant_policies(op, "analytics_followers", ("select", "insert", "delete"))
    op.create_table(
        "analytics_followed",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("follower", sa.Uuid, primary_key=True),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("slot_at", TIMESTAMP, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
    )
    tenant_policies(op, "analytics_followed", ("select", "insert", "delete"))


def _keeping() -> None:
    """One per experiment. Without `as_of` its sums were never counted, or have to be counted anew."""
    op.create_table(
        "experiment_keeping",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("experiment_id", sa.Uuid, primary_key=True),
        sa.Column("question", sa.Text, nullable=False, server_default=""),
        sa.Column("as_of", TIMESTAMP),
        sa.Column("first_at", TIMESTAMP),
        sa.Column("ended_at", TIMESTAMP),
        sa.Column("units", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("kept_at", TIMESTAMP),
        sa.ForeignKeyConstraint(["tenant_id", "experiment_id"], ["experiments.tenant_id", "experiments.id"]),
    )
    tenant_policies(op, "experiment_keeping")


def _sums() -> None:
    """No foreign key, as with exposures: there are as many rows."""
    floats: Any = ARRAY(sa.Double)
    op.create_table(
        "experiment_unit_sums",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("experiment_id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.Uuid, primary_key=True),
        sa.Column("first_at", TIMESTAMP, nullable=False),
        sa.Column("sums", floats, nullable=False),
        sa.Column("money", ARRAY(sa.Numeric)),
        sa.Column("slots", ARRAY(TIMESTAMP)),
        sa.Column("grown", floats),
    )
    tenant_policies(op, "experiment_unit_sums")
