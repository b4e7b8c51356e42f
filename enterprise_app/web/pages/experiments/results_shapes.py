"""Results as the page shows them: the table of metrics on one scale, verdicts and remarks in the reader's words."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.result_schemas import Advice, ArmOutcome, MetricOutcome, Remark, Results
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.vocabulary import Direction, Inference
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import Shape
from enterprise_app.web.pages.experiments import results_numbers as numbers

Names = Mapping[str, str]
"""Variants' keys and what they are called."""
_OUTCOME_TONES = {"wins": "success", "loses": "danger", "inconclusive": "neutral", "needs_units": "info"}
_STEP_TONES = {"continue": "info", "declare": "success", "stop": "danger", "review": "warning"}
_FEW = 0.01


class ArmRow(Shape):
    """One variant on one metric. Places of the interval are 0–100 of the table's scale."""

    id: str
    name: str
    hue: int
    control: bool
    units: str
    value: str
    value_range: str = ""
    total: str = ""
    change: str = ""
    absolute: str = ""
    interval: str = ""
    start: float = 50
    end: float = 50
    point: float = 50
    has_interval: bool = False
    p: str = ""
    chance: str = ""
    loss: str = ""
    tone: str = "neutral"
    status: str = ""
    failure: str = ""


class MetricRow(Shape):
    """A metric with its variants, control first."""

    id: str
    name: str
    role: str
    role_tone: str
    about: str
    chosen: bool
    arms: list[ArmRow]


class VerdictLine(Shape):
    """What the rules say of one variant."""

    id: str
    name: str
    hue: int
    outcome: str
    tone: str
    grounds: list[str]


class Note(Shape):
    """Something a reader must know; tone: info, warning, danger."""

    id: str
    text: str
    tone: str


class Scale(Shape):
    """The relative effects that all intervals of the table are drawn on, from −limit to +limit."""

    limit: float = 0.1

    def place(self, share: float) -> float:
        """0–100 from the start edge, cut at the edges."""
        return round(min(100.0, max(0.0, 50 + 50 * share / self.limit)), 2)


def names_of(experiment: Experiment) -> dict[str, str]:
    """Variants as people call them, control first, as all tables and charts order them."""
    ordered = sorted(experiment.variants, key=lambda v: not v.is_control)
    return {v.key: v.name or v.key for v in ordered}


def told_names(ctx: Context, names: Names) -> dict[str, str]:
    """The same as they stand in sentences."""
    return {key: numbers.name(ctx, name) for key, name in names.items()}


def sentences_of(ctx: Context, results: Results, names: Names, decision: Mapping[str, Any] | None = None) -> list[str]:
    """The summary in the reader's words."""
    metrics = [m.model_copy(update={"name": numbers.name(ctx, m.name)}) for m in results.metrics]
    known = results.model_copy(update={"metrics": metrics})
    told = service.summarise(known, ctx.locale, names=told_names(ctx, names), decision=decision)
    return [numbers.sentence(ctx, translate(ctx.locale, key, **params)) for key, params in told]


def chosen_metric(results: Results, asked: dict[str, str]) -> str:
    """The metric of the URL, else the first."""
    keys = [metric.key for metric in results.metrics]
    wanted = asked.get("metric", "")
    return wanted if wanted in keys else (keys[0] if keys else "")


def scale_of(results: Results) -> Scale:
    """One scale for all metrics."""
    return Scale(limit=service.axis_limit(service.all_intervals(results)))


def metric_rows(ctx: Context, results: Results, names: Names, chosen: str) -> list[MetricRow]:
    """The table."""
    scale = scale_of(results)
    return [
        MetricRow(
            id=metric.key, name=metric.name, chosen=metric.key == chosen,
            role=translate(ctx.locale, f"results.role.{metric.role.value}"),
            role_tone={"primary": "accent", "guardrail": "warning"}.get(metric.role.value, "neutral"),
            about=_about(ctx, metric),
            arms=[arm_row(ctx, results, metric, arm, names, scale) for arm in metric.arms],
        )
        for metric in results.metrics
    ]  # fmt: skip


def _about(ctx: Context, metric: MetricOutcome) -> str:
    kind = translate(ctx.locale, f"results.kind.{metric.kind.value}")
    better = translate(ctx.locale, f"results.better.{metric.direction.value}")
    return f"{kind} · {better}"


def arm_row(
    ctx: Context, results: Results, metric: MetricOutcome, arm: ArmOutcome, names: Names, scale: Scale
) -> ArmRow:
    """One variant on one metric."""
    places = {key: number for number, key in enumerate(names)}
    row = ArmRow(
        id=f"{metric.key}:{arm.variant}", name=names.get(arm.variant, arm.variant),
        hue=places.get(arm.variant, 0) % 6 + 1, control=arm.variant == results.control,
        units=numbers.count(ctx, arm.units), value=numbers.value(ctx, metric, arm.value),
        value_range=_range(ctx, metric, arm), total=_total(ctx, metric, arm),
        failure=translate(ctx.locale, f"results.failure.{arm.failure}") if arm.failure else "",
    )  # fmt: skip
    return row if arm.difference is None else row.model_copy(update=_compared(ctx, results, metric, arm, scale))


def _range(ctx: Context, metric: MetricOutcome, arm: ArmOutcome) -> str:
    if arm.low is None or arm.high is None:
        return ""
    return f"{numbers.value(ctx, metric, arm.low)} … {numbers.value(ctx, metric, arm.high)}"


