"""Sources and their write keys: create, list, rotate, revoke."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid, NotFound, ReadOnly
from enterprise_app.core.paging import ListField, Listing, ListQuery, Page
from enterprise_app.core.settings import get_settings
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.errors import SourceNameTaken, SourceOwn, SourceRevoked
from enterprise_app.domains.analytics.events import SourceCreated
from enterprise_app.domains.analytics.events import SourceRevoked as SourceRevokedEvent
from enterprise_app.domains.analytics.models import SourceRow
from enterprise_app.domains.analytics.rules.snippet import render_others, render_snippet
from enterprise_app.domains.analytics.rules.writekeys import new_write_key
from enterprise_app.domains.analytics.schemas import Snippet, Source, SourceDraft, SourcePrivacy
from enterprise_app.domains.analytics.vocabulary import DoNotTrack, SourceKind
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

_COLUMNS = SourceRow.__table__.c  # pyright: ignore
PLATFORM_SOURCE = "Atrium"
SOURCES = Listing(
    fields={
        "created_at": ListField(_COLUMNS.created_at, datetime, sortable=True),
        "name": ListField(_COLUMNS.name, sortable=True),
        "kind": ListField(_COLUMNS.kind, SourceKind),
    },
    key=_COLUMNS.id,
)


async def create_source(session: AsyncSession, ctx: Context, draft: SourceDraft) -> Source:
    """Make a source with a fresh write key. Raises SourceNameTaken."""
    ctx.require(Permission.SOURCES_MANAGE)
    _refuse_read_only(ctx)
    if draft.kind is SourceKind.PLATFORM:
        kinds = [kind for kind in SourceKind if kind is not SourceKind.PLATFORM]
        raise Invalid.of("kind", "not_one_of", expected=", ".join(kinds))
    row = await _insert(session, ctx, draft)
    if row is None:
        raise SourceNameTaken(name=draft.name)
    return await _announce(session, ctx, row)


async def ensure_import_source(session: AsyncSession, ctx: Context, name: str) -> Source:
    """The live source of this name, made as an import source when there is none."""
    ctx.require(Permission.EVENTS_IMPORT)
    _refuse_read_only(ctx)
    row = await _insert(session, ctx, SourceDraft(name=name, kind=SourceKind.IMPORT))
    if row is not None:
        return await _announce(session, ctx, row)
    query = sa.select(SourceRow).where(_COLUMNS.name == name, _COLUMNS.revoked_at.is_(None))
    return _shape((await session.execute(query)).scalar_one())


async def ensure_platform_source(session: AsyncSession, ctx: Context) -> Source:
    """The source of what the platform itself records; made when there is none, beside any source of the same name."""
    ctx.require(Permission.EVENTS_IMPORT)
    query = sa.select(SourceRow).where(_COLUMNS.kind == SourceKind.PLATFORM, _COLUMNS.revoked_at.is_(None))
    for name in _platform_names():
        if (row := (await session.execute(query)).scalars().first()) is not None:
            return _shape(row)
        if (row := await _insert(session, ctx, SourceDraft(name=name, kind=SourceKind.PLATFORM))) is not None:
            return await _announce(session, ctx, row)
    raise AssertionError("unreachable")


async def touch_source(session: AsyncSession, ctx: Context, source_id: UUID) -> None:
    """It sent something just now."""
    ctx.require(Permission.EVENTS_IMPORT)
    mine = (_COLUMNS.tenant_id == ctx.tenant_id, _COLUMNS.id == source_id)
    await session.execute(sa.update(SourceRow).where(*mine).values(last_event_at=now()))


def _platform_names() -> Iterator[str]:
    yield PLATFORM_SOURCE
    yield from (f"{PLATFORM_SOURCE} {number}" for number in itertools.count(2))


async def list_sources(session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False) -> Page[Source]:
    """A page of sources, revoked ones included."""
    ctx.require(Permission.SOURCES_READ)
    page = await SOURCES.page(session, sa.select(SourceRow), query, count=count)
    return Page([_shape(row) for row in page.items], page.next_cursor, page.total)


async def get_source(session: AsyncSession, ctx: Context, source_id: UUID) -> Source:
    """The source; raises NotFound."""
    ctx.require(Permission.SOURCES_READ)
    return _shape(await _get(session, ctx, source_id))


async def get_snippet(session: AsyncSession, ctx: Context, source_id: UUID) -> Snippet:
    """The script for the pages of this source's site. Raises NotFound, SourceRevoked."""
    ctx.require(Permission.SOURCES_READ)
    row = await _get(session, ctx, source_id)
    if row.revoked_at is not None:
        raise SourceRevoked(name=row.name)
    settings = get_settings()
    base_url = settings.base_url or f"http://atrium.localhost:{settings.port}"
    privacy = SourcePrivacy(do_not_track=DoNotTrack(row.do_not_track), consent_required=row.consent_required)
    return Snippet(html=render_snippet(row.write_key, base_url, privacy), **render_others(row.write_key, base_url))


