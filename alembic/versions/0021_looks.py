"""What was seen of running experiments day by day, and what the rules advised last."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import tenant_policies

revision = "0021_looks"
down_revision = "0020_metrics"

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The looks, then where each experiment's watch stands."""
    _looks()
    _watches()


def downgrade() -> None:
    """Without them."""
    for table in ("experiment_watches", "experiment_looks"):
        op.drop_table(table)


def _looks() -> None:
    """One per day, metric and variant. `low`, `high`, `p` are those of all looks so far together; none: no answer."""
    op.create_table(
        "experiment_looks",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("experiment_id", sa.Uuid, primary_key=True),
        sa.Column("metric_id", sa.Uuid, primary_key=True),
        sa.Column("variant", sa.Text(collation="C"), primary_key=True),
        sa.Column("plan_version", sa.Integer, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("estimate", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("p", sa.Double),
        sa.Column("fraction", sa.Double),
        sa.Column("looked_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "experiment_id"], ["experiments.tenant_id", "experiments.id"]),
    )
    tenant_policies(op, "experiment_looks", ("select", "insert", "update"))


def _watches() -> None:
    """One per experiment. `since`: how long the advice is the same, so that nobody is told of it twice."""
    op.create_table(
        "experiment_watches",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("experiment_id", sa.Uuid, primary_key=True),
        sa.Column("plan_version", sa.Integer, nullable=False),
        sa.Column("looked_at", TIMESTAMP, nullable=False),
        sa.Column("step", sa.Text),
        sa.Column("variant", sa.Text(collation="C")),
        sa.Column("grounds", JSONB, nullable=False, server_default="[]"),
        sa.Column("since", TIMESTAMP),
        sa.Column("split_p", sa.Double),
        sa.Column("failure", sa.Text),
        sa.ForeignKeyConstraint(["tenant_id", "experiment_id"], ["experiments.tenant_id", "experiments.id"]),
    )
    tenant_policies(op, "experiment_watches", ("select", "insert", "update"))
