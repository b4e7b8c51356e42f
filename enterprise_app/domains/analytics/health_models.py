"""The tables of the health of data: counts by hour, and the last refused messages. Both are written with events."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from enterprise_app.core.table import MOMENT

HEALTH = sa.Table(
    "analytics_health",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("hour_at", MOMENT, primary_key=True),
    sa.Column("source_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("shard", sa.SmallInteger, primary_key=True),
    sa.Column("messages", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
)
"""Messages of a source that were taken or refused in an hour (UTC), by kind (`HealthKind`); `code` says why they were
refused. Of the same kind there are up to `SHARDS` rows, which belong together."""

REJECTS = sa.Table(
    "analytics_rejects",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("source_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("rejected_at", MOMENT, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("params", JSONB, nullable=False),
    sa.Column("message_id", sa.Text),
    sa.Column("message", sa.Text, nullable=False),
)
"""The last refused messages of each source, cut and without what looks secret. `id` is ordered by time."""

SHARDS = 4
