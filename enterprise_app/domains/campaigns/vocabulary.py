"""What a campaign can be, aim at and run on; what its assets can be."""

from enum import StrEnum


class CampaignStatus(StrEnum):
    """Where a campaign stands; `rules.TRANSITIONS` says how it moves."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class CampaignAction(StrEnum):
    """What can be done to a campaign as a whole, also to many at once."""

    ACTIVATE = "activate"
    ARCHIVE = "archive"
    COMPLETE = "complete"
    PAUSE = "pause"
    RESTORE = "restore"


class CampaignObjective(StrEnum):
    """What a campaign is for."""

    AWARENESS = "awareness"
    CONSIDERATION = "consideration"
    LEADS = "leads"
    RETENTION = "retention"
    SALES = "sales"
    TRAFFIC = "traffic"


class CampaignChannel(StrEnum):
    """Where a campaign runs."""

    AFFILIATE = "affiliate"
    DISPLAY = "display"
    EMAIL = "email"
    EVENT = "event"
    PRINT = "print"
    PUSH = "push"
    SEARCH = "search"
    SMS = "sms"
    SOCIAL = "social"
    VIDEO = "video"


class AssetKind(StrEnum):
    """What an asset is to people."""

    HTML = "html"
    IMAGE = "image"
    TEXT = "text"
    VIDEO = "video"


class AssetState(StrEnum):
    """Where the review of an asset's version stands; `rules.assets.TRANSITIONS` says how it moves."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"


class AssetAction(StrEnum):
    """What a review can do."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REOPEN = "reopen"
    SUBMIT = "submit"
