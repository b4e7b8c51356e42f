"""EXP-05: how many units and days a test needs, against the published numbers and the statistics they rest on."""

from typing import Any

import pytest

from enterprise_app.core.errors import Invalid
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.plan_schemas import PlanAnswer, PlanQuestion
from enterprise_app.domains.experiments.rules.planning import plan
from enterprise_app.domains.experiments.rules.stats import power
from tests.factories import make_context


def asked(**fields: Any) -> PlanAnswer:
    return plan(PlanQuestion.model_validate({"base": 0.1, "effect": 0.2, **fields}))


def test_the_published_sample() -> None:
    answer = asked(monitoring="fixed")
    assert (answer.units, answer.fixed_units, answer.total) == (3841, 3841, 7682)
    assert (answer.target, answer.effect) == (pytest.approx(0.12), pytest.approx(0.02))
    assert (answer.comparisons, answer.alpha_each) == (1, 0.05)
    absolute = asked(effect=0.02, relative=False, monitoring="fixed")
    assert (absolute.arms, absolute.relative) == (answer.arms, pytest.approx(0.2))


def test_looking_at_any_time_takes_more() -> None:
    answer = asked()
    assert (answer.units, answer.fixed_units) == (4324, 3841)
    assert "monitored" in answer.method


def test_several_variants_share_the_level() -> None:
    three = asked(weights=[1, 1, 1], monitoring="fixed")
    assert (three.comparisons, three.alpha_each) == (2, 0.025)
    assert three.units == power.units_for_proportions(0.1, 0.12, 0.025)
    assert [arm.units for arm in three.arms] == [three.units] * 3
    assert asked(weights=[1, 1, 1], monitoring="fixed", correction="none").units == 3841


def test_an_uneven_split_takes_more_in_all_but_the_small_arm_gets_its_power() -> None:
    even, uneven = asked(monitoring="fixed"), asked(weights=[0.9, 0.1], monitoring="fixed")
    control = power.units_for_proportions(0.1, 0.12, ratio=1 / 9)
    assert [arm.units for arm in uneven.arms] == [control, -(-control // 9)]
    assert uneven.total > even.total
    assert uneven.units < even.units


def test_means() -> None:
    answer = asked(kind="mean", base=50, deviation=80, effect=5, relative=False, monitoring="fixed")
    assert answer.units == power.units_for_means(5, 80)
    assert answer.relative == pytest.approx(0.1)
    falling = asked(kind="mean", base=-50, deviation=80, effect=-0.1, monitoring="fixed")
    assert (falling.effect, falling.target, falling.units) == (-5, -55, answer.units)
    nothing = asked(kind="mean", base=0, deviation=1, effect=0.5, relative=False)
    assert nothing.relative is None


def test_days_and_the_curve() -> None:
    answer = asked(monitoring="fixed", daily_units=1000, coverage=0.5)
    assert answer.days == 16
    assert (answer.curve[0].days, answer.curve[-1].days) == (2, 32)
    effects = [point.effect or 0 for point in answer.curve]
    assert effects == sorted(effects, reverse=True), "more days show smaller effects"
    planned = next(point for point in answer.curve if point.days == 16)
    assert planned.effect == pytest.approx(0.02, rel=0.03)


def test_what_so_many_units_show() -> None:
    found = asked(monitoring="fixed", units=3841).detectable
    assert found is not None
    assert (found.units, found.effect, found.relative) == (
        3841,
        pytest.approx(0.02, abs=2e-6),
        pytest.approx(0.2, abs=2e-5),
    )
    monitored = asked(units=4324).detectable
    assert monitored is not None
    assert monitored.effect == pytest.approx(0.02, rel=1e-3)
    by_days = asked(monitoring="fixed", daily_units=7682, days=1).detectable
    assert by_days is not None
    assert (by_days.units, by_days.effect) == (3841, found.effect)
    few = asked(base=0.9, effect=0.05, units=2).detectable
    assert few is not None
    assert few.effect is None, "even a rise to 100 % would not show"
    falls = asked(effect=-0.2, monitoring="fixed", units=3841).detectable
    assert falls is not None
    assert falls.effect is not None
    assert falls.effect < 0


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"effect": 0}, "effect", "plan_no_difference"),
        ({"effect": 20}, "effect", "plan_out_of_range"),
        ({"effect": -1}, "effect", "plan_out_of_range"),
        ({"effect": 1e-15}, "effect", "plan_unreachable"),
        ({"kind": "mean", "base": 0, "deviation": 1}, "effect", "plan_no_difference"),
        ({"kind": "mean", "deviation": 1e15, "effect": 1e-300, "relative": False}, "effect", "plan_unreachable"),
        ({"kind": "mean"}, "deviation", "plan_deviation"),
        ({"base": 0}, "base", "plan_rate"),
        ({"base": 1}, "base", "plan_rate"),
        ({"days": 3}, "daily_units", "plan_daily_units"),
    ],
)
async def test_questions_without_an_answer(fields: dict[str, Any], field: str, code: str) -> None:
    question = PlanQuestion.model_validate({"base": 0.1, "effect": 0.2, **fields})
    with pytest.raises(Invalid) as refused:
        await service.plan_test(make_context(), question)
    assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999"])
def test_no_endless_numbers(number: str) -> None:
    for field in ("base", "effect", "deviation", "daily_units", "coverage"):
        words = {"base": "0.1", "effect": "0.2", field: number}
        body = ", ".join(f'"{name}": {value}' for name, value in words.items())
        with pytest.raises(ValueError, match=field):
            PlanQuestion.model_validate_json(f"{{{body}}}")


@pytest.mark.parametrize("base", [1e-6, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("effect", [-0.9, 1e-3])
@pytest.mark.parametrize("daily", [None, 0.001, 1e12])
def test_extreme_questions_are_answered(base: float, effect: float, daily: float | None) -> None:
    answer = asked(base=base, effect=effect, daily_units=daily, weights=[1e-3, 1, 1, 1, 1], power=0.99)
    assert answer.units >= 1
    assert 1 <= len(answer.curve) <= 20
