"""Uploading assets and new versions of them; variants that were generated come in the same way."""

import json
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.core.sorting import sort_key
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.files import service as files
from enterprise_app.domains.files.schemas import File, Stored

from ..errors import AssetUnchanged
from ..events import AssetCreated, AssetGenerated, AssetVersioned
from ..models import AssetRow, AssetVersionRow
from ..queries import assets as queries
from ..schemas import Asset
from ..vocabulary import AssetKind, AssetState
from .asset_contents import Prepared, prepare
from .asset_rows import (
    facts_of,
    get_row,
    get_shown,
    get_version_row,
    holder_of,
    index_asset,
    lock_changeable,
    lock_open_campaign,
    target_of,
)
from .editing import announce

MAX_GENERATOR = 16_000
_WRITE = Permission.ASSETS_MANAGE


async def add_asset(
    ctx: Context,
    campaign_id: UUID,
    content: AsyncIterable[bytes],
    *,
    name: str,
    announced: int | None = None,
    parent_id: UUID | None = None,
    generator: Mapping[str, Any] | None = None,
    seconds: float | None = None,
    settle: files.Settle | None = None,
) -> Any:
    """A new asset of the campaign, a draft. In transactions of its own: uploads are slow.

    `parent_id` is the asset of the same campaign that this is a variant of, `generator` (JSON) what made it and
    `seconds` how long that took. Returns the Asset, or what `settle` makes of it (see `files.receive`).
    Raises CampaignNotFound, CampaignArchivedError, ReadOnly, QuotaExceeded, TooLarge, Invalid (empty, unknown type,
    broken, unsafe, a parent that is none), Unavailable.
    """
    ctx.require(_WRITE)
    _check_generator(generator)
    prepared: Prepared | None = None

    async def look(session: AsyncSession) -> None:
        await lock_open_campaign(session, ctx, campaign_id)
        await _check_parent(session, campaign_id, parent_id)

    async def ready(stored: Stored) -> Stored:
        nonlocal prepared
        prepared = await prepare(ctx, stored, name)
        return prepared.stored

    async def keep(session: AsyncSession, stored: Stored) -> Asset:
        assert prepared is not None
        await look(session)
        asset_id = new_id()
        file = await files.attach(session, ctx, holder_of(asset_id, name), stored, name=name)
        row = AssetRow(
            tenant_id=ctx.tenant_id, id=asset_id, campaign_id=campaign_id, name=file.name,
            name_key=sort_key(file.name), kind=prepared.kind.value, parent_id=parent_id,
            generator=dict(generator) if generator is not None else None,
            created_by=ctx.actor.id, created_by_name=ctx.actor.name,
        )  # fmt: skip
        return await _insert(session, ctx, row, _version(ctx, row, prepared, file), seconds)

    return await files.receive(ctx, _WRITE, look, content, keep, announced=announced, prepare=ready, settle=settle)


async def create_variant(
    ctx: Context,
    parent_id: UUID,
    content: bytes,
    *,
    name: str,
    generator: Mapping[str, Any],
    seconds: float | None = None,
) -> Asset:
    """A generated variant of an asset, in the same campaign. Raises AssetNotFound and what `add_asset` raises."""
    ctx.require(_WRITE)
    async with tenant_session(ctx) as session:
        campaign_id = (await get_row(session, parent_id)).campaign_id
    return await add_asset(
        ctx, campaign_id, _pieces(content), name=name, announced=len(content), parent_id=parent_id,
        generator=generator, seconds=seconds,
    )  # fmt: skip


async def add_version(
    ctx: Context,
    asset_id: UUID,
    content: AsyncIterable[bytes],
    *,
    name: str = "",
    announced: int | None = None,
    settle: files.Settle | None = None,
) -> Any:
    """A new content for the asset, of the same kind; its review begins again. Older versions stay as they are.

    Raises AssetNotFound, AssetArchivedError, AssetUnchanged and what `add_asset` raises.
    """
    ctx.require(_WRITE)
    prepared: Prepared | None = None
    called = name

    async def look(session: AsyncSession) -> AssetRow:
        nonlocal called
        row = await lock_changeable(session, ctx, asset_id)
        called = name or row.name
        return row

    async def ready(stored: Stored) -> Stored:
        nonlocal prepared
        prepared = await prepare(ctx, stored, called)
        return prepared.stored

    async def keep(session: AsyncSession, stored: Stored) -> Asset:
        assert prepared is not None
        return await _add(session, ctx, await look(session), prepared, called)

    return await files.receive(ctx, _WRITE, look, content, keep, announced=announced, prepare=ready, settle=settle)


