"""A campaign as its pages show it: every text translated, every number in the reader's locale."""

import re
from datetime import date

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.money import Money
from enterprise_app.core.texts import translate
from enterprise_app.domains.campaigns.schemas import Campaign
from enterprise_app.domains.campaigns.service import allowed_actions
from enterprise_app.domains.campaigns.vocabulary import CampaignStatus
from enterprise_app.domains.localization import service as localization

TONES = {
    CampaignStatus.DRAFT: "neutral",
    CampaignStatus.ACTIVE: "success",
    CampaignStatus.PAUSED: "warning",
    CampaignStatus.COMPLETED: "info",
    CampaignStatus.ARCHIVED: "neutral",
}


class Row(BaseModel):
    """One campaign in a list."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    href: str
    objective: str
    status: str
    status_text: str
    tone: str
    budget: str
    dates: str
    channels: str
    tags: list[str]
    updated: str
    actions: list[str]
    version: int


def row_of(ctx: Context, campaign: Campaign) -> Row:
    """The campaign in the reader's words."""
    say = lambda key: translate(ctx.locale, key)  # noqa: E731 - a name for eleven uses
    return Row(
        id=str(campaign.id),
        name=campaign.name,
        href=f"/campaigns/{campaign.id}",
        objective=say(f"campaigns.objective.{campaign.objective.value}"),
        status=campaign.status.value,
        status_text=say(f"campaigns.status.{campaign.status.value}"),
        tone=TONES[campaign.status],
        budget=budget_text(ctx, campaign),
        dates=dates_text(ctx, campaign.starts_on, campaign.ends_on),
        channels=localization.format_list(
            [say(f"campaigns.channel.{channel.value}") for channel in campaign.channels], ctx.locale
        ),
        tags=campaign.tags,
        updated=localization.format_datetime(campaign.updated_at, ctx.locale, ctx.zone),
        actions=[action.value for action in allowed_actions(campaign.status)],
        version=campaign.version,
    )


def utm_value(name: str) -> str:
    """The name as it stands well in a link: small letters and hyphens, in any script."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


def budget_text(ctx: Context, campaign: Campaign) -> str:
    """The budget with its currency, or nothing."""
    if campaign.budget is None:
        return ""
    return localization.format_currency(Money(campaign.budget.amount_minor, campaign.budget.currency), ctx.locale)


def dates_text(ctx: Context, starts_on: date | None, ends_on: date | None) -> str:
    """First and last day, or the one that is known."""
    first, last = (localization.format_date(day, ctx.locale) if day else "" for day in (starts_on, ends_on))
    if first and last:
        return f"{first} – {last}"
    key = "campaigns.dates.from" if first else "campaigns.dates.until"
    return translate(ctx.locale, key, day=first or last) if first or last else ""
