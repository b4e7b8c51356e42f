"""Whatever sums come in, an analysis answers in finite, ordered numbers or names the reason; and it does so at once.

Sizes from no unit to 10¹² (the API's most), values from denormals to 1e150, constant arms, arms where all or none
converted, sums that only rounding makes possible.
"""

import time
import warnings
from dataclasses import replace
from math import isfinite
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from enterprise_app.domains.experiments.rules.stats.aggregates import (
    Aggregate,
    Cuped,
    Mean,
    Percentile,
    Proportion,
    Ratio,
)
from enterprise_app.domains.experiments.rules.stats.analysis import ArmResult, Plan, analyse
from enterprise_app.domains.experiments.rules.stats.failures import Reason, Unanswerable
from enterprise_app.domains.experiments.rules.stats.means import freedom
from enterprise_app.domains.experiments.rules.stats.proportions import compare_proportions, fisher

UNITS = st.sampled_from([0, 1, 2, 3, 5, 10, 100, 1000, 10**4, 10**6, 10**9, 10**12])
SCALES = st.sampled_from([1e-320, 1e-300, 1e-160, 1e-100, 1e-9, 1.0, 1e9, 1e100, 1e150])
PLANS = st.builds(
    Plan,
    planned=st.sampled_from([1, 1000, 10**9]),
    alpha=st.sampled_from([0.05, 0.001, 0.5]),
    cuped=st.booleans(),
)
MANY = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much])


