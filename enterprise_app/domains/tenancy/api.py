"""Tenants and plans over HTTP; signing up is identity's, because it also makes the owner."""

from typing import Annotated
from uuid import UUID

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import PUBLIC, Caller, ExpectedVersion, Session
from enterprise_app.http.lists import list_query
from enterprise_app.http.routing import Router

from . import service
from .schemas import CurrentTenant, PlanChange, PlanList, Suspension, Tenant, TenantPage, TenantSettings

router = Router(prefix="/api/v1", tags=["Tenants"])
Listed = Annotated[ListQuery, list_query(service.LISTING)]


@router.get("/plans", permission=PUBLIC, response_model=PlanList)
async def list_plans() -> PlanList:
    """The plan catalogue, smallest first; limits of -1 are unlimited."""
    return service.list_plans()


@router.get("/tenants/current", permission=Permission.TENANT_READ, response_model=CurrentTenant)
async def get_current(ctx: Caller, session: Session) -> CurrentTenant:
    """The caller's tenant, its settings, and what its plan grants now."""
    return await service.get_current(session, ctx)


@router.put("/tenants/current/settings", permission=Permission.TENANT_MANAGE, response_model=CurrentTenant)
async def update_settings(
    ctx: Caller, session: Session, version: ExpectedVersion, body: TenantSettings
) -> CurrentTenant:
    """Replace the settings; `If-Match` carries the version that was read."""
    return await service.update_settings(session, ctx, version, body)


@router.get("/tenants", permission=Permission.OPERATOR_TENANTS, response_model=TenantPage)
async def list_tenants(ctx: Caller, query: Listed) -> TenantPage:
    """Operator: all tenants; `q` finds a part of slug or name."""
    return await service.operate(ctx, service.list_tenants, query)


@router.get("/tenants/{tenant_id}", permission=Permission.OPERATOR_TENANTS, response_model=Tenant)
async def get_tenant(ctx: Caller, tenant_id: UUID) -> Tenant:
    """Operator: one tenant."""
    return await service.operate(ctx, service.get_tenant, tenant_id)


@router.put("/tenants/{tenant_id}/plan", permission=Permission.OPERATOR_TENANTS, response_model=Tenant)
async def change_plan(ctx: Caller, tenant_id: UUID, version: ExpectedVersion, body: PlanChange) -> Tenant:
    """Operator: move a tenant to a plan, in force on its next request; a running trial ends."""
    return await service.operate(ctx, service.change_plan, tenant_id, body.plan, expected=version)


@router.post("/tenants/{tenant_id}/suspend", permission=Permission.OPERATOR_TENANTS, response_model=Tenant)
async def suspend_tenant(ctx: Caller, tenant_id: UUID, version: ExpectedVersion, body: Suspension) -> Tenant:
    """Operator: make a tenant read-only."""
    return await service.operate(ctx, service.suspend_tenant, tenant_id, body.reason, expected=version)


@router.post("/tenants/{tenant_id}/resume", permission=Permission.OPERATOR_TENANTS, response_model=Tenant)
async def resume_tenant(ctx: Caller, tenant_id: UUID, version: ExpectedVersion) -> Tenant:
    """Operator: let a suspended tenant write again."""
    return await service.operate(ctx, service.resume_tenant, tenant_id, expected=version)
