"""Metrics with every definition they had, results of tests that ran elsewhere, refunds found by their order."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import archive_column, tenant_columns, tenant_policies, version_column

revision = "0020_metrics"
down_revision = "0019_helper_rows_go"

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Metrics first: their versions point at them."""
    _metrics()
    _versions()
    _external_results()
    # Refunds are few, come late and from anywhere: without it each analysis of money would read all events of all
    # time after the experiment began for them.
    op.execute(
        "CREATE INDEX analytics_events_refunds ON analytics_events (tenant_id, occurred_at) INCLUDE (order_id)"
        " WHERE name = 'Order Refunded' AND order_id IS NOT NULL"
    )


def downgrade() -> None:
    """Without them."""
    op.drop_index("analytics_events_refunds", "analytics_events")
    for table in ("experiment_external_results", "experiment_metric_versions", "experiment_metrics"):
        op.drop_table(table)


def _metrics() -> None:
    op.create_table(
        "experiment_metrics",
        *tenant_columns(), version_column(), archive_column(),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("definition", JSONB, nullable=False),
        sa.UniqueConstraint("tenant_id", "key", name="experiment_metrics_key"),
    )  # fmt: skip
    op.create_index("experiment_metrics_by_creation", "experiment_metrics", ["tenant_id", "created_at", "id"])
    op.create_index("experiment_metrics_by_name", "experiment_metrics", ["tenant_id", "name_key", "id"])
    tenant_policies(op, "experiment_metrics", ("select", "insert", "update"))


def _versions() -> None:
    """Append-only: an experiment is analysed by the definition that was in force when it was started."""
    op.create_table(
        "experiment_metric_versions",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("metric_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("definition", JSONB, nullable=False),
        sa.Column("valid_from", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "metric_id"], ["experiment_metrics.tenant_id", "experiment_metrics.id"]),
    )
    tenant_policies(op, "experiment_metric_versions", ("select", "insert"))


def _external_results() -> None:
    """Apart from what was measured, and never changed: a correction is a new one."""
    op.create_table(
        "experiment_external_results",
        *tenant_columns(),
        sa.Column("experiment_id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("submitted", JSONB, nullable=False),
        sa.Column("results", JSONB, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "experiment_id"], ["experiments.tenant_id", "experiments.id"]),
    )
    op.create_index(
        "experiment_external_results_newest", "experiment_external_results",
        ["tenant_id", "experiment_id", "created_at", "id"],
    )  # fmt: skip
    tenant_policies(op, "experiment_external_results", ("select", "insert"))
