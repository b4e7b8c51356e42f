"""Results of an experiment: measured here, frozen at its decision, or submitted as sums of a test from elsewhere."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import cache
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import FieldProblem, Invalid, ReadOnly
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..errors import ExperimentNotFound, MetricsMissing
from ..metric_schemas import Definition
from ..models import ExperimentRow, ExternalResultsRow
from ..queries import evidence
from ..queries import results as queries
from ..result_schemas import ExternalDraft, ExternalList, ExternalResults, MetricGiven, Results, SegmentResults
from ..rules import results as rules
from ..rules.aggregating import given, problems_of
from ..rules.results import Arm, Input
from ..rules.stats.failures import Reason
from ..vocabulary import Dimension, EvidenceKind, Origin
from .measuring import measure, measure_segments, question_of, uses_of

FRESH_SECONDS = 30
"""How long results are shown again without reading the events again; `as_of` says how old they are."""


async def get_results(session: AsyncSession, ctx: Context, experiment_id: UUID) -> Results:
    """Of a decided experiment the frozen ones, else as measured now. Raises ExperimentNotFound, MetricsMissing."""
    ctx.require(Permission.EXPERIMENTS_READ)
    row = await experiment_of(session, experiment_id)
    if row.decision and row.decision.get("results"):
        return Results.model_validate(row.decision["results"]).model_copy(update={"frozen": True})

    async def make() -> object:
        return (await measure(session, ctx, row)).model_dump(mode="json")

    key = f"experiments.results:{row.id}:{row.version}:{ctx.zone}"
    return Results.model_validate(await cache.get_or_make(ctx.tenant_id, key, FRESH_SECONDS, make))


async def get_segments(
    session: AsyncSession, ctx: Context, experiment_id: UUID, dimension: Dimension
) -> SegmentResults:
    """By one dimension: frozen at the decision, else as measured now. Raises ExperimentNotFound, MetricsMissing."""
    ctx.require(Permission.EXPERIMENTS_READ)
    row = await experiment_of(session, experiment_id)
    if row.decision and (kept := await evidence.find(session, row.id, EvidenceKind.SEGMENTS, dimension.value)):
        return SegmentResults.model_validate(kept)

    async def make() -> object:
        return (await measure_segments(session, ctx, row, dimension)).model_dump(mode="json")

    key = f"experiments.segments:{row.id}:{row.version}:{dimension.value}"
    return SegmentResults.model_validate(await cache.get_or_make(ctx.tenant_id, key, FRESH_SECONDS, make))


async def submit_results(
    session: AsyncSession, ctx: Context, experiment_id: UUID, draft: ExternalDraft
) -> ExternalResults:
    """Analyse sums of a test that ran elsewhere by this experiment's rules, and keep them apart from what is measured.

    Raises ExperimentNotFound, MetricsMissing, Invalid with every problem at once.
    """
    ctx.require(Permission.EXPERIMENTS_UPDATE)
    ctx.require_feature(Feature.EXPERIMENTS)
    if ctx.read_only:
        raise ReadOnly
    row = await experiment_of(session, experiment_id)
    made = await _analysed(session, row, draft)
    kept = ExternalResultsRow(
        tenant_id=ctx.tenant_id, experiment_id=row.id, source=draft.source, submitted=draft.model_dump(mode="json"),
        results=made.model_dump(mode="json"), created_at=made.as_of,
    )  # fmt: skip
    session.add(kept)
    await session.flush()
    target = Target(kind="experiment", id=row.id, name=row.name)
    await audit.record(session, ctx, AuditVerb.EXPERIMENT_RESULTS_SUBMITTED, target, after={"source": draft.source})
    return ExternalResults(id=kept.id, created_at=kept.created_at, results=made)


async def list_external_results(session: AsyncSession, ctx: Context, experiment_id: UUID) -> ExternalList:
    """What was submitted, newest first. Raises ExperimentNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    row = await experiment_of(session, experiment_id)
    kept = await queries.external(session, row.id)
    items = [ExternalResults(id=k.id, created_at=k.created_at, results=Results.model_validate(k.results)) for k in kept]
    return ExternalList(items=items)


