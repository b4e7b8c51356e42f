"""Where an account belongs: read across tenants, so in system sessions only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core.context import Context
from enterprise_app.core.db import system_session
from enterprise_app.core.vocabulary.permissions import Permission, Role

from ..models import Member
from ..schemas import TenantChoice
from ..vocabulary import MemberStatus
from .hosts import tenant_url


@dataclass(frozen=True, slots=True)
class Membership:
    """An account in a tenant, with what is needed to go there."""

    id: UUID
    tenant_id: UUID
    account_id: UUID
    role: Role
    status: MemberStatus
    slug: str
    tenant_name: str
    last_seen_at: datetime | None = None
    is_demo: bool = False

    @property
    def active(self) -> bool:
        """Whether the member may work."""
        return self.status is MemberStatus.ACTIVE


# One join on the way of every sign-in: the tenants' own service answers for one tenant at a time.
_QUERY = """
    SELECT m.id, m.tenant_id, m.account_id, m.role, m.status, m.last_seen_at, t.slug, t.name AS tenant_name,
        t.demo IS NOT NULL AS is_demo
    FROM members m JOIN tenants t ON t.id = m.tenant_id
    WHERE m.account_id = :account_id AND m.status <> 'removed'
"""
_ALL = sa.text(_QUERY + "ORDER BY lower(t.name), t.id")
_ONE = sa.text(_QUERY + "AND m.tenant_id = :tenant_id")


async def list_memberships(session: AsyncSession, account_id: UUID, *, active: bool = True) -> list[Membership]:
    """The account's tenants by name; with `active` only those where it may work."""
    rows = (await session.execute(_ALL, {"account_id": account_id})).all()
    found = [_membership(row) for row in rows]
    return [m for m in found if m.active or not active]


async def find_membership(session: AsyncSession, account_id: UUID, tenant_id: UUID) -> Membership | None:
    """The account's membership in one tenant, suspended or not."""
    row = (await session.execute(_ONE, {"account_id": account_id, "tenant_id": tenant_id})).one_or_none()
    return _membership(row) if row else None


def choose_membership(memberships: Sequence[Membership], last_tenant_id: UUID | None) -> Membership | None:
    """Where to go without being asked: where one was last, else the first."""
    return next((m for m in memberships if m.tenant_id == last_tenant_id), memberships[0] if memberships else None)


async def list_tenant_choices(ctx: Context) -> list[TenantChoice]:
    """The tenants that the caller may switch to, by name."""
    ctx.require(Permission.SELF_MANAGE)
    if ctx.actor.account_id is None:
        return []
    async with system_session("own tenants") as session:
        memberships = await list_memberships(session, ctx.actor.account_id)
    return [_choice(m) for m in memberships]


async def mark_seen(session: AsyncSession, tenant_id: UUID, member_id: UUID, at: object) -> None:
    """Note that the member was here; called at most once a minute."""
    seen = sa.update(Member).where(col(Member.tenant_id) == tenant_id, col(Member.id) == member_id)
    await session.execute(seen.values(last_seen_at=at, updated_at=Member.updated_at))


def _choice(membership: Membership) -> TenantChoice:
    return TenantChoice(
        tenant_id=membership.tenant_id,
        slug=membership.slug,
        name=membership.tenant_name,
        role=membership.role,
        url=tenant_url(membership.slug),
        is_demo=membership.is_demo,
    )


def _membership(row: sa.Row) -> Membership:
    return Membership(
        row.id, row.tenant_id, row.account_id, Role(row.role), MemberStatus(row.status), row.slug, row.tenant_name,
        row.last_seen_at, row.is_demo,
    )  # fmt: skip
