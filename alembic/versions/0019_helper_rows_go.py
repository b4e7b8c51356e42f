"""Counts of data health may be forgotten by the app; files that wait to be imported are in the storage counter."""

from alembic import op

revision = "0019_helper_rows_go"
down_revision = "0018_first_events"


def upgrade() -> None:
    """Files that wait already are counted from now on, as their going will be."""
    op.execute("GRANT delete ON analytics_health TO atrium_app")
    op.execute(
        "INSERT INTO usage_counters AS c (tenant_id, resource, period, used)"
        " SELECT tenant_id, 'storage_bytes', '', sum(size) FROM analytics_uploads GROUP BY tenant_id"
        " ON CONFLICT (tenant_id, resource, period) DO UPDATE SET used = c.used + excluded.used"
    )


def downgrade() -> None:
    """As before."""
    op.execute("REVOKE delete ON analytics_health FROM atrium_app")
    op.execute(
        "UPDATE usage_counters AS c SET used = greatest(c.used - u.size, 0)"
        " FROM (SELECT tenant_id, sum(size) AS size FROM analytics_uploads GROUP BY tenant_id) AS u"
        " WHERE c.tenant_id = u.tenant_id AND c.resource = 'storage_bytes' AND c.period = ''"
    )
