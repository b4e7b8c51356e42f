"""What analytics does when something happens below it."""

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import mail
from enterprise_app.core.context import Context
from enterprise_app.core.events import Delivery, subscriber
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.events import RetentionAnnounced
from enterprise_app.domains.campaigns.events import AssetCreated, CampaignCreated
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.events import TenantSettingsChanged


async def follow_zone(session: AsyncSession, ctx: Context, event: TenantSettingsChanged, delivery: Delivery) -> None:
    """The tenant's days are cut elsewhere now."""
    if "zone" in event.fields:
        await service.follow_zone(session, ctx, (await tenancy.get_current(session, ctx)).zone)


async def record_campaign(session: AsyncSession, ctx: Context, event: CampaignCreated, delivery: Delivery) -> None:
    """A campaign was created: into the tenant's own events."""
    told = {"campaign": event.name, "objective": event.objective.value, "duplicated": event.duplicated_from is not None}
    await service.record_campaign(session, ctx, event.entity_id, told, delivery)


async def record_asset(session: AsyncSession, ctx: Context, event: AssetCreated, delivery: Delivery) -> None:
    """An asset was created: into the tenant's own events."""
    told = {
        "asset": str(event.entity_id), "kind": event.asset_kind.value, "size": event.size, "generated": event.generated,
        "parent": str(event.parent_id) if event.parent_id else None, "seconds": event.seconds,
    }  # fmt: skip
    await service.record_asset(session, ctx, event.campaign_id, told, delivery)


async def mail_retention(session: AsyncSession, ctx: Context, event: RetentionAnnounced, delivery: Delivery) -> None:
    """Tell every owner a week before events go."""
    for to, subject, text in await service.make_retention_mails(session, ctx, event):
        await mail.send(mail.Mail(to=to, subject=subject, text=text, key=f"{delivery.id}.{to}"))


SUBSCRIBERS = (
    subscriber("analytics.follow_zone", TenantSettingsChanged, follow_zone),
    subscriber("analytics.record_campaign", CampaignCreated, record_campaign),
    subscriber("analytics.record_asset", AssetCreated, record_asset),
    subscriber("analytics.mail_retention", RetentionAnnounced, mail_retention),
)
