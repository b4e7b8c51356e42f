"""EXP-12: sums of tests that ran elsewhere: analysed by the same rules, checked, kept apart from what is measured."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from scipy import stats

from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import FeatureMissing, Invalid, ReadOnly
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import Entitlements
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import ExperimentNotFound, MetricsMissing
from enterprise_app.domains.experiments.result_schemas import ExternalDraft, ExternalResults
from enterprise_app.domains.experiments.vocabulary import Origin
from tests.domains.experiments import lives
from tests.domains.experiments.measured import MEDIAN, ORDERED, ROUNDS, Trial, arm, outcome, trial
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")
RATIO = ROUNDS | {"kind": "ratio", "denominator": {"name": "Level"}}


async def submit(
    made: Trial, *metrics: list[dict[str, Any]], source: str = "Mail tool", **told: Any
) -> ExternalResults:
    given = [
        {"metric_id": m.id, "arms": [{"variant": "control"} | arms[0], {"variant": "green"} | arms[1]]}
        for m, arms in zip(made.metrics, metrics, strict=False)
    ]
    draft = ExternalDraft.model_validate({"source": source, "metrics": given} | told)
    async with tenant_session(made.ctx) as session:
        return await service.submit_results(session, made.ctx, made.experiment.id, draft)


def converted(units: int, x: int, **more: Any) -> dict[str, Any]:
    return {"units": units, "converted": x} | more


async def test_sums_are_analysed_like_units() -> None:
    made = await trial(make_context(), [ORDERED, ROUNDS, RATIO])
    control, green = [1.0, 4.0, 2.5, 8.0, 3.0, 6.5], [2.0, 7.0, 9.5, 8.0, 5.0]
    sums = [{"units": len(v), "total": sum(v), "squares": sum(x * x for x in v)} for v in (control, green)]
    ratio = [
        s | {"denominator": 2.0 * s["units"], "denominator_squares": 4.0 * s["units"], "cross": 2.0 * s["total"]}
        for s in sums
    ]
    kept = await submit(made, [converted(1000, 100), converted(1000, 130)], sums, ratio)
    found = kept.results
    assert (found.origin, found.source, found.split and found.split.p) == (Origin.EXTERNAL, "Mail tool", 1.0)
    assert arm(found).difference
    assert round(arm(found).difference.p, 5) == 0.03549  # pyright: ignore[reportOptionalMemberAccess]
    welch = stats.ttest_ind(green, control, equal_var=False)
    assert arm(found, number=1).difference.p == pytest.approx(welch.pvalue)  # pyright: ignore
    assert arm(found, number=2).value == pytest.approx(sum(green) / (2 * len(green)))
    assert outcome(found).arms[0].total is None


async def test_what_was_submitted_stays_apart_and_as_it_was() -> None:
    made = await trial(make_context(), [ORDERED])
    first = await submit(made, [converted(100, 10), converted(100, 20)])
    second = await submit(made, [converted(100, 10), converted(100, 30)], source="Shop")
    async with tenant_session(made.ctx) as session:
        kept = await service.list_external_results(session, made.ctx, made.experiment.id)
        measured = await service.get_results(session, made.ctx, made.experiment.id)
    assert kept.items == [second, first]
    assert (measured.origin, arm(measured).units) == (Origin.MEASURED, 0)
    assert "experiment.results_submitted" in await lives.column(made.ctx, "SELECT verb FROM audit_log")


async def refused(made: Trial, *metrics: Any) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        await submit(made, *metrics)
    return {(p.field, p.code) for p in caught.value.problems}


async def test_every_problem_is_told_at_once() -> None:
    made = await trial(make_context(), [ORDERED, ROUNDS, MEDIAN])
    found = await refused(
        made,
        [converted(10, 11), {"units": 10, "variant": "violet", "converted": 1}],
        [{"units": 5, "total": 10.0, "squares": 1.0}, {"units": 5, "converted": 3}],
        [{"units": 5}, {"units": 5}],
    )
    assert found == {
        ("metrics.0.arms.0", "results_impossible"), ("metrics.0.arms.1.variant", "results_variant_unknown"),
        ("metrics.1.arms.0", "results_impossible"), ("metrics.1.arms.1.total", "required"),
        ("metrics.1.arms.1.squares", "required"), ("metrics.1.arms.1.converted", "metric_field_unfit"),
        ("metrics.2.arms.0", "results_percentile"), ("metrics.2.arms.1", "results_percentile"),
    }  # fmt: skip


async def test_arms_and_metrics_are_there_once_with_the_control() -> None:
    made = await trial(make_context(), [ORDERED])
    twice = [converted(10, 1, variant="green"), converted(10, 1)]
    assert await refused(made, twice) == {
        ("metrics.0.arms.1.variant", "results_twice"), ("metrics.0.arms", "results_control_missing"),
    }  # fmt: skip
    made.metrics *= 2
    assert ("metrics.1.metric_id", "results_twice") in await refused(made, *[[converted(10, 1), converted(10, 1)]] * 2)
    made.metrics = [made.metrics[0].model_copy(update={"id": new_id()})]
    unknown = await refused(made, [converted(10, 1), converted(10, 1)])
    assert unknown == {("metrics.0.metric_id", "results_metric_unknown")}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"units": -1, "converted": 0}, "greater_than"),
        ({"units": 1.5, "converted": 0}, "int"),
        ({"units": 10**13, "converted": 0}, "less_than"),
        ({"units": 1, "total": float("nan")}, "finite"),
        ({"units": 1, "total": float("inf")}, "finite"),
    ],
)
async def test_numbers_that_are_none_are_refused(fields: dict[str, Any], code: str) -> None:
    made = await trial(make_context(), [ORDERED], start=False)
    with pytest.raises(ValidationError) as caught:
        await submit(made, [fields, converted(1, 1)])
    assert any(code in e["type"] or "less" in e["type"] for e in caught.value.errors())


async def test_times_have_zones_and_an_order() -> None:
    made = await trial(make_context(), [ORDERED], start=False)
    arms = [converted(10, 1), converted(10, 1)]
    for times, code in (
        ({"started_at": "2026-03-01T00:00:00"}, "results_time_zone"),
        ({"started_at": "2026-03-02T00:00:00Z", "ended_at": "2026-03-01T00:00:00Z"}, "results_times"),
    ):
        with pytest.raises(ValidationError, match=code):
            await submit(made, arms, **times)
    kept = await submit(made, arms, started_at="2026-03-01T00:00:00Z", ended_at="2026-03-20T00:00:00Z")
    assert kept.results.ended_at is not None


@pytest.mark.parametrize("arms", [(0, 0, 0, 0), (1, 0, 1, 1), (1, 1, 1, 1), (5, 0, 5, 0), (5, 5, 5, 5)])
async def test_few_units_and_all_or_none_are_answered_without_a_number_out_of_nothing(arms: Any) -> None:
    made = await trial(make_context(), [ORDERED])
    found = (await submit(made, [converted(arms[0], arms[1]), converted(arms[2], arms[3])])).results
    assert not arm(found).significant
    assert "nan" not in found.model_dump_json().lower()
    assert "infinity" not in found.model_dump_json().lower()


async def test_who_may_not_does_not() -> None:
    made = await trial(make_context(), [ORDERED])
    arms = [converted(10, 1), converted(10, 1)]
    made.ctx, owner = make_context(), made.ctx
    with pytest.raises(ExperimentNotFound):
        await submit(made, arms)
    made.ctx = owner.with_entitlements(Entitlements("FREE"))
    with pytest.raises(FeatureMissing):
        await submit(made, arms)
    made.ctx = replace(owner, read_only=True)
    with pytest.raises(ReadOnly):
        await submit(made, arms)
    made.ctx, bare = owner, await lives.create(owner, "Bare")
    made.experiment = bare
    with pytest.raises(MetricsMissing):
        await submit(made, arms)
