"""From sums per arm to results: every metric analysed, p values corrected over its family, the split checked, advice.

Families: the primary metric's variants by themselves; all secondary metrics with all variants together; each
guardrail by itself, because missing a harm costs more than a false alarm.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from ..metric_schemas import Definition
from ..result_schemas import (
    Advice,
    ArmOutcome,
    Belief,
    Bounds,
    Difference,
    MetricOutcome,
    Remark,
    SegmentArm,
    SegmentOutcome,
    SegmentRow,
    SeriesPoint,
    Split,
    UnitCount,
    Verdict,
)
from ..schemas import ExperimentSettings, Variant
from ..vocabulary import Direction, MetricRole
from .stats import verdict
from .stats.aggregates import Aggregate
from .stats.analysis import ArmResult, ArmSummary, Inference, MetricResult, Monitoring, Plan, analyse, summary
from .stats.comparing import compare
from .stats.corrections import Correction, adjust
from .stats.effects import Effect
from .stats.failures import Reason, Unanswerable
from .stats.mismatch import LIMIT, mismatch, mismatch_any_time
from .stats.segments import by_segment
from .stats.sequential import Sequence as Look
from .stats.sequential import confidence_sequence


@dataclass(frozen=True, slots=True)
class Arm:
    """What an arm delivers for a metric; without an aggregate the reason why there is none."""

    units: int
    aggregate: Aggregate | None = None
    failure: Reason | None = None
    total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One metric of the experiment with its arms by variant, and its sums by day."""

    id: UUID
    key: str
    name: str
    role: MetricRole
    definition: Definition
    version: int | None
    arms: Mapping[str, Arm]
    cap: float | None = None
    days: Mapping[date, Mapping[str, Aggregate]] = field(default_factory=dict)
    earlier: Mapping[str, Look] = field(default_factory=dict)
    """What all looks so far said together, by variant."""

    @property
    def higher_is_better(self) -> bool:
        """Which way it gets better."""
        return self.definition.direction is Direction.UP


@dataclass(frozen=True, slots=True)
class Question:
    """What was frozen at the start: the arms and how they are judged. `planned`: units an arm."""

    variants: Sequence[Variant]
    settings: ExperimentSettings

    @property
    def control(self) -> str:
        """Its key."""
        return next(v.key for v in self.variants if v.is_control)

    @property
    def planned(self) -> int:
        """The sample that monitoring is tuned to."""
        return self.settings.min_units

    @property
    def plan(self) -> Plan:
        """As the statistics take it; correction happens over families, here."""
        s = self.settings
        return Plan(
            planned=self.planned, alpha=s.alpha, correction=Correction.NONE, monitoring=Monitoring(s.monitoring.value),
            inference=Inference(s.inference.value), cuped=s.cuped,
        )  # fmt: skip


def analysed(question: Question, metrics: Sequence[Input]) -> list[MetricResult]:
    """All metrics in their order, p values corrected over families."""
    found = [_one(question, metric) for metric in metrics]
    families: dict[object, list[tuple[int, str]]] = defaultdict(list)
    for number, (metric, result) in enumerate(zip(metrics, found, strict=True)):
        family = MetricRole.SECONDARY if metric.role is MetricRole.SECONDARY else number
        families[family] += [(number, key) for key, arm in result.arms.items() if arm.p is not None]
    correction = Correction(question.settings.correction.value)
    for members in families.values():
        ps = adjust([found[n].arms[key].p or 0.0 for n, key in members], correction)
        for (number, key), p in zip(members, ps, strict=True):
            found[number].arms[key] = _judged(found[number].arms[key], p, question)
    return found


