"""Layers, whose experiments exclude each other, and hold-outs, whose units see no experiment."""

from collections.abc import Mapping
from decimal import Decimal
from secrets import token_hex
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid, NotFound
from enterprise_app.core.paging import ListQuery, Page
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
_KINDS: dict[type[Any], tuple[str, type[NotFound]]] = {
    LayerRow: (queries.LAYER_KIND, LayerNotFound),
    HoldoutRow: (queries.HOLDOUT_KIND, HoldoutNotFound),
}


async def create_layer(session: AsyncSession, ctx: Context, draft: LayerDraft) -> Layer:
    """A new layer. Raises Invalid when the key is taken, FeatureMissing, ReadOnly."""
    ctx.require(Permission.EXPERIMENTS_CREATE)
    check_writable(ctx)
    row = LayerRow(tenant_id=ctx.tenant_id, seed=token_hex(8), **_columns(draft.model_dump()))
    return queries.to_layer(await _insert(session, ctx, row, AuditVerb.LAYER_CREATED))


async def get_layer(session: AsyncSession, ctx: Context, layer_id: UUID) -> Layer:
    """One layer, archived or not. Raises LayerNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    return queries.to_layer(await _found(session, LayerRow, layer_id))


async def list_layers(session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False) -> Page[Layer]:
    """A page; archived ones only where a filter on `archived` asks for them."""
    ctx.require(Permission.EXPERIMENTS_READ)
    page = await queries.LAYERS.page(session, _select(LayerRow, query), query, count=count)
    return Page([queries.to_layer(row) for row in page.items], page.next_cursor, page.total)


async def update_layer(
    session: AsyncSession, ctx: Context, layer_id: UUID, expected_version: int, change: LayerChange
) -> Layer:
    """Change the given fields. Raises LayerNotFound, VersionConflict, LayerArchivedError, ReadOnly."""
    ctx.require(Permission.EXPERIMENTS_UPDATE)
    check_writable(ctx)
    row = await _change(session, ctx, LayerRow, layer_id, expected_version, change, AuditVerb.LAYER_UPDATED)
    return queries.to_layer(row)


async def act_on_layer(
    session: AsyncSession, ctx: Context, layer_id: UUID, action: LayerAction, expected_version: int | None = None
) -> Layer:
    """Archive it, unless experiments run in it, or restore it. Raises LayerNotFound, LayerInUse, Conflict."""
    ctx.require(Permission.EXPERIMENTS_RUN)
    check_writable(ctx, feature=action is LayerAction.RESTORE)
    row = await _found(session, LayerRow, layer_id, lock=True)
    if action is LayerAction.ARCHIVE and await queries.experiments_by_layer(session, row.id):
        raise LayerInUse
    verbs = {LayerAction.ARCHIVE: AuditVerb.LAYER_ARCHIVED, LayerAction.RESTORE: AuditVerb.LAYER_RESTORED}
    return queries.to_layer(await _act(session, ctx, row, action, expected_version, verbs[action]))


async def create_holdout(session: AsyncSession, ctx: Context, draft: HoldoutDraft) -> Holdout:
    """A new hold-out: from now on its units see no experiment that leaves hold-outs out. Raises Invalid, ReadOnly."""
    ctx.require(Permission.EXPERIMENTS_RUN)
    check_writable(ctx)
    values = _columns(draft.model_dump() | {"share": Decimal(str(draft.share))})
    row = HoldoutRow(tenant_id=ctx.tenant_id, seed=token_hex(8), **values)
    return queries.to_holdout(await _insert(session, ctx, row, AuditVerb.HOLDOUT_CREATED))


async def get_holdout(session: AsyncSession, ctx: Context, holdout_id: UUID) -> Holdout:
    """One hold-out, archived or not. Raises HoldoutNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    return queries.to_holdout(await _found(session, HoldoutRow, holdout_id))


