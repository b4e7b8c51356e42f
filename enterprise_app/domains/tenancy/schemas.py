"""The shapes of tenants and plans that enter and leave."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from .vocabulary import TenantStatus


class Frozen(BaseModel):
    """Immutable; made from rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Tenant(Frozen):
    """A tenant. `plan` is its own; what is in force now (trial) says `entitlements_of`. `week_start`: 1 = Monday."""

    id: UUID
    slug: str
    name: str
    plan: str
    status: TenantStatus
    trial_ends_at: datetime | None
    suspended_reason: str
    zone: str
    locale: str
    currency: str
    week_start: int
    ip_truncation: bool
    is_demo: bool = False
    version: int
    created_at: datetime


class CurrentTenant(Tenant):
    """The caller's tenant with what it may use now."""

    plan_in_force: str
    on_trial: bool
    features: list[str]
    limits: dict[str, int]


class TenantDraft(Frozen):
    """What is needed for a new tenant; defaults follow from the language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=1000, examples=["Acme"])
    slug: str = Field(max_length=1000, examples=["acme"])
    zone: str = Field(default="UTC", max_length=100, examples=["Europe/Berlin"])
    locale: str = Field(default="en", max_length=20)
    currency: str | None = Field(default=None, max_length=3, examples=["EUR"])


class DemoTerms(Frozen):
    """What makes a tenant a demonstration: the plan that it shows, and from what its data are made."""

    plan: str
    recipe: dict[str, Any]


class TenantSettings(Frozen):
    """The settings of a tenant, whole: what is sent replaces what was."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    name: str = Field(max_length=1000, examples=["Acme"])
    zone: str = Field(max_length=100, examples=["Europe/Berlin"])
    locale: str = Field(max_length=20, examples=["de"])
    currency: str = Field(max_length=3, examples=["EUR"])
    week_start: int = Field(default=1, ge=1, le=7, description="1 = Monday … 7 = Sunday")
    ip_truncation: bool = Field(default=False, description="Store visitors' addresses without their last part.")


class TenantPage(Frozen):
    """A page of tenants."""

    items: list[Tenant]
    next_cursor: str | None = None
    total: int | None = None


class Plan(Frozen):
    """A plan of the catalogue. Prices in whole US dollars; limits: -1 is unlimited."""

    id: str
    usd_month: int
    usd_year: int
    features: list[str]
    limits: dict[str, int]


class PlanList(Frozen):
    """The catalogue, smallest plan first, and the terms of the trial."""

    items: list[Plan]
    trial_plan: str
    trial_days: int


class PlanChange(Frozen):
    """What the operator says to move a tenant to another plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: str = Field(max_length=50, examples=["PROFESSIONAL"])


class Suspension(Frozen):
    """Why a tenant is suspended; its people read it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1, max_length=500, examples=["Invoices of March are open"])
