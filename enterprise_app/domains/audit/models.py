"""The audit chain (the app's role may insert and read entries, never change or remove one), and saved views of it."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, DateTime, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from enterprise_app.core.table import TenantTable, Versioned


class AuditEntryRow(SQLModel, table=True):
    """One entry. JSON (not JSONB) keeps before and after byte for byte, as they were hashed."""

    __tablename__: ClassVar[Any] = "audit_log"
    __table_args__ = (
        Index("audit_log_by_time", "tenant_id", "occurred_at"),
        Index("audit_log_by_verb", "tenant_id", "verb", "seq"),
        Index("audit_log_by_actor", "tenant_id", "actor_id", "seq"),
        Index("audit_log_by_hash", "tenant_id", "hash"),
        Index("audit_log_by_target", "tenant_id", "target_kind", "target_id", "seq"),
    )

    tenant_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    id: UUID
    occurred_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    actor_kind: str = Field(sa_type=Text)
    actor_id: UUID | None = None
    actor_name: str = Field(sa_type=Text)
    on_behalf_of: UUID | None = None
    verb: str = Field(sa_type=Text)
    target_kind: str = Field(sa_type=Text)
    target_id: str | None = Field(default=None, sa_type=Text)
    target_name: str = Field(sa_type=Text)
    outcome: str = Field(sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    ip: str | None = Field(default=None, sa_type=Text)
    agent: str | None = Field(default=None, sa_type=Text)
    request_id: str = Field(sa_type=Text)
    prev_hash: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class AuditHeadRow(SQLModel, table=True):
    """The signed end of a tenant's chain; its row lock serialises the tenant's writers."""

    __tablename__: ClassVar[Any] = "audit_heads"

    tenant_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: str = Field(sa_type=Text)
    signature: str = Field(sa_type=Text)


class SavedFilterRow(TenantTable, Versioned, table=True):
    """A member's filters of a list (`area`), under a name that is unique among that member's own."""

    __tablename__: ClassVar[Any] = "saved_filters"

    area: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    query: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    member_id: UUID | None = None
    shared: bool = False
