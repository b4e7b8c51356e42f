"""How a metric's values are spread over the units of an experiment."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import cache
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.permissions import Permission

from ..errors import DistributionUnfit, MetricNotFound
from ..models import ExperimentRow
from ..queries import evidence, spreading
from ..result_schemas import Distribution
from ..rules.spreading import bins, spread_arms
from ..vocabulary import EvidenceKind, MetricKind
from .measuring import Work
from .results import FRESH_SECONDS, experiment_of

SPREAD = (MetricKind.MEAN, MetricKind.REVENUE, MetricKind.PERCENTILE)


async def get_distribution(session: AsyncSession, ctx: Context, experiment_id: UUID, metric_id: UUID) -> Distribution:
    """A histogram of the units' values for each variant, before anything is capped: as frozen at the decision, else
    as measured now.

    Raises ExperimentNotFound, MetricsMissing, MetricNotFound (not one of the experiment's), DistributionUnfit.
    """
    ctx.require(Permission.EXPERIMENTS_READ)
    row = await experiment_of(session, experiment_id)
    if row.decision and (kept := await evidence.find(session, row.id, EvidenceKind.DISTRIBUTION, str(metric_id))):
        return Distribution.model_validate(kept)

    async def make() -> object:
        return (await measure_distribution(session, ctx, row, metric_id)).model_dump(mode="json")

    key = f"experiments.distribution:{row.id}:{row.version}:{metric_id}"
    return Distribution.model_validate(await cache.get_or_make(ctx.tenant_id, key, FRESH_SECONDS, make))


async def measure_distribution(
    session: AsyncSession, ctx: Context, row: ExperimentRow, metric_id: UUID
) -> Distribution:
    """From the events as they are. A part of use cases: nobody's right is checked. Raises as `get_distribution`."""
    work = await Work.begin(session, ctx, row, now())
    number = next((n for n, (use, _) in enumerate(work.uses) if use.metric_id == metric_id), None)
    if number is None:
        raise MetricNotFound
    _, (key, name, _, definition) = work.uses[number]
    if definition.kind not in SPREAD:
        raise DistributionUnfit(kind=definition.kind.value)
    counted = await spreading.spread(session, work.scope, work.measured[number]) if work.scope else []
    control = work.question.control
    variants = [control, *(v.key for v in work.question.variants if v.key != control)]
    return Distribution(
        experiment_id=row.id, metric_id=metric_id, key=key, name=name, kind=definition.kind,
        currency=definition.currency, as_of=work.as_of, cap=next((c.cap for c in counted), None),
        arms=spread_arms(variants, counted), bins=bins(variants, counted),
    )  # fmt: skip
