"""What a tenant uses of its plan, and the recount that proves it."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit
from enterprise_app.core.vocabulary.permissions import Permission

from .. import queries
from ..rules import period_end, period_of
from ..schemas import Drift, Usage, UsageReport
from ..vocabulary import SPANS, Span

Recount = Callable[[AsyncSession, UUID], Awaitable[int]]
_recounts: defaultdict[Limit, list[Recount]] = defaultdict(list)


def register_recount(limit: Limit, recounting: Recount) -> None:
    """A domain says how to count its real things: `recounting(session, tenant_id)`, at import. Several domains may have
    things under one limit: they are added up."""
    _recounts[limit].append(recounting)


async def usage(session: AsyncSession, ctx: Context) -> UsageReport:
    """Used, granted, remaining and reset of every limit that is used up. Needs usage:read."""
    ctx.require(Permission.USAGE_READ)
    at = now()
    used = await queries.all_used(session, ctx.tenant_id, sorted({period_of(span, at) for span in SPANS.values()}))
    items = [_usage(ctx, limit, span, used.get((limit, period_of(span, at)), 0), at) for limit, span in SPANS.items()]
    return UsageReport(plan=ctx.entitlements.plan, items=items)


async def recount(session: AsyncSession, ctx: Context) -> list[Drift]:
    """Every counter beside a count of the real things: the domain's own, or the sum of the ledger for metered ones."""
    at, found = now(), []
    for limit, span in SPANS.items():
        period = period_of(span, at)
        counted = await queries.used(session, ctx.tenant_id, limit, period)
        if limit in _recounts:
            real = await _real(session, ctx, limit)
        elif span is not Span.STANDING:
            real = await queries.ledger_sum(session, ctx.tenant_id, limit, period)
        else:
            real = 0  # nothing of this kind can exist: no domain has it
        found.append(Drift(resource=limit, counted=counted, recounted=real))
    return found


async def reconcile(session: AsyncSession, ctx: Context) -> list[Drift]:
    """Set every standing counter that drifted to its recount, under lock; returns what was put right."""
    repaired = []
    for limit, span in SPANS.items():
        if span is not Span.STANDING or limit not in _recounts:
            continue
        counted = await queries.lock_used(session, ctx.tenant_id, limit, "")
        real = await _real(session, ctx, limit)
        if counted != real:
            await queries.add(session, ctx.tenant_id, limit, "", real - counted)
            repaired.append(Drift(resource=limit, counted=counted, recounted=real))
    return repaired


async def _real(session: AsyncSession, ctx: Context, limit: Limit) -> int:
    return sum([await recounting(session, ctx.tenant_id) for recounting in _recounts[limit]])


def _usage(ctx: Context, limit: Limit, span: Span, used: int, at: datetime) -> Usage:
    granted = ctx.limit(limit)
    return Usage(
        resource=limit,
        used=used,
        granted=granted,
        remaining=None if granted == UNLIMITED else max(0, granted - used),
        over=granted != UNLIMITED and used > granted,
        period=period_of(span, at),
        resets_at=period_end(span, at),
    )
