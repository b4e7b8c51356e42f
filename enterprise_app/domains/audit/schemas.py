"""The shapes of the audit trail that enter and leave."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

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
