"""Results in plain sentences: which ones hold, with the figures in them; never more than the numbers say.

Each sentence is a code (its text is `results.summary.<code>`) and its figures. What isn't shown is called not shown,
never absent; nothing is claimed below the minimum sample, or when the units are not split as planned.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..result_schemas import Advice, ArmOutcome, MetricOutcome, Results
from ..vocabulary import Direction, MetricKind, MetricRole, Monitoring, Origin
from .stats.verdict import Ground, Step

_RATES = (MetricKind.PROPORTION, MetricKind.RETENTION)
_SHORT = {Ground.BELOW_MINIMUM, Ground.BEFORE_PLAN}


class Form(StrEnum):
    """How a figure is written."""

    COUNT = "count"
    P = "p"
    SHARE = "share"
    POINTS = "points"
    """A difference of two shares, in percentage points."""
    NUMBER = "number"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a sentence; `currency` of money."""

    form: Form
    value: float
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement; strings among the params are names."""

    code: str
    params: Mapping[str, str | Figure] = field(default_factory=dict)


def sentences(
    results: Results, *, names: Mapping[str, str] | None = None, decision: Mapping[str, Any] | None = None
) -> list[Sentence]:
    """What may be said, the most important first. `names` of variants by key; `decision` as it was recorded."""
    told = _Telling(results, names or {})
    found = list(_decided(told, decision)) if decision else []
    if not sum(unit.units for unit in results.units):
        return [*found, Sentence("nobody")]
    if results.split is not None and results.split.suspicious:
        return [*found, Sentence("mismatch", {"p": Figure(Form.P, results.split.p)})]
    found += [*told.primary(), *told.guardrails(), *told.secondary()]
    found += told.cautions()
    if not decision and results.advice is not None and _still_open(results):
        found += _advised(told, results.advice)
    return found


def _still_open(results: Results) -> bool:
    return results.origin is Origin.MEASURED and not results.frozen and results.ended_at is None


def _decided(told: "_Telling", decision: Mapping[str, Any]) -> Iterator[Sentence]:
    outcome, variant = decision.get("outcome"), decision.get("variant")
    if outcome == "ship" and variant:
        code = "decided_ship_automatic" if decision.get("automatic") else "decided_ship"
        yield Sentence(code, {"variant": told.name(variant)})
    elif outcome in ("rollback", "inconclusive"):
        yield Sentence(f"decided_{outcome}", {"control": told.name(told.results.control)})


def _advised(told: "_Telling", advice: Advice) -> Iterator[Sentence]:
    """What the rules say to do now."""
    first = advice.grounds[0] if advice.grounds else ""
    match advice.step:
        case Step.DECLARE:
            yield Sentence("declare", {"variant": told.name(advice.variant)})
        case Step.STOP:
            yield Sentence("stop", {"variant": told.name(advice.variant)})
        case Step.REVIEW:
            yield Sentence(f"review_{_review(advice.grounds)}")
        case _:
            yield Sentence("continue_before_days" if first == Ground.BEFORE_DAYS else "continue")


def _review(grounds: list[str]) -> str:
    """Why a person decides, by the first ground that says it."""
    if Ground.AUTOMATIC_OFF in grounds:
        return "automatic_off"
    first = grounds[0] if grounds else ""
    if first.startswith("guardrail"):
        return "guardrail"
    return first if first in (Ground.SEVERAL_WINNERS, Ground.PLAN_REACHED) else "no_answer"


class _Telling:
    """The sentences about metrics."""

    def __init__(self, results: Results, names: Mapping[str, str]) -> None:
        self.results, self._names = results, names
        units = {unit.variant: unit.units for unit in results.units}
        least = {key: min(count, units.get(results.control, 0)) for key, count in units.items()}
        verdicts = results.advice.verdicts if results.advice else []
        self._short = {key for key, count in least.items() if count < results.planned_units}
        self._short |= {v.variant for v in verdicts if _SHORT & set(v.grounds)}

    def name(self, variant: str | None) -> str:
        """As people call it."""
        return self._names.get(variant or "") or variant or ""

    def primary(self) -> Iterator[Sentence]:
        """Every variant on the metric that decides."""
        for metric in self._of(MetricRole.PRIMARY):
            for arm in metric.arms[1:]:
                yield self._too_few(metric, arm) if arm.variant in self._short else self._compared(metric, arm)

    def guardrails(self) -> Iterator[Sentence]:
        """Harm that is shown; and that none is, where all of them have an answer."""
        arms = [(metric, arm) for metric in self._of(MetricRole.GUARDRAIL) for arm in metric.arms[1:]]
        harmed = [(metric, arm) for metric, arm in arms if _effect(self._interval(arm), metric) == -1]
        fixed = self.results.monitoring is Monitoring.FIXED
        for metric, arm in harmed:
            early = fixed and arm.variant in self._short
            yield Sentence("guardrail_suspect" if early else "guardrail_harmed", self._params(metric, arm))
        unknown = [(metric, arm) for metric, arm in arms if self._interval(arm) is None]
        for metric, arm in unknown:
            yield Sentence("guardrail_unknown", self._who(metric, arm))
        if arms and not harmed and not unknown:
            yield Sentence("guardrails_quiet")

    def secondary(self) -> Iterator[Sentence]:
        """Only what is shown after correction, for variants with enough units."""
        for metric in self._of(MetricRole.SECONDARY):
            for arm in metric.arms[1:]:
                if arm.confirmed and self._interval(arm) is not None and arm.variant not in self._short:
                    yield self._compared(metric, arm, prefix="also_")

    def cautions(self) -> Iterator[Sentence]:
        """What keeps the comparison from being as good as it looks."""
        for remark in self.results.warnings:
            if remark.code == "drift":
                variant, control = self.name(remark.params["variant"]), self.name(self.results.control)
                yield Sentence("drift", {"metric": remark.params["metric"], "variant": variant, "control": control})
            elif remark.code == "moving_weights":
                yield Sentence("moving_weights")

    def _of(self, role: MetricRole) -> list[MetricOutcome]:
        return [metric for metric in self.results.metrics if metric.role is role]

    def _too_few(self, metric: MetricOutcome, arm: ArmOutcome) -> Sentence:
        units = {"units": Figure(Form.COUNT, arm.units), "control_units": Figure(Form.COUNT, metric.arms[0].units)}
        least = Figure(Form.COUNT, self.results.planned_units)
        return Sentence("too_few", self._who(metric, arm) | units | {"min": least})

    def _compared(self, metric: MetricOutcome, arm: ArmOutcome, prefix: str = "") -> Sentence:
        interval = self._interval(arm)
        if interval is None or arm.difference is None or arm.p_adjusted is None:
            return Sentence("no_answer", self._who(metric, arm))
        if arm.confirmed:
            better = (arm.difference.estimate > 0) == (metric.direction is Direction.UP)
            return Sentence(prefix + ("better" if better else "worse"), self._params(metric, arm))
        if arm.significant and arm.belief is not None:
            chance = Figure(Form.SHARE, arm.belief.chance_to_win)
            return Sentence("likely", self._who(metric, arm) | {"chance": chance})
        code = "not_shown" if interval[0] <= 0 <= interval[1] else "not_confirmed"
        return Sentence(code, self._params(metric, arm))

    def _interval(self, arm: ArmOutcome) -> tuple[float, float] | None:
        """The one that counts at this look."""
        always = self.results.monitoring is Monitoring.ALWAYS_VALID
        counts = arm.bounds if always else arm.difference
        return None if counts is None else (counts.low, counts.high)

    def _who(self, metric: MetricOutcome, arm: ArmOutcome) -> dict[str, str | Figure]:
        return {
            "metric": metric.name, "variant": self.name(arm.variant), "control": self.name(self.results.control),
        }  # fmt: skip

    def _params(self, metric: MetricOutcome, arm: ArmOutcome) -> dict[str, str | Figure]:
        """Names, both values, the difference with its interval and p."""
        low, high = self._interval(arm) or (0.0, 0.0)
        told = {"difference": arm.difference.estimate if arm.difference else 0.0, "low": low, "high": high}
        found = self._who(metric, arm) | {name: _apart(metric, value) for name, value in told.items()}
        found |= {
            "value": _plain(metric, arm.value or 0.0),
            "control_value": _plain(metric, metric.arms[0].value or 0.0),
        }
        return found | {"p": Figure(Form.P, 1.0 if arm.p_adjusted is None else arm.p_adjusted)}


def _effect(interval: tuple[float, float] | None, metric: MetricOutcome) -> int:
    """1 surely better, −1 surely worse, 0 not shown."""
    if interval is None or interval[0] <= 0 <= interval[1]:
        return 0
    return 1 if (interval[0] > 0) == (metric.direction is Direction.UP) else -1


def _plain(metric: MetricOutcome, value: float) -> Figure:
    """A metric's value."""
    return Figure(Form.SHARE, value) if metric.kind in _RATES else _amount(metric, value)


def _apart(metric: MetricOutcome, value: float) -> Figure:
    """A difference of two values."""
    return Figure(Form.POINTS, value) if metric.kind in _RATES else _amount(metric, value)


def _amount(metric: MetricOutcome, value: float) -> Figure:
    return Figure(Form.MONEY, value, metric.currency) if metric.currency else Figure(Form.NUMBER, value)
