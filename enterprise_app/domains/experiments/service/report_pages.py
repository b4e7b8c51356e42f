"""An experiment's report as pages to be read: what was found in words, every metric on one axis, and by which methods.

Bounded: what does not fit is named, and stands in the CSV.
"""

import re
from collections.abc import Iterator, Sequence

from enterprise_app.core import pdf
from enterprise_app.core.texts import translate
from enterprise_app.domains.localization import service as localization

from ..result_schemas import ArmOutcome, MetricOutcome, Remark, Results, SegmentResults
from ..rules.showing import all_intervals, axis_limit, relative_interval
from ..schemas import Experiment
from ..vocabulary import ExperimentState, Inference, MetricRole
from .report_figures import NONE, Figures, finding
from .report_segments import segment_blocks

SENTENCES, ROWS, METHODS, TEXT = 12, 24, 10, 1000
"""At most so many sentences, variants of metrics, methods, and characters of a text of people."""
_ORDER = (MetricRole.PRIMARY, MetricRole.GUARDRAIL, MetricRole.SECONDARY)
_SIGNED = re.compile(r"(?<![\w.,])-\d[\d.,]*(?<![.,])%?")
"""A negative figure: its sign stays before it in any direction."""


def names_of(experiment: Experiment) -> dict[str, str]:
    """Variants as people call them, each in its own direction."""
    return {v.key: pdf.isolated((v.name or v.key)[:200]) for v in experiment.variants}


def named(results: Results) -> Results:
    """The results with names of metrics that keep their own direction in a sentence."""
    metrics = [m.model_copy(update={"name": pdf.isolated(m.name[:200])}) for m in results.metrics]
    return results.model_copy(update={"metrics": metrics})


def pages(
    experiment: Experiment,
    results: Results,
    sentences: Sequence[str],
    figures: Figures,
    segments: Sequence[SegmentResults] = (),
) -> pdf.Document:
    """The document; `results` as `named` gives them, `segments` as they were frozen. Pure."""
    return _Report(experiment, results, figures).document(sentences, segments)


