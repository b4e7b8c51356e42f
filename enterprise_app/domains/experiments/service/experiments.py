"""Creating, changing and duplicating experiments; an edit while one runs makes a new version of its plan."""

from datetime import datetime
from decimal import Decimal
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.core.sorting import sort_key
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission

from ..errors import ExperimentFrozen, ExperimentNotFound, ExperimentSettled, key_taken
from ..events import ExperimentCreated, ExperimentReplanned, ExperimentUpdated
from ..models import ExperimentRow
from ..queries import experiments as queries
from ..rules import lifecycle
from ..rules.checking import default_variants, replan_problems, start_problems
from ..schemas import Experiment, ExperimentChange, ExperimentDraft, MetricUse, Missing, Readiness
from ..vocabulary import ExperimentState, MetricRole
from . import own_flags
from .checking import EVERYTHING, check_fields
from .shared import check_may_run, check_writable, facts, index, locked, member_of, tell

_COPIED = (
    "hypothesis", "campaign_id", "layer_id", "layer_share", "unit", "variants", "targeting", "coverage", "holdout",
    "primary_metric_id", "metrics", "settings",
)  # fmt: skip
_KEYS = ("experiments_key", "feature_flags_key")
_TRIES = 5


async def create_experiment(session: AsyncSession, ctx: Context, draft: ExperimentDraft) -> Experiment:
    """A new draft with a flag of the same key. Raises Invalid, FeatureMissing, ReadOnly."""
    ctx.require(Permission.EXPERIMENTS_CREATE)
    check_writable(ctx)
    values = _drafted(draft)
    await check_fields(session, ctx, queries.to_experiment(_draft(ctx, "", values)), EVERYTHING)
    return await _insert(session, ctx, values, draft.key, lifecycle.key_stem(draft.name))


async def check_experiment(session: AsyncSession, ctx: Context, draft: ExperimentDraft) -> Readiness:
    """Whether it could be created, and then started: every problem before anything is stored. Raises Invalid."""
    ctx.require(Permission.EXPERIMENTS_READ)
    if draft.key and draft.key in await queries.keys_like(session, draft.key):
        raise key_taken(draft.key)
    wanted = queries.to_experiment(_draft(ctx, "", _drafted(draft)))
    await check_fields(session, ctx, wanted, EVERYTHING)
    missing = [Missing(field=problem.field, code=problem.code) for problem in start_problems(wanted)]
    return Readiness(ready=not missing, missing=missing)


def _drafted(draft: ExperimentDraft) -> dict[str, Any]:
    """The columns of a draft."""
    given = {name: getattr(draft, name) for name in ExperimentChange.model_fields}
    given["variants"] = default_variants() if draft.variants is None else draft.variants
    return _columns(given)


async def duplicate_experiment(session: AsyncSession, ctx: Context, experiment_id: UUID) -> Experiment:
    """A draft with the same plan under a new name and key, drawn by another seed. Raises ExperimentNotFound."""
    ctx.require(Permission.EXPERIMENTS_CREATE)
    ctx.require(Permission.EXPERIMENTS_READ)
    check_writable(ctx)
    source = await queries.find_row(session, experiment_id)
    if source is None:
        raise ExperimentNotFound
    stem = lifecycle.name_stem(source.name)
    name = lifecycle.copy_name(source.name, await queries.names_like(session, stem))
    values = {column: getattr(source, column) for column in _COPIED}
    values |= {"name": name, "name_key": sort_key(name)}
    return await _insert(session, ctx, values, None, lifecycle.copied_key_stem(source.key), source)


async def update_experiment(
    session: AsyncSession, ctx: Context, experiment_id: UUID, expected_version: int, change: ExperimentChange
) -> Experiment:
    """Change the given fields. While it runs, variants, targeting, coverage, metrics and settings make a new version
    of its plan, which takes the right to run experiments too; units that saw a variant keep it.

    Raises ExperimentNotFound, VersionConflict, Invalid, ExperimentFrozen, ExperimentSettled, ReadOnly.
    """
    ctx.require(Permission.EXPERIMENTS_UPDATE)
    check_writable(ctx)
    row = await locked(session, experiment_id)
    if row.decision is not None:
        raise ExperimentSettled
    await take_version(session, row, expected_version)
    changed = {n: v for n, v in _columns(change.changes()).items() if getattr(row, n) != v}
    replanned = row.state == ExperimentState.RUNNING and bool(lifecycle.PLANNED & changed.keys())
    await _check_change(session, ctx, row, changed, replanned)
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    fields = tuple(sorted(changed.keys() - {"name_key", "primary_metric_id"}))
    if replanned:
        row.plan_version += 1
        at = await moment(session, row)
        await queries.add_version(session, row, at, at)
    await session.flush()
    if changed:
        await _after_update(session, ctx, row, before, changed, fields, replanned)
    return queries.to_experiment(row)


