"""Metrics: defined once, used by many experiments. Each definition that a metric ever had is kept, and an experiment
is analysed by the one that was in force when its plan was frozen."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Conflict, Invalid, ReadOnly
from enterprise_app.core.paging import ListQuery, Page
from enterprise_app.core.sorting import sort_key
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..errors import MetricArchived, MetricNotFound, metric_key_taken
from ..metric_schemas import Definition, Metric, MetricChange, MetricDraft
from ..models import MetricRow
from ..queries import metrics as queries
from ..rules.metrics import problems
from ..vocabulary import MetricAction

AREA = "metrics"
KIND = "metric"


async def create_metric(session: AsyncSession, ctx: Context, draft: MetricDraft) -> Metric:
    """A new metric. Raises Invalid, FeatureMissing."""
    ctx.require(Permission.METRICS_MANAGE)
    _check_writable(ctx)
    _check(draft.definition)
    if await queries.is_key_taken(session, draft.key):
        raise metric_key_taken(draft.key)
    at = now()
    row = MetricRow(
        tenant_id=ctx.tenant_id, key=draft.key, name=draft.name, name_key=sort_key(draft.name),
        description=draft.description, created_at=at, **_columns(draft.definition),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await queries.add_version(session, row, 1, at)
    after = {"key": row.key, "name": row.name, "definition": row.definition}
    return await _done(session, ctx, row, AuditVerb.METRIC_CREATED, None, after)


async def update_metric(
    session: AsyncSession, ctx: Context, metric_id: UUID, expected_version: int, change: MetricChange
) -> Metric:
    """Change the given fields. Experiments that were started keep the definition that they were started with.

    Raises MetricNotFound, VersionConflict, MetricArchived, Invalid.
    """
    ctx.require(Permission.METRICS_MANAGE)
    _check_writable(ctx)
    row = await _locked(session, metric_id)
    if row.archived_at is not None:
        raise MetricArchived
    await take_version(session, row, expected_version)
    given = change.changes()
    definition: Definition | None = given.pop("definition", None)
    if definition is not None:
        _check(definition)
        given |= _columns(definition)
    if "name" in given:
        given["name_key"] = sort_key(given["name"])
    changed = {name: value for name, value in given.items() if getattr(row, name) != value}
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    await session.flush()
    if "definition" in changed:
        await queries.add_version(session, row, await queries.last_number(session, row.id) + 1, now())
    return await _done(session, ctx, row, AuditVerb.METRIC_UPDATED, before, changed)


async def act_on_metric(
    session: AsyncSession, ctx: Context, metric_id: UUID, action: MetricAction, *, expected_version: int | None = None
) -> Metric:
    """Archive it, so that no new experiment takes it, or restore it. Raises MetricNotFound, Conflict."""
    ctx.require(Permission.METRICS_MANAGE)
    _check_writable(ctx)
    row = await _locked(session, metric_id)
    if (row.archived_at is None) != (action is MetricAction.ARCHIVE):
        raise MetricArchived if row.archived_at else Conflict("metric_not_archived")
    await take_version(session, row, expected_version)
    row.archived_at = now() if action is MetricAction.ARCHIVE else None
    await session.flush()
    verb = AuditVerb.METRIC_ARCHIVED if action is MetricAction.ARCHIVE else AuditVerb.METRIC_RESTORED
    return await _done(session, ctx, row, verb, None, {"key": row.key})


async def get_metric(session: AsyncSession, ctx: Context, metric_id: UUID) -> Metric:
    """One metric, archived or not. Raises MetricNotFound."""
    ctx.require(Permission.METRICS_READ)
    found = await queries.find(session, metric_id)
    if found is None:
        raise MetricNotFound
    return found


async def list_metrics(session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False) -> Page[Metric]:
    """A page; archived ones only where a filter on `archived` asks for them."""
    ctx.require(Permission.METRICS_READ)
    everything = query.names("archived")
    select = queries.ALL if everything else queries.NOT_ARCHIVED
    page = await queries.METRICS.page(session, select, query, count=count)
    return Page([queries.from_values(row) for row in page.items], page.next_cursor, page.total)


async def known_metrics(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the ids that an experiment may take: metrics of the tenant that are not archived."""
    return await queries.known(session, ids)


async def _locked(session: AsyncSession, metric_id: UUID) -> MetricRow:
    row = await queries.lock(session, metric_id)
    if row is None:
        raise MetricNotFound
    return row


def _check_writable(ctx: Context) -> None:
    ctx.require_feature(Feature.EXPERIMENTS)
    if ctx.read_only:
        raise ReadOnly


def _check(definition: Definition) -> None:
    if found := problems(definition):
        raise Invalid(found)


def _columns(definition: Definition) -> dict[str, Any]:
    return {
        "kind": definition.kind.value,
        "direction": definition.direction.value,
        "definition": definition.model_dump(mode="json"),
    }


async def _done(
    session: AsyncSession, ctx: Context, row: MetricRow, verb: AuditVerb, before: Any, after: dict[str, Any]
) -> Metric:
    if after:
        await live.changed(session, live.topic(ctx.tenant_id, AREA))
        target = Target(kind=KIND, id=row.id, name=row.name)
        await audit.record(session, ctx, verb, target, before=_audited(before), after=_audited(after))
    found = await queries.find(session, row.id)
    assert found is not None, "its row is locked"
    return found


def _audited(values: dict[str, Any] | None) -> dict[str, Any] | None:
    return values and {name: value for name, value in values.items() if name not in ("name_key", "kind", "direction")}