async def _add(session: AsyncSession, ctx: Context, row: AssetRow, prepared: Prepared, name: str) -> Asset:
    if prepared.kind.value != row.kind:
        raise Invalid.of("body", "asset_other_kind", kind=row.kind, given=prepared.kind.value)
    newest = await get_version_row(session, row.id)
    if newest.sha256 == prepared.stored.sha256:
        raise AssetUnchanged(number=row.number)
    file = await files.attach(session, ctx, holder_of(row.id, row.name), prepared.stored, name=name)
    row.number += 1
    row.version += 1
    session.add(_version(ctx, row, prepared, file))
    await session.flush()
    fact = AssetVersioned(**facts_of(row), content_type=prepared.content_type, size=file.size)
    await events.publish(session, ctx, fact)
    await announce(session, ctx, row.campaign_id)
    before = {"number": newest.number, "sha256": newest.sha256.hex(), "state": newest.state}
    await audit.record(
        session, ctx, AuditVerb.ASSET_UPDATED, target_of(row), before=before, after=_summary(row, prepared, file)
    )
    return await get_shown(session, row.id)


async def _insert(
    session: AsyncSession, ctx: Context, row: AssetRow, version: AssetVersionRow, seconds: float | None
) -> Asset:
    session.add(row)
    await session.flush()
    session.add(version)
    await session.flush()
    await index_asset(session, row)
    fact = AssetCreated(
        **facts_of(row), asset_kind=AssetKind(row.kind), content_type=version.content_type, size=version.size,
        parent_id=row.parent_id, generated=row.generator is not None, seconds=seconds,
    )  # fmt: skip
    await events.publish(session, ctx, fact)
    if row.generator is not None and row.parent_id is not None:
        generated = AssetGenerated(
            **facts_of(row), asset_kind=AssetKind(row.kind), content_type=version.content_type, size=version.size,
            parent_id=row.parent_id, made_by=str(row.generator.get("by", ""))[:100], seconds=seconds,
        )  # fmt: skip
        await events.publish(session, ctx, generated)
    await announce(session, ctx, row.campaign_id)
    after = {
        "campaign": str(row.campaign_id), "content_type": version.content_type, "size": version.size,
        "sha256": version.sha256.hex(), "parent": str(row.parent_id) if row.parent_id else None,
    }  # fmt: skip
    await audit.record(session, ctx, AuditVerb.ASSET_CREATED, target_of(row), after=after)
    return await get_shown(session, row.id)


def _version(ctx: Context, row: AssetRow, prepared: Prepared, file: File) -> AssetVersionRow:
    return AssetVersionRow(
        tenant_id=ctx.tenant_id, asset_id=row.id, number=row.number, file_id=file.id, file_name=file.name,
        content_type=prepared.content_type, size=file.size, sha256=prepared.stored.sha256, width=prepared.width,
        height=prepared.height, frames=prepared.frames, thumbnail=prepared.thumbnail, state=AssetState.DRAFT.value,
        created_by=ctx.actor.id, created_by_name=ctx.actor.name,
    )  # fmt: skip


def _summary(row: AssetRow, prepared: Prepared, file: File) -> dict[str, Any]:
    return {
        "number": row.number, "content_type": prepared.content_type, "size": file.size, "sha256": file.sha256,
        "state": AssetState.DRAFT.value,
    }  # fmt: skip


async def _check_parent(session: AsyncSession, campaign_id: UUID, parent_id: UUID | None) -> None:
    """A variant belongs to the campaign of its parent. Raises Invalid."""
    if parent_id is None:
        return
    parent = await queries.find_row(session, parent_id)
    if parent is None or parent.campaign_id != campaign_id or parent.archived_at is not None:
        raise Invalid.of("parent_id", "asset_parent")


def _check_generator(generator: Mapping[str, Any] | None) -> None:
    if generator is not None and len(json.dumps(dict(generator), allow_nan=False)) > MAX_GENERATOR:
        raise Invalid.of("generator", "asset_generator_large", max=MAX_GENERATOR)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