@st.composite
def proportions(draw: st.DrawFn) -> Proportion:
    n = draw(UNITS)
    return Proportion(n, draw(st.sampled_from([0, n, min(n, 1), max(n - 1, 0), n // 2, n // 10, min(n, 7)])))


@st.composite
def means(draw: st.DrawFn) -> Mean:
    n, scale = draw(UNITS), draw(SCALES)
    mean = scale * draw(st.sampled_from([0, 1, -1, 1e6, 1e-6]))
    spread = (scale * draw(st.sampled_from([0, 1, 1e-3, 1e-7, 10]))) ** 2
    together = draw(st.sampled_from([0, 0.5, 1, -1]))
    squares = n * (mean * mean + spread)
    past = (n * mean, squares, n * mean * mean + together * n * spread)
    with_past = draw(st.booleans())
    try:
        return Mean(n, n * mean, squares, Cuped(*past) if with_past else None)
    except Unanswerable:
        reject()


@st.composite
def ratios(draw: st.DrawFn) -> Ratio:
    n, scale = draw(UNITS), draw(SCALES)
    a, b = scale * draw(st.sampled_from([0, 1, 1e-6])), draw(st.sampled_from([0, 1, 1e-6, 1e6, -1]))
    s, t = scale * draw(st.sampled_from([0, 1, 1e-3])), draw(st.sampled_from([0, abs(b), 1e-3]))
    cross = n * (a * b + draw(st.sampled_from([0, 0.9, 1, -1])) * s * t)
    return Ratio(n, n * a, n * b, n * (a * a + s * s), n * (b * b + t * t), cross)


@st.composite
def percentiles(draw: st.DrawFn) -> Percentile:
    scale, size = draw(SCALES), draw(st.sampled_from([0, 1, 2, 3, 10, 100, 1000]))
    steps = draw(st.sampled_from([1, 2, 7, 1000]))
    return Percentile.of(0.5, [scale * (i % steps - steps // 2) for i in range(size)])


KINDS: dict[str, st.SearchStrategy[Aggregate]] = {
    "proportions": proportions(), "means": means(), "ratios": ratios(), "percentiles": percentiles(),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_finite_and_in_order(kind: str) -> None:
    @MANY
    @given(st.data(), PLANS, st.booleans())
    def holds(data: st.DataObject, plan: Plan, up: bool) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                arms = {"control": data.draw(KINDS[kind]), "green": data.draw(KINDS[kind])}
            except Unanswerable:
                reject()
            found = analyse(arms, "control", plan, higher_is_better=up)
        for alone in (found.control, found.arms["green"].summary):
            _in_order(alone.low, alone.value, alone.high)
        if found.arms["green"].failure is None:
            _check(found.arms["green"])

    holds()


def _check(found: ArmResult) -> None:
    effect, looked, believed = found.effect, found.sequence, found.posterior
    assert effect
    assert looked
    assert believed
    _in_order(effect.low, effect.estimate, effect.high)
    _in_order(effect.relative_low, effect.relative, effect.relative_high)
    _in_order(looked.low, effect.estimate, looked.high)
    _in_order(believed.low, believed.high)
    _in_order(0, effect.p, 1)
    _in_order(0, looked.p, 1)
    _in_order(0, believed.chance_to_win, 1)
    _in_order(0, believed.expected_loss)
    assert effect.standard_error > 0


def _in_order(*numbers: float | None) -> None:
    known = [number for number in numbers if number is not None]
    assert all(map(isfinite, known))
    assert known == sorted(known)


@MANY
@given(means(), means())
def test_to_swap_the_arms_is_to_turn_the_sign(control: Mean, variant: Mean) -> None:
    plan = Plan(planned=1000, cuped=False)
    there, back = (
        analyse({"a": one, "b": other}, "a", plan).arms["b"] for one, other in ((control, variant), (variant, control))
    )
    assert there.failure == back.failure
    if there.effect and back.effect:
        assert there.effect.estimate == -back.effect.estimate
        assert there.effect.p == pytest.approx(back.effect.p, rel=1e-9)


@pytest.mark.parametrize("unit", [1e-140, 1e-80, 1e-9, 1e80, 1e140])
def test_the_unit_of_measure_decides_nothing(unit: float) -> None:
    def p(scale: float) -> float:
        arms = {"a": _scaled(100, 3.0, 2.0, scale), "b": _scaled(120, 3.4, 2.5, scale)}
        effect = analyse(arms, "a", Plan(planned=1000)).arms["b"].effect
        assert effect
        return effect.p

    assert p(unit) == pytest.approx(p(1.0), rel=1e-9)


def _scaled(n: int, mean: float, deviation: float, scale: float) -> Mean:
    return Mean(n, n * mean * scale, n * (mean * mean + deviation * deviation) * scale * scale)


def test_degrees_of_freedom_beyond_squares_of_errors() -> None:
    assert freedom(1e200, 10, 1e200, 10) == pytest.approx(18)
    assert freedom(1e-200, 10, 1e-200, 10) == pytest.approx(18)
    assert freedom(1e-200, 10, 1.0, 5) == pytest.approx(4)


@MANY
@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_the_exact_test_is_scipys(a: int, b: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, a)), data.draw(st.integers(0, b))
    theirs: Any = fisher_exact([[x, a - x], [y, b - y]])
    assert fisher(Proportion(a, x), Proportion(b, y)) == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-300)


def test_the_exact_test_of_a_trillion_units_takes_no_time() -> None:
    """None of 10¹² against half of them: once enumerated, 5·10¹¹ tables. By hand: 0 of 3 is (1/2)³, on either side."""
    started = time.monotonic()
    assert fisher(Proportion(10**12, 0), Proportion(10**12, 5 * 10**11)) == 0
    assert fisher(Proportion(10**12, 0), Proportion(10**12, 3)) == pytest.approx(0.25, rel=1e-9)
    assert fisher(Proportion(10**9, 10**9), Proportion(10**9, 10**9 - 4)) == pytest.approx(0.125, rel=1e-6)
    assert time.monotonic() - started < 1
    assert compare_proportions(Proportion(10**9, 0), Proportion(10**9, 10**8)).p == 0


def test_a_relative_effect_that_no_double_holds_is_none() -> None:
    control, variant = Mean(10, 1e-300, 10.0), Mean(10, 1e10, 2e19)
    found = analyse({"a": control, "b": variant}, "a", Plan(planned=10, cuped=False)).arms["b"]
    assert found.effect
    assert (found.effect.relative, found.effect.relative_low) == (None, None)


def test_a_variance_that_no_double_holds_is_refused_by_name() -> None:
    huge = Ratio(10**6, 1e156, 1.0, 1e306, 2e-6, 1e150)
    found = analyse({"a": huge, "b": replace(huge)}, "a", Plan(planned=10))
    assert found.arms["b"].failure is Reason.NOT_FINITE
    assert found.control.value is None
