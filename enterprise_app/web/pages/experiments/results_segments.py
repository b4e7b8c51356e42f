"""One metric by segment, as a table like that of the metrics: a segment in the place of a metric."""

from enterprise_app.core.context import Context
from enterprise_app.core.texts import has_text, translate
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.result_schemas import MetricOutcome, SegmentArm, SegmentOutcome, SegmentRow
from enterprise_app.domains.experiments.vocabulary import Dimension
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.results_shapes import ArmRow, MetricRow, Names, Scale, better_by

SHOWN = 30
"""Segments; those with most units."""


def segment_rows(
    ctx: Context, metric: MetricOutcome, found: SegmentOutcome, names: Names, dimension: Dimension, control: str
) -> tuple[list[MetricRow], tuple[str, str]]:
    """The table, and the ends of its scale."""
    rows = found.rows[:SHOWN]

    def about(row: SegmentRow) -> str:
        return translate(ctx.locale, "results.segment.units", units=numbers.count(ctx, sum(a.units for a in row.arms)))

    found_intervals = [interval_of(row, arm, control) for row in rows for arm in row.arms]
    scale = Scale(limit=service.axis_limit(found_intervals))
    made = [
        MetricRow(
            id=row.segment or "-", name=_called(ctx, dimension, row), role="", role_tone="neutral", chosen=False,
            about=about(row),
            arms=[_arm(ctx, metric, row, arm, names, scale, control) for arm in ordered(row, names)],
        )
        for row in rows
    ]  # fmt: skip
    return made, (numbers.change(ctx, -scale.limit), numbers.change(ctx, scale.limit))


def ordered(row: SegmentRow, names: Names) -> list[SegmentArm]:
    """As everywhere: control first."""
    places = {key: number for number, key in enumerate(names)}
    return sorted(row.arms, key=lambda arm: places.get(arm.variant, len(places)))


_WORDS = {Dimension.CHANNEL: "analytics.channel.", Dimension.DEVICE: "explorer.device."}
"""Dimensions whose values are words of ours, and where their texts are."""


def _called(ctx: Context, dimension: Dimension, row: SegmentRow) -> str:
    if row.segment is None:
        return translate(ctx.locale, "results.segment.rest")
    key = _WORDS.get(dimension, "") + row.segment
    return translate(ctx.locale, key) if dimension in _WORDS and has_text(key) else row.segment


def interval_of(row: SegmentRow, arm: SegmentArm, control: str) -> tuple[float, float] | None:
    """The difference's interval as shares of the control's value in the segment."""
    base = next((abs(one.value) for one in row.arms if one.variant == control and one.value), None)
    if base is None or arm.difference is None or arm.difference.relative is None:
        return None
    return arm.difference.low / base, arm.difference.high / base


def _arm(
    ctx: Context, metric: MetricOutcome, segment: SegmentRow, arm: SegmentArm, names: Names, scale: Scale, control: str
) -> ArmRow:
    places = {key: number for number, key in enumerate(names)}
    row = ArmRow(
        id=arm.variant, name=names.get(arm.variant, arm.variant), hue=places.get(arm.variant, 0) % 6 + 1,
        control=arm.variant == control, units=numbers.count(ctx, arm.units),
        value=numbers.value(ctx, metric, arm.value),
        failure=translate(ctx.locale, f"results.failure.{arm.failure}") if arm.failure else "",
    )  # fmt: skip
    told = arm.difference
    if told is None:
        return row
    good = better_by(metric, told.estimate)
    tone = ("success" if good else "danger") if arm.significant and told.estimate else "neutral"
    word = {"success": "better", "danger": "worse"}.get(tone, "unclear")
    absolute = numbers.difference(ctx, metric, told.estimate)
    shown: dict[str, object] = {
        "change": numbers.change(ctx, told.relative) if told.relative is not None else absolute,
        "absolute": absolute if told.relative is not None else "",
        "p": numbers.p_value(ctx, arm.p_adjusted if arm.p_adjusted is not None else told.p),
        "tone": tone, "status": translate(ctx.locale, f"results.status.{word}"),
    }  # fmt: skip
    interval = interval_of(segment, arm, control)
    if interval is not None and told.relative is not None:
        low, high = interval
        text = f"{numbers.change(ctx, low)} … {numbers.change(ctx, high)}"
        shown |= {"interval": text, "has_interval": True, "start": scale.place(low), "end": scale.place(high),
                  "point": scale.place(told.relative)}  # fmt: skip
    return row.model_copy(update=shown)


def heterogeneity(ctx: Context, found: SegmentOutcome, names: Names, alpha: float) -> str:
    """Whether the effects differ between the segments at all, of the variants that tell."""
    told = [(numbers.name(ctx, names.get(key, key)), p) for key, p in found.heterogeneity_p.items() if p is not None]
    if not told:
        return ""
    differ = [name for name, p in told if p <= alpha]
    if differ:
        return translate(ctx.locale, "results.segment.differ", names=localization.format_list(differ, ctx.locale))
    return translate(ctx.locale, "results.segment.alike")
