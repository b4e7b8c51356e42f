"""Who saw which variant, as sites tell it by Segment's semantic event `Experiment Viewed`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession


def views_in(table: str) -> str:
    """FROM and WHERE of the views among a table's events: beside its columns, `experiment` and `variant`."""
    return f"""
        FROM {table}, LATERAL (SELECT
            coalesce(properties->>'experiment_id', properties->>'experiment_key') AS experiment,
            coalesce(properties->>'variation_id', properties->>'variant') AS variant) AS told
        WHERE type = 'track' AND name = 'Experiment Viewed' AND NOT is_bot
            AND length(experiment) BETWEEN 1 AND 100 AND length(variant) BETWEEN 1 AND 100
    """


_NOTE_AGAIN = sa.text(
    f"""
    INSERT INTO analytics_experiment_views (tenant_id, visitor_id, occurred_at, experiment, variant)
    SELECT tenant_id, visitor_id, occurred_at, experiment, variant {views_in("analytics_events")}
        AND tenant_id = :tenant_id AND occurred_at >= :since AND experiment = ANY(:experiments)
    """
).bindparams(sa.bindparam("experiments", type_=ARRAY(sa.Text)))


async def note_again(session: AsyncSession, tenant_id: UUID, experiments: Sequence[str], since: datetime) -> None:
    """Note what is stored of these experiments (ids or keys) since then, as if it came now."""
    values = {"tenant_id": tenant_id, "experiments": list(experiments), "since": since}
    await session.execute(_NOTE_AGAIN, values)
