"""From the advice of a look to what is done about it. Pure: settings are data, and nothing is decided twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ..result_schemas import Advice
from ..schemas import ExperimentSettings, Variant
from ..vocabulary import Allocation, GuardrailAction, Monitoring
from .stats.aggregates import Aggregate
from .stats.bandits import Rule, allocation
from .stats.verdict import Ground, Step

LEAST_COVERAGE = Decimal("0.05")
"""Below it a ramp down ends with nobody."""


class Deed(StrEnum):
    """What the watch does."""

    DECIDE = "decide"
    STOP = "stop"
    RAMP_DOWN = "ramp_down"
    REWEIGH = "reweigh"


def deed(advice: Advice | None, settings: ExperimentSettings, coverage: Decimal, *, new_day: bool) -> Deed | None:
    """What to do about the advice. None: nothing but to record it."""
    match advice.step if advice else None:
        case Step.DECLARE:
            return Deed.DECIDE
        case Step.STOP if settings.guardrail_action is GuardrailAction.STOP:
            return Deed.STOP
        case Step.STOP if settings.guardrail_action is GuardrailAction.RAMP_DOWN and coverage > 0:
            return Deed.RAMP_DOWN
        case Step.CONTINUE if settings.allocation is Allocation.BANDIT and new_day:
            return Deed.REWEIGH
    return None


def ramped_down(coverage: Decimal) -> Decimal:
    """Half as many; in the end nobody."""
    half = coverage / 2
    return half.quantize(Decimal("0.0001")) if half >= LEAST_COVERAGE else Decimal(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was advised last time, as it is stored."""

    step: str | None
    variant: str | None
    grounds: tuple[str, ...]


NOTHING = Standing(None, None, ())


def standing(advice: Advice | None) -> Standing:
    """Of an advice."""
    return Standing(advice.step, advice.variant, tuple(advice.grounds)) if advice else NOTHING


def once(advice: Advice | None, settings: ExperimentSettings, before: Standing) -> Advice | None:
    """A fixed test counts once, at the first look after its plan: what it did not win then it does not win by being
    looked at again."""
    fixed = settings.monitoring is Monitoring.FIXED
    if advice is None or not fixed or advice.step != Step.DECLARE or Ground.PLAN_REACHED not in before.grounds:
        return advice
    return advice.model_copy(update={"step": Step.REVIEW.value, "variant": None, "grounds": list(before.grounds)})


def is_news(before: Standing, now: Standing) -> bool:
    """Whether people should be told: something else than before, and something else than to go on."""
    return now != before and now.step in (Step.REVIEW, Step.STOP)


def reweighed(
    variants: Sequence[Variant], arms: Sequence[Aggregate | None], *, higher_is_better: bool
) -> list[Variant] | None:
    """The variants with the weights that the bandit wants; None where an arm has no data yet or nothing changes.

    Each arm gets its chance to be the best (Thompson 1933), which loses least on the way; at least 5 %, so that none is
    given up by accident.
    """
    known = [arm for arm in arms if arm is not None]
    if len(known) < len(arms):
        return None
    weights = allocation(known, rule=Rule.THOMPSON, higher_is_better=higher_is_better)
    made = [v.model_copy(update={"weight": weight}) for v, weight in zip(variants, weights, strict=True)]
    return made if [v.weight for v in made] != [v.weight for v in variants] else None
