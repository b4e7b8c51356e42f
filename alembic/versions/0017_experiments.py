"""Experiments and feature flags: what is served, what was frozen when, who saw which variant."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import archive_column, tenant_columns, tenant_policies, version_column

revision = "0017_experiments"
down_revision = "0016_backlog"

TIMESTAMP = sa.DateTime(timezone=True)


def _json(name: str, empty: str) -> sa.Column[Any]:
    return sa.Column(name, JSONB, nullable=False, server_default=sa.text(f"'{empty}'::jsonb"))


def upgrade() -> None:
    """Layers first: experiments point at them."""
    _layers()
    _holdouts()
    _experiments()
    _versions()
    _flags()
    _exposures()
    _views()


def downgrade() -> None:
    """Without them."""
    for table in (
        "analytics_experiment_views", "experiment_exposures", "feature_flags", "experiment_versions", "experiments",
        "experiment_holdouts", "experiment_layers",
    ):  # fmt: skip
        op.drop_table(table)


def _named() -> list[sa.Column[Any]]:
    """A key for programs, a name for people and how it sorts."""
    return [
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
    ]


def _layers() -> None:
    op.create_table(
        "experiment_layers",
        *tenant_columns(), version_column(), archive_column(), *_named(),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("seed", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant_id", "key", name="experiment_layers_key"),
    )  # fmt: skip
    tenant_policies(op, "experiment_layers", ("select", "insert", "update"))


def _holdouts() -> None:
    op.create_table(
        "experiment_holdouts",
        *tenant_columns(), version_column(), archive_column(), *_named(),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("share", sa.Numeric, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant_id", "key", name="experiment_holdouts_key"),
        sa.CheckConstraint("share > 0 AND share <= 0.5", name="experiment_holdouts_share"),
    )  # fmt: skip
    tenant_policies(op, "experiment_holdouts", ("select", "insert", "update"))


def _experiments() -> None:
    op.create_table(
        "experiments",
        *tenant_columns(), version_column(), archive_column(), *_named(),
        sa.Column("hypothesis", sa.Text, nullable=False, server_default=""),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("author_id", sa.Uuid),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("state_before_archive", sa.Text),
        sa.Column("layer_id", sa.Uuid),
        sa.Column("layer_share", sa.Numeric),
        sa.Column("slots", JSONB),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False, server_default="visitor"),
        _json("variants", "[]"), _json("targeting", "[]"),
        sa.Column("coverage", sa.Numeric, nullable=False, server_default="1"),
        sa.Column("holdout", sa.Boolean, nullable=False, server_default="true"),
        sa.Column("primary_metric_id", sa.Uuid),
        _json("metrics", "[]"), _json("settings", "{}"),
        sa.Column("plan_version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("started_at", TIMESTAMP),
        sa.Column("paused_at", TIMESTAMP),
        sa.Column("stopped_at", TIMESTAMP),
        sa.Column("decision", JSONB),
        sa.UniqueConstraint("tenant_id", "key", name="experiments_key"),
        sa.ForeignKeyConstraint(["tenant_id", "layer_id"], ["experiment_layers.tenant_id", "experiment_layers.id"]),
        sa.CheckConstraint("coverage >= 0 AND coverage <= 1", name="experiments_coverage"),
        sa.CheckConstraint("(state = 'archived') = (archived_at IS NOT NULL)", name="experiments_archived"),
        sa.CheckConstraint("stopped_at >= started_at", name="experiments_times"),
        sa.CheckConstraint("paused_at IS NULL OR state = 'running'", name="experiments_paused"),
    )  # fmt: skip
    for name, columns in (
        ("creation", ["created_at"]), ("name", ["name_key"]), ("state", ["state", "created_at"]),
        ("campaign", ["campaign_id", "created_at"]),
    ):  # fmt: skip
        op.create_index(f"experiments_by_{name}", "experiments", ["tenant_id", *columns, "id"])
    tenant_policies(op, "experiments", ("select", "insert", "update"))


def _versions() -> None:
    """What was frozen: written at the start and at each edit of a running one, closed when the next begins."""
    op.create_table(
        "experiment_versions",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("experiment_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        _json("variants", "[]"), _json("targeting", "[]"),
        sa.Column("coverage", sa.Numeric, nullable=False),
        _json("settings", "{}"), _json("metrics", "[]"),
        sa.Column("started_at", TIMESTAMP, nullable=False),
        sa.Column("ended_at", TIMESTAMP),
        sa.ForeignKeyConstraint(["tenant_id", "experiment_id"], ["experiments.tenant_id", "experiments.id"]),
        sa.CheckConstraint("ended_at >= started_at", name="experiment_versions_times"),
    )  # fmt: skip
    tenant_policies(op, "experiment_versions", ("select", "insert", "update (ended_at)"))


def _flags() -> None:
    op.create_table(
        "feature_flags",
        *tenant_columns(), version_column(), archive_column(), *_named(),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default="true"),
        _json("variations", "[]"),
        sa.Column("off_variation", sa.Text, nullable=False),
        _json("serve", "{}"), _json("rules", "[]"), _json("prerequisites", "[]"),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Uuid),
        sa.UniqueConstraint("tenant_id", "key", name="feature_flags_key"),
        sa.ForeignKeyConstraint(["tenant_id", "experiment_id"], ["experiments.tenant_id", "experiments.id"]),
    )  # fmt: skip
    op.create_index("feature_flags_by_creation", "feature_flags", ["tenant_id", "created_at", "id"])
    op.create_index("feature_flags_by_name", "feature_flags", ["tenant_id", "name_key", "id"])
    op.create_index("feature_flags_by_experiment", "feature_flags", ["tenant_id", "experiment_id"])
    tenant_policies(op, "feature_flags", ("select", "insert", "update"))


def _exposures() -> None:
    """No foreign key: it would lock the experiment's row for every group of exposures, and experiments stay."""
    op.create_table(
        "experiment_exposures",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("experiment_id", sa.Uuid, primary_key=True),
        sa.Column("unit", sa.Uuid, primary_key=True),
        sa.Column("variant", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("first_at", TIMESTAMP, nullable=False),
        sa.Column("conflicted", sa.Boolean, nullable=False, server_default="false"),
    )
    grants = ("select", "insert", "update (first_at, conflicted)", "delete")
    tenant_policies(op, "experiment_exposures", grants)


def _views() -> None:
    """`Experiment Viewed` among the events, noted in the transaction that stores them, taken by the worker."""
    op.create_table(
        "analytics_experiment_views",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("visitor_id", sa.Uuid, nullable=False),
        sa.Column("occurred_at", TIMESTAMP, nullable=False),
        sa.Column("experiment", sa.Text, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
    )
    tenant_policies(op, "analytics_experiment_views", ("select", "insert", "delete"))