async def change_privacy(
    session: AsyncSession, ctx: Context, source_id: UUID, version: int, privacy: SourcePrivacy
) -> Source:
    """Treat visitors who ask not to be tracked otherwise, from now on. Raises VersionConflict, SourceRevoked."""
    ctx.require(Permission.SOURCES_MANAGE)
    _refuse_read_only(ctx)
    row = await _get(session, ctx, source_id)
    _refuse_own(row)
    await take_version(session, row, version)
    if row.revoked_at is not None:
        raise SourceRevoked(name=row.name)
    before = {name: getattr(row, name) for name in SourcePrivacy.model_fields}
    row.do_not_track, row.consent_required = privacy.do_not_track.value, privacy.consent_required
    await session.flush()
    await _tell(session, ctx, row)
    after = privacy.model_dump(mode="json")
    await audit.record(session, ctx, AuditVerb.SOURCE_PRIVACY_CHANGED, _target(row), before=before, after=after)
    return _shape(row)


async def rotate_source(session: AsyncSession, ctx: Context, source_id: UUID, version: int) -> Source:
    """A fresh write key; the old one stops working within seconds. Raises VersionConflict, SourceRevoked."""
    ctx.require(Permission.SOURCES_MANAGE)
    _refuse_read_only(ctx)
    row = await _get(session, ctx, source_id)
    _refuse_own(row)
    await take_version(session, row, version)
    if row.revoked_at is not None:
        raise SourceRevoked(name=row.name)
    row.write_key = new_write_key(ctx.tenant_id)
    await session.flush()
    await _tell(session, ctx, row)
    await audit.record(session, ctx, AuditVerb.SOURCE_ROTATED, _target(row))
    return _shape(row)


async def revoke_source(session: AsyncSession, ctx: Context, source_id: UUID) -> Source:
    """The write key stops working within seconds; the events stay. Revoking twice is once."""
    ctx.require(Permission.SOURCES_MANAGE)
    row = await _get(session, ctx, source_id)
    _refuse_own(row)
    await session.refresh(row, with_for_update=True)
    if row.revoked_at is None:
        row.revoked_at, row.version = now(), row.version + 1
        await session.flush()
        await _tell(session, ctx, row)
        await events.publish(session, ctx, SourceRevokedEvent(tenant_id=ctx.tenant_id, entity_id=row.id, name=row.name))
        await audit.record(session, ctx, AuditVerb.SOURCE_REVOKED, _target(row))
    return _shape(row)


async def _insert(session: AsyncSession, ctx: Context, draft: SourceDraft) -> SourceRow | None:
    """The new row; None when a live source has the name (the unique index decides, not a look beforehand)."""
    row = SourceRow(tenant_id=ctx.tenant_id, write_key=new_write_key(ctx.tenant_id), **draft.model_dump())
    values = row.model_dump()
    statement = insert(SourceRow).values(values).on_conflict_do_nothing().returning(_COLUMNS.id)
    return row if await session.scalar(statement) else None


async def _announce(session: AsyncSession, ctx: Context, row: SourceRow) -> Source:
    await live.changed(session, live.topic(ctx.tenant_id, "analytics"))
    await events.publish(session, ctx, SourceCreated(tenant_id=ctx.tenant_id, entity_id=row.id, name=row.name))
    after = {"name": row.name, "kind": row.kind}
    await audit.record(session, ctx, AuditVerb.SOURCE_CREATED, _target(row), after=after)
    return _shape(row)


async def _tell(session: AsyncSession, ctx: Context, row: SourceRow) -> None:
    await live.changed(session, "credentials")
    await live.changed(session, live.topic(ctx.tenant_id, "analytics"))


async def _get(session: AsyncSession, ctx: Context, source_id: UUID) -> SourceRow:
    row = await session.get(SourceRow, (ctx.tenant_id, source_id))
    if row is None:
        raise NotFound(kind="source", id=str(source_id))
    return row


def _refuse_own(row: SourceRow) -> None:
    if row.kind == SourceKind.PLATFORM:
        raise SourceOwn(name=row.name)


def _refuse_read_only(ctx: Context) -> None:
    if ctx.read_only:
        raise ReadOnly


def _target(row: SourceRow) -> Target:
    return Target(kind="source", id=row.id, name=row.name)


def _shape(row: SourceRow) -> Source:
    return Source.model_validate(row.model_dump(include=set(Source.model_fields)))
