"""The primary metric by segment in a report: what was frozen at the decision, as far as it fits on a part of a page."""

from collections.abc import Iterator, Mapping, Sequence

from enterprise_app.core import pdf
from enterprise_app.core.texts import has_text, translate

from ..result_schemas import MetricOutcome, Results, SegmentArm, SegmentOutcome, SegmentResults, SegmentRow
from ..vocabulary import Dimension, MetricRole
from .report_figures import NONE, Figures

ROWS = 14
_WORDS = {Dimension.CHANNEL: "analytics.channel.", Dimension.DEVICE: "explorer.device."}
"""Dimensions whose values are words of ours, and where their texts are."""


def segment_blocks(
    results: Results, segments: Sequence[SegmentResults], figures: Figures, names: Mapping[str, str]
) -> Iterator[pdf.Heading | pdf.Paragraph | pdf.Table]:
    """Nothing where the units are all alike, or where nothing was frozen."""
    primary = next((m for m in results.metrics if m.role is MetricRole.PRIMARY), None)
    if primary is None:
        return
    lines = list(_lines(primary, segments, figures, names))[:ROWS]
    while lines and isinstance(lines[-1], pdf.Group):
        lines.pop()
    if not lines:
        return
    heading = f"{translate(figures.locale, 'results.view.segments')} · {primary.name}"
    yield pdf.Heading(heading)
    yield pdf.Paragraph(translate(figures.locale, "results.segment.text"), "quiet", small=True)
    yield pdf.Table(_columns(figures.locale), lines)


def _columns(locale: str) -> list[pdf.Column]:
    def named(name: str) -> str:
        return translate(locale, f"results.column.{name}")

    return [
        pdf.Column(translate(locale, "results.segment.by"), 0.24),
        pdf.Column(named("variant"), 0.22),
        pdf.Column(named("units"), 0.12, end=True),
        pdf.Column(named("value"), 0.12, end=True),
        pdf.Column(named("change"), 0.18, end=True),
        pdf.Column(named("p"), 0.12, end=True),
    ]


def _lines(
    primary: MetricOutcome, segments: Sequence[SegmentResults], figures: Figures, names: Mapping[str, str]
) -> Iterator[pdf.Group | pdf.Row]:
    for found in segments:
        told = next((m for m in found.metrics if m.metric_id == primary.metric_id), None)
        compared = [row for row in told.rows if any(arm.difference for arm in row.arms)] if told else []
        if told is None or len(compared) < 2:
            continue
        yield pdf.Group(translate(figures.locale, f"results.dimension.{found.dimension.value}"), _alike(told, figures))
        for row in compared:
            for arm in row.arms:
                if arm.difference is not None:
                    yield pdf.Row(_cells(primary, found.dimension, row, arm, figures, names))


def _alike(told: SegmentOutcome, figures: Figures) -> str:
    """The test of whether the effects differ at all; its smallest p."""
    known = [p for p in told.heterogeneity_p.values() if p is not None]
    return f"Q: p {figures.relation(min(known))}" if known else ""


def _cells(
    metric: MetricOutcome, dimension: Dimension, row: SegmentRow, arm: SegmentArm, figures: Figures,
    names: Mapping[str, str],
) -> list[pdf.Cell]:  # fmt: skip
    told = arm.difference
    assert told is not None
    change = figures.change(told.relative) if told.relative is not None else figures.difference(metric, told.estimate)
    return [
        pdf.Cell(_called(dimension, row.segment, figures.locale)),
        pdf.Cell(names.get(arm.variant, arm.variant)),
        pdf.Cell(figures.count(arm.units)),
        pdf.Cell(figures.value(metric, arm.value)),
        pdf.Cell(change, figures.difference(metric, told.estimate) if told.relative is not None else ""),
        pdf.Cell(figures.p_value(told.p if arm.p_adjusted is None else arm.p_adjusted) or NONE),
    ]


def _called(dimension: Dimension, segment: str | None, locale: str) -> str:
    if segment is None:
        return translate(locale, "results.segment.rest")
    key = _WORDS.get(dimension, "") + segment
    return translate(locale, key) if dimension in _WORDS and has_text(key) else pdf.isolated(segment[:100])
