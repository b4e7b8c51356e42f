"""The tables of analytics. Events have no model class: they are written in bulk and read in aggregates."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from enterprise_app.core.table import TenantTable, Versioned

_TIMESTAMP: Any = sa.DateTime(timezone=True)


class SourceRow(TenantTable, Versioned, table=True):
    """A place that sends events. A revoked one stays for its events' sake and frees its name."""

    __tablename__ = "analytics_sources"  # pyright: ignore

    name: str
    kind: str
    write_key: str
    allowed_origins: list[str] = Field(default_factory=list, sa_type=ARRAY(sa.Text))  # pyright: ignore
    do_not_track: str = "anonymise"
    consent_required: bool = False
    first_event_at: datetime | None = Field(default=None, sa_type=_TIMESTAMP)
    """No event happened before this, give or take 15 minutes; kept by whoever stores or deletes events. None for the
    platform's own source, which has none older than itself."""
    last_event_at: datetime | None = Field(default=None, sa_type=_TIMESTAMP)
    revoked_at: datetime | None = Field(default=None, sa_type=_TIMESTAMP)


class ImportRow(TenantTable, table=True):
    """One run of an import: its counts, and the first rejected lines."""

    __tablename__ = "analytics_imports"  # pyright: ignore

    source_id: UUID
    source_name: str
    format: str
    file_name: str
    site: str | None = None
    state: str
    total_bytes: int = 0
    done_bytes: int = 0
    lines: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    page_views: int = 0
    first_at: datetime | None = Field(default=None, sa_type=_TIMESTAMP)
    last_at: datetime | None = Field(default=None, sa_type=_TIMESTAMP)
    rejects: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)  # pyright: ignore
    error: str | None = None
    finished_at: datetime | None = Field(default=None, sa_type=_TIMESTAMP)
    upload_id: UUID | None = None
    plan: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))  # pyright: ignore
    cancel_asked_at: datetime | None = Field(default=None, sa_type=_TIMESTAMP)
    rejects_bytes: int = 0


class UploadRow(TenantTable, table=True):
    """A file that waits to be imported, with a sample of it (rules/samples.py); the file lies in the data folder."""

    __tablename__ = "analytics_uploads"  # pyright: ignore

    file_name: str
    size: int
    sample: dict[str, Any] = Field(sa_type=JSONB)  # pyright: ignore


_TEXTS = (
    "type", "name", "message_id", "anonymous_id", "user_id", "session_id", "url", "host", "path", "title", "referrer",
    "referrer_host", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "channel", "device",
    "browser", "os", "ip", "currency", "order_id",
)  # fmt: skip

EVENTS = sa.Table(
    "analytics_events",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("occurred_at", _TIMESTAMP, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("received_at", _TIMESTAMP),
    sa.Column("source_id", sa.Uuid),
    sa.Column("visitor_id", sa.Uuid),
    sa.Column("campaign_id", sa.Uuid),
    sa.Column("status", sa.SmallInteger),
    sa.Column("is_bot", sa.Boolean),
    sa.Column("revenue", sa.Numeric(18, 4)),
    *(sa.Column(name, sa.Text) for name in _TEXTS),
    sa.Column("properties", JSONB),
    sa.Column("context", JSONB),
)
"""Partitioned by month of `occurred_at`. `id` is derived from the message id (rules/keys.py)."""

SEEN = sa.Table(
    "analytics_seen",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("seen_on", sa.Date),
    sa.Column("forever", sa.Boolean),
)
"""Ids of the events that were taken. A table of its own: clock correction changes the time of a repeat, and with it
the partition, so a unique key on the events can't hold."""

BACKLOG = sa.Table(
    "analytics_backlog",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("source_id", sa.Uuid, nullable=False),
    sa.Column("received_at", _TIMESTAMP, nullable=False),
    sa.Column("due_at", _TIMESTAMP, nullable=False, server_default=sa.func.now()),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("messages", sa.Integer, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("ip", sa.Text),
    sa.Column("agent", sa.Text),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""Batches that were answered before they were stored: their bodies as they came, checked to be good, and packed.
`due_at`: not to be tried before, because it failed `attempts` times."""

DIRTY = sa.Table(
    "analytics_dirty",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("slot_at", _TIMESTAMP, nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False, server_default="false"),
)
"""Slots of 15 minutes (UTC) whose rollups have to be redone. Append-only, never merged: a marker that is there already
may be in the hands of a recomputation whose snapshot lacks the newer events. `removed`: events of the slot went."""

FOLLOWERS = sa.Table(
    "analytics_followers",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("follower", sa.Uuid, primary_key=True),
)
"""Who keeps sums of the tenant's events, besides the rollups, and is told of every slot that changes."""

FOLLOWED = sa.Table(
    "analytics_followed",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("follower", sa.Uuid, primary_key=True),
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("slot_at", _TIMESTAMP, nullable=False),
    sa.Column("removed", sa.Boolean, nullable=False),
)
"""Marks that the rollups are done with and a follower is not: each deletes its own."""

_NUMBERS = ("page_views", "sessions", "events", "humans", "bots", "requests")

ROLLUPS = sa.Table(
    "analytics_rollups",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("grain", sa.Text, primary_key=True),
    sa.Column("dim", sa.Text, primary_key=True),
    sa.Column("start_at", _TIMESTAMP, primary_key=True),
    sa.Column("key", sa.Uuid, primary_key=True),
    sa.Column("value", ARRAY(sa.Text), nullable=False),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in _NUMBERS),
    sa.Column("visitors", sa.LargeBinary, nullable=False),
)
"""What the events of one slot of 15 minutes, or of one closed local day, add up to: for `dim` all, and for each `value`
of a channel, referrer, utm or page. `key` is a hash of the value; `visitors` are their ids' last 8 bytes in a row."""

COUNTING = sa.Table(
    "analytics_counting",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("session_gap_minutes", sa.Integer, nullable=False),
    sa.Column("cut_at_midnight", sa.Boolean, nullable=False),
    sa.Column("cut_at_campaign", sa.Boolean, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("rolled_from", _TIMESTAMP, nullable=False),
    sa.Column("closed_until", _TIMESTAMP, nullable=False),
    sa.Column("data_version", sa.BigInteger, nullable=False),
)
"""How a tenant counts: what cuts its sessions, the zone of its days, and how far the rollups reach (rules/tiles.py)."""

RETENTION = sa.Table(
    "analytics_retention",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("imported", sa.Text, nullable=False),
    sa.Column("imported_days", sa.Integer),
    sa.Column("announced_days", sa.Integer),
    sa.Column("announced_imported_days", sa.Integer),
    sa.Column("due_at", _TIMESTAMP),
    sa.Column("events_before", _TIMESTAMP),
    sa.Column("imports_before", _TIMESTAMP),
)
"""How long a tenant keeps imported events, what was announced to go and when, and what may go now: live and imported
events that happened before those two moments. Deletion reads nothing else."""

EXPERIMENT_VIEWS = sa.Table(
    "analytics_experiment_views",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("visitor_id", sa.Uuid, nullable=False),
    sa.Column("occurred_at", _TIMESTAMP, nullable=False),
    sa.Column("experiment", sa.Text, nullable=False),
    sa.Column("variant", sa.Text, nullable=False),
)
"""Who saw which variant, as sites tell it; written with the events, taken and deleted by experiments."""
