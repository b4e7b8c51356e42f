"""Before a test: units of every arm, days, and the smallest effect that so many units show.

Several variants: each comparison holds alpha / comparisons (what Holm's and Benjamini-Hochberg's methods ask of the
smallest p value; Dunn 1961), and the hardest comparison decides. Looking at any time: the sample is larger by the
factor that gives the monitored test its power (stats.sequential).
"""

import math
from dataclasses import dataclass

from enterprise_app.core.errors import FieldProblem

from ..plan_schemas import PlanAnswer, PlanArm, PlanPoint, PlanQuestion
from ..vocabulary import Correction, Monitoring, PlanKind
from .stats import power
from .stats.corrections import simultaneous
from .stats.failures import Reason, Unanswerable
from .stats.sequential import planned_units

SOURCE = "Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions (3rd ed. 2003), 4.1-4.3"
METHODS = {
    PlanKind.PROPORTION: "z test of proportions, pooled",
    PlanKind.MEAN: "z approximation of Welch's test",
}
_FINE = 10**9
_STEPS = 20
UNITS_MAX = 10**15


@dataclass(frozen=True, slots=True)
class _Plan:
    """The question with what follows from it. `growth`: how much larger a monitored sample is."""

    question: PlanQuestion
    alpha: float
    growth: float

    @property
    def shares(self) -> list[float]:
        """Of all who take part, the control's first."""
        total = math.fsum(self.question.weights)
        return [weight / total for weight in self.question.weights]

    @property
    def ratio(self) -> float:
        """Units of the smallest variant per unit of control: the hardest comparison."""
        return min(self.shares[1:]) / self.shares[0]

    @property
    def effect(self) -> float:
        """In the metric's unit."""
        q = self.question
        return q.effect * abs(q.base) if q.relative else q.effect


def problems(question: PlanQuestion) -> list[FieldProblem]:
    """What doesn't fit together."""
    found: list[FieldProblem] = []
    if question.kind is PlanKind.MEAN and question.deviation is None:
        found.append(FieldProblem("deviation", "plan_deviation"))
    if question.kind is PlanKind.PROPORTION and not 0 < question.base < 1:
        found.append(FieldProblem("base", "plan_rate"))
    if question.days is not None and question.daily_units is None:
        found.append(FieldProblem("daily_units", "plan_daily_units"))
    return found


def plan(question: PlanQuestion) -> PlanAnswer:
    """The whole answer to a question without problems. Raises Unanswerable: NO_DIFFERENCE, OUT_OF_RANGE (the target is
    no rate), UNREACHABLE (more units than there are)."""
    comparisons = len(question.weights) - 1
    corrected = question.correction is not Correction.NONE
    alpha = simultaneous(question.alpha, comparisons) if corrected else question.alpha
    made = _Plan(question, alpha, _growth(question, alpha))
    try:
        fixed = _control_units(made)
    except OverflowError:
        raise Unanswerable(Reason.UNREACHABLE) from None
    control = math.ceil(fixed * made.growth - 1e-9)
    if control > UNITS_MAX:
        raise Unanswerable(Reason.UNREACHABLE, units=control)
    total = control / made.shares[0]
    smallest = math.ceil(min(made.shares) * total - 1e-6)
    arms = [PlanArm(weight=share, units=math.ceil(share * total - 1e-6)) for share in made.shares]
    return PlanAnswer(
        units=smallest,
        fixed_units=math.ceil(min(made.shares) / made.shares[0] * fixed - 1e-6),
        total=sum(arm.units for arm in arms),
        arms=arms,
        days=_days(made, smallest),
        target=question.base + made.effect,
        effect=made.effect,
        relative=_relative(made, made.effect),
        comparisons=comparisons,
        alpha_each=alpha,
        detectable=_asked(made),
        curve=_curve(made, smallest),
        method=METHODS[question.kind] + _monitored(question),
        source=SOURCE,
    )


def _growth(question: PlanQuestion, alpha: float) -> float:
    if question.monitoring is Monitoring.FIXED:
        return 1.0
    return planned_units(_FINE, alpha, question.power) / _FINE


def _monitored(question: PlanQuestion) -> str:
    return "" if question.monitoring is Monitoring.FIXED else "; monitored: valid at every look"


def _control_units(made: _Plan) -> int:
    """Of control, for one look at the end."""
    q = made.question
    if q.kind is PlanKind.MEAN:
        return power.units_for_means(made.effect, q.deviation or 0.0, made.alpha, q.power, ratio=made.ratio)
    return power.units_for_proportions(q.base, q.base + made.effect, made.alpha, q.power, ratio=made.ratio)


def _days(made: _Plan, smallest: int) -> int | None:
    q = made.question
    return None if q.daily_units is None else power.days(smallest, q.weights, q.daily_units, q.coverage)


def _asked(made: _Plan) -> PlanPoint | None:
    q = made.question
    if q.units is not None:
        return _point(made, q.units, None)
    return None if q.days is None else _point(made, _units_after(made, q.days), q.days)


def _units_after(made: _Plan, days: float) -> float:
    """Of the smallest arm."""
    q = made.question
    return (q.daily_units or 0.0) * q.coverage * days * min(made.shares)


def _curve(made: _Plan, smallest: int) -> list[PlanPoint]:
    """Up to twice the plan: by days where they are known, else by units."""
    days = _days(made, smallest)
    if days is not None:
        last = 2 * days
        marks = sorted({max(1, round(last * step / _STEPS)) for step in range(1, _STEPS + 1)})
        return [_point(made, _units_after(made, mark), mark) for mark in marks]
    return [_point(made, max(1.0, smallest * 2 * step / _STEPS), None) for step in range(1, _STEPS + 1)]


def _point(made: _Plan, smallest: float, days: int | None) -> PlanPoint:
    """The smallest effect that the smallest arm's units show, as upwards as the wanted one is."""
    control = smallest * made.shares[0] / min(made.shares)
    effect = _detectable(made, max(1, math.floor(control / made.growth)))
    relative = None if effect is None else _relative(made, effect)
    return PlanPoint(days=days, units=math.floor(smallest), effect=effect, relative=relative)


def _detectable(made: _Plan, control: int) -> float | None:
    q = made.question
    falls = made.effect < 0
    try:
        if q.kind is PlanKind.MEAN:
            found = power.detectable_mean(q.deviation or 0.0, control, made.alpha, q.power, ratio=made.ratio)
        else:
            base = 1 - q.base if falls else q.base
            found = power.detectable_proportion(base, control, made.alpha, q.power, ratio=made.ratio)
    except Unanswerable:
        return None
    return -found if falls else found


def _relative(made: _Plan, effect: float) -> float | None:
    base = made.question.base
    return effect / abs(base) if base else None
