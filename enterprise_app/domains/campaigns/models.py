"""The tables of campaigns and their assets."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from enterprise_app.core.table import MOMENT, Archivable, TenantTable, TextArray, Versioned


class CampaignRow(TenantTable, Versioned, Archivable, table=True):
    """One campaign. `name_key` is the name as it sorts; `status_before_archive` what a restore returns to."""

    __tablename__: ClassVar[Any] = "campaigns"

    name: str = Field(sa_type=sa.Text)
    name_key: str = Field(sa_column=sa.Column(sa.Text(collation="C"), nullable=False))
    description: str = Field(default="", sa_type=sa.Text)
    objective: str = Field(sa_type=sa.Text)
    status: str = Field(sa_type=sa.Text)
    status_before_archive: str | None = Field(default=None, sa_type=sa.Text)
    budget_minor: int | None = Field(default=None, sa_type=sa.BigInteger)
    budget_currency: str | None = Field(default=None, sa_type=sa.Text)
    starts_on: date | None = None
    ends_on: date | None = None
    channels: list[str] = Field(default_factory=list, sa_column=sa.Column(TextArray(), nullable=False))
    tags: list[str] = Field(default_factory=list, sa_column=sa.Column(TextArray(), nullable=False))
    owner_id: UUID | None = None


class AssetRow(TenantTable, Versioned, Archivable, table=True):
    """One asset. `number` is its newest version; `generator` what made it out of `parent_id`, if it was generated."""

    __tablename__: ClassVar[Any] = "assets"

    campaign_id: UUID
    name: str = Field(sa_type=sa.Text)
    name_key: str = Field(sa_column=sa.Column(sa.Text(collation="C"), nullable=False))
    kind: str = Field(sa_type=sa.Text)
    tags: list[str] = Field(default_factory=list, sa_column=sa.Column(TextArray(), nullable=False))
    parent_id: UUID | None = None
    generator: dict[str, Any] | None = Field(default=None, sa_column=sa.Column(JSONB(none_as_null=True)))
    number: int = 1
    created_by: UUID | None = None
    created_by_name: str = Field(default="", sa_type=sa.Text)


class AssetVersionRow(TenantTable, table=True):
    """One content of an asset, and how its review stands. The bytes are the file's; the small picture lies here.

    A thumbnail is made of the content, at most some tens of kilobytes, and goes and comes with the row: in the store it
    would need housekeeping of its own.
    """

    __tablename__: ClassVar[Any] = "asset_versions"

    asset_id: UUID
    number: int
    file_id: UUID
    file_name: str = Field(sa_type=sa.Text)
    content_type: str = Field(sa_type=sa.Text)
    size: int = Field(sa_type=sa.BigInteger)
    sha256: bytes = Field(sa_type=sa.LargeBinary)
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    thumbnail: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    state: str = Field(sa_type=sa.Text)
    note: str = Field(default="", sa_type=sa.Text)
    reviewed_by: UUID | None = None
    reviewed_by_name: str = Field(default="", sa_type=sa.Text)
    reviewed_at: datetime | None = Field(default=None, sa_type=MOMENT)
    created_by: UUID | None = None
    created_by_name: str = Field(default="", sa_type=sa.Text)
