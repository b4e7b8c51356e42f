"""The shapes of people that enter and leave: the same for API and pages."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from .vocabulary import IdKind, MergeReason, Origin, ProfileAction, Stage

_EXAMPLE_TRAITS = {"name": "Ada Lovelace", "email": "ada@example.com", "address": {"country": "GB"}}
Traits = Annotated[
    dict[str, JsonValue],
    Field(
        max_length=200,
        description="What is known of the person, by Segment's names where there is one: `name`, `firstName`, "
        "`lastName`, `email`, `phone`, `address.country` … Each value at most 2,000 characters of JSON.",
        examples=[_EXAMPLE_TRAITS],
    ),
]
UserId = Annotated[
    str | None, Field(min_length=1, max_length=255, description="Your own id of the person.", examples=["user-42"])
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProfileDraft(_Input):
    """A person to be created: with a name, an e-mail or a user id at least."""

    traits: Traits = {}
    user_id: UserId = None
    stage: Stage = Field(default=Stage.LEAD, description="Where the person stands.", examples=["lead"])

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if not self.user_id and not any(self.traits.get(n) for n in ("name", "firstName", "lastName", "email")):
            raise ValueError("profile_nobody")
        return self


class ProfileChange(_Input):
    """The traits to set; null takes one away, those left out stay."""

    traits: Annotated[Traits, Field(min_length=1)]


class StageRequest(_Input):
    """The stage to set."""

    stage: Stage = Field(examples=["customer"])


class Profile(_Frozen):
    """A person as it is now. Where it was merged into another, `merged_into` names that one."""

    id: UUID
    name: str = Field(examples=["Ada Lovelace"])
    email: str | None = Field(examples=["ada@example.com"])
    country: str | None = Field(description="A code in capitals, or as it was said.", examples=["GB"])
    stage: Stage
    origin: Origin
    identified: bool = Field(description="Whether a user id is known.")
    traits: dict[str, Any] = Field(examples=[_EXAMPLE_TRAITS])
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    active_at: datetime = Field(description="When it was last seen, or made where it never was.")
    merged_into: UUID | None
    version: int = Field(description="Counts changes; send it as `If-Match`.", examples=[1])
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class ProfileId(_Frozen):
    """An id that leads to a person. `shared`: a browser that another person used first; its anonymous events are
    the other's."""

    kind: IdKind
    value: str = Field(examples=["user-42"])
    profile_id: UUID = Field(description="The profile it came with: the person's own, or one merged into it.")
    first_at: datetime
    last_at: datetime
    shared: bool


class Trail(_Frozen):
    """What leads to a person's events: user ids, and the browsers that it used (`own`: as the first of all)."""

    user_ids: list[str]
    browsers: list[str]
    own_browsers: list[str]
    complete: bool = Field(description="False where only the newest ids are looked at.")


class Merge(_Frozen):
    """Two that became one. It can be undone, also later, and after further merges."""

    id: UUID
    source_id: UUID = Field(description="Who was merged.")
    source_name: str
    target_id: UUID = Field(description="Who it was merged into.")
    target_name: str
    reason: MergeReason
    merged_by: str = Field(description="Who did it; empty where events said so.")
    created_at: datetime
    undone_at: datetime | None


class MergePreview(_Frozen):
    """What merging would make; nothing has changed yet."""

    result: Profile
    source: Profile
    target: Profile
    ids: int = Field(description="How many ids will lead to the one person.", examples=[3])


class Merged(_Frozen):
    """The person that came of it, and the merge that can be undone."""

    profile: Profile
    merge: Merge


class BulkRequest(_Input):
    """One action for many people."""

    action: ProfileAction = Field(examples=["set_stage"])
    ids: list[UUID] = Field(min_length=1, max_length=200, description="Each once.")
    stage: Stage | None = Field(default=None, description="For `set_stage`.", examples=["customer"])

    @model_validator(mode="after")
    def _stage_where_needed(self) -> Self:
        if (self.action is ProfileAction.SET_STAGE) != (self.stage is not None):
            raise ValueError("profile_bulk_stage")
        return self


class BulkResult(_Frozen):
    """What became of one person: `code` is the error's, null when it is done."""

    id: UUID
    done: bool
    stage: Stage | None = None
    code: str | None = None
    params: dict[str, Any] = {}


class BulkResults(_Frozen):
    """A result for each id, in the order asked."""

    results: list[BulkResult]
