"""Layers, whose experiments exclude each other, and hold-outs, whose units see no experiment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from secrets import token_hex
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid, NotFound
from enterprise_app.core.paging import Listing, ListQuery, Page
from enterprise_app.core.sorting import sort_key
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..errors import HoldoutNotFound, LayerArchivedError, LayerInUse, LayerNotArchived, LayerNotFound
from ..flag_schemas import Holdout, HoldoutChange, HoldoutDraft, Layer, LayerChange, LayerDraft
from ..models import HoldoutRow, LayerRow
from ..queries import flags as queries
from ..vocabulary import LayerAction
from .shared import announce, check_writable

R = TypeVar("R", LayerRow, HoldoutRow)
S = TypeVar("S", Layer, Holdout)


@dataclass(frozen=True, slots=True)
class _Kind(Generic[R, S]):
    """What sets the two apart; everything else is done alike."""

    model: type[R]
    name: str
    missing: type[NotFound]
    listing: Listing
    shown: Callable[[R], S]
    created: AuditVerb
    updated: AuditVerb
    acted: Mapping[LayerAction, AuditVerb]


_LAYER = _Kind(
    LayerRow, queries.LAYER_KIND, LayerNotFound, queries.LAYERS, queries.to_layer,
    AuditVerb.LAYER_CREATED, AuditVerb.LAYER_UPDATED,
    {LayerAction.ARCHIVE: AuditVerb.LAYER_ARCHIVED, LayerAction.RESTORE: AuditVerb.LAYER_RESTORED},
)  # fmt: skip
_HOLDOUT = _Kind(
    HoldoutRow, queries.HOLDOUT_KIND, HoldoutNotFound, queries.HOLDOUTS, queries.to_holdout,
    AuditVerb.HOLDOUT_CREATED, AuditVerb.HOLDOUT_UPDATED,
    {LayerAction.ARCHIVE: AuditVerb.HOLDOUT_ARCHIVED, LayerAction.RESTORE: AuditVerb.HOLDOUT_RESTORED},
)  # fmt: skip


async def create_layer(session: AsyncSession, ctx: Context, draft: LayerDraft) -> Layer:
    """A new layer. Raises Invalid when the key is taken, FeatureMissing, ReadOnly."""
    ctx.require(Permission.EXPERIMENTS_CREATE)
    return await _create(session, ctx, _LAYER, draft.model_dump())


async def get_layer(session: AsyncSession, ctx: Context, layer_id: UUID) -> Layer:
    """One layer, archived or not. Raises LayerNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    return _LAYER.shown(await _found(session, _LAYER, layer_id))


async def list_layers(session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False) -> Page[Layer]:
    """A page; archived ones only where a filter on `archived` asks for them."""
    ctx.require(Permission.EXPERIMENTS_READ)
    return await _list(session, _LAYER, query, count=count)


async def update_layer(
    session: AsyncSession, ctx: Context, layer_id: UUID, expected_version: int, change: LayerChange
) -> Layer:
    """Change the given fields. Raises LayerNotFound, VersionConflict, LayerArchivedError, ReadOnly."""
    ctx.require(Permission.EXPERIMENTS_UPDATE)
    return await _update(session, ctx, _LAYER, layer_id, expected_version, change)


async def act_on_layer(
    session: AsyncSession, ctx: Context, layer_id: UUID, action: LayerAction, expected_version: int | None = None
) -> Layer:
    """Archive it, unless experiments run in it, or restore it. Raises LayerNotFound, LayerInUse, Conflict."""
    ctx.require(Permission.EXPERIMENTS_RUN)
    check_writable(ctx, feature=action is LayerAction.RESTORE)
    row = await _found(session, _LAYER, layer_id, lock=True)
    if action is LayerAction.ARCHIVE and await queries.experiments_by_layer(session, row.id):
        raise LayerInUse
    return await _act(session, ctx, _LAYER, row, action, expected_version)


async def create_holdout(session: AsyncSession, ctx: Context, draft: HoldoutDraft) -> Holdout:
    """A new hold-out: from now on its units see no experiment that leaves hold-outs out. Raises Invalid, ReadOnly."""
    ctx.require(Permission.EXPERIMENTS_RUN)
    return await _create(session, ctx, _HOLDOUT, draft.model_dump() | {"share": Decimal(str(draft.share))})


