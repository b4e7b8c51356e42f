"""An experiment's report as a file: every number there is as CSV, or pages to be read as PDF; in words, both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import pdf
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import LOCALES, negotiate, translate
from enterprise_app.core.vocabulary.permissions import Permission

from ..result_schemas import Results, SegmentResults
from ..rules.reporting import as_csv, lines
from ..schemas import Experiment
from ..vocabulary import ReportFormat
from .freezing import frozen_evidence
from .reading import get_experiment
from .report_figures import Figures
from .report_pages import named, names_of, pages
from .results import get_results
from .summarising import summarise
from .watching import get_looks

_MEDIA_TYPES = {ReportFormat.CSV: "text/csv; charset=utf-8", ReportFormat.PDF: "application/pdf"}


@dataclass(frozen=True, slots=True)
class Report:
    """A file to be kept. Pages are still to be set: `file` does, when no transaction waits for it."""

    file_name: str
    media_type: str
    content: str | pdf.Document

    async def file(self) -> bytes:
        """What is to be kept. Raises Unavailable when its pages take too long."""
        return self.content.encode() if isinstance(self.content, str) else await pdf.make_pdf(self.content)


async def report_experiment(
    session: AsyncSession, ctx: Context, experiment_id: UUID, form: ReportFormat, locale: str | None = None
) -> Report:
    """The results as they are shown: frozen after the decision. The words are in `locale`, by default the asker's.

    Raises ExperimentNotFound, MetricsMissing, Invalid for a language that we don't have.
    """
    ctx.require(Permission.EXPERIMENTS_READ)
    if locale is not None and locale not in LOCALES:
        raise Invalid.of("locale", "not_one_of", expected=", ".join(LOCALES))
    language = locale or negotiate(ctx.locale, "")
    experiment = await get_experiment(session, ctx, experiment_id)
    results = await get_results(session, ctx, experiment_id)
    segments, spread = await frozen_evidence(session, experiment_id)
    if form is ReportFormat.PDF:
        content = _pages(experiment, results, Figures(language, ctx.zone), segments)
    else:
        seen = await get_looks(session, ctx, experiment_id)
        told = told_of(experiment, results, {v.key: v.name for v in experiment.variants}, language)
        content = as_csv(lines(experiment, results, seen.items, told, segments, spread))
    return Report(f"{experiment.key}.{form.value}", _MEDIA_TYPES[form], content)


def _pages(
    experiment: Experiment, results: Results, figures: Figures, segments: Sequence[SegmentResults]
) -> pdf.Document:
    known = named(results)
    told = told_of(experiment, known, names_of(experiment), figures.locale)
    return pages(experiment, known, told, figures, segments)


def told_of(experiment: Experiment, results: Results, names: Mapping[str, str], language: str) -> list[str]:
    """The summary in sentences of the language."""
    decision = experiment.decision.model_dump(mode="json") if experiment.decision else None
    told = summarise(results, language, names=names, decision=decision)
    return [translate(language, key, **params) for key, params in told]
