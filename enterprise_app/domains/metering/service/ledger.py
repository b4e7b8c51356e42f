"""Metered resources: spent per period, each amount once per client id."""

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit

from .. import queries
from ..errors import quota_exceeded
from ..rules import period_of
from ..vocabulary import SPANS
from .quotas import upgrade_path


async def spend(session: AsyncSession, ctx: Context, limit: Limit, n: int, client_id: str) -> bool:
    """Spend `n` of this period's grant, once per `client_id`; False when it was spent before.

    Raises QuotaExceeded when less than `n` is left; then nothing is spent.
    """
    at = now()
    period, granted = period_of(SPANS[limit], at), ctx.limit(limit)
    used = await queries.lock_used(session, ctx.tenant_id, limit.value, period)
    if await queries.in_ledger(session, ctx.tenant_id, limit.value, client_id):
        return False
    if granted != UNLIMITED and used + n > granted:
        raise quota_exceeded(limit, granted, used, upgrade_path(ctx.entitlements.plan, limit, used + n))
    await queries.write_ledger(session, ctx.tenant_id, limit.value, period, n, client_id, at)
    await queries.add(session, ctx.tenant_id, limit.value, period, n)
    return True


async def count(session: AsyncSession, ctx: Context, limit: Limit, n: int, client_id: str) -> bool:
    """Note what was used in any case (it happened already), once per `client_id`; False when it was noted before."""
    at = now()
    period = period_of(SPANS[limit], at)
    await queries.lock_used(session, ctx.tenant_id, limit.value, period)
    if not await queries.write_ledger(session, ctx.tenant_id, limit.value, period, n, client_id, at):
        return False
    await queries.add(session, ctx.tenant_id, limit.value, period, n)
    return True
