"""The results of one experiment: what to do, how sure it is, every metric of every variant. The view is in the URL."""

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import MetricsMissing
from enterprise_app.domains.experiments.result_schemas import Results
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.vocabulary import ExperimentState
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments import results_shapes as shapes
from enterprise_app.web.pages.experiments.actions import ExperimentHeadState, key_in
from enterprise_app.web.pages.experiments.results_exposures import ExposuresState
from enterprise_app.web.pages.experiments.results_history import HistoryState
from enterprise_app.web.pages.experiments.results_metric import MetricDetailState
from enterprise_app.web.pages.experiments.results_shapes import MetricRow, Note, VerdictLine
from enterprise_app.web.pages.experiments.results_variants import VariantsState
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of
from enterprise_app.web.shell.urls import parameters

TABS = ("metrics", "exposures", "variants", "history")
PANELS = {
    "metrics": MetricDetailState,
    "exposures": ExposuresState,
    "variants": VariantsState,
    "history": HistoryState,
}
"""What a tab shows beside the overview."""
DRAFT, NO_METRICS, WAITING, READY = "draft", "no_metrics", "waiting", "ready"


class ResultsState(rx.State):
    """What stands over the tabs, and the table of metrics. `stage`: draft, no_metrics, waiting for units, ready."""

    loading: bool = True
    stage: str = ""
    tab: str = "metrics"
    headline: str = ""
    tone: str = "neutral"
    grounds: list[str] = []
    sentences: list[str] = []
    verdicts: list[VerdictLine] = []
    notes: list[Note] = []
    rows: list[MetricRow] = []
    axis_low: str = ""
    axis_high: str = ""
    bayesian: bool = False
    units: str = ""
    sample: str = ""
    progress: str = ""
    days: str = ""
    split: str = ""
    split_tone: str = "neutral"
    split_text: str = ""
    confidence: str = ""
    method: str = ""
    caption: str = ""
    as_of: str = ""
    frozen: str = ""
    decided: str = ""
    note: str = ""
    decidable: bool = False
    _words: str = ""

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> list[EventSpec]:
        """Show the experiment that the URL names in the view that it asks for; then what its tab needs."""
        key, asked = key_in(self.router.url.path), parameters(self)
        words = f"{key} {ctx.locale} {ctx.zone}"
        if words != self._words:
            self.reset()
        self._words = words
        self.tab = asked["tab"] if asked.get("tab") in TABS else TABS[0]
        try:
            async with tenant_session(ctx, snapshot=True) as session:
                experiment = await service.get_experiment(session, ctx, id_of(key))
                self.stage = DRAFT if experiment.state is ExperimentState.DRAFT else READY
                if self.stage == READY:
                    self._show(ctx, experiment, await service.get_results(session, ctx, experiment.id), asked)
        except MetricsMissing:
            self.stage = NO_METRICS
        except NotFound:
            return []
        finally:
            self.loading = False
        panels = [VariantsState, HistoryState] if self.stage == DRAFT else [PANELS[self.tab]]
        return [panel.load() for panel in panels]

    @action(Permission.EXPERIMENTS_READ)
    async def load_all(self) -> list[EventSpec]:
        """Something happened to an experiment: the head and what stands below it."""
        return [ExperimentHeadState.load(), ResultsState.load()]

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> list[EventSpec]:
        """Nothing is kept for a page that is not open."""
        self.reset()
        return [panel.leave() for panel in PANELS.values()]

    def _show(self, ctx: Context, experiment: Experiment, results: Results, asked: dict[str, str]) -> None:
        names = shapes.names_of(experiment)
        if not sum(u.units for u in results.units):
            self.stage = WAITING
        chosen = shapes.chosen_metric(results, asked)
        self.rows = shapes.metric_rows(ctx, results, names, chosen)
        self.axis_low, self.axis_high = shapes.axis_of(ctx, results)
        self.bayesian = results.inference.value == "bayesian"
        self.notes = shapes.notes(ctx, results, shapes.told_names(ctx, names))
        self._advise(ctx, experiment, results, names)
        self._tell(ctx, experiment, results)
        self._freeze(ctx, experiment, names)

    def _advise(self, ctx: Context, experiment: Experiment, results: Results, names: dict[str, str]) -> None:
        """What the rules say, and the same in sentences."""
        decision = experiment.decision.model_dump(mode="json") if experiment.decision else None
        self.sentences = shapes.sentences_of(ctx, results, names, decision)
        self.verdicts, self.grounds, self.headline = [], [], ""
        if results.advice is not None:
            called = {metric.key: numbers.name(ctx, metric.name) for metric in results.metrics}
            self.verdicts = shapes.verdicts(ctx, results.advice, names, called)
            self.headline, self.tone = shapes.headline(ctx, results.advice, shapes.told_names(ctx, names))
            self.grounds = shapes.grounds(ctx, results.advice.grounds)

    def _tell(self, ctx: Context, experiment: Experiment, results: Results) -> None:
        """The numbers over the tabs."""
        counts = [u.units for u in results.units if u.weight > 0] or [0]
        self.units = numbers.count(ctx, sum(u.units for u in results.units))
        reached = min(1.0, min(counts) / max(1, results.planned_units))
        self.sample = localization.format_percent(reached, ctx.locale, 0)
        self.progress = translate(
            ctx.locale, "results.planned", units=numbers.count(ctx, min(counts)),
            planned=numbers.count(ctx, results.planned_units),
        )  # fmt: skip
        days = ((results.ended_at or results.as_of) - results.started_at).days if results.started_at else 0
        self.days = numbers.count(ctx, max(0, days))
        self.confidence = localization.format_percent(1 - results.alpha, ctx.locale)
        words = [translate(ctx.locale, f"results.{name}.{value}") for name, value in _methods(results)]
        self.method = " · ".join(words)
        self.caption = translate(ctx.locale, f"results.interval.{_interval(results)}", level=self.confidence)
        self.as_of = numbers.moment(ctx, results.as_of)
        self.split, self.split_tone, self.split_text = "", "neutral", ""
        if results.split is not None:
            word = "bad" if results.split.suspicious else "good"
            self.split = translate(ctx.locale, f"results.split.{word}")
            self.split_tone = "danger" if results.split.suspicious else "success"
            self.split_text = f"p {_related(numbers.p_value(ctx, results.split.p))}"

    def _freeze(self, ctx: Context, experiment: Experiment, names: dict[str, str]) -> None:
        """A decision, with what was frozen then."""
        told = experiment.decision
        self.decidable = told is None and experiment.state in (ExperimentState.RUNNING, ExperimentState.STOPPED)
        self.decided = self.frozen = self.note = ""
        if told is not None:
            name = numbers.name(ctx, names.get(told.served, told.served))
            self.decided = translate(ctx.locale, f"results.decided.{told.outcome.value}", name=name)
            key = "results.frozen_automatic" if told.automatic else "results.frozen"
            self.frozen = translate(ctx.locale, key, at=numbers.moment(ctx, told.decided_at))
            self.note = told.note


def _methods(results: Results) -> list[tuple[str, str]]:
    found = [("inference", results.inference.value), ("monitoring", results.monitoring.value)]
    found.append(("correction", results.correction.value))
    return [*found, ("cuped", "on")] if results.cuped else found


def _interval(results: Results) -> str:
    """Which interval the table draws."""
    return "bayesian" if results.inference.value == "bayesian" else results.monitoring.value


def _related(p: str) -> str:
    """`= 0.04`; `< 0.0001` as it is."""
    return p if p.startswith("<") else f"= {p}"
