"""Stores what the backlog keeps, oldest first: read, stored and deleted in one transaction, so nothing counts twice."""

import asyncio
import logging
import time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import zstandard

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import RateLimited, Unavailable
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import SourceRow
from enterprise_app.domains.analytics.queries import backlog
from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.service.flushing import Settled, flush
from enterprise_app.domains.analytics.service.sorting import reading_of, sort_messages
from enterprise_app.domains.analytics.service.write_keys import KeyOwner, owner_of

log = logging.getLogger(__name__)

PIECE_SECONDS = 2.0
_unpacker = zstandard.ZstdDecompressor()
_SOURCES = SourceRow.__table__.c  # pyright: ignore


async def drain_backlog(ctx: Context) -> int:
    """Store for about PIECE_SECONDS what waits; returns how many batches are done. What fails is tried again later."""
    ctx.require(Permission.TENANT_MANAGE)
    done, end = 0, time.monotonic() + PIECE_SECONDS
    while time.monotonic() < end:
        async with tenant_session(ctx) as session:
            rows = await backlog.oldest(session, ctx.tenant_id)
            owners = await _owners(session, ctx, {row.source_id for row in rows})
        if not rows:
            break
        outcomes = await _store_all(ctx, owners, rows)
        done += outcomes.count(None)
        if any(isinstance(outcome, Unavailable) for outcome in outcomes):
            break  # the database has other worries
    return done


async def _owners(session: Any, ctx: Context, source_ids: set[UUID]) -> dict[UUID, KeyOwner]:
    """The sources as they are now: who has begun to ask for less to be kept is heard. Revoked ones, too."""
    found = await session.scalars(
        sa.select(SourceRow).where(_SOURCES.tenant_id == ctx.tenant_id, _SOURCES.id.in_(source_ids))
    )
    return {row.id: await owner_of(session, ctx, row) for row in found}


async def _store_all(ctx: Context, owners: dict[UUID, KeyOwner], rows: list[Any]) -> list[BaseException | None]:
    """While the database stores the first ones, the next are read."""
    tasks = []
    for row in rows:
        tasks.append(asyncio.create_task(_store(owners[row.source_id], row)))
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [row.id for row, outcome in zip(rows, outcomes, strict=True) if _is_failure(outcome)]
    if failed:
        errors = [outcome for outcome in outcomes if _is_failure(outcome)]
        log.error("analytics.backlog_failed", exc_info=errors[0], extra={"tenant": str(ctx.tenant_id), "rows": failed})
        async with tenant_session(ctx) as session:
            await backlog.put_off(session, ctx.tenant_id, failed)
    return outcomes


def _is_failure(outcome: object) -> bool:
    """Whether something is wrong with the batch itself: no database that is away, and nobody who was faster."""
    return isinstance(outcome, Exception) and not isinstance(outcome, Unavailable | RateLimited | Settled)


async def _store(owner: KeyOwner, row: Any) -> None:
    """One batch, as it would have been stored when it came; an event beyond the plan is refused and noted."""
    body = read_json(_unpacker.decompress(row.body))
    reading = reading_of(owner, row.received_at, body.get("sentAt"), row.ip, row.agent)
    done = sort_messages(owner, body["batch"], reading)
    records = list(done.records.values())
    await flush(owner.tenant_id, owner.source_id, records, row.received_at, done.tally, owner.entitlements, row.id)
