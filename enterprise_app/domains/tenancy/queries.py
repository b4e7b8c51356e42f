"""The SQL of tenants."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core.context import PLATFORM_TENANT_ID
from enterprise_app.core.paging import ListField, Listing

from .models import TenantRow
from .rules.plans import catalogue
from .vocabulary import TenantStatus

LISTING = Listing(
    fields={
        "created_at": ListField(col(TenantRow.created_at), datetime, sortable=True),
        "name": ListField(col(TenantRow.name), sortable=True),
        "plan": ListField(col(TenantRow.plan)),
        "slug": ListField(col(TenantRow.slug), sortable=True),
        "status": ListField(col(TenantRow.status), TenantStatus),
        "trial_ends_at": ListField(col(TenantRow.trial_ends_at), datetime, sortable=True, nullable=True),
    },
    key=col(TenantRow.id),
    searchable=True,
)
"""How the operator's list may be filtered, searched and sorted."""


async def lock_slugs(session: AsyncSession, skeleton: str) -> None:
    """Let two tenants with the same look be made one after the other, so that the second hears a clear refusal."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"slug:{skeleton}"})


async def find(session: AsyncSession, tenant_id: UUID, *, locked: bool = False) -> TenantRow | None:
    """A tenant by id."""
    statement = select(TenantRow).where(col(TenantRow.id) == tenant_id)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def find_by_slug(session: AsyncSession, slug: str) -> TenantRow | None:
    """A tenant by slug."""
    return (await session.execute(select(TenantRow).where(col(TenantRow.slug) == slug))).scalar_one_or_none()


async def find_slug_like(session: AsyncSession, skeleton: str) -> str | None:
    """The slug that looks the same."""
    found = await session.execute(select(col(TenantRow.slug)).where(col(TenantRow.skeleton) == skeleton))
    return found.scalar_one_or_none()


def searched(words: str) -> Select[Any]:
    """All tenants but the platform's own, whose slug or name contains the words."""
    statement = select(TenantRow).where(col(TenantRow.id) != PLATFORM_TENANT_ID)
    if words:
        columns = (col(TenantRow.slug), col(TenantRow.name))
        statement = statement.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return statement


def plan_names() -> list[str]:
    """The plans that exist."""
    return list(catalogue().plans)
