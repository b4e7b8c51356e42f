"""By which methods a metric was analysed, where they are published, and what a reader must know of each number."""

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments.result_schemas import ArmOutcome, MetricOutcome, Results
from enterprise_app.web.components.shapes import Shape
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.results_shapes import Names


class MethodLine(Shape):
    """One view on a number: what it says, by which method, from where."""

    title: str
    result: str
    method: str
    source: str


class MethodRow(Shape):
    """A variant with everything that was computed of it."""

    id: str
    name: str
    hue: int
    lines: list[MethodLine]
    notes: list[str]


def method_rows(ctx: Context, results: Results, metric: MetricOutcome, names: Names) -> list[MethodRow]:
    """Of every variant but the control."""
    places = {key: number for number, key in enumerate(names)}
    return [
        MethodRow(
            id=arm.variant, name=names.get(arm.variant, arm.variant), hue=places.get(arm.variant, 0) % 6 + 1,
            lines=_lines(ctx, metric, arm), notes=_notes(ctx, arm),
        )
        for arm in metric.arms
        if arm.variant != results.control
    ]  # fmt: skip


def _lines(ctx: Context, metric: MetricOutcome, arm: ArmOutcome) -> list[MethodLine]:
    def between(low: float, high: float) -> str:
        return f"{numbers.difference(ctx, metric, low)} … {numbers.difference(ctx, metric, high)}"

    found = []
    if (told := arm.difference) is not None:
        found.append(_line(ctx, "fixed", f"{between(told.low, told.high)} · p {numbers.p_value(ctx, told.p)}", told))
        if told.relative_low is not None and told.relative_high is not None:
            shares = f"{numbers.change(ctx, told.relative_low)} … {numbers.change(ctx, told.relative_high)}"
            found.append(_line(ctx, "relative", shares, told))
    if (held := arm.bounds) is not None:
        told_p = f"{between(held.low, held.high)} · p {numbers.p_value(ctx, held.p)}"
        found.append(_line(ctx, "always_valid", told_p, held))
    if (belief := arm.belief) is not None:
        found.append(_line(ctx, "bayesian", between(belief.low, belief.high), belief))
    return found


def _line(ctx: Context, kind: str, result: str, told: object) -> MethodLine:
    method, source = getattr(told, "method", ""), getattr(told, "source", "")
    return MethodLine(
        title=translate(ctx.locale, f"results.method.{kind}"), result=result, method=method, source=source
    )


def _notes(ctx: Context, arm: ArmOutcome) -> list[str]:
    codes = arm.difference.notes if arm.difference else []
    told = [translate(ctx.locale, f"results.note.{code}") for code in codes]
    return [*told, translate(ctx.locale, f"results.failure.{arm.failure}")] if arm.failure else told
