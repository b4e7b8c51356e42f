"""The shapes of campaigns and their assets that enter and leave: the same for API and pages."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from enterprise_app.core.money import Money

from .vocabulary import AssetKind, AssetState, CampaignAction, CampaignChannel, CampaignObjective, CampaignStatus

NAME_MAX = 200
TAG_MAX = 40
TAGS_MAX = 20


def clean_name(name: str) -> str:
    """Without space around and doubled inside. Raises ValueError with the code of its problem."""
    cleaned = re.sub(r"\s+", " ", name).strip()
    if not cleaned:
        raise ValueError("required")
    if len(cleaned) > NAME_MAX:
        raise ValueError("campaign_name_long")
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in cleaned):
        raise ValueError("bad_unicode")
    return cleaned


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Trimmed, each once whatever its case, in the order given."""
    seen: dict[str, str] = {}
    for tag in tags:
        cleaned = re.sub(r"\s+", " ", tag).strip()
        if cleaned:
            seen.setdefault(cleaned.casefold(), cleaned)
    return list(seen.values())


def check_days(starts_on: date | None, ends_on: date | None) -> bool:
    """Whether a campaign that starts and ends so is possible: it may not end before it starts."""
    return starts_on is None or ends_on is None or starts_on <= ends_on


Name = Annotated[
    str,
    AfterValidator(clean_name),
    Field(description=f"1 to {NAME_MAX} characters, in any script.", examples=["Spring launch"]),
]
Tag = Annotated[str, Field(min_length=1, max_length=TAG_MAX)]
Tags = Annotated[
    list[Tag],
    Field(max_length=TAGS_MAX),
    AfterValidator(clean_tags),
    Field(description="Free words to group by.", examples=[["spring", "launch"]]),
]
Channels = Annotated[
    list[CampaignChannel],
    Field(max_length=len(CampaignChannel), description="Where it runs.", examples=[["email", "social"]]),
    AfterValidator(lambda channels: list(dict.fromkeys(channels))),
]
Description = Annotated[str, Field(max_length=4000, description="For the team.", examples=["New collection, DACH."])]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31), strict=False)]
Start = Annotated[Day | None, Field(description="First day, in the tenant's zone.", examples=["2026-03-01"])]
End = Annotated[Day | None, Field(description="Last day; not before the first.", examples=["2026-03-31"])]
Objective = Annotated[CampaignObjective, Field(description="What it is for.")]
Owner = Annotated[UUID | None, Field(description="The member who answers for it; by default who creates it.")]


class Budget(BaseModel):
    """An amount of money in the smallest unit of its currency (cents)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount_minor: int = Field(ge=0, le=10**15, strict=True, description="In the smallest unit.", examples=[250000])
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["EUR"])

    @property
    def money(self) -> Money:
        """The same as money to calculate with."""
        return Money(self.amount_minor, self.currency)


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if not check_days(getattr(self, "starts_on", None), getattr(self, "ends_on", None)):
            raise ValueError("campaign_days")
        return self


class CampaignDraft(_Input):
    """A campaign to be created; it starts as a draft."""

    name: Name
    objective: Objective = CampaignObjective.AWARENESS
    description: Description = ""
    budget: Budget | None = None
    starts_on: Start = None
    ends_on: End = None
    channels: Channels = []
    tags: Tags = []
    owner_id: Owner = None


class CampaignChange(_Input):
    """The fields to change; those left out stay as they are."""

    name: Name = ""
    objective: Objective = CampaignObjective.AWARENESS
    description: Description = ""
    budget: Budget | None = None
    starts_on: Start = None
    ends_on: End = None
    channels: Channels = []
    tags: Tags = []
    owner_id: Owner = None

    def changes(self) -> dict[str, Any]:
        """Only what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Campaign(BaseModel):
    """A campaign as it is now."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    name: str = Field(examples=["Spring launch"])
    objective: CampaignObjective
    description: str
    status: CampaignStatus
    budget: Budget | None
    starts_on: date | None
    ends_on: date | None
    channels: list[CampaignChannel]
    tags: list[str]
    owner_id: UUID | None
    version: int = Field(description="Counts changes; send it as `If-Match`.", examples=[1])
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class BoardColumn(BaseModel):
    """The newest campaigns of one status, and how many there are."""

    model_config = ConfigDict(frozen=True)

    status: CampaignStatus
    total: int
    items: list[Campaign]


class Board(BaseModel):
    """Campaigns by status, archived ones left out."""

    model_config = ConfigDict(frozen=True)

    columns: list[BoardColumn]


class Calendar(BaseModel):
    """The campaigns that run on some day of the span, by first day; `truncated` when there are more than shown."""

    model_config = ConfigDict(frozen=True)

    start: date
    end: date
    items: list[Campaign]
    truncated: bool


class BulkRequest(BaseModel):
    """One action for many campaigns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: CampaignAction = Field(examples=[CampaignAction.PAUSE])
    ids: list[UUID] = Field(min_length=1, max_length=100, description="Each once.")


class BulkResult(BaseModel):
    """What became of one campaign: `code` is the error's, null when it is done."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    done: bool
    status: CampaignStatus | None = None
    code: str | None = None
    params: dict[str, Any] = {}


class BulkResults(BaseModel):
    """A result for each id, in the order asked."""

    model_config = ConfigDict(frozen=True)

    results: list[BulkResult]


class AssetChange(BaseModel):
    """The fields of an asset to change; those left out stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = ""
    tags: Tags = []

    def changes(self) -> dict[str, Any]:
        """Only what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def clean_note(note: str) -> str:
    """Trimmed. Raises ValueError with the code of its problem."""
    cleaned = note.strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in cleaned):
        raise ValueError("bad_unicode")
    return cleaned


class AssetNote(BaseModel):
    """What has to change before an asset is approved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    note: Annotated[
        str,
        Field(min_length=1, max_length=1000, description="What has to change.", examples=["The claim needs a source."]),
        AfterValidator(clean_note),
        Field(min_length=1),
    ]


class _Content(BaseModel):
    """What is known of a content and its review."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(description="The version, counted from 1.", examples=[1])
    state: AssetState = Field(description="How the review of this version stands.")
    note: str = Field(description="What has to change, where changes were asked for.", examples=[""])
    reviewed_by: UUID | None
    reviewed_by_name: str
    reviewed_at: datetime | None
    file_name: str = Field(examples=["hero.png"])
    content_type: str = Field(description="Read from the bytes.", examples=["image/png"])
    size: int = Field(description="Bytes.", examples=[48_213])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    width: int | None = Field(description="Dots, as shown.", examples=[1200])
    height: int | None = Field(examples=[628])
    frames: int | None = Field(description="More than 1: it moves.", examples=[1])
    has_thumbnail: bool


class AssetVersion(_Content):
    """One content of an asset."""

    id: UUID
    asset_id: UUID
    created_by: UUID | None
    created_by_name: str
    created_at: datetime


class Asset(_Content):
    """An asset as it is now, with what is known of its newest version."""

    id: UUID
    campaign_id: UUID
    name: str = Field(examples=["hero.png"])
    kind: AssetKind
    tags: list[str]
    parent_id: UUID | None = Field(description="The asset that it is a variant of.")
    generator: dict[str, JsonValue] | None = Field(description="What made it out of its parent, if it was generated.")
    version: int = Field(description="Counts changes; send it as `If-Match`.", examples=[1])
    created_by: UUID | None
    created_by_name: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
