"""The SQL of followers: who keeps sums of the events is told of every slot that changed, by the marks of the rollups.

Whoever stores or deletes events marks their slots in the same transaction (`analytics_dirty`), followers or not. The
rollups, when they are done with marks, hand them on to the followers in the transaction that deletes them. So at any
moment the marks there and one's own say together which slots changed since one deleted one's own.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.table import MOMENT
from enterprise_app.domains.analytics.models import DIRTY, FOLLOWED, FOLLOWERS

_TOLD = ["tenant_id", "follower", "slot_at", "removed"]


async def follow(session: AsyncSession, tenant_id: UUID, follower: UUID) -> bool:
    """From the commit on, every change is told; who counts must begin after it. False for one that follows already."""
    fresh = insert(FOLLOWERS).values(tenant_id=tenant_id, follower=follower).on_conflict_do_nothing()
    return await session.scalar(fresh.returning(FOLLOWERS.c.follower)) is not None


async def unfollow(session: AsyncSession, tenant_id: UUID, follower: UUID) -> None:
    """Tell it nothing more."""
    for table in (FOLLOWERS, FOLLOWED):
        await session.execute(sa.delete(table).where(table.c.tenant_id == tenant_id, table.c.follower == follower))


def changed_slots(tenant_id: UUID, follower: UUID) -> Any:
    """(slot_at, removed) of what changed since `forget_changes`; `removed`: events went, so theirs can't be named."""
    every = sa.select(DIRTY.c.slot_at, DIRTY.c.removed).where(DIRTY.c.tenant_id == tenant_id)
    f = FOLLOWED.c
    own = sa.select(f.slot_at, f.removed).where(f.tenant_id == tenant_id, f.follower == follower)
    return sa.union(every, own)


async def forget_changes(session: AsyncSession, tenant_id: UUID, follower: UUID) -> None:
    """Delete the follower's marks that this snapshot sees, and only those. What the rollups still have stays told."""
    f = FOLLOWED.c
    await session.execute(sa.delete(FOLLOWED).where(f.tenant_id == tenant_id, f.follower == follower))


async def tell_all_changed(session: AsyncSession, tenant_id: UUID, at: datetime) -> None:
    """Events were changed by hand: nobody knows which. To followers that is as if some had gone."""
    f = FOLLOWERS.c
    rows = sa.select(f.tenant_id, f.follower, sa.literal(at, MOMENT), sa.true()).where(f.tenant_id == tenant_id)
    await session.execute(sa.insert(FOLLOWED).from_select(_TOLD, rows, include_defaults=False))


async def hand_on(session: AsyncSession, tenant_id: UUID, marks: sa.CTE) -> None:
    """Run the deletion of these marks (`slot_at`, `removed`), and tell the tenant's followers of them."""
    of_all = sa.select(marks.c.slot_at, marks.c.removed).distinct().subquery()
    f = FOLLOWERS.c
    rows = (
        sa.select(f.tenant_id, f.follower, of_all.c.slot_at, of_all.c.removed)
        .select_from(FOLLOWERS.join(of_all, sa.true()))
        .where(f.tenant_id == tenant_id)
    )
    await session.execute(sa.insert(FOLLOWED).from_select(_TOLD, rows, include_defaults=False))