class _Report:
    """The parts of the document, which share what they tell of."""

    def __init__(self, experiment: Experiment, results: Results, figures: Figures) -> None:
        self.experiment, self.results, self.figures = experiment, results, figures
        self.names = names_of(experiment)
        self.locale = figures.locale
        self.shown = list(_fitting(results.metrics))
        self.level = localization.format_percent(1 - results.alpha, self.locale)

    def document(self, sentences: Sequence[str], segments: Sequence[SegmentResults]) -> pdf.Document:
        experiment = self.experiment
        cut = len(sentences) > SENTENCES or len(self.shown) < len(self.results.metrics)
        blocks: list[pdf.Block] = [
            pdf.Paragraph(self._text("report.label"), "quiet"),
            pdf.Heading(pdf.isolated(experiment.name), 1),
            *([pdf.Paragraph(pdf.isolated(experiment.hypothesis[:TEXT]), "quiet")] if experiment.hypothesis else []),
            pdf.Facts(self._facts()),
            pdf.Heading(self._text("summary_title")),
            *self._decision(),
            pdf.Bullets([_SIGNED.sub("\u2066\\g<0>\u2069", sentence) for sentence in sentences[:SENTENCES]]),
            *(pdf.Paragraph(text, "warning") for text in self._warnings()),
            *self._table(),
            *segment_blocks(self.results, segments, self.figures, self.names),
            *([pdf.Paragraph(self._text("report.more"), "quiet", small=True)] if cut else []),
            *self._methods(),
        ]
        return pdf.Document(
            experiment.name[:200], self.locale, self._as_of(), self._text("report.page"), self.results.as_of, blocks
        )

    def _text(self, key: str, **params: str) -> str:
        return translate(self.locale, f"results.{key}", **params)

    def _as_of(self) -> str:
        key = "report.frozen" if self.results.frozen else "as_of"
        return self._text(key, at=self.figures.moment(self.results.as_of))

    def _facts(self) -> list[pdf.Fact]:
        results, decision = self.results, self.experiment.decision
        paused = self.experiment.state is ExperimentState.RUNNING and self.experiment.paused_at is not None
        state = translate(self.locale, f"experiments.state.{'paused' if paused else self.experiment.state.value}")
        ended = ("report.decided", decision.decided_at) if decision else ("report.ended", results.ended_at)
        units = sum(unit.units for unit in results.units)
        return [
            pdf.Fact(self._text("report.state"), state),
            pdf.Fact(translate(self.locale, "experiments.field.started"), self.figures.moment(results.started_at)),
            pdf.Fact(self._text(ended[0]), self.figures.moment(ended[1])),
            pdf.Fact(self._text("tile.confidence"), self.level),
            pdf.Fact(self._text("tile.units"), self.figures.count(units)),
            pdf.Fact(self._text("tile.sample"), self.figures.count(results.planned_units)),
            self._split(),
        ]

    def _split(self) -> pdf.Fact:
        """The check of the sample ratio."""
        label, split = self._text("tile.split"), self.results.split
        if split is None:
            return pdf.Fact(label, NONE)
        word, p = self._text("split.bad" if split.suspicious else "split.good"), self.figures.p_value(split.p)
        told = self._text("report.split", split=word, p=f"= {p}" if split.p >= 0.0001 else p)
        return pdf.Fact(label, told, "bad" if split.suspicious else "good")

    def _decision(self) -> Iterator[pdf.Paragraph]:
        decision = self.experiment.decision
        if decision and decision.note:
            yield pdf.Paragraph(pdf.isolated(decision.note[:TEXT]), "quiet")

    def _warnings(self) -> Iterator[str]:
        for remark in self.results.warnings[:METHODS]:
            yield self._text(f"warning.{remark.code}", **self._params(remark))

    def _params(self, remark: Remark) -> dict[str, str]:
        return {
            name: self.figures.count(given) if isinstance(given, int | float)
            else self.names.get(str(given), pdf.isolated(str(given)[:200]))
            for name, given in remark.params.items()
        }  # fmt: skip

    def _table(self) -> Iterator[pdf.Heading | pdf.Paragraph | pdf.Table]:
        if not self.shown:
            return
        results, limit = self.results, axis_limit(all_intervals(self.results))
        kind = "bayesian" if results.inference is Inference.BAYESIAN else results.monitoring.value
        last = "column.chance" if results.inference is Inference.BAYESIAN else "column.p"
        ticks = (self.figures.change(-limit), "0", self.figures.change(limit))
        columns = [
            pdf.Column(self._text("column.variant"), 0.21),
            pdf.Column(self._text("column.units"), 0.1, end=True),
            pdf.Column(self._text("column.value"), 0.16, end=True),
            pdf.Column(self._text("column.change"), 0.17, end=True),
            pdf.Column(self._text("column.interval"), 0.2, ticks=ticks),
            pdf.Column(self._text(last), 0.16, end=True),
        ]
        yield pdf.Heading(self._text("table.title"))
        yield pdf.Paragraph(self._text(f"interval.{kind}", level=self.level), "quiet", small=True)
        yield pdf.Table(columns, [line for metric in self.shown for line in self._metric(metric, limit)])

    def _metric(self, metric: MetricOutcome, limit: float) -> Iterator[pdf.Group | pdf.Row]:
        told = (self._text(f"role.{metric.role}"), self._text(f"kind.{metric.kind}"),
                self._text(f"better.{metric.direction}"))  # fmt: skip
        yield pdf.Group(metric.name, " · ".join(told))
        yield from (pdf.Row(self._cells(metric, arm, limit)) for arm in metric.arms)

    def _cells(self, metric: MetricOutcome, arm: ArmOutcome, limit: float) -> list[pdf.Cell]:
        figures = self.figures
        name = self.names.get(arm.variant, pdf.isolated(arm.variant))
        control = self._text("control") if arm.variant == self.results.control else ""
        spread = ""
        if arm.low is not None and arm.high is not None:
            spread = figures.between(figures.value(metric, arm.low), figures.value(metric, arm.high))
        first = [
            pdf.Cell(name, control), pdf.Cell(figures.count(arm.units)),
            pdf.Cell(figures.value(metric, arm.value), spread),
        ]  # fmt: skip
        if arm.difference is None:
            failed = self._text(f"failure.{arm.failure}") if arm.failure else ""
            return [*first, pdf.Cell(note=failed), pdf.Cell(), pdf.Cell()]
        return [*first, *self._compared(metric, arm, limit)]

    def _compared(self, metric: MetricOutcome, arm: ArmOutcome, limit: float) -> Iterator[pdf.Cell]:
        """Change with its interval, the interval as a bar, and how sure it is."""
        told, figures = arm.difference, self.figures
        assert told is not None
        found, untrusted = finding(self.results, metric, arm), self.results.split and self.results.split.suspicious
        tone = "plain" if untrusted or found == "unclear" else "good" if found.endswith("better") else "bad"
        interval = relative_interval(self.results, metric.arms[0], arm)
        if interval is None or told.relative is None:
            yield pdf.Cell(figures.difference(metric, told.estimate), tone=tone)
            yield pdf.Cell()
        else:
            low, high = interval
            between = figures.between(figures.change(low), figures.change(high))
            yield pdf.Cell(figures.change(told.relative), between, tone)
            yield pdf.Cell(bar=pdf.Bar(low / limit, told.relative / limit, high / limit, tone))
        status = self._text("outcome.untrusted" if untrusted else f"status.{found}")
        if self.results.inference is Inference.BAYESIAN:
            yield pdf.Cell(figures.percent(arm.belief.chance_to_win) if arm.belief else NONE, status)
        else:
            yield pdf.Cell(figures.p_value(arm.p if arm.p_adjusted is None else arm.p_adjusted), status)

    def _methods(self) -> Iterator[pdf.Heading | pdf.Paragraph | pdf.Bullets]:
        results = self.results
        judged = [
            self._text(f"inference.{results.inference}"), self._text(f"monitoring.{results.monitoring}"),
            self._text(f"correction.{results.correction}"), self._text("plan.level", level=self.level),
            *([self._text("cuped.on")] if results.cuped else []),
        ]  # fmt: skip
        yield pdf.Heading(self._text("view.method"))
        yield pdf.Paragraph(" · ".join(judged), small=True)
        lines = list(dict.fromkeys(self._sources()))
        yield pdf.Bullets(lines[:METHODS])

    def _sources(self) -> Iterator[str]:
        if (split := self.results.split) is not None:
            yield f"{self._text('tile.split')}: {_cited(split.method, split.source)}"
        for metric in self.shown:
            for arm in metric.arms:
                for kind, told in (("fixed", arm.difference), ("always_valid", arm.bounds), ("bayesian", arm.belief)):
                    if told is not None:
                        yield f"{self._text(f'method.{kind}')}: {_cited(told.method, told.source)}"
                for note in arm.difference.notes if arm.difference else ():
                    yield self._text(f"note.{note}")


def _cited(method: str, source: str) -> str:
    return pdf.isolated(f"{method}. {source}")


def _fitting(metrics: Sequence[MetricOutcome]) -> Iterator[MetricOutcome]:
    """The most important ones, as many as fit."""
    room = ROWS
    for metric in sorted(metrics, key=lambda metric: _ORDER.index(metric.role)):
        room -= len(metric.arms)
        if room < 0:
            return
        yield metric
