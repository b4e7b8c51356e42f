"""Results for tests, made by the rules from sums per arm, as a service would."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from enterprise_app.domains.experiments.metric_schemas import Definition
from enterprise_app.domains.experiments.result_schemas import Results
from enterprise_app.domains.experiments.rules import results as rules
from enterprise_app.domains.experiments.rules.results import Arm, Input, Question
from enterprise_app.domains.experiments.rules.stats.aggregates import Aggregate, Proportion
from enterprise_app.domains.experiments.schemas import ExperimentSettings, Variant
from enterprise_app.domains.experiments.vocabulary import MetricRole, Monitoring, Origin

AT = datetime(2026, 3, 1, tzinfo=UTC)
SIGNED_UP = {"kind": "proportion", "event": {"name": "Signed Up"}}
SPENT = {
    "kind": "revenue",
    "event": {"name": "Order Completed", "value": "revenue"},
    "currency": "EUR",
}
Sums = Mapping[str, Aggregate]


def rates(**arms: tuple[int, int]) -> dict[str, Aggregate]:
    """(units, converted) by variant."""
    return {key: Proportion(n, x) for key, (n, x) in arms.items()}


def metric(name: str, arms: Sums, role: MetricRole = MetricRole.PRIMARY, **definition: Any) -> Input:
    """One metric with its sums."""
    made = Definition.model_validate(SIGNED_UP | definition)
    given = {key: Arm(aggregate.n, aggregate) for key, aggregate in arms.items()}
    return Input(uuid5(UUID(int=5), name), name.lower(), name, role, made, 1, given)


def results(
    metrics: Sequence[Input],
    *,
    days: float = 20,
    units: Mapping[str, int] | None = None,
    ended: bool = False,
    frozen: bool = False,
    **settings: Any,
) -> Results:
    """Of an experiment with even weights after some days; the first arm is the control."""
    keys = list(metrics[0].arms)
    variants = [Variant(key=key, weight=1 / len(keys), is_control=not n) for n, key in enumerate(keys)]
    question = Question(variants, ExperimentSettings(**settings))
    s, counted = question.settings, units or {key: arm.units for key, arm in metrics[0].arms.items()}
    found = rules.analysed(question, metrics)
    split = rules.split(question, counted, any_time=s.monitoring is Monitoring.ALWAYS_VALID)
    return Results(
        experiment_id=UUID(int=9), plan_version=1, origin=Origin.MEASURED, as_of=AT + timedelta(days=days),
        started_at=AT, ended_at=AT + timedelta(days=days) if ended else None, control=question.control, alpha=s.alpha,
        correction=s.correction, inference=s.inference, monitoring=s.monitoring, cuped=s.cuped,
        planned_units=question.planned, units=rules.unit_counts(question, counted, {}), split=split,
        metrics=[rules.outcome(question, i, r) for i, r in zip(metrics, found, strict=True)],
        advice=rules.advise(question, metrics, found, split, days), frozen=frozen,
    )  # fmt: skip
