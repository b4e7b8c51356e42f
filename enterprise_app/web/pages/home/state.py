"""Home: a checklist that ticks itself from what was really done, the last numbers, the newest campaigns."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.web.components.shapes import Entry
from enterprise_app.web.shell.action import action

METRICS = ("visitors", "page_views", "sessions")


class Number(BaseModel):
    """One number with its course."""

    model_config = ConfigDict(frozen=True)

    value: str = ""
    trend: list[float] = []


class HomeState(rx.State):
    """What home shows now."""

    loading: bool = True
    has_campaign: bool = False
    has_source: bool = False
    has_events: bool = False
    has_colleague: bool = False
    done: int = 0
    trial_days: int = -1
    visitors: Number = Number()
    page_views: Number = Number()
    sessions: Number = Number()
    period: str = ""
    recent: list[Entry] = []

    @action(Permission.SELF_MANAGE)
    async def load(self, ctx: Context) -> EventSpec | None:
        """Look at what is there; the operator's home is the console."""
        if ctx.actor.kind is ActorKind.OPERATOR:
            return rx.redirect("/operator", replace=True)
        async with tenant_session(ctx, snapshot=True) as session:
            await self._load_tenant(session, ctx)
            if ctx.can(Permission.CAMPAIGNS_READ):
                await self._load_campaigns(session, ctx)
            if ctx.can(Permission.ANALYTICS_READ):
                await self._load_numbers(session, ctx)
            if ctx.can(Permission.MEMBERS_READ):
                members = await identity.list_members(session, ctx)
                offers = await identity.list_invitations(session, ctx, pending=True)
                self.has_colleague = len(members.items) + len(offers.items) > 1
        self.done = sum((self.has_campaign, self.has_source, self.has_events, self.has_colleague))
        self.loading = False
        return None

    async def _load_tenant(self, session: AsyncSession, ctx: Context) -> None:
        tenant = await tenancy.get_current(session, ctx)
        ends_at = tenant.trial_ends_at if tenant.on_trial else None
        self.trial_days = max(0, (ends_at - now()).days) if ends_at else -1

    async def _load_campaigns(self, session: AsyncSession, ctx: Context) -> None:
        page = await campaigns.list_campaigns(session, ctx, campaigns.LISTING.parse(limit=5, sort="-updated_at"))
        self.has_campaign = bool(page.items)
        self.recent = [
            Entry(
                id=str(item.id),
                title=item.name,
                text=translate(ctx.locale, f"campaigns.status.{item.status.value}"),
                at=localization.format_relative(item.updated_at, now(), ctx.locale),
                iso=item.updated_at.isoformat(),
                tone="success" if item.status.value == "active" else "neutral",
            )
            for item in page.items
        ]

    async def _load_numbers(self, session: AsyncSession, ctx: Context) -> None:
        if ctx.can(Permission.SOURCES_READ):
            self.has_source = bool((await analytics.list_sources(session, ctx, analytics.SOURCES.parse(limit=1))).items)
        known = await analytics.data_range(session, ctx)
        self.has_events = known.last_at is not None
        if known.last_at is None:
            return
        last = known.last_at.astimezone(ZoneInfo(ctx.zone)).date()
        first = last - timedelta(days=6)
        overview = await analytics.get_overview(session, ctx, start=first, end=last, bucket="day", compare=False)
        for name in METRICS:
            value = localization.format_number(getattr(overview.current.totals, name), ctx.locale)
            trend = [float(getattr(point.current, name)) for point in overview.series]
            setattr(self, name, Number(value=value, trend=trend))
        self.period = f"{localization.format_date(first, ctx.locale)} – {localization.format_date(last, ctx.locale)}"
