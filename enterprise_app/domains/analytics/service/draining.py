"""Stores what the backlog keeps, oldest first: read, stored and deleted in one transaction, so nothing counts twice."""

import asyncio
import logging
import time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import zstandard
from sqlalchemy.exc import DBAPIError

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import RateLimited, Unavailable
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.models import SourceRow
from enterprise_app.domains.analytics.queries import backlog
from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.rules.plain import split_plain
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.rules.tally import Tally
from enterprise_app.domains.analytics.service.flushing import Settled, flush
from enterprise_app.domains.analytics.service.sorting import reading_of, sort_messages
from enterprise_app.domains.analytics.service.write_keys import KeyOwner, owner_of

log = logging.getLogger(__name__)

PIECE_SECONDS = 2.0
_TROUBLE = frozenset({"53", "57", "58", "XX"})
"""Classes of PostgreSQL's errors: no resources, ended by an administrator, the system's, its own."""
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
        if any(_is_down(outcome) for outcome in outcomes):
            break
    return done


async def _owners(session: Any, ctx: Context, source_ids: set[UUID]) -> dict[UUID, KeyOwner]:
    """The sources as they are now: who has begun to ask for less to be kept is heard. Revoked ones, too."""
    found = await session.scalars(
        sa.select(SourceRow).where(_SOURCES.tenant_id == ctx.tenant_id, _SOURCES.id.in_(source_ids))
    )
    return {row.id: await owner_of(session, ctx, row) for row in found}


async def _store_all(ctx: Context, owners: dict[UUID, KeyOwner], rows: list[Any]) -> list[BaseException | None]:
    """While the database stores the first ones, the next are read."""
    tasks: list[asyncio.Task[None]] = []
    try:
        for row in rows:
            tasks.append(asyncio.create_task(_store(owners.get(row.source_id), row)))
            await asyncio.sleep(0)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    finally:  # ended from outside: what is stored already is whole, the rest stays
        for task in tasks:
            task.cancel()
    failed = [row.id for row, outcome in zip(rows, outcomes, strict=True) if _is_failure(outcome)]
    if failed:
        errors = [outcome for outcome in outcomes if _is_failure(outcome)]
        log.error("analytics.backlog_failed", exc_info=errors[0], extra={"tenant": str(ctx.tenant_id), "rows": failed})
        async with tenant_session(ctx) as session:
            await backlog.put_off(session, ctx.tenant_id, failed)
    return outcomes


def _is_failure(outcome: object) -> bool:
    """Whether something is wrong with the batch itself: no database in trouble, and nobody who was faster."""
    return isinstance(outcome, Exception) and not isinstance(outcome, RateLimited | Settled) and not _is_down(outcome)


def _is_down(outcome: object) -> bool:
    """Whether the database has other worries, such as a full disk: then nothing is said about the batch."""
    if isinstance(outcome, DBAPIError):
        return (getattr(outcome.orig, "sqlstate", None) or "")[:2] in _TROUBLE
    return isinstance(outcome, Unavailable)


async def _store(owner: KeyOwner | None, row: Any) -> None:
    """One batch, as it would have been stored when it came; an event beyond the plan is refused and noted."""
    if owner is None:
        raise LookupError(f"no source {row.source_id}")
    records, tally = _read(owner, row)
    await flush(owner.tenant_id, owner.source_id, records, row.received_at, tally, owner.entitlements, row.id)


def _read(owner: KeyOwner, row: Any) -> tuple[list[EventRecord], Tally]:
    """The events of a body, and what becomes of its other messages. The body itself is let go of."""
    messages, sent_at = _messages(_unpacker.decompress(row.body))
    done = sort_messages(owner, messages, reading_of(owner, row.received_at, sent_at, row.ip, row.agent))
    return list(done.records.values()), done.tally


def _messages(data: bytes) -> tuple[list[Any], Any]:
    """What the body holds. Where it can't be read as a whole, what can't be read costs only its own message."""
    try:
        body = read_json(data)
        return body["batch"], body.get("sentAt")
    except Rejected:
        texts, sent_at = split_plain(data)
        return [_message(text) for text in texts], sent_at


def _message(text: bytes) -> Any:
    """The message, else its text, which is no object and so refused."""
    try:
        return read_json(text)
    except Rejected:
        return text.decode("utf-8", "replace")
