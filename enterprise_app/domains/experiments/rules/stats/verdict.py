"""From numbers to a decision: which variant wins, loses, needs more units, and what to do now. Pure rules, with
grounds.

A verdict never says more than the numbers: a winner needs enough units, a split as planned, clean guardrails and a
significant test that is valid for this look. Whatever does not fit together goes to a person ("review").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .analysis import ArmResult, Monitoring
from .failures import Reason
from .mismatch import LIMIT


class Outcome(StrEnum):
    """Of one variant against control."""

    WINS = "wins"
    LOSES = "loses"
    INCONCLUSIVE = "inconclusive"
    NEEDS_UNITS = "needs_units"
    UNTRUSTED = "untrusted"


class Step(StrEnum):
    """What to do with the experiment now."""

    CONTINUE = "continue"
    DECLARE = "declare"
    """The named variant wins, automatically."""
    STOP = "stop"
    """The named variant harms a guardrail: stop it, or ramp it down."""
    REVIEW = "review"
    """A person decides."""


class Ground(StrEnum):
    """Why. In the order in which they are named."""

    SPLIT_MISMATCH = "split_mismatch"
    NO_ANSWER = "no_answer"
    BELOW_MINIMUM = "below_minimum"
    BEFORE_PLAN = "before_plan"
    GUARDRAIL_HARMED = "guardrail_harmed"
    GUARDRAIL_UNKNOWN = "guardrail_unknown"
    GUARDRAIL_DOUBTFUL = "guardrail_doubtful"
    SIGNIFICANT_GAIN = "significant_gain"
    SIGNIFICANT_LOSS = "significant_loss"
    NOT_SIGNIFICANT = "not_significant"
    SEVERAL_WINNERS = "several_winners"
    BEFORE_DAYS = "before_days"
    AFTER_DAYS = "after_days"
    PLAN_REACHED = "plan_reached"
    AUTOMATIC_OFF = "automatic_off"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A metric that must not get worse: interval of variant − control (monitored when monitored), None when unknown.
    `margin` ≥ 0, in the metric's unit, is the harm that is tolerated."""

    metric: str
    low: float | None
    high: float | None
    higher_is_better: bool = True
    margin: float = 0.0

    def harm(self) -> tuple[float, float] | None:
        """Interval of the harm: positive is worse."""
        if self.low is None or self.high is None:
            return None
        return (-self.high, -self.low) if self.higher_is_better else (self.low, self.high)

    @property
    def harmed(self) -> bool:
        """Surely worse than tolerated."""
        harm = self.harm()
        return harm is not None and harm[0] > self.margin

    @property
    def doubtful(self) -> bool:
        """More likely worse than tolerated than not: the middle of the interval is beyond the margin, its edge not."""
        harm = self.harm()
        return harm is not None and not self.harmed and sum(harm) / 2 > self.margin


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one variant stands on the primary metric: interval of variant − control; `significant` by a test that is
    valid for this look and corrected for all variants (`ArmResult.confirmed`)."""

    variant: str
    units: int
    low: float | None
    high: float | None
    significant: bool
    higher_is_better: bool = True
    failure: Reason | None = None
    guardrails: tuple[Guardrail, ...] = ()

    @property
    def gain(self) -> bool:
        """Whether the effect points to the better side."""
        middle = ((self.low or 0.0) + (self.high or 0.0)) / 2
        return middle > 0 if self.higher_is_better else middle < 0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for all variants. Units are counted per arm; `mismatch_p` of the split of all arms."""

    control_units: int
    min_units: int
    planned_units: int
    monitoring: Monitoring
    mismatch_p: float
    days_running: float
    auto_after_days: float = 14
    auto_winner: bool = True
    mismatch_limit: float = LIMIT


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one variant."""

    variant: str
    outcome: Outcome
    grounds: tuple[Ground, ...]
    harmed: tuple[str, ...] = ()
    """Guardrail metrics that are surely worse."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Of the experiment; `variant` is the winner of DECLARE or the harmful one of STOP."""

    step: Step
    variant: str | None
    grounds: tuple[Ground, ...]
    verdicts: tuple[Verdict, ...]


def standing(
    variant: str, result: ArmResult, monitoring: Monitoring, *, higher_is_better: bool = True,
    guardrails: Sequence[Guardrail] = (),
) -> Standing:  # fmt: skip
    """A variant's standing from its analysed primary metric."""
    low, high = interval(result, monitoring)
    return Standing(
        variant, result.summary.n, low, high, result.confirmed, higher_is_better, result.failure, tuple(guardrails)
    )


def guardrail(
    metric: str, result: ArmResult, monitoring: Monitoring, *, higher_is_better: bool = True, margin: float = 0.0
) -> Guardrail:
    """A guardrail from its analysed metric."""
    return Guardrail(metric, *interval(result, monitoring), higher_is_better, margin)


