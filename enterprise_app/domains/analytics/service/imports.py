"""The record of imports: what is running, how far it is, what came of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, jobs, live, switches
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError, NotFound, Unavailable
from enterprise_app.core.ids import new_id
from enterprise_app.core.paging import ListField, Listing, ListQuery, Page
from enterprise_app.core.switches import Switch
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.errors import ImportCancelled, ImportOver
from enterprise_app.domains.analytics.events import ImportFinished
from enterprise_app.domains.analytics.models import ImportRow
from enterprise_app.domains.analytics.schemas import ImportPlan, ImportProgress, ImportStatus, RejectedLine
from enterprise_app.domains.analytics.service.rejects import open_report
from enterprise_app.domains.analytics.service.sources import ensure_import_source
from enterprise_app.domains.analytics.vocabulary import FileFormat, ImportState
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

log = logging.getLogger(__name__)

IMPORT_JOB = "analytics.import"
DEFAULT_SOURCE = "Import"
_SILENCE = timedelta(seconds=60)
_COLUMNS = ImportRow.__table__.c  # pyright: ignore
IMPORTS = Listing(
    fields={
        "created_at": ListField(_COLUMNS.created_at, datetime, sortable=True),
        "state": ListField(_COLUMNS.state, ImportState),
        "format": ListField(_COLUMNS.format, FileFormat),
        "source_id": ListField(_COLUMNS.source_id, UUID),
    },
    key=_COLUMNS.id,
)


class Counts(Protocol):
    """What an import counted."""

    lines: int
    accepted: int
    rejected: int
    duplicates: int
    page_views: int
    first_at: datetime | None
    last_at: datetime | None


async def open_import(
    ctx: Context,
    *,
    file_format: FileFormat,
    file_name: str,
    source_name: str,
    site: str | None = None,
    total_bytes: int = 0,
    import_id: UUID | None = None,
    state: ImportState = ImportState.RUNNING,
    plan: ImportPlan | None = None,
    upload_id: UUID | None = None,
) -> ImportStatus:
    """Note that an import begins (or waits) and for which source, which is made when there is none.

    With the `import_id` of one that was noted before, that one starts over. Raises Unavailable while the operator has
    switched imports off.
    """
    ctx.require(Permission.EVENTS_IMPORT)
    if import_id is None:  # what was taken in before the switch was turned is brought to its end
        await switches.require(Switch.IMPORTS)
    async with tenant_session(ctx) as session:
        source = await ensure_import_source(session, ctx, source_name)
        row = ImportRow(
            tenant_id=ctx.tenant_id, id=import_id or new_id(), source_id=source.id, source_name=source.name,
            format=file_format, file_name=file_name[-255:], site=site, state=state, total_bytes=total_bytes,
            plan=plan.model_dump(mode="json") if plan else None, upload_id=upload_id,
        )  # fmt: skip
        kept = {"upload_id", "cancel_asked_at"} if import_id else set()  # what was said of it while it waited
        fresh = row.model_dump(exclude={"created_at"} | kept)
        statement = insert(ImportRow).values(**fresh)
        await session.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=fresh))
        await _tell(session, ctx)
        after = {"file": row.file_name, "format": row.format, "source": source.name}
        await audit.record(session, ctx, AuditVerb.IMPORT_STARTED, _target(row.id, row.file_name), after=after)
        return await _read(session, ctx, row.id)


async def queue_import(
    ctx: Context,
    path: Path,
    *,
    file_format: FileFormat,
    file_name: str,
    source_name: str = DEFAULT_SOURCE,
    site: str | None = None,
    plan: ImportPlan | None = None,
    upload_id: UUID | None = None,
) -> ImportStatus:
    """Have the worker import an uploaded file, which it deletes afterwards; one with an `upload_id` only when nothing
    went wrong. Watch the topic `{tenant}:imports`."""
    ctx.require(Permission.EVENTS_IMPORT)
    size = (await asyncio.to_thread(path.stat)).st_size
    waiting = await open_import(
        ctx, file_format=file_format, file_name=file_name, source_name=source_name, site=site,
        total_bytes=size, state=ImportState.QUEUED, plan=plan, upload_id=upload_id,
    )  # fmt: skip
    arguments = {
        "import_id": str(waiting.id), "path": str(path), "file_format": file_format.value,
        "file_name": waiting.file_name, "source_name": waiting.source_name, "site": site,
        "plan": plan.model_dump(mode="json") if plan else None,
    }  # fmt: skip
    await jobs.enqueue(IMPORT_JOB, ctx.tenant_id, arguments, key=str(waiting.id), actor=ctx.actor)
    return waiting


async def save_progress(ctx: Context, import_id: UUID, progress: ImportProgress) -> None:
    """Show how far it is: in a transaction of its own, because the import's is not over.

    Raises ImportCancelled when somebody asked for that.
    """
    values = progress.model_dump(include={"done_bytes", "lines", "accepted", "rejected", "duplicates"})
    async with tenant_session(ctx) as session:
        await _update(session, ctx, import_id, **values)
        asked = await session.scalar(sa.select(_COLUMNS.cancel_asked_at).where(_COLUMNS.id == import_id))
    if asked is not None:
        raise ImportCancelled


async def cancel_import(session: AsyncSession, ctx: Context, import_id: UUID) -> ImportStatus:
    """Stop an import: at once while it waits, within a second while it runs; nothing of it is kept.

    Raises NotFound, ImportOver. Asking twice changes nothing.
    """
    ctx.require(Permission.EVENTS_IMPORT)
    waiting = (_COLUMNS.state == ImportState.QUEUED) | (_COLUMNS.updated_at < now() - _SILENCE)
    statement = (
        sa.update(ImportRow)
        .where(
            _COLUMNS.tenant_id == ctx.tenant_id,
            _COLUMNS.id == import_id,
            _COLUMNS.state.in_((ImportState.QUEUED, ImportState.RUNNING)),
        )
        .values(
            cancel_asked_at=sa.func.coalesce(_COLUMNS.cancel_asked_at, now()),
            state=sa.case((waiting, ImportState.CANCELLED), else_=_COLUMNS.state),
            error=sa.case((waiting, ImportCancelled.code), else_=_COLUMNS.error),
            finished_at=sa.case((waiting, now()), else_=_COLUMNS.finished_at),
            updated_at=_COLUMNS.updated_at,  # that is the sign of life of whoever imports
        )
        .returning(_COLUMNS.id)
    )
    if await session.scalar(statement) is None:
        found = await _read(session, ctx, import_id)
        raise ImportOver(state=found.state.value)
    await _tell(session, ctx)
    stopped = await _read(session, ctx, import_id)
    after = {"state": stopped.state.value, "lines": stopped.lines}
    await audit.record(session, ctx, AuditVerb.IMPORT_CANCELLED, _target(import_id, stopped.file_name), after=after)
    return stopped


async def finish(
    session: AsyncSession,
    ctx: Context,
    import_id: UUID,
    counts: Counts,
    total_bytes: int,
    rejects: list[RejectedLine],
    rejects_bytes: int = 0,
) -> ImportStatus:
    """Note the end in the import's own transaction, so that the note and the events are there together."""
    numbers = {name: getattr(counts, name) for name in Counts.__annotations__}
    shown = [line.model_dump() for line in rejects]
    await _update(
        session, ctx, import_id, state=ImportState.FINISHED, finished_at=now(), done_bytes=total_bytes,
        rejects=shown, rejects_bytes=rejects_bytes, error=None, **numbers,
    )  # fmt: skip
    done = await _read(session, ctx, import_id)
    told = {name: numbers[name] for name in ("accepted", "rejected", "duplicates")}
    fact = ImportFinished(tenant_id=ctx.tenant_id, entity_id=import_id, file_name=done.file_name, **told)
    await events.publish(session, ctx, fact)
    await audit.record(session, ctx, AuditVerb.IMPORT_FINISHED, _target(import_id, done.file_name), after=told)
    return done


