"""Housekeeping of one tenant's files: removed ones that are old enough, contents that belong to no file."""

from datetime import timedelta

from enterprise_app.core import storage
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.domains.audit import service as audit

from .. import queries
from ..schemas import Tidied
from .telling import target_of

TIDY_JOB = "files.tidy"
PREFIX = "attachments"
"""The part of a tenant's storage that is ours."""
KEPT = timedelta(days=30)
"""How long a removed file can be restored."""
SETTLED = timedelta(days=1)
"""Content younger than this may still be on its way to becoming a file."""
_BATCH = 100


async def tidy(ctx: Context, *, keep_bytes: int | None = None) -> Tidied:
    """Purge removed files older than KEPT (and beyond `keep_bytes` in all), then contents that no file knows.

    Rows go first: a crash in between leaves content without a file, which the next run takes.
    """
    purged = 0
    while taken := await _purge(ctx, keep_bytes):
        purged += taken
    before = now() - SETTLED
    folder = storage.key(ctx.tenant_id, PREFIX)
    unfinished = await storage.storage().drop_unfinished(folder, before)
    orphans, batch = 0, []
    async for found in storage.storage().list(folder):
        if found.modified_at < before:
            batch.append(found.key)
        if len(batch) == _BATCH:
            orphans, batch = orphans + await _drop_orphans(ctx, batch), []
    return Tidied(purged, orphans + await _drop_orphans(ctx, batch), unfinished)


async def _purge(ctx: Context, keep_bytes: int | None) -> int:
    async with tenant_session(ctx) as session:
        taken = await queries.take_expired(session, now() - KEPT, keep_bytes, _BATCH)
        for file in taken:
            after = {"size": file.size, "sha256": file.sha256.hex()}
            await audit.record(session, ctx, AuditVerb.FILE_PURGED, target_of(file), before=after)
    for file in taken:
        await storage.storage().delete(file.key)
    return len(taken)


async def _drop_orphans(ctx: Context, keys: list[str]) -> int:
    if not keys:
        return 0
    async with tenant_session(ctx) as session:
        known = await queries.known_keys(session, keys)
    orphans = [key for key in keys if key not in known]
    for key in orphans:
        await storage.storage().delete(key)
    return len(orphans)
