"""The table of campaigns."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from enterprise_app.core.table import Archivable, TenantTable, TextArray, Versioned


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