async def list_holdouts(session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False) -> Page[Holdout]:
    """A page; archived ones only where a filter on `archived` asks for them."""
    ctx.require(Permission.EXPERIMENTS_READ)
    page = await queries.HOLDOUTS.page(session, _select(HoldoutRow, query), query, count=count)
    return Page([queries.to_holdout(row) for row in page.items], page.next_cursor, page.total)


async def update_holdout(
    session: AsyncSession, ctx: Context, holdout_id: UUID, expected_version: int, change: HoldoutChange
) -> Holdout:
    """Change the given fields; the share is not among them. Raises as `update_layer` does."""
    ctx.require(Permission.EXPERIMENTS_RUN)
    check_writable(ctx)
    row = await _change(session, ctx, HoldoutRow, holdout_id, expected_version, change, AuditVerb.HOLDOUT_UPDATED)
    return queries.to_holdout(row)


async def act_on_holdout(
    session: AsyncSession, ctx: Context, holdout_id: UUID, action: LayerAction, expected_version: int | None = None
) -> Holdout:
    """Archive it, so that its units see experiments again, or restore it. Raises HoldoutNotFound, Conflict."""
    ctx.require(Permission.EXPERIMENTS_RUN)
    check_writable(ctx, feature=action is LayerAction.RESTORE)
    row = await _found(session, HoldoutRow, holdout_id, lock=True)
    verbs = {LayerAction.ARCHIVE: AuditVerb.HOLDOUT_ARCHIVED, LayerAction.RESTORE: AuditVerb.HOLDOUT_RESTORED}
    return queries.to_holdout(await _act(session, ctx, row, action, expected_version, verbs[action]))


def _select(model: type[Any], query: ListQuery) -> Any:
    everything, not_archived = queries.SELECTS[model]
    return everything if any(wanted.field == "archived" for wanted in query.filters) else not_archived


async def _found(session: AsyncSession, model: type[R], row_id: UUID, *, lock: bool = False) -> R:
    row = await queries.find_row(session, model, row_id, lock=lock)
    if row is None:
        raise _KINDS[model][1]
    return row


async def _insert(session: AsyncSession, ctx: Context, row: R, verb: AuditVerb) -> R:
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        if "_key" not in str(error.orig):
            raise
        raise Invalid.of("key", "experiment_key_taken", key=row.key) from None
    await _tell(session, ctx, row, verb, None, {"key": row.key, "name": row.name})
    return row


async def _change(
    session: AsyncSession,
    ctx: Context,
    model: type[R],
    row_id: UUID,
    expected_version: int,
    change: LayerChange,
    verb: AuditVerb,
) -> R:
    row = await _found(session, model, row_id, lock=True)
    if row.archived_at is not None:
        raise LayerArchivedError
    await take_version(session, row, expected_version)
    changed = {n: v for n, v in _columns(change.changes()).items() if getattr(row, n) != v}
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    await session.flush()
    if changed:
        await _tell(session, ctx, row, verb, before, changed)
    return row


async def _act(
    session: AsyncSession, ctx: Context, row: R, action: LayerAction, expected_version: int | None, verb: AuditVerb
) -> R:
    if (row.archived_at is None) is not (action is LayerAction.ARCHIVE):
        raise LayerArchivedError if row.archived_at else LayerNotArchived
    await take_version(session, row, expected_version)
    row.archived_at = now() if action is LayerAction.ARCHIVE else None
    await session.flush()
    await _tell(session, ctx, row, verb, None, {"key": row.key})
    return row


async def _tell(
    session: AsyncSession,
    ctx: Context,
    row: LayerRow | HoldoutRow,
    verb: AuditVerb,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    await announce(session, ctx)
    target = Target(kind=_KINDS[type(row)][0], id=row.id, name=row.name)
    shown = [values and {n: v for n, v in values.items() if n != "name_key"} for values in (before, after)]
    await audit.record(session, ctx, verb, target, before=shown[0], after=shown[1])


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    return values | ({"name_key": sort_key(values["name"])} if "name" in values else {})
