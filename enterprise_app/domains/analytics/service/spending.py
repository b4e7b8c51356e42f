"""The month's events of a plan: what fits is stored, what doesn't is refused by name, exactly.

Events are counted in the transaction that stores them, last, so that its lock on the counter is short; and after their
ids, as imports do, so that nobody waits in a circle. Who finds the month spent looks how many still fit and tries with
those; whatever others take meanwhile, in the end exactly as many are stored as the plan grants. Repeats cost nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.errors import QuotaExceeded
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.rules.tally import Tally
from enterprise_app.domains.analytics.vocabulary import HealthKind
from enterprise_app.domains.metering import service as metering

SPENT = Rejected("event_quota_spent")
_KNOWN = sa.text(
    "SELECT id FROM analytics_seen WHERE tenant_id = :tenant_id AND id = ANY(:ids)"
).bindparams(sa.bindparam("ids", type_=ARRAY(sa.Uuid)))  # fmt: skip
_TAKEN = sa.text(
    "SELECT count(*) FROM analytics_events AS e JOIN analytics_sources AS s ON s.tenant_id = e.tenant_id"
    " AND s.id = e.source_id WHERE e.tenant_id = :tenant_id AND s.kind <> 'platform'"
    " AND e.received_at >= date_trunc('month', now(), 'UTC')"
)


@dataclass(frozen=True, slots=True)
class Share:
    """What of some events fits: those to store, the ids of earlier ones, and the ids of those that are refused."""

    fitting: dict[str, EventRecord]
    known: set[str]
    refused: set[str] = field(default_factory=set)
    refusal: QuotaExceeded | None = None

    def note(self, tally: Tally) -> None:
        """For the health of the data: what is not stored."""
        tally.count(HealthKind.DUPLICATE, len(self.known))


async def charge(session: AsyncSession, ctx: Context, events: int) -> None:
    """Count new events; last in their transaction. Raises QuotaExceeded when they don't all fit."""
    if events:
        await metering.reserve(session, ctx, Limit.EVENTS, events)


async def share_out(session: AsyncSession, ctx: Context, records: Mapping[str, EventRecord]) -> Share:
    """Which of the events fit at this moment, first come, first served; takes nothing."""
    found = await session.scalars(_KNOWN, {"tenant_id": ctx.tenant_id, "ids": [UUID(event_id) for event_id in records]})
    known = {event_id.hex for event_id in found}
    fresh = [event_id for event_id in records if event_id not in known]
    room, refusal = await metering.fit(session, ctx, Limit.EVENTS, len(fresh))
    return Share({i: records[i] for i in fresh[:room]}, known, set(fresh[room:]), refusal)


async def count_taken(session: AsyncSession, tenant_id: UUID) -> int:
    """The events of this month (UTC) that cost quota, counted one by one: what the counter must say."""
    return (await session.execute(_TAKEN, {"tenant_id": tenant_id})).scalar_one()


metering.register_recount(Limit.EVENTS, count_taken)
