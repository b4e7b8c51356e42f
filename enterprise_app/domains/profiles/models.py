"""The tables of profiles."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from enterprise_app.core.table import MOMENT, Archivable, TenantTable, Versioned


def _bytewise(*, nullable: bool) -> Any:
    return Field(default=None, sa_column=sa.Column(sa.Text(collation="C"), nullable=nullable))


def _json(*, nullable: bool = False) -> Any:
    column = sa.Column(JSONB(none_as_null=True), nullable=nullable)
    return Field(default=None, sa_column=column) if nullable else Field(default_factory=dict, sa_column=column)


class ProfileRow(TenantTable, Versioned, Archivable, table=True):
    """One profile. `own_…` is what was said of it alone; the rest is what is shown of a root: its family's together.

    `own_times`: when each trait was said, microseconds since 1970. `handle`: the id it was first known by. `traits` is
    NULL where nothing was merged into it: then its own are shown. `active_at`: last seen, else when it was made.
    """

    __tablename__: ClassVar[Any] = "profiles"

    origin: str = Field(sa_type=sa.Text)
    handle: str = Field(default="", sa_type=sa.Text)
    identified: bool = False
    own_traits: dict[str, Any] = _json()
    own_times: dict[str, int] = _json()
    own_stage: str | None = Field(default=None, sa_type=sa.Text)
    own_stage_at: datetime | None = Field(default=None, sa_type=MOMENT)
    own_first_at: datetime | None = Field(default=None, sa_type=MOMENT)
    own_last_at: datetime | None = Field(default=None, sa_type=MOMENT)
    root_id: UUID
    merged_into: UUID | None = None
    traits: dict[str, Any] | None = _json(nullable=True)
    name: str = Field(default="", sa_type=sa.Text)
    name_key: str = _bytewise(nullable=False)
    email: str | None = _bytewise(nullable=True)
    email_domain: str | None = _bytewise(nullable=True)
    country: str | None = _bytewise(nullable=True)
    stage: str = Field(default="lead", sa_type=sa.Text)
    first_seen_at: datetime | None = Field(default=None, sa_type=MOMENT)
    last_seen_at: datetime | None = Field(default=None, sa_type=MOMENT)
    active_at: datetime = Field(sa_type=MOMENT, nullable=False)


class MergeRow(TenantTable, table=True):
    """That `source` was merged into `target`; undone when `undone_at` is set. Names are those of that time."""

    __tablename__: ClassVar[Any] = "profile_merges"

    source_id: UUID
    target_id: UUID
    source_name: str = Field(sa_type=sa.Text)
    target_name: str = Field(sa_type=sa.Text)
    reason: str = Field(sa_type=sa.Text)
    merged_by: str = Field(default="", sa_type=sa.Text)
    undone_at: datetime | None = Field(default=None, sa_type=MOMENT)


IDS = sa.Table(
    "profile_ids",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text(collation="C"), primary_key=True),
    sa.Column("profile_id", sa.Uuid, primary_key=True),
    sa.Column("first_at", MOMENT, nullable=False),
    sa.Column("last_at", MOMENT, nullable=False),
)
"""Which ids lead to which profile. A user id leads to one; a browser (anonymous id) may have been used by several."""

INBOX = sa.Table(
    "profile_inbox",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text),
    sa.Column("anonymous_id", sa.Text),
    sa.Column("previous_id", sa.Text),
    sa.Column("traits", JSONB),
    sa.Column("first_at", MOMENT, nullable=False),
    sa.Column("last_at", MOMENT, nullable=False),
    sa.Column("imported", sa.Boolean, nullable=False),
)
"""Sightings, written with the events; the worker folds them into profiles in order and deletes them."""