async def get_holdout(session: AsyncSession, ctx: Context, holdout_id: UUID) -> Holdout:
    """One hold-out, archived or not. Raises HoldoutNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    return _HOLDOUT.shown(await _found(session, _HOLDOUT, holdout_id))


async def list_holdouts(session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False) -> Page[Holdout]:
    """A page; archived ones only where a filter on `archived` asks for them."""
    ctx.require(Permission.EXPERIMENTS_READ)
    return await _list(session, _HOLDOUT, query, count=count)


async def update_holdout(
    session: AsyncSession, ctx: Context, holdout_id: UUID, expected_version: int, change: HoldoutChange
) -> Holdout:
    """Change the given fields; the share is not among them. Raises as `update_layer` does."""
    ctx.require(Permission.EXPERIMENTS_RUN)
    return await _update(session, ctx, _HOLDOUT, holdout_id, expected_version, change)


async def act_on_holdout(
    session: AsyncSession, ctx: Context, holdout_id: UUID, action: LayerAction, expected_version: int | None = None
) -> Holdout:
    """Archive it, so that its units see experiments again, or restore it. Raises HoldoutNotFound, Conflict."""
    ctx.require(Permission.EXPERIMENTS_RUN)
    check_writable(ctx, feature=action is LayerAction.RESTORE)
    row = await _found(session, _HOLDOUT, holdout_id, lock=True)
    return await _act(session, ctx, _HOLDOUT, row, action, expected_version)


async def _found(session: AsyncSession, kind: _Kind[R, Any], row_id: UUID, *, lock: bool = False) -> R:
    row = await queries.find_row(session, kind.model, row_id, lock=lock)
    if row is None:
        raise kind.missing
    return row


async def _list(session: AsyncSession, kind: _Kind[Any, S], query: ListQuery, *, count: bool) -> Page[S]:
    everything, not_archived = queries.SELECTS[kind.model]
    select = everything if query.names("archived") else not_archived
    page = await kind.listing.page(session, select, query, count=count)
    return Page([kind.shown(row) for row in page.items], page.next_cursor, page.total)


async def _create(session: AsyncSession, ctx: Context, kind: _Kind[Any, S], values: dict[str, Any]) -> S:
    check_writable(ctx)
    row = kind.model(tenant_id=ctx.tenant_id, seed=token_hex(8), **_columns(values))
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        if "_key" not in str(error.orig):
            raise
        raise Invalid.of("key", "experiment_key_taken", key=row.key) from None
    await _tell(session, ctx, kind, row, kind.created, None, {"key": row.key, "name": row.name})
    return kind.shown(row)


async def _update(
    session: AsyncSession, ctx: Context, kind: _Kind[Any, S], row_id: UUID, expected_version: int, change: LayerChange
) -> S:
    check_writable(ctx)
    row = await _found(session, kind, row_id, lock=True)
    if row.archived_at is not None:
        raise LayerArchivedError
    await take_version(session, row, expected_version)
    changed = {n: v for n, v in _columns(change.changes()).items() if getattr(row, n) != v}
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    await session.flush()
    if changed:
        await _tell(session, ctx, kind, row, kind.updated, before, changed)
    return kind.shown(row)


async def _act(
    session: AsyncSession, ctx: Context, kind: _Kind[R, S], row: R, action: LayerAction, expected_version: int | None
) -> S:
    if (row.archived_at is None) is not (action is LayerAction.ARCHIVE):
        raise LayerArchivedError if row.archived_at else LayerNotArchived
    await take_version(session, row, expected_version)
    row.archived_at = now() if action is LayerAction.ARCHIVE else None
    await session.flush()
    await _tell(session, ctx, kind, row, kind.acted[action], None, {"key": row.key})
    return kind.shown(row)


async def _tell(
    session: AsyncSession,
    ctx: Context,
    kind: _Kind[R, Any],
    row: R,
    verb: AuditVerb,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    await announce(session, ctx)
    target = Target(kind=kind.name, id=row.id, name=row.name)
    shown = [values and {n: v for n, v in values.items() if n != "name_key"} for values in (before, after)]
    await audit.record(session, ctx, verb, target, before=shown[0], after=shown[1])


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    return values | ({"name_key": sort_key(values["name"])} if "name" in values else {})