async def _check_change(
    session: AsyncSession, ctx: Context, row: ExperimentRow, changed: dict[str, Any], replanned: bool
) -> None:
    """Before anything is written. A plan is frozen only if it could be started so, but for a ramp down to nobody."""
    state = ExperimentState(row.state)
    if fields := lifecycle.frozen(state, changed.keys() - {"name_key", "primary_metric_id"}):
        raise ExperimentFrozen(fields=", ".join(fields), state=state.value)
    wanted = queries.with_changes(row, changed)
    if replanned:
        check_may_run(ctx)
        was = queries.to_experiment(row)
        if found := [*replan_problems(was.variants, wanted.variants), *start_problems(wanted, ramp=True)]:
            raise Invalid(found)
    await check_fields(session, ctx, wanted, changed.keys() & EVERYTHING)


async def moment(session: AsyncSession, row: ExperimentRow) -> datetime:
    """Now, but never before what happened to the experiment already."""
    planned = await queries.last_version_at(session, row.id)
    return lifecycle.not_before(now(), row.created_at, row.started_at, row.paused_at, row.stopped_at, planned)


async def _after_update(
    session: AsyncSession,
    ctx: Context,
    row: ExperimentRow,
    before: dict[str, Any],
    after: dict[str, Any],
    fields: tuple[str, ...],
    replanned: bool,
) -> None:
    if "name" in after:
        await index(session, ctx, row)
    await own_flags.follow(session, ctx, row, renamed="name" in after)
    if replanned:
        event = ExperimentReplanned(**facts(ctx, row), plan_version=row.plan_version, fields=fields)
        verb = AuditVerb.EXPERIMENT_REPLANNED
    else:
        event, verb = ExperimentUpdated(**facts(ctx, row), fields=fields), AuditVerb.EXPERIMENT_UPDATED
    await tell(session, ctx, row, event, verb, before, after)


async def _insert(
    session: AsyncSession,
    ctx: Context,
    values: dict[str, Any],
    key: str | None,
    stem: str,
    source: ExperimentRow | None = None,
) -> Experiment:
    row = await _store(session, ctx, values, key, stem)
    await index(session, ctx, row)
    copied = source.id if source else None
    after = {"key": row.key, "name": row.name} | ({"from": copied} if copied else {})
    verb = AuditVerb.EXPERIMENT_DUPLICATED if source else AuditVerb.EXPERIMENT_CREATED
    event = ExperimentCreated(**facts(ctx, row), duplicated_from=copied)
    await tell(session, ctx, row, event, verb, None, after)
    return queries.to_experiment(row)


async def _store(
    session: AsyncSession, ctx: Context, values: dict[str, Any], key: str | None, stem: str
) -> ExperimentRow:
    """Row and flag under the key, or under the first free one of the stem; somebody else may take it meanwhile."""
    for _ in range(_TRIES if key is None else 1):
        chosen = key or lifecycle.free_key(stem, await queries.keys_like(session, stem))
        row = _draft(ctx, chosen, values)
        try:
            async with session.begin_nested():
                session.add(row)
                await session.flush()
                flag = own_flags.new_flag(row)
                session.add(flag)
                await session.flush()
        except IntegrityError as error:
            if not any(name in str(error.orig) for name in _KEYS):
                raise
            continue
        await own_flags.index(session, ctx, flag)
        return row
    raise key_taken(key or stem)


def _draft(ctx: Context, key: str, values: dict[str, Any]) -> ExperimentRow:
    row_id, seed = new_id(), token_hex(8)
    state = ExperimentState.DRAFT.value
    return ExperimentRow(
        tenant_id=ctx.tenant_id, id=row_id, key=key, seed=seed, state=state, author_id=member_of(ctx), **values
    )


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a shape as columns: models as JSON, the name with its sort key, the primary metric by itself."""
    columns = dict(values)
    for name in ("variants", "targeting", "metrics"):
        if name in columns:
            columns[name] = [part.model_dump(mode="json") for part in columns[name]]
    if "settings" in columns:
        columns["settings"] = columns["settings"].model_dump(mode="json")
    for name in ("coverage", "layer_share"):
        if columns.get(name) is not None:
            columns[name] = Decimal(str(columns[name]))
    if "name" in columns:
        columns["name_key"] = sort_key(columns["name"])
    if "metrics" in values:
        columns["primary_metric_id"] = _primary(values["metrics"])
    return columns


def _primary(uses: list[MetricUse]) -> UUID | None:
    return next((use.metric_id for use in uses if use.role is MetricRole.PRIMARY), None)
