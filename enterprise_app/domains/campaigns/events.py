"""Facts about campaigns."""

from typing import ClassVar

from enterprise_app.core.events import Event

from .vocabulary import CampaignObjective, CampaignStatus


class CampaignEvent(Event):
    """Something happened to a campaign; `name` is the one it had then."""

    entity_kind: ClassVar[str] = "campaign"
    name: str


class CampaignCreated(CampaignEvent):
    """There is a new campaign."""

    kind: ClassVar[str] = "campaign.created"
    objective: CampaignObjective
    duplicated_from: str | None = None


class CampaignUpdated(CampaignEvent):
    """Some of its fields changed."""

    kind: ClassVar[str] = "campaign.updated"
    fields: tuple[str, ...]


class CampaignStatusChanged(CampaignEvent):
    """It was activated, paused or completed."""

    kind: ClassVar[str] = "campaign.status_changed"
    before: CampaignStatus
    after: CampaignStatus


class CampaignArchived(CampaignEvent):
    """It was put away."""

    kind: ClassVar[str] = "campaign.archived"
    before: CampaignStatus


class CampaignRestored(CampaignEvent):
    """It was brought back."""

    kind: ClassVar[str] = "campaign.restored"
    after: CampaignStatus