def _one(question: Question, metric: Input) -> MetricResult:
    """By `analyse`; arms without an aggregate stand beside with their reason."""
    arms = {key: arm.aggregate for key, arm in metric.arms.items() if arm.aggregate is not None}
    control = metric.arms[question.control]
    if control.aggregate is None:
        nothing = {key: ArmResult(_empty(arm), failure=control.failure) for key, arm in metric.arms.items()}
        nothing.pop(question.control)
        return MetricResult(_empty(control), nothing, question.plan)
    result = analyse(arms, question.control, question.plan, higher_is_better=metric.higher_is_better)
    for key, arm in metric.arms.items():
        if arm.aggregate is None:
            result.arms[key] = ArmResult(_empty(arm), failure=arm.failure)
    for key, look in metric.earlier.items():
        if key in result.arms:
            result.arms[key] = _together(result.arms[key], look, question)
    return result


def _together(arm: ArmResult, earlier: Look, question: Question) -> ArmResult:
    """All looks hold together. Where they contradict each other the effect drifts: then nothing is confirmed."""
    if arm.sequence is None or question.plan.monitoring is not Monitoring.ALWAYS_VALID:
        return arm
    if contradict(arm.sequence, earlier):
        return replace(arm, p=1.0)
    met = arm.sequence.meet(earlier)
    return replace(arm, sequence=met, p=met.p)


def cautions(metrics: Sequence[Input], results: Sequence[MetricResult], *, moved: bool) -> list[Remark]:
    """What keeps the rules from naming a winner: weights that moved, an effect that is not the same over time."""
    remarks = [Remark(code="moving_weights")] if moved else []
    for metric, result in zip(metrics, results, strict=True):
        for key, look in metric.earlier.items():
            now_seen = result.arms[key].sequence if key in result.arms else None
            if now_seen is not None and contradict(now_seen, look):
                remarks.append(Remark(code="drift", params={"metric": metric.name, "variant": key}))
    return remarks


def contradict(one: Look, other: Look) -> bool:
    """Whether no effect lies in both: it changed meanwhile."""
    return max(one.low, other.low) > min(one.high, other.high)


def _empty(arm: Arm) -> ArmSummary:
    return summary(arm.aggregate) if arm.aggregate is not None else ArmSummary(arm.units, None, None, None)


def _judged(arm: ArmResult, p: float, question: Question) -> ArmResult:
    """`analysis` would do the same for one metric's family."""
    alpha = question.settings.alpha
    confirmed = p <= alpha
    chance = arm.posterior.chance_to_win if arm.posterior else 0.5
    bayesian = question.plan.inference is Inference.BAYESIAN
    significant = max(chance, 1 - chance) >= 1 - alpha if bayesian else confirmed
    return replace(arm, p_adjusted=p, confirmed=confirmed, significant=significant)


def split(
    question: Question, units: Mapping[str, int], *, any_time: bool, expected: Mapping[str, float] | None = None
) -> Split | None:
    """The analysed units against the weights, or against what all plans so far had expected; None without units or
    for a control only."""
    shares = {v.key: v.weight if expected is None else expected.get(v.key, 0.0) for v in question.variants}
    weighted = [v for v in question.variants if shares[v.key] > 0]
    counts = [units.get(v.key, 0) for v in weighted]
    if len(weighted) < 2 or not sum(counts):
        return None
    test = mismatch_any_time if any_time else mismatch
    found = test(counts, [shares[v.key] for v in weighted], LIMIT)
    return Split(p=found.p, suspicious=found.suspicious, method=found.method, source=found.source)


def watched(today: Split, over_looks: Split, earlier_p: float | None) -> Split:
    """What two tests say of a split that is looked at often: chi² sees most, and forgets; the any-time test remembers
    the smallest p of all looks. Either is enough to be suspicious."""
    p = over_looks.p if earlier_p is None else min(over_looks.p, earlier_p)
    remembered = over_looks.model_copy(update={"p": p, "suspicious": p < LIMIT})
    shown = remembered if remembered.suspicious and not today.suspicious else today
    return shown.model_copy(update={"any_time_p": p})