def interval(result: ArmResult, monitoring: Monitoring) -> tuple[float | None, float | None]:
    """The interval that counts: monitored or fixed; (None, None) without an answer."""
    counts = result.sequence if monitoring is Monitoring.ALWAYS_VALID else result.effect
    return (None, None) if counts is None else (counts.low, counts.high)


def judge(one: Standing, around: Circumstances) -> Verdict:
    """The verdict on one variant."""
    harmed = tuple(rail.metric for rail in one.guardrails if rail.harmed)
    if around.mismatch_p < around.mismatch_limit:
        return Verdict(one.variant, Outcome.UNTRUSTED, (Ground.SPLIT_MISMATCH,), harmed)
    short = _short(one, around)
    if short is not None:
        return Verdict(one.variant, Outcome.NEEDS_UNITS, (short,), harmed)
    if one.failure is not None or one.low is None:
        return Verdict(one.variant, Outcome.UNTRUSTED, (Ground.NO_ANSWER,), harmed)
    grounds = _rails(one)
    if not one.significant:
        return Verdict(one.variant, Outcome.INCONCLUSIVE, (*grounds, Ground.NOT_SIGNIFICANT), harmed)
    if not one.gain:
        return Verdict(one.variant, Outcome.LOSES, (*grounds, Ground.SIGNIFICANT_LOSS), harmed)
    outcome = Outcome.INCONCLUSIVE if grounds else Outcome.WINS
    return Verdict(one.variant, outcome, (*grounds, Ground.SIGNIFICANT_GAIN), harmed)


def _short(one: Standing, around: Circumstances) -> Ground | None:
    """Too few units to say anything: the minimum always, the plan where only one look is allowed."""
    least = min(one.units, around.control_units)
    if one.failure is Reason.TOO_FEW_UNITS or least < around.min_units:
        return Ground.BELOW_MINIMUM
    if around.monitoring is Monitoring.FIXED and least < around.planned_units:
        return Ground.BEFORE_PLAN
    return None


def _rails(one: Standing) -> tuple[Ground, ...]:
    """What the guardrails hold against a winner."""
    grounds = []
    if any(rail.harmed for rail in one.guardrails):
        grounds.append(Ground.GUARDRAIL_HARMED)
    if any(rail.harm() is None for rail in one.guardrails):
        grounds.append(Ground.GUARDRAIL_UNKNOWN)
    if any(rail.doubtful for rail in one.guardrails):
        grounds.append(Ground.GUARDRAIL_DOUBTFUL)
    return tuple(grounds)


def decide(standings: Sequence[Standing], around: Circumstances) -> Decision:
    """What to do now.

    A mismatch goes to review. A surely harmed guardrail stops its variant, at any number of units. One clear winner
    after the threshold days is declared if that is automatic. Two winners, a winner with doubtful guardrails, or no
    winner at the planned sample after the days go to review. Before that the experiment goes on; with too few units
    nothing is said of significance."""
    verdicts = tuple(judge(one, around) for one in standings)
    if around.mismatch_p < around.mismatch_limit:
        return Decision(Step.REVIEW, None, (Ground.SPLIT_MISMATCH,), verdicts)
    harmful = next((verdict.variant for verdict in verdicts if verdict.harmed), None)
    if harmful is not None:
        return Decision(Step.STOP, harmful, (Ground.GUARDRAIL_HARMED,), verdicts)
    if around.days_running < around.auto_after_days:
        return Decision(Step.CONTINUE, None, (Ground.BEFORE_DAYS,), verdicts)
    return _after_days(standings, verdicts, around)


def _after_days(standings: Sequence[Standing], verdicts: tuple[Verdict, ...], around: Circumstances) -> Decision:
    gains = [verdict for verdict in verdicts if Ground.SIGNIFICANT_GAIN in verdict.grounds]
    if len(gains) > 1:
        return Decision(Step.REVIEW, None, (Ground.SEVERAL_WINNERS,), verdicts)
    if gains and gains[0].outcome is not Outcome.WINS:
        return Decision(Step.REVIEW, gains[0].variant, gains[0].grounds, verdicts)
    if gains:
        step, why = (Step.DECLARE, Ground.AFTER_DAYS) if around.auto_winner else (Step.REVIEW, Ground.AUTOMATIC_OFF)
        return Decision(step, gains[0].variant, (Ground.SIGNIFICANT_GAIN, why), verdicts)
    if any(verdict.outcome is Outcome.UNTRUSTED for verdict in verdicts):
        return Decision(Step.REVIEW, None, (Ground.NO_ANSWER,), verdicts)
    planned = max(around.planned_units, around.min_units)
    if min([around.control_units, *(one.units for one in standings)]) >= planned:
        return Decision(Step.REVIEW, None, (Ground.PLAN_REACHED, Ground.NOT_SIGNIFICANT), verdicts)
    waits = next((verdict.grounds for verdict in verdicts if verdict.outcome is Outcome.NEEDS_UNITS), None)
    return Decision(Step.CONTINUE, None, waits or (Ground.NOT_SIGNIFICANT,), verdicts)
