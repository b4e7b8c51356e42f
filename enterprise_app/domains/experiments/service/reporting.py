"""An experiment's report as a file: every number there is, and what may be said of them in words."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission

from ..rules.reporting import as_csv, lines
from ..vocabulary import ReportFormat
from .reading import get_experiment
from .results import get_results
from .summarising import summarise
from .watching import get_looks

_MEDIA_TYPES = {ReportFormat.CSV: "text/csv; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Report:
    """A file to be kept."""

    file_name: str
    media_type: str
    content: str


async def report_experiment(
    session: AsyncSession, ctx: Context, experiment_id: UUID, form: ReportFormat, locale: str | None = None
) -> Report:
    """The results as they are shown: frozen after the decision. The words are in `locale`, by default the asker's.

    Raises ExperimentNotFound, MetricsMissing.
    """
    ctx.require(Permission.EXPERIMENTS_READ)
    language = locale or ctx.locale
    experiment = await get_experiment(session, ctx, experiment_id)
    results = await get_results(session, ctx, experiment_id)
    seen = await get_looks(session, ctx, experiment_id)
    decision = experiment.decision.model_dump(mode="json") if experiment.decision else None
    told = summarise(results, language, names={v.key: v.name for v in experiment.variants}, decision=decision)
    words = [translate(language, key, **params) for key, params in told]
    content = as_csv(lines(experiment, results, seen.items, words))
    return Report(f"{experiment.key}.{form.value}", _MEDIA_TYPES[form], content)
