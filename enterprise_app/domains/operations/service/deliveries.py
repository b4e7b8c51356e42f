"""Deliveries of events that failed for good: seen and sent again by the operator, each replay audited."""

from uuid import UUID

from enterprise_app.core import events_dispatch
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..schemas import Backlog, FailedDelivery


async def list_failed_deliveries(ctx: Context, *, limit: int = 50) -> list[FailedDelivery]:
    """The newest deliveries that gave up, of all tenants. Needs operator:system."""
    ctx.require(Permission.OPERATOR_SYSTEM)
    rows = await events_dispatch.list_deliveries("dead", limit=limit)
    return [FailedDelivery.model_validate(row) for row in rows]


async def get_backlog(ctx: Context) -> Backlog:
    """How many deliveries wait and how many gave up. Needs operator:system."""
    ctx.require(Permission.OPERATOR_SYSTEM)
    return Backlog.model_validate(await events_dispatch.backlog())


async def replay_delivery(ctx: Context, delivery_id: UUID) -> None:
    """Deliver once more, from the first attempt. Raises NotFound, and Conflict while it is still pending.

    Audited in the platform's chain; a replay that is refused leaves no entry.
    """
    ctx.require(Permission.OPERATOR_SYSTEM)
    async with tenant_session(ctx) as session:
        target = Target(kind="delivery", id=delivery_id)
        await audit.record(session, ctx, AuditVerb.DELIVERY_REPLAYED, target)
        await events_dispatch.replay(delivery_id)