async def experiment_of(session: AsyncSession, experiment_id: UUID) -> ExperimentRow:
    """Its row. Raises ExperimentNotFound."""
    row = await queries.find_experiment(session, experiment_id)
    if row is None:
        raise ExperimentNotFound
    return row


async def _analysed(session: AsyncSession, row: ExperimentRow, draft: ExternalDraft) -> Results:
    uses = {use.metric_id: (use, told) for use, told in await uses_of(session, row)}
    if not uses:
        raise MetricsMissing
    question = question_of(row)
    keys = [v.key for v in question.variants]
    definitions = {metric_id: told[3] for metric_id, (_, told) in uses.items()}
    if problems := _problems(draft, keys, definitions, question.control):
        raise Invalid(problems)
    inputs = []
    for metric in draft.metrics:
        use, (key, name, version, definition) = uses[metric.metric_id]
        arms = {k: Arm(0, failure=Reason.TOO_FEW_UNITS) for k in keys}
        arms |= {a.variant: Arm(a.units, given(definition, a)) for a in metric.arms}
        inputs.append(Input(metric.metric_id, key, name, use.role, definition, version, arms))
    inputs.sort(key=lambda i: list(uses).index(i.id))
    return _results(row, draft, inputs)


def _problems(
    draft: ExternalDraft, keys: list[str], definitions: dict[UUID, Definition], control: str
) -> list[FieldProblem]:
    found = []
    seen: set[UUID] = set()
    for number, metric in enumerate(draft.metrics):
        where = f"metrics.{number}"
        if metric.metric_id not in definitions:
            found.append(FieldProblem(f"{where}.metric_id", "results_metric_unknown"))
            continue
        if metric.metric_id in seen:
            found.append(FieldProblem(f"{where}.metric_id", "results_twice"))
        seen.add(metric.metric_id)
        found += _arm_problems(metric, where, keys, definitions[metric.metric_id], control)
    return found


def _arm_problems(
    metric: MetricGiven, where: str, keys: list[str], definition: Definition, control: str
) -> list[FieldProblem]:
    found, names = [], [arm.variant for arm in metric.arms]
    for number, arm in enumerate(metric.arms):
        at = f"{where}.arms.{number}"
        if arm.variant not in keys:
            found.append(FieldProblem(f"{at}.variant", "results_variant_unknown", {"allowed": ", ".join(keys)}))
        if names.index(arm.variant) != number:
            found.append(FieldProblem(f"{at}.variant", "results_twice"))
        found += problems_of(definition, arm, at)
    if control not in names:
        found.append(FieldProblem(f"{where}.arms", "results_control_missing", {"control": control}))
    return found


def _results(row: ExperimentRow, draft: ExternalDraft, inputs: list[Input]) -> Results:
    question = question_of(row)
    s, at = question.settings, now()
    found = rules.analysed(question, inputs)
    # Metrics of one test may cover some of its units only; the split is that of the one with the most.
    largest = max(inputs, key=lambda i: sum(arm.units for arm in i.arms.values()))
    units = {key: arm.units for key, arm in largest.arms.items()}
    split = rules.split(question, units, any_time=False)
    days = rules.running_days(draft.started_at, draft.ended_at or at)
    return Results(
        experiment_id=row.id, plan_version=row.plan_version, origin=Origin.EXTERNAL, source=draft.source, as_of=at,
        started_at=draft.started_at, ended_at=draft.ended_at, control=question.control, alpha=s.alpha,
        correction=s.correction, inference=s.inference, monitoring=s.monitoring, cuped=False,
        planned_units=question.planned, units=rules.unit_counts(question, units, {}), split=split,
        metrics=[rules.outcome(question, i, r) for i, r in zip(inputs, found, strict=True)],
        advice=rules.advise(question, inputs, found, split, days),
    )  # fmt: skip
