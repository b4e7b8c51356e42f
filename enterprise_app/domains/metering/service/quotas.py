"""Standing resources: taken and given back, exactly, in the transaction of the thing itself."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import QuotaExceeded, ReadOnly
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit

from .. import queries
from ..errors import quota_exceeded
from ..rules import period_of, within
from ..vocabulary import SPANS

UpgradePath = Callable[[str, Limit, int], str | None]
_upgrade_path: UpgradePath = lambda plan, limit, wanted: None  # noqa: E731


def set_upgrade_path(find: UpgradePath) -> None:
    """Tenancy says here how to find the next plan: `find(plan, limit, wanted)` → its id, or None."""
    global _upgrade_path
    _upgrade_path = find


def upgrade_path(plan: str, limit: Limit, wanted: int) -> str | None:
    """The next plan that grants at least `wanted`."""
    return _upgrade_path(plan, limit, wanted)


async def reserve(session: AsyncSession, ctx: Context, limit: Limit, n: int = 1) -> int:
    """Take `n` of a limit; returns the new use. Raises QuotaExceeded (limit, granted, used, upgrade) or ReadOnly.

    Call it first in a use case. The counter's row stays locked until the transaction ends, so that parallel callers
    wait and the limit holds exactly; a rollback gives back by itself.
    """
    if n < 1:
        raise ValueError("reserve takes at least 1")
    if ctx.read_only:
        raise ReadOnly
    granted, period = ctx.limit(limit), period_of(SPANS[limit], now())
    used = await queries.reserve(session, ctx.tenant_id, limit.value, period, n, granted)
    if used is None:
        used = await queries.used(session, ctx.tenant_id, limit.value, period)
        raise quota_exceeded(limit, granted, used, upgrade_path(ctx.entitlements.plan, limit, used + n))
    return used


async def check_room(session: AsyncSession, ctx: Context, limit: Limit, n: int = 1) -> None:
    """Refuse early what `reserve` would refuse now, before long work; takes nothing. Raises as `reserve` does."""
    if ctx.read_only:
        raise ReadOnly
    granted = ctx.limit(limit)
    used = await queries.used(session, ctx.tenant_id, limit.value, period_of(SPANS[limit], now()))
    if not within(used + n, granted):
        raise quota_exceeded(limit, granted, used, upgrade_path(ctx.entitlements.plan, limit, used + n))


async def fit(session: AsyncSession, ctx: Context, limit: Limit, n: int) -> tuple[int, QuotaExceeded | None]:
    """How many of `n` there is room for now, and the refusal of the others (None when all fit); takes nothing."""
    granted = ctx.limit(limit)
    used = await queries.used(session, ctx.tenant_id, limit.value, period_of(SPANS[limit], now()))
    room = n if granted == UNLIMITED else min(n, max(0, granted - used))
    if room == n:
        return n, None
    path = upgrade_path(ctx.entitlements.plan, limit, used + n)
    return room, quota_exceeded(limit, granted, used + room, path)


async def release(session: AsyncSession, ctx: Context, limit: Limit, n: int = 1) -> None:
    """Give back `n` of a standing limit; never below 0. Allowed while read-only: that is the way out."""
    if n < 1:
        raise ValueError("release gives back at least 1")
    await queries.release(session, ctx.tenant_id, limit.value, period_of(SPANS[limit], now()), n)


def check_within(ctx: Context, limit: Limit, position: int) -> None:
    """Raises ReadOnly when the thing at `position` (1 = oldest) is beyond what the plan grants: kept, not writable."""
    granted = ctx.limit(limit)
    if not within(position, granted):
        wanted = upgrade_path(ctx.entitlements.plan, limit, position)
        raise ReadOnly("over_limit", limit=limit.value, granted=granted, upgrade=wanted)
