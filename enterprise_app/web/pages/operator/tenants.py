"""All tenants: search, filter, sorting and page are in the URL; plan, suspension and resumption."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.tenancy import service
from enterprise_app.domains.tenancy.schemas import Suspension, Tenant
from enterprise_app.domains.tenancy.vocabulary import TenantStatus
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.lists import go_back, go_on, showing
from enterprise_app.web.shell.plans import plan_name
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import change_view, parameters


class TenantRow(BaseModel):
    """One tenant in the list."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    slug: str
    url: str
    plan: str
    plan_text: str
    trial: str
    active: bool
    status_text: str
    reason: str
    created: str


class OperatorTenantsState(rx.State):
    """What the operator's list of tenants shows now."""

    loading: bool = True
    failed: bool = False
    q: str = ""
    status: str = ""
    sort: str = "-created_at"
    rows: list[TenantRow] = []
    summary: str = ""
    next_cursor: str = ""
    can_go_back: bool = False
    suspending: str = ""
    suspending_name: str = ""
    saving: bool = False
    errors: dict[str, str] = {}
    _trail: list[str] = []

    @action(Permission.OPERATOR_TENANTS)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            await self._load(ctx)

    async def _load(self, ctx: Context) -> None:
        words = parameters(self)
        self.q, self.sort = words.get("q", ""), words.get("sort", "-created_at")
        self.status = words.get("status", "") if words.get("status") in list(TenantStatus) else ""
        filters = [f"status:eq:{self.status}"] if self.status else []
        cursor = words.get("cursor") or None
        query = service.LISTING.parse(sort=self.sort, q=self.q, filters=filters, cursor=cursor)
        page = await service.operate(ctx, service.list_tenants, query)
        self.rows = [_row(ctx, tenant) for tenant in page.items]
        self.next_cursor, self.can_go_back = page.next_cursor or "", cursor is not None
        number = localization.format_number(page.total or 0, ctx.locale)
        self.summary = translate(ctx.locale, "operator.tenants.total", count=page.total or 0, number=number)

    @action(Permission.OPERATOR_TENANTS)
    async def leave(self) -> None:
        """Rows are not kept for a page that is not open."""
        self.reset()

    @action(Permission.OPERATOR_TENANTS)
    async def search(self, q: str) -> EventSpec | None:
        """Find by parts of name and slug."""
        return change_view(self, replace=True, q=q[:200], cursor="") if q != self.q else None

    @action(Permission.OPERATOR_TENANTS)
    async def filter_status(self, status: str) -> EventSpec:
        """Only active or only suspended ones; empty shows all."""
        return change_view(self, status=status, cursor="")

    @action(Permission.OPERATOR_TENANTS)
    async def sort_by(self, sort: str) -> EventSpec:
        """Another order, from the first page."""
        return change_view(self, sort=sort, cursor="")

    @action(Permission.OPERATOR_TENANTS)
    async def next_page(self) -> EventSpec:
        """Further."""
        return go_on(self)

    @action(Permission.OPERATOR_TENANTS)
    async def previous_page(self) -> EventSpec:
        """Back."""
        return go_back(self)

    @action(Permission.OPERATOR_TENANTS)
    async def change_plan(self, ctx: Context, key: str, plan: str) -> None:
        """Move a tenant to a plan; a running trial ends with it."""
        tenant = await service.operate(ctx, service.change_plan, id_of(key), plan)
        params = {"name": tenant.name, "plan": plan_name(ctx.locale, tenant.plan)}
        await toast(self, "success", translate(ctx.locale, "operator.tenants.plan_changed", **params))
        await self._load(ctx)

    @action(Permission.OPERATOR_TENANTS)
    async def ask(self, key: str) -> None:
        """Suspending asks for a reason first."""
        found = next((row for row in self.rows if row.id == key), None)
        if found is not None:
            self.suspending, self.suspending_name, self.errors = found.id, found.name, {}

    @action(Permission.OPERATOR_TENANTS)
    async def keep(self) -> None:
        """Close the question."""
        self.suspending = ""

    @action(Permission.OPERATOR_TENANTS)
    async def suspend(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[None]:
        """The tenant becomes read-only with its next request; its people read the reason."""
        self.saving = True
        yield
        try:
            wanted = checked(Suspension, {"reason": text_of(form, "reason")})
            with told_at("reason"):
                key = id_of(self.suspending)
                tenant = await service.operate(ctx, service.suspend_tenant, key, wanted.reason)
        finally:
            self.saving = False
        self.suspending = ""
        await toast(self, "success", translate(ctx.locale, "operator.tenants.suspended", name=tenant.name))
        await self._load(ctx)

    @action(Permission.OPERATOR_TENANTS)
    async def resume(self, ctx: Context, key: str) -> None:
        """The tenant may write again."""
        tenant = await service.operate(ctx, service.resume_tenant, id_of(key))
        await toast(self, "success", translate(ctx.locale, "operator.tenants.resumed", name=tenant.name))
        await self._load(ctx)


def _row(ctx: Context, tenant: Tenant) -> TenantRow:
    ends_at = tenant.trial_ends_at
    on_trial = ends_at is not None and ends_at > now()
    until = localization.format_date(ends_at.date(), ctx.locale) if ends_at else ""
    return TenantRow(
        id=str(tenant.id),
        name=tenant.name,
        slug=tenant.slug,
        url=identity.tenant_url(tenant.slug),
        plan=tenant.plan,
        plan_text=plan_name(ctx.locale, tenant.plan),
        trial=translate(ctx.locale, "operator.tenants.trial", at=until) if on_trial else "",
        active=tenant.status is TenantStatus.ACTIVE,
        status_text=translate(ctx.locale, f"operator.status.{tenant.status.value}"),
        reason=tenant.suspended_reason,
        created=localization.format_datetime(tenant.created_at, ctx.locale, ctx.zone),
    )
