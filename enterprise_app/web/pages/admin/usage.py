"""What the tenant uses of its plan, and what the plan includes."""

import reflex as rx
from pydantic import BaseModel, ConfigDict

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.metering import service as metering
from enterprise_app.domains.metering.schemas import Usage
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.schemas import CurrentTenant
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.plans import plan_name

NEAR, FULL = 80, 100


class Meter(BaseModel):
    """One resource; `percent` of what the plan grants."""

    model_config = ConfigDict(frozen=True)

    id: str
    label: str
    text: str
    percent: float
    tone: str
    resets: str


class UsageState(rx.State):
    """What the page of usage shows now."""

    loading: bool = True
    failed: bool = False
    plan: str = ""
    own_plan: str = ""
    on_trial: bool = False
    trial_ends: str = ""
    trial_days: int = 0
    retention: str = ""
    near: int = 0
    meters: list[Meter] = []

    @action(Permission.USAGE_READ)
    async def load(self, ctx: Context) -> None:
        """The plan in force and every meter."""
        with showing(self):
            async with tenant_session(ctx) as session:
                report = await metering.usage(session, ctx)
                tenant = await tenancy.get_current(session, ctx)
            self.meters = [_meter(ctx, item) for item in report.items]
            self.near = sum(meter.tone != "accent" for meter in self.meters)
            self._show_plan(ctx, tenant)

    @action(Permission.USAGE_READ)
    async def leave(self) -> None:
        """Meters are not kept for a page that is not open."""
        self.reset()

    def _show_plan(self, ctx: Context, tenant: CurrentTenant) -> None:
        self.plan = plan_name(ctx.locale, tenant.plan_in_force)
        self.own_plan, self.on_trial = plan_name(ctx.locale, tenant.plan), tenant.on_trial
        days = tenant.limits.get(Limit.RETENTION_DAYS.value, 0)
        number = localization.format_number(days, ctx.locale)
        endless = translate(ctx.locale, "admin.usage.unlimited")
        self.retention = (
            endless if days == UNLIMITED else translate(ctx.locale, "admin.usage.days", count=days, number=number)
        )
        if tenant.on_trial and tenant.trial_ends_at is not None:
            self.trial_ends = localization.format_datetime(tenant.trial_ends_at, ctx.locale, ctx.zone)
            self.trial_days = max(0, (tenant.trial_ends_at - now()).days)


def _meter(ctx: Context, item: Usage) -> Meter:
    endless = item.granted == UNLIMITED
    percent = 0.0 if endless else (100.0 if item.granted == 0 else 100 * item.used / item.granted)
    full = (not endless and item.granted > 0 and percent >= FULL) or item.over
    resets = localization.format_datetime(item.resets_at, ctx.locale, ctx.zone) if item.resets_at else ""
    return Meter(
        id=item.resource.value,
        label=translate(ctx.locale, f"admin.limit.{item.resource.value}"),
        text=_text(ctx, item),
        percent=min(100.0, percent) if item.granted else 0.0,
        tone="danger" if full else ("warning" if item.granted > 0 and percent > NEAR else "accent"),
        resets=translate(ctx.locale, "admin.usage.resets", at=resets) if resets else "",
    )


def _text(ctx: Context, item: Usage) -> str:
    write = localization.format_bytes if item.resource is Limit.STORAGE_BYTES else localization.format_number
    used = write(item.used, ctx.locale)
    if item.granted == UNLIMITED:
        return translate(ctx.locale, "admin.usage.of_unlimited", used=used)
    if item.granted == 0:
        return translate(ctx.locale, "admin.usage.not_included")
    return translate(ctx.locale, "admin.usage.of", used=used, granted=write(item.granted, ctx.locale))
