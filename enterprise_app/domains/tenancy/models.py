"""The table of tenants. Its row is read by the app under the policy `id = app.tenant_id`."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from enterprise_app.core.clock import now
from enterprise_app.core.ids import new_id
from enterprise_app.core.table import MOMENT, Versioned


class TenantRow(Versioned, table=True):
    """One tenant; `plan` is its own plan, the one in force also depends on the trial."""

    __tablename__: ClassVar[Any] = "tenants"
    __table_args__ = (Index("tenants_newest", "created_at", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(sa_type=Text, unique=True)
    skeleton: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    plan: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text, default="active")
    trial_ends_at: datetime | None = Field(default=None, sa_type=MOMENT)
    suspended_reason: str = Field(sa_type=Text, default="")
    zone: str = Field(sa_type=Text, default="UTC")
    locale: str = Field(sa_type=Text, default="en")
    currency: str = Field(sa_type=Text, default="USD")
    week_start: int = 1
    ip_truncation: bool = False
    demo: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))  # pyright: ignore
    created_at: datetime = Field(default_factory=now, sa_type=MOMENT)
    updated_at: datetime = Field(default_factory=now, sa_type=MOMENT, sa_column_kwargs={"onupdate": now})

    @property
    def is_demo(self) -> bool:
        """Whether its data are made up; `demo` says from what."""
        return self.demo is not None
