"""The form of a campaign, for a new one and for changes; nothing typed is lost when something is wrong."""

from typing import Any
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.money import Money
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import Campaign, CampaignChange, CampaignDraft
from enterprise_app.domains.campaigns.vocabulary import CampaignChannel, CampaignObjective
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, text_of
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import key_in

FIELDS = ("name", "objective", "description", "starts_on", "ends_on")


class CampaignFormState(rx.State):
    """What stands in the form."""

    loading: bool = True
    saving: bool = False
    key: str = ""
    name: str = ""
    objective: str = CampaignObjective.AWARENESS.value
    description: str = ""
    budget: str = ""
    currency: str = ""
    starts_on: str = ""
    ends_on: str = ""
    tags: list[str] = []
    channels: list[str] = []
    errors: dict[str, str] = {}
    _version: int = 0

    @action(Permission.CAMPAIGNS_CREATE)
    async def load_new(self, ctx: Context) -> None:
        """An empty form, in the tenant's currency."""
        self.reset()
        self.currency = await self._currency(ctx)
        self.loading = False

    @action(Permission.CAMPAIGNS_UPDATE)
    async def load(self, ctx: Context) -> None:
        """The form of the campaign that the URL names."""
        self.reset()
        self.key = key_in(self.router.url.path)
        async with tenant_session(ctx) as session:
            campaign = await service.get_campaign(session, ctx, UUID(self.key))
        self.currency = campaign.budget.currency if campaign.budget else await self._currency(ctx)
        self._fill(ctx, campaign)
        self.loading = False

    async def _currency(self, ctx: Context) -> str:
        async with tenant_session(ctx) as session:
            return (await tenancy.get_current(session, ctx)).currency

    def _fill(self, ctx: Context, campaign: Campaign) -> None:
        self._version = campaign.version
        self.name, self.objective, self.description = campaign.name, campaign.objective.value, campaign.description
        self.starts_on = campaign.starts_on.isoformat() if campaign.starts_on else ""
        self.ends_on = campaign.ends_on.isoformat() if campaign.ends_on else ""
        self.tags, self.channels = campaign.tags, [channel.value for channel in campaign.channels]
        if campaign.budget is not None:
            amount = Money(campaign.budget.amount_minor, campaign.budget.currency).amount
            self.budget = localization.format_number(amount, ctx.locale)

    @action(Permission.CAMPAIGNS_READ)
    async def set_tags(self, tags: list[str]) -> None:
        """The chips as they stand now."""
        self.tags = [str(tag)[:200] for tag in tags][:50]

    @action(Permission.CAMPAIGNS_READ)
    async def tick_channel(self, channel: str, ticked: bool) -> None:
        """A channel more or less."""
        wanted = {*self.channels, channel} if ticked else {*self.channels} - {channel}
        self.channels = [known.value for known in CampaignChannel if known.value in wanted]

    @action(Permission.CAMPAIGNS_READ)
    async def save(self, ctx: Context, form: dict[str, Any]) -> EventSpec | None:
        """Create or change; the services check the rights for each."""
        values = self._values(ctx, form)
        async with tenant_session(ctx) as session:
            if self.key:
                change = checked(CampaignChange, values)
                campaign = await service.update_campaign(session, ctx, UUID(self.key), self._version, change)
            else:
                campaign = await service.create_campaign(session, ctx, checked(CampaignDraft, values))
        await toast(self, "success", translate(ctx.locale, "campaigns.form.saved", name=campaign.name))
        return rx.redirect(f"/campaigns/{campaign.id}")

    def _values(self, ctx: Context, form: dict[str, Any]) -> dict[str, Any]:
        """The form as the shape wants it; what was typed is kept in the state first."""
        for name in FIELDS:
            setattr(self, name, text_of(form, name))
        self.budget = text_of(form, "budget")
        values: dict[str, Any] = {name: getattr(self, name) for name in FIELDS}
        values["starts_on"], values["ends_on"] = self.starts_on or None, self.ends_on or None
        return values | {"tags": self.tags, "channels": self.channels, "budget": self._budget(ctx)}

    def _budget(self, ctx: Context) -> dict[str, Any] | None:
        if not self.budget:
            return None
        try:
            money = Money.of(localization.parse_number(self.budget, ctx.locale), self.currency)
        except (Invalid, ValueError):
            example = localization.format_number(1234, ctx.locale)
            raise Invalid.of("budget", "campaign_budget", currency=self.currency, example=example) from None
        return {"amount_minor": money.minor, "currency": money.currency}