async def note_failure(ctx: Context, import_id: UUID, error: BaseException) -> None:
    """Note why it ended; when even that is impossible, the note follows from its silence."""
    code = error.code if isinstance(error, AtriumError) else None
    if not isinstance(error, Exception):
        code = ImportCancelled.code
    state = ImportState.CANCELLED if code == ImportCancelled.code else ImportState.FAILED
    try:
        async with tenant_session(ctx) as session:
            await _update(
                session, ctx, import_id, state=state, error=code or "internal", finished_at=now(),
                accepted=0, duplicates=0, page_views=0,
            )  # fmt: skip
    except Unavailable as problem:
        log.warning("analytics.import_failure_not_noted: %s", problem.code)
    except Exception:
        log.warning("analytics.import_failure_not_noted", exc_info=True)


async def get_import(session: AsyncSession, ctx: Context, import_id: UUID) -> ImportStatus:
    """The import; raises NotFound."""
    ctx.require(Permission.EVENTS_READ)
    return await _read(session, ctx, import_id)


async def open_rejects(
    session: AsyncSession, ctx: Context, import_id: UUID
) -> tuple[ImportStatus, AbstractAsyncContextManager[AsyncIterator[bytes]]]:
    """The import, and all its rejected lines as JSON lines. Raises NotFound, also when they were tidied away."""
    ctx.require(Permission.EVENTS_READ)
    found = await _read(session, ctx, import_id)
    if not found.rejects_bytes:
        raise NotFound(kind="rejects", id=str(import_id))
    return found, await open_report(ctx.tenant_id, import_id)


async def list_imports(
    session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False
) -> Page[ImportStatus]:
    """A page of imports, newest first."""
    ctx.require(Permission.EVENTS_READ)
    page = await IMPORTS.page(session, sa.select(ImportRow), query, count=count)
    return Page([_shape(row) for row in page.items], page.next_cursor, page.total)


async def _read(session: AsyncSession, ctx: Context, import_id: UUID) -> ImportStatus:
    row = await session.get(ImportRow, (ctx.tenant_id, import_id), populate_existing=True)
    if row is None:
        raise NotFound(kind="import", id=str(import_id))
    return _shape(row)


async def _update(session: AsyncSession, ctx: Context, import_id: UUID, **values: object) -> None:
    where = (_COLUMNS.tenant_id == ctx.tenant_id, _COLUMNS.id == import_id)
    await session.execute(sa.update(ImportRow).where(*where).values(updated_at=now(), **values))
    await _tell(session, ctx)


async def _tell(session: AsyncSession, ctx: Context) -> None:
    await live.changed(session, live.topic(ctx.tenant_id, "imports"))
    await live.changed(session, live.topic(ctx.tenant_id, "analytics"))


def _target(import_id: UUID, name: str) -> Target:
    return Target(kind="import", id=import_id, name=name)


def _shape(row: ImportRow) -> ImportStatus:
    shape = ImportStatus.model_validate(row.model_dump(include=set(ImportStatus.model_fields)))
    if shape.state is ImportState.RUNNING and now() - row.updated_at > _SILENCE:
        return shape.model_copy(update={"state": ImportState.INTERRUPTED})
    return shape