def _total(ctx: Context, metric: MetricOutcome, arm: ArmOutcome) -> str:
    if arm.total is None or not metric.currency:
        return ""
    total = numbers.money(ctx, Decimal(arm.total), metric.currency)
    return translate(ctx.locale, "results.total", value=total)


def _compared(
    ctx: Context, results: Results, metric: MetricOutcome, arm: ArmOutcome, scale: Scale
) -> dict[str, object]:
    """What a variant has that the control has not."""
    told = arm.difference
    assert told is not None
    absolute = numbers.difference(ctx, metric, told.estimate)
    found: dict[str, object] = {
        "absolute": absolute if told.relative is not None else "",
        "change": numbers.change(ctx, told.relative) if told.relative is not None else absolute,
        "p": numbers.p_value(ctx, arm.p_adjusted if arm.p_adjusted is not None else arm.p),
        "tone": tone_of(results, metric, arm), "status": status_of(ctx, results, metric, arm),
    }  # fmt: skip
    if arm.belief is not None:
        found["chance"] = numbers.percent(ctx, arm.belief.chance_to_win)
        found["loss"] = numbers.value(ctx, metric, arm.belief.expected_loss)
    interval = service.relative_interval(results, metric.arms[0], arm)
    if interval is not None and told.relative is not None:
        low, high = interval
        text = f"{numbers.change(ctx, low)} … {numbers.change(ctx, high)}"
        found |= {"interval": text, "start": scale.place(low), "end": scale.place(high), "has_interval": True,
                  "point": scale.place(told.relative)}  # fmt: skip
    return found


def better_by(metric: MetricOutcome, estimate: float) -> bool:
    """Whether a difference points to the better side."""
    return (estimate > 0) is (metric.direction is Direction.UP)


def untrusted(results: Results) -> bool:
    """Whether the split makes all comparisons worthless."""
    return results.split is not None and results.split.suspicious


def tone_of(results: Results, metric: MetricOutcome, arm: ArmOutcome) -> str:
    """Green and red only for what is significant and can be trusted."""
    if untrusted(results) or not arm.significant or arm.difference is None or not arm.difference.estimate:
        return "neutral"
    return "success" if better_by(metric, arm.difference.estimate) else "danger"


def status_of(ctx: Context, results: Results, metric: MetricOutcome, arm: ArmOutcome) -> str:
    """Significantly better, worse, or not shown: never colour alone. A belief is likely, not significant."""
    if untrusted(results):
        return translate(ctx.locale, "results.outcome.untrusted")
    word = {"success": "better", "danger": "worse"}.get(tone_of(results, metric, arm), "unclear")
    likely = "likely_" if results.inference is Inference.BAYESIAN and word != "unclear" else ""
    return translate(ctx.locale, f"results.status.{likely}{word}")


def axis_of(ctx: Context, results: Results) -> tuple[str, str]:
    """The ends of the scale in words."""
    limit = scale_of(results).limit
    return numbers.change(ctx, -limit), numbers.change(ctx, limit)


def headline(ctx: Context, advice: Advice, names: Names) -> tuple[str, str]:
    """What to do now, and its tone."""
    name = names.get(advice.variant or "", advice.variant or "")
    key = f"results.step.{advice.step}" + ("_variant" if name and advice.step == "review" else "")
    return translate(ctx.locale, key, name=name), _STEP_TONES.get(advice.step, "neutral")


def grounds(ctx: Context, codes: Sequence[str]) -> list[str]:
    """Why, as sentences."""
    return [translate(ctx.locale, f"results.ground.{code}") for code in codes]


def verdicts(ctx: Context, advice: Advice, names: Names, metrics: Names) -> list[VerdictLine]:
    """On every variant; harmed guardrails by their names."""
    places = {key: number for number, key in enumerate(names)}
    lines = []
    for v in advice.verdicts:
        told = grounds(ctx, v.grounds)
        if v.harmed:
            listed = localization.format_list([metrics.get(key, key) for key in v.harmed], ctx.locale)
            told.append(translate(ctx.locale, "results.harmed", metrics=listed))
        lines.append(
            VerdictLine(
                id=v.variant, name=names.get(v.variant, v.variant), hue=places.get(v.variant, 0) % 6 + 1,
                outcome=translate(ctx.locale, f"results.outcome.{v.outcome}"),
                tone=_OUTCOME_TONES.get(v.outcome, "warning"), grounds=told,
            )
        )  # fmt: skip
    return lines


def notes(ctx: Context, results: Results, names: Names) -> list[Note]:
    """What a reader must know first; a few units left out are no alarm."""
    worst = {"split_mismatch": "danger", "no_units": "info", "below_minimum": "info"}
    few = sum(u.conflicted for u in results.units) <= _FEW * sum(u.units for u in results.units)
    worst |= {"conflicted_units": "info"} if few else {}
    return [
        Note(
            id=f"{w.code}-{number}", tone=worst.get(w.code, "warning"),
            text=translate(ctx.locale, f"results.warning.{w.code}", **_written(ctx, w, names)),
        )
        for number, w in enumerate(results.warnings)
    ]  # fmt: skip


def _written(ctx: Context, remark: Remark, names: Names) -> dict[str, object]:
    """Numbers as the reader writes them, variants as people call them."""
    return {
        name: numbers.count(ctx, given) if isinstance(given, int | float) else names.get(given, given)
        for name, given in remark.params.items()
    }
