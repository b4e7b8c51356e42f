"""What the operator does with tenants: list, move to a plan, suspend, resume. All of it needs a system session."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Context
from enterprise_app.core.db import system_session
from enterprise_app.core.events import Event
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.table import check_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from .. import queries
from ..errors import no_such_plan, no_such_tenant, platform_is_fixed
from ..events import TenantPlanChanged, TenantResumed, TenantSuspended
from ..models import TenantRow
from ..queries import LISTING
from ..schemas import Tenant, TenantPage
from ..vocabulary import TenantStatus

P = ParamSpec("P")
T = TypeVar("T")


async def operate(
    ctx: Context,
    use_case: Callable[Concatenate[AsyncSession, Context, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run one of the operator's use cases in a system session, opened only for an operator."""
    ctx.require(Permission.OPERATOR_TENANTS)
    async with system_session("the operator works on tenants") as session:
        return await use_case(session, ctx, *args, **kwargs)


async def list_tenants(session: AsyncSession, ctx: Context, query: ListQuery | None = None) -> TenantPage:
    """A page of tenants without the platform's own, with the total. Needs operator:tenants."""
    ctx.require(Permission.OPERATOR_TENANTS)
    query = query or LISTING.parse()
    page = await LISTING.page(session, queries.searched(query.q), query, count=True)
    items = [Tenant.model_validate(row) for row in page.items]
    return TenantPage(items=items, next_cursor=page.next_cursor, total=page.total)


async def get_tenant(session: AsyncSession, ctx: Context, tenant_id: UUID) -> Tenant:
    """One tenant. Raises NotFound."""
    ctx.require(Permission.OPERATOR_TENANTS)
    return Tenant.model_validate(await _found(session, tenant_id))


async def change_plan(
    session: AsyncSession, ctx: Context, tenant_id: UUID, plan: str, *, expected: int | None = None
) -> Tenant:
    """Move a tenant to a plan; a running trial ends with it. In force on the tenant's next request.

    With the `expected` version it raises VersionConflict when the tenant was changed meanwhile, as the others here do.
    """
    ctx.require(Permission.OPERATOR_TENANTS)
    if plan not in queries.plan_names():
        raise no_such_plan(plan, queries.plan_names())
    row = await _locked(session, tenant_id, expected)
    before, at = {"plan": row.plan, "trial_ends_at": row.trial_ends_at}, now()
    if row.plan == plan and not (row.trial_ends_at and row.trial_ends_at > at):
        return Tenant.model_validate(row)
    row.plan = plan
    row.trial_ends_at = row.trial_ends_at and min(row.trial_ends_at, at)
    event = TenantPlanChanged(tenant_id=row.id, entity_id=row.id, before=str(before["plan"]), after=plan)
    return await _done(session, ctx, row, event, AuditVerb.PLAN_CHANGED, before)


async def suspend_tenant(
    session: AsyncSession, ctx: Context, tenant_id: UUID, reason: str, *, expected: int | None = None
) -> Tenant:
    """Make a tenant read-only from its next request on. Suspending a suspended one changes nothing."""
    ctx.require(Permission.OPERATOR_TENANTS)
    row = await _locked(session, tenant_id, expected)
    if row.status == TenantStatus.SUSPENDED:
        return Tenant.model_validate(row)
    before = {"status": row.status}
    row.status, row.suspended_reason = TenantStatus.SUSPENDED.value, reason
    event = TenantSuspended(tenant_id=row.id, entity_id=row.id, reason=reason)
    return await _done(session, ctx, row, event, AuditVerb.TENANT_SUSPENDED, before, reason)


async def resume_tenant(session: AsyncSession, ctx: Context, tenant_id: UUID, *, expected: int | None = None) -> Tenant:
    """Let a suspended tenant write again. Resuming an active one changes nothing."""
    ctx.require(Permission.OPERATOR_TENANTS)
    row = await _locked(session, tenant_id, expected)
    if row.status == TenantStatus.ACTIVE:
        return Tenant.model_validate(row)
    before = {"status": row.status}
    row.status, row.suspended_reason = TenantStatus.ACTIVE.value, ""
    event = TenantResumed(tenant_id=row.id, entity_id=row.id)
    return await _done(session, ctx, row, event, AuditVerb.TENANT_RESUMED, before)


async def _locked(session: AsyncSession, tenant_id: UUID, expected: int | None) -> TenantRow:
    row = await _found(session, tenant_id, locked=True)
    check_version(row, expected)
    return row


async def _found(session: AsyncSession, tenant_id: UUID, *, locked: bool = False) -> TenantRow:
    if tenant_id == PLATFORM_TENANT_ID:
        raise platform_is_fixed()
    row = await queries.find(session, tenant_id, locked=locked)
    if row is None:
        raise no_such_tenant(tenant_id)
    return row


async def _done(
    session: AsyncSession,
    ctx: Context,
    row: TenantRow,
    event: Event,
    verb: AuditVerb,
    before: Mapping[str, object],
    reason: str | None = None,
) -> Tenant:
    """Save, tell the tenant's pages and subscribers, and write into the tenant's chain who did it."""
    row.version += 1
    await session.flush()
    inside = replace(ctx, tenant_id=row.id)
    await events.publish(session, inside, event)
    await live.changed(session, live.topic(row.id, "entitlements"))
    await live.changed(session, live.platform_topic("tenants"))
    after = {name: getattr(row, name) for name in before}
    target = Target(kind="tenant", id=row.id, name=row.name)
    await audit.record(session, inside, verb, target, before=before, after=after, reason=reason)
    return Tenant.model_validate(row)
