"""The shapes of the audit trail that enter and leave."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from .vocabulary import Break


class Frozen(BaseModel):
    """Immutable; made from rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Target(Frozen):
    """What an act was done to: an entity's kind, id and the name it had then."""

    kind: str
    id: str | UUID | None = None
    name: str = ""


class AuditEntry(Frozen):
    """One entry of the trail; `before` and `after` hold the changed fields, secrets masked."""

    seq: int
    id: UUID
    occurred_at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    on_behalf_of: UUID | None
    verb: str
    target_kind: str
    target_id: str | None
    target_name: str
    outcome: str
    reason: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    ip: str | None
    agent: str | None
    request_id: str
    prev_hash: str
    hash: str


class AuditPage(Frozen):
    """A page of entries."""

    items: list[AuditEntry]
    next_cursor: str | None = None
    total: int | None = None


class ChainBreak(Frozen):
    """One broken place: what happened to the entry `seq`, and a sentence for people."""

    seq: int
    kind: Break
    detail: str


class ChainReport(Frozen):
    """The result of checking one tenant's chain."""

    tenant_id: UUID
    entries: int
    head_seq: int
    ok: bool
    breaks: list[ChainBreak] = []


class SavedViewDraft(BaseModel):
    """Filters of the page, to keep under a name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Unique among one's own views", examples=["Refused sign-ins"])
    query: str = Field(
        description="The query of the page's URL, of `actor`, `verb`, `outcome`, `start` and `end`; at most 2,000 "
        "characters",
        examples=["verb=sign_in&outcome=refused"],
    )


class SavedView(Frozen):
    """A member's own view of the trail; `query` opens it on the page."""

    id: UUID
    name: str = Field(examples=["Refused sign-ins"])
    query: str = Field(examples=["verb=sign_in&outcome=refused"])
    created_at: datetime


class SavedViews(Frozen):
    """All views of a member: they are few."""

    items: list[SavedView]
    next_cursor: str | None = None
    total: int