def unit_counts(
    question: Question,
    units: Mapping[str, int],
    conflicted: Mapping[str, int],
    expected: Mapping[str, float] | None = None,
) -> list[UnitCount]:
    """By variant, in the experiment's order; `expected` where the weights were not always the same."""
    total, weights = sum(units.values()), sum(v.weight for v in question.variants) or 1.0
    return [
        UnitCount(
            variant=v.key, units=units.get(v.key, 0), conflicted=conflicted.get(v.key, 0), weight=v.weight,
            expected=total * v.weight / weights if expected is None else expected.get(v.key, 0.0),
        )
        for v in question.variants
    ]  # fmt: skip


def advise(
    question: Question,
    metrics: Sequence[Input],
    results: Sequence[MetricResult],
    found: Split | None,
    days: float,
    *,
    moved: bool = False,
) -> Advice | None:
    """What the rules say to do; None without a primary metric. Where the weights moved, a person names the winner."""
    primary = next((n for n, metric in enumerate(metrics) if metric.role is MetricRole.PRIMARY), None)
    if primary is None or found is None:
        return None
    monitoring = question.plan.monitoring
    rails = [n for n, metric in enumerate(metrics) if metric.role is MetricRole.GUARDRAIL]

    def standing(key: str, arm: ArmResult) -> verdict.Standing:
        guards = [
            verdict.guardrail(
                metrics[n].key, results[n].arms[key], monitoring, higher_is_better=metrics[n].higher_is_better
            )
            for n in rails
        ]
        up = metrics[primary].higher_is_better
        return verdict.standing(key, arm, monitoring, higher_is_better=up, guardrails=guards)

    s = question.settings
    around = verdict.Circumstances(
        control_units=results[primary].control.n, min_units=s.min_units, planned_units=question.planned,
        monitoring=monitoring, mismatch_p=found.p, days_running=days, auto_after_days=s.auto_after_days,
        auto_winner=s.auto_winner and not moved,
    )  # fmt: skip
    decision = verdict.decide([standing(key, arm) for key, arm in results[primary].arms.items()], around)
    verdicts = [
        Verdict(variant=v.variant, outcome=v.outcome.value, grounds=[g.value for g in v.grounds], harmed=list(v.harmed))
        for v in decision.verdicts
    ]
    grounds = [g.value for g in decision.grounds]
    return Advice(step=decision.step.value, variant=decision.variant, grounds=grounds, verdicts=verdicts)


def outcome(question: Question, metric: Input, result: MetricResult) -> MetricOutcome:
    """A metric as it is shown: control first, then the variants in their order."""
    control = question.control
    shown = [_arm(control, metric, result.control, None)]
    shown += [
        _arm(v.key, metric, result.arms[v.key].summary, result.arms[v.key])
        for v in question.variants
        if v.key != control and v.key in result.arms
    ]
    return MetricOutcome(
        metric_id=metric.id, key=metric.key, name=metric.name, kind=metric.definition.kind, role=metric.role,
        direction=metric.definition.direction, currency=metric.definition.currency, definition_version=metric.version,
        cap=metric.cap, arms=shown, series=series(question, metric),
    )  # fmt: skip


def _arm(key: str, metric: Input, alone: ArmSummary, result: ArmResult | None) -> ArmOutcome:
    arm = metric.arms[key]
    shown = ArmOutcome(
        variant=key, units=alone.n, value=alone.value, low=alone.low, high=alone.high,
        total=None if arm.total is None else f"{arm.total:f}",
        failure=arm.failure.value if arm.failure else None,
    )  # fmt: skip
    if result is None:
        return shown
    told = {
        "difference": difference(result.effect) if result.effect else None,
        "bounds": _bounds(result),
        "belief": _belief(result),
        "p": result.p,
        "p_adjusted": result.p_adjusted,
        "significant": result.significant,
        "confirmed": result.confirmed,
        "failure": result.failure.value if result.failure else shown.failure,
    }
    return shown.model_copy(update=told)


