"""The counters and the ledger."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, Text
from sqlmodel import Field, SQLModel


class UsageCounterRow(SQLModel, table=True):
    """How much of a limit is used in a period (empty: standing)."""

    __tablename__: ClassVar[Any] = "usage_counters"
    __table_args__ = (CheckConstraint("used >= 0", name="usage_counters_not_negative"),)

    tenant_id: UUID = Field(primary_key=True)
    resource: str = Field(sa_type=Text, primary_key=True)
    period: str = Field(sa_type=Text, primary_key=True, default="")
    used: int = Field(sa_column=Column(BigInteger, nullable=False))


class UsageLedgerRow(SQLModel, table=True):
    """One amount spent; the client id makes writing it again harmless."""

    __tablename__: ClassVar[Any] = "usage_ledger"
    __table_args__ = (Index("usage_ledger_by_period", "tenant_id", "resource", "period"),)

    tenant_id: UUID = Field(primary_key=True)
    client_id: str = Field(sa_type=Text, primary_key=True)
    resource: str = Field(sa_type=Text, primary_key=True)
    period: str = Field(sa_type=Text)
    quantity: int = Field(sa_column=Column(BigInteger, nullable=False))
    used_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
