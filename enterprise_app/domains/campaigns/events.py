"""Facts about campaigns and their assets."""

from typing import ClassVar
from uuid import UUID

from enterprise_app.core.events import Event

from .vocabulary import AssetKind, AssetState, CampaignObjective, CampaignStatus


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


class AssetEvent(Event):
    """Something happened to an asset; `name` and `number` (of its newest version) are those it had then."""

    entity_kind: ClassVar[str] = "asset"
    campaign_id: UUID
    name: str
    number: int


class AssetCreated(AssetEvent):
    """A campaign has a new asset; a variant names what it was made of, and `seconds` how long that took."""

    kind: ClassVar[str] = "asset.created"
    asset_kind: AssetKind
    content_type: str
    size: int
    parent_id: UUID | None = None
    generated: bool = False
    seconds: float | None = None


class AssetGenerated(AssetEvent):
    """An asset was made out of another one, by `made_by`, in `seconds`; `asset.created` was told of it, too."""

    kind: ClassVar[str] = "asset.generated"
    asset_kind: AssetKind
    content_type: str
    size: int
    parent_id: UUID
    made_by: str
    seconds: float | None = None


class AssetVersioned(AssetEvent):
    """It has a new content, which nobody has reviewed yet."""

    kind: ClassVar[str] = "asset.versioned"
    content_type: str
    size: int


class AssetUpdated(AssetEvent):
    """Some of its fields changed."""

    kind: ClassVar[str] = "asset.updated"
    fields: tuple[str, ...]


class AssetReviewMoved(AssetEvent):
    """It was submitted, reopened, or changes were asked for (`note` says which)."""

    kind: ClassVar[str] = "asset.review_moved"
    before: AssetState
    after: AssetState
    note: str = ""


class AssetApproved(AssetEvent):
    """The version `number` may be used."""

    kind: ClassVar[str] = "asset.approved"


class AssetArchived(AssetEvent):
    """It was put away."""

    kind: ClassVar[str] = "asset.archived"


class AssetRestored(AssetEvent):
    """It was brought back."""

    kind: ClassVar[str] = "asset.restored"
