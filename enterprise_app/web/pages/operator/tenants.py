"""All tenants: search, filter, sorting and page are in the URL; plan, suspension and resumption."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.tenancy import service
from enterprise_app.domains.tenancy.schemas import Suspension, Tenant
from enterprise_app.domains.tenancy.vocabulary import TenantStatus
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.lists import Choice, counted, listed, showing
from enterprise_app.web.shell.plans import plan_name
from enterprise_app.web.shell.toasts import toast


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
    demo: bool
    active: bool
    status_text: str
    reason: str
    created: str


class OperatorTenantsState(listed(Permission.OPERATOR_TENANTS, Choice("status", TenantStatus)), rx.State):
    """What the operator's list of tenants shows now."""

    rows: list[TenantRow] = []
    moving: str = ""
    moving_to: str = ""
    moving_name: str = ""
    moving_plan: str = ""
    moving_text: str = ""
    suspending: str = ""
    suspending_name: str = ""
    saving: bool = False
    errors: dict[str, str] = {}

    @action(Permission.OPERATOR_TENANTS)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            await self._load(ctx)

    async def _load(self, ctx: Context) -> None:
        page = await service.operate(ctx, service.list_tenants, self._query(ctx, service.LISTING))
        self.rows = [_row(ctx, tenant) for tenant in page.items]
        self._turned(page, counted(ctx, "operator.tenants.total", page.total))

    @action(Permission.OPERATOR_TENANTS)
    async def choose_plan(self, ctx: Context, key: str, plan: str) -> None:
        """Move a tenant to a plan; where it keeps events for a shorter time, what would go is shown first."""
        found = next((row for row in self.rows if row.id == key), None)
        lost = await analytics.preview_plan(ctx, id_of(key), plan) if found else None
        if found is None or lost is None or not lost.events:
            await self._change_plan(ctx, key, plan)
            return
        number = lambda value: localization.format_number(value, ctx.locale)  # noqa: E731
        told = {"days": number(lost.days), "events": number(lost.events)}
        self.moving, self.moving_to, self.moving_name = found.id, lost.plan, found.name
        self.moving_plan = plan_name(ctx.locale, lost.plan)
        self.moving_text = translate(ctx.locale, "operator.tenants.shorter_text", **told)

    @action(Permission.OPERATOR_TENANTS)
    async def stay(self) -> None:
        """Close the question; the plan stays."""
        self.moving = ""

    @action(Permission.OPERATOR_TENANTS)
    async def move(self, ctx: Context) -> None:
        """The answer was yes."""
        key, self.moving = self.moving, ""
        await self._change_plan(ctx, key, self.moving_to)

    async def _change_plan(self, ctx: Context, key: str, plan: str) -> None:
        """A running trial ends with it."""
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
        demo=tenant.is_demo,
        active=tenant.status is TenantStatus.ACTIVE,
        status_text=translate(ctx.locale, f"operator.status.{tenant.status.value}"),
        reason=tenant.suspended_reason,
        created=localization.format_datetime(tenant.created_at, ctx.locale, ctx.zone),
    )
