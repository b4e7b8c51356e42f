"""The shapes of the health of data: what became of what each source sent."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from enterprise_app.domains.analytics.schemas import Frozen
from enterprise_app.domains.analytics.vocabulary import Bucket, SourceKind


class HealthCounts(Frozen):
    """Messages by what became of them. `bots`, `late` (over a day after it happened) and `future` (the clock ahead of
    ours) are among the accepted ones; `bytes` is what accepted ones take."""

    accepted: int = 0
    duplicates: int = 0
    dropped: int = Field(default=0, description="Left out because the visitor asked not to be tracked.")
    rejected: int = 0
    late: int = 0
    future: int = 0
    bots: int = 0
    bytes: int = 0


class HealthPoint(Frozen):
    """One bucket, from `start` to `end` (exclusive)."""

    start: datetime
    end: datetime
    counts: HealthCounts


class SourceHealth(Frozen):
    """One source: its counts of the period, and when it last sent an event."""

    source_id: UUID
    name: str
    kind: SourceKind
    last_event_at: datetime | None
    revoked_at: datetime | None
    counts: HealthCounts
    rejected_share: float = Field(description="Of all messages of the source in the period.", examples=[0.012])


class RejectCode(Frozen):
    """Why messages were refused, how many, and what helps, in the caller's language."""

    code: str = Field(examples=["event_name_missing"])
    messages: int
    problem: str
    fix: str | None


class RejectedSample(Frozen):
    """One refused message: its problem, and how it begins, without what looks like a secret."""

    id: UUID
    source_id: UUID
    rejected_at: datetime
    code: str
    field: str
    problem: str
    fix: str | None
    message_id: str | None
    message: str


class Backlog(Frozen):
    """Messages of sources in a rush that were answered and are kept, but not stored yet."""

    messages: int
    since: datetime | None = Field(description="When the oldest of them came.")


class Health(Frozen):
    """The health of the data of one period. Messages with a wrong write key belong to no source: they are not in it."""

    zone: str
    start: datetime
    end: datetime
    bucket: Bucket
    totals: HealthCounts
    series: list[HealthPoint]
    sources: list[SourceHealth]
    codes: list[RejectCode]
    waiting: Backlog