def difference(effect: Effect) -> Difference:
    """An effect as it is shown."""
    return Difference(
        estimate=effect.estimate, low=effect.low, high=effect.high, p=effect.p, relative=effect.relative,
        relative_low=effect.relative_low, relative_high=effect.relative_high, method=effect.method,
        source=effect.source, notes=[note.value for note in effect.notes],
    )  # fmt: skip


def _bounds(result: ArmResult) -> Bounds | None:
    s = result.sequence
    if s is None:
        return None
    return Bounds(low=s.low, high=s.high, p=s.p, fraction=s.fraction, method=s.method, source=s.source)


def _belief(result: ArmResult) -> Belief | None:
    p = result.posterior
    if p is None:
        return None
    return Belief(
        chance_to_win=p.chance_to_win, expected_loss=p.expected_loss, low=p.low, high=p.high, prior=p.prior,
        method=p.method, source=p.source,
    )  # fmt: skip


def series(question: Question, metric: Input) -> list[SeriesPoint]:
    """Every variant at the end of every day, unadjusted, with the bounds that hold on all days at once."""
    points = []
    for day, arms in sorted(metric.days.items()):
        control = arms.get(question.control)
        for v in question.variants:
            if v.key in arms:
                points.append(_point(question, day, v.key, arms[v.key], None if v.is_control else control))
    return points


def _point(question: Question, day: date, key: str, arm: Aggregate, control: Aggregate | None) -> SeriesPoint:
    point = SeriesPoint(day=day, variant=key, units=arm.n, value=summary(arm).value)
    if control is None:
        return point
    alpha = question.settings.alpha
    try:
        effect = compare(control, arm, alpha=alpha, cuped=False)
        held = confidence_sequence(effect.estimate, effect.standard_error, control.n, arm.n, question.planned, alpha)
    except Unanswerable:
        return point
    return point.model_copy(update={"estimate": effect.estimate, "low": held.low, "high": held.high})


def segmented(question: Question, metric: Input, segments: Mapping[str | None, Mapping[str, Arm]]) -> SegmentOutcome:
    """One metric by segment: each variant against control in every segment, corrected over the segments."""
    control, s = question.control, question.settings
    tests = {}
    for v in question.variants:
        if v.key != control:
            pairs = {
                _label(name): (c, t)
                for name, arms in segments.items()
                if (c := _known(arms, control)) is not None and (t := _known(arms, v.key)) is not None
            }
            correction = Correction(s.correction.value)
            tests[v.key] = by_segment(pairs, alpha=s.alpha, correction=correction, cuped=s.cuped)
    rows = []
    for name, arms in segments.items():
        shown = []
        for v in question.variants:
            arm = arms.get(v.key, Arm(0, failure=Reason.TOO_FEW_UNITS))
            alone = _empty(arm)
            one = SegmentArm(
                variant=v.key, units=alone.n, value=alone.value, failure=arm.failure.value if arm.failure else None
            )
            found = [r for r in tests[v.key].rows if r.name == _label(name)] if v.key in tests else []
            for row in found:
                told = {
                    "difference": difference(row.effect) if row.effect else None, "p_adjusted": row.p_adjusted,
                    "significant": row.significant, "failure": row.failure.value if row.failure else one.failure,
                }  # fmt: skip
                one = one.model_copy(update=told)
            shown.append(one)
        rows.append(SegmentRow(segment=name, arms=shown))
    heterogeneity = {key: found.heterogeneity_p for key, found in tests.items()}
    return SegmentOutcome(metric_id=metric.id, key=metric.key, rows=rows, heterogeneity_p=heterogeneity)


def _known(arms: Mapping[str, Arm], key: str) -> Aggregate | None:
    return arms[key].aggregate if key in arms else None


def _label(name: str | None) -> str:
    """A name for units without one that no value of an event can be."""
    return "\0" if name is None else name


def running_days(started_at: datetime | None, until: datetime) -> float:
    """Days since the start; a clock that went back counts as none."""
    return max(0.0, (until - started_at).total_seconds() / 86_400) if started_at else 0.0
