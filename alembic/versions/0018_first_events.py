"""When each source's first event happened: deciding what may go must not read the events themselves."""

import sqlalchemy as sa

from alembic import op

revision = "0018_first_events"
down_revision = "0017_experiments"


def upgrade() -> None:
    """Filled for the sources there are; from now on whoever stores events keeps it."""
    op.add_column("analytics_sources", sa.Column("first_event_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE analytics_sources AS s SET first_event_at = found.first FROM ("
        " SELECT tenant_id, source_id, min(occurred_at) AS first FROM analytics_events GROUP BY tenant_id, source_id"
        ") AS found WHERE found.tenant_id = s.tenant_id AND found.source_id = s.id AND s.kind <> 'platform'"
    )


def downgrade() -> None:
    """Without it."""
    op.drop_column("analytics_sources", "first_event_at")
