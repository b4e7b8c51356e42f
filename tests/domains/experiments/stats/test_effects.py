"""Frequentist comparisons against gbstats, statsmodels, scipy and the published vector of EXP-04."""

from typing import Any

import numpy as np
import pytest
import scipy.stats as ss

from enterprise_app.domains.experiments.rules.stats.aggregates import Cuped, Mean, Percentile, Proportion, Ratio
from enterprise_app.domains.experiments.rules.stats.comparing import compare
from enterprise_app.domains.experiments.rules.stats.cuped import adjusted, explained
from enterprise_app.domains.experiments.rules.stats.effects import Effect, Lift, Note
from enterprise_app.domains.experiments.rules.stats.failures import Unanswerable
from enterprise_app.domains.experiments.rules.stats.lifts import relatively
from enterprise_app.domains.experiments.rules.stats.means import welch
from enterprise_app.domains.experiments.rules.stats.points import Point, order_interval, point
from enterprise_app.domains.experiments.rules.stats.proportions import (
    chi_square,
    exact_test,
    fisher,
    newcombe,
    wilson,
    z_test,
)

from .vectors import VECTORS


def _same_as_gbstats(effect: Effect, theirs: dict[str, Any]) -> None:
    absolute, relative = theirs["absolute"], theirs["relative"]
    assert effect.estimate == pytest.approx(absolute["estimate"], rel=1e-6)
    assert (effect.low, effect.high) == pytest.approx(absolute["ci"], rel=1e-6, abs=1e-6)
    assert effect.p == pytest.approx(absolute["p"], abs=1e-6)
    assert effect.relative == pytest.approx(relative["estimate"], rel=1e-6)
    assert (effect.relative_low, effect.relative_high) == pytest.approx(relative["ci"], abs=1e-6)


def test_the_published_vector_of_two_rates() -> None:
    a, b = Proportion(1000, 100), Proportion(1000, 130)
    effect = z_test(a, b)
    assert effect.p == pytest.approx(0.03549, abs=5e-6)
    assert (effect.low, effect.high) == pytest.approx((0.00207, 0.05793), abs=5e-6)
    plain, yates = chi_square([a, b]), chi_square([a, b], yates=True)
    assert plain.statistic == pytest.approx(4.4215, abs=5e-5)
    assert plain.statistic**0.5 == pytest.approx(2.1027, abs=5e-5)
    assert plain.p == pytest.approx(effect.p, abs=1e-12)
    assert yates.p == pytest.approx(0.04209, abs=5e-6)


@pytest.mark.parametrize("case", VECTORS["proportions"])
def test_proportions_agree_with_statsmodels_and_scipy(case: dict[str, Any]) -> None:
    a, b = Proportion(*case["control"]), Proportion(*case["variant"])
    effect = z_test(a, b)
    assert effect.p == pytest.approx(case["p"], abs=1e-9)
    assert (effect.low, effect.high) == pytest.approx(case["wald"], abs=1e-9)
    assert newcombe(a, b) == pytest.approx(case["newcombe"], abs=1e-9)
    assert [wilson(a), wilson(b)] == [pytest.approx(one, abs=1e-9) for one in case["wilson"]]
    plain, yates = chi_square([a, b]), chi_square([a, b], yates=True)
    assert [plain.statistic, plain.p] == pytest.approx(case["chi2"], rel=1e-9)
    assert [yates.statistic, yates.p] == pytest.approx(case["yates"], rel=1e-9)
    assert fisher(a, b) == pytest.approx(case["fisher"], rel=1e-7)


@pytest.mark.parametrize("case", VECTORS["proportions"][:3])
def test_the_log_lift_is_katz_interval_of_the_risk_ratio(case: dict[str, Any]) -> None:
    effect = z_test(Proportion(*case["control"]), Proportion(*case["variant"]), lift=Lift.LOG)
    assert effect.relative_low is not None
    assert effect.relative_high is not None
    assert (effect.relative_low + 1, effect.relative_high + 1) == pytest.approx(case["log"], rel=1e-9)


@pytest.mark.parametrize("case", VECTORS["proportions"][:3])
def test_rates_by_welch_agree_with_gbstats(case: dict[str, Any]) -> None:
    effect = welch(point(Proportion(*case["control"])), point(Proportion(*case["variant"])))
    _same_as_gbstats(effect, case["gbstats"])


def test_several_rates_at_once_as_scipy() -> None:
    table = np.array([[40, 460], [61, 439], [55, 445], [70, 430]])
    found = chi_square([Proportion(int(row.sum()), int(row[0])) for row in table])
    theirs = ss.chi2_contingency(table, correction=False)
    assert (found.statistic, found.df, found.p) == pytest.approx((theirs.statistic, theirs.dof, theirs.pvalue))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("a", "b"), [((20, 0), (20, 0)), ((20, 20), (20, 20)), ((1, 0), (1, 1)), ((30, 2), (28, 7))])
def test_few_conversions_are_compared_exactly(a: tuple[int, int], b: tuple[int, int]) -> None:
    one, other = Proportion(*a), Proportion(*b)
    effect = compare(one, other, cuped=False)
    table = [[a[1], a[0] - a[1]], [b[1], b[0] - b[1]]]
    assert Note.EXACT in effect.notes
    assert effect.p == pytest.approx(ss.fisher_exact(table).pvalue)  # type: ignore[attr-defined]
    assert -1 <= effect.low <= effect.estimate <= effect.high <= 1
    assert effect.low < effect.high
    assert effect.standard_error > 0
    assert effect == exact_test(one, other)


def test_fisher_agrees_with_scipy_on_many_tables() -> None:
    rng = np.random.default_rng(3)
    for n, m in rng.integers(1, 60, (60, 2)):
        x, y = int(rng.integers(0, n + 1)), int(rng.integers(0, m + 1))
        theirs = ss.fisher_exact([[x, n - x], [y, m - y]]).pvalue  # type: ignore[attr-defined]
        assert fisher(Proportion(n, x), Proportion(m, y)) == pytest.approx(theirs, abs=1e-9)


def _mean(sums: dict[str, Any]) -> Mean:
    return Mean(sums["n"], sums["total"], sums["squares"])


@pytest.mark.parametrize("case", VECTORS["means"])
def test_means_agree_with_scipy_and_gbstats(case: dict[str, Any]) -> None:
    effect = compare(_mean(case["control"]), _mean(case["variant"]), cuped=False)
    assert effect.p == pytest.approx(case["scipy"]["p"], rel=1e-8)
    assert (effect.low, effect.high) == pytest.approx(case["scipy"]["ci"], rel=1e-8)
    _same_as_gbstats(effect, case["gbstats"])


@pytest.mark.parametrize("case", VECTORS["ratios"])
def test_ratios_agree_with_gbstats(case: dict[str, Any]) -> None:
    _same_as_gbstats(compare(Ratio(*case["control"]), Ratio(*case["variant"]), cuped=False), case["gbstats"])


def test_the_spread_of_a_ratio_is_that_of_its_bootstrap() -> None:
    rng = np.random.default_rng(5)
    den = rng.poisson(3, 3000) + 1.0
    num = den * rng.gamma(2, 5, 3000)
    draws = rng.integers(0, 3000, (2000, 3000))
    boot = num[draws].sum(1) / den[draws].sum(1)
    assert point(Ratio.of(num, den)).error == pytest.approx(boot.std(), rel=0.06)


@pytest.mark.parametrize("case", VECTORS["cuped"])
def test_cuped_agrees_with_gbstats_and_narrows(case: dict[str, Any]) -> None:
    arms = [
        Mean(arm["n"], arm["total"], arm["squares"], Cuped(*arm["history"]))
        for arm in (case["control"], case["variant"])
    ]
    effect = compare(*arms)
    _same_as_gbstats(effect, case["gbstats"])
    assert Note.ADJUSTED in effect.notes
    plain = compare(*arms, cuped=False)
    assert effect.standard_error == pytest.approx(plain.standard_error * (1 - explained(arms)) ** 0.5, rel=0.02)
    assert effect.standard_error < 0.9 * plain.standard_error


def test_cuped_is_the_regression_on_history() -> None:
    """θ and the residual variance by numpy's least squares on the stacked units."""
    rng = np.random.default_rng(7)
    pre = rng.gamma(2, 10, 900)
    post = 0.6 * pre + rng.normal(0, 5, 900)
    one, other = adjusted([Mean.of(post[:400], pre[:400]), Mean.of(post[400:], pre[400:])])
    slope, _ = np.polyfit(pre, post, 1)
    left = post - slope * (pre - pre.mean())
    assert (one.value, other.value) == pytest.approx((left[:400].mean(), left[400:].mean()))
    assert (one.variance, other.variance) == pytest.approx((left[:400].var(ddof=1), left[400:].var(ddof=1)))


def test_cuped_of_a_ratio_is_the_regression_of_its_linear_form() -> None:
    rng = np.random.default_rng(8)
    visits, pre_visits = rng.poisson(4, 4000) + 1.0, rng.poisson(4, 4000) + 1.0
    habit = rng.gamma(4, 2, 4000)
    num, pre_num = visits * (habit + rng.normal(0, 1, 4000)), pre_visits * (habit + rng.normal(0, 1, 4000))
    arms = [Ratio.of(num[cut], visits[cut], pre_num[cut], pre_visits[cut]) for cut in (slice(2000), slice(2000, 4000))]
    effect, plain = compare(*arms), compare(*arms, cuped=False)
    now = (num - num.sum() / visits.sum() * visits) / visits.mean()
    then = (pre_num - pre_num.sum() / pre_visits.sum() * pre_visits) / pre_visits.mean()
    left = now - np.polyfit(then, now, 1)[0] * then
    error = (left[:2000].var(ddof=1) / 2000 + left[2000:].var(ddof=1) / 2000) ** 0.5
    assert effect.standard_error == pytest.approx(error, rel=0.02)
    assert effect.estimate == pytest.approx(left[2000:].mean() - left[:2000].mean(), abs=0.1 * error)
    assert effect.standard_error < 0.7 * plain.standard_error


def test_an_adjusted_rate_is_the_adjusted_mean_of_zeros_and_ones() -> None:
    rng = np.random.default_rng(9)
    pre = (rng.random(2000) < 0.3).astype(float)
    post = (rng.random(2000) < 0.1 + 0.4 * pre).astype(float)
    means = [Mean.of(post[:1000], pre[:1000]), Mean.of(post[1000:], pre[1000:])]
    rates = [Proportion(arm.n, int(arm.total), arm.cuped) for arm in means]
    assert compare(*rates).p == pytest.approx(compare(*means).p)
    assert compare(*rates).method == "Welch t on a rate, CUPED"


@pytest.mark.parametrize("case", VECTORS["quantiles"])
def test_percentiles_agree_with_gbstats(case: dict[str, Any]) -> None:
    """gbstats has (n−1)/n of our variance, a factor without meaning for order statistics."""
    for values, (mean, variance) in zip((case["control"], case["variant"]), case["gbstats"], strict=True):
        found = point(Percentile.of(case["q"], values))
        assert found.value == mean
        assert found.variance * (found.n - 1) / found.n == pytest.approx(variance, rel=1e-6)


@pytest.mark.parametrize("case", VECTORS["clusters"])
def test_percentiles_of_units_with_many_values_agree_with_gbstats(case: dict[str, Any]) -> None:
    arm = Percentile.of_units(case["q"], case["values"], case["units"])
    found, n = point(arm), case["n"]
    assert found.value == case["hat"]
    assert found.error2 * (n - 1) / n == pytest.approx(case["variance"] / n, rel=1e-6)
    assert found.error > 1.3 * point(Percentile.of(case["q"], case["values"])).error


def test_percentile_intervals_cover() -> None:
    """The 90th percentile of 500 A/A pairs of heavy-tailed values: 95 % of the intervals hold 0."""
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(500):
        one, other = (Percentile.of(0.9, rng.lognormal(2, 1, 600)) for _ in range(2))
        effect = compare(one, other)
        held += effect.low <= 0 <= effect.high
    assert 0.925 <= held / 500 <= 0.985


@pytest.mark.parametrize(
    ("q", "units", "drawn"),
    [
        (0.5, 400, lambda rng, n: rng.poisson(2.6741, n)),  # P(≤ 2) = 0.5: any number from 2 to 3 is a median
        (0.5, 2000, lambda rng, n: rng.poisson(2.72, n)),
        (0.5, 600, lambda rng, n: rng.integers(1, 7, n)),
        (0.9, 600, lambda rng, n: rng.integers(1, 11, n)),
        (0.9, 1000, lambda rng, n: rng.geometric(0.05, n)),
        (0.9, 600, lambda rng, n: np.round(rng.lognormal(2, 1, n))),
    ],
)
def test_percentile_intervals_of_whole_numbers_cover(q: float, units: int, drawn: Any) -> None:
    """Of 400 A/A pairs at least 95 % hold 0, also where half of the samples have one number and half the next."""
    rng = np.random.default_rng(21)
    held = 0
    for _ in range(400):
        try:
            effect = compare(*(Percentile.of(q, drawn(rng, units)) for _ in range(2)))
        except Unanswerable:  # one and the same number in both arms: no variance, no winner
            held += 1
        else:
            held += effect.low <= 0 <= effect.high
    assert held / 400 >= 0.95


def test_ties_count_where_they_are_in_the_interval_only() -> None:
    spread = [2.0**n for n in range(100)]  # so that the two sides differ
    for values, tied in ((spread, False), ([0.0] * 3 + spread + [1e40] * 3, False), (spread * 2, True)):
        arm = Percentile.of(0.5, values)
        low, value, high = order_interval(arm)
        reach = max(value - low, high - value) if tied else (high - low) / 2
        assert point(arm).error == pytest.approx(reach / 1.959963984540054)
    still = Percentile.of(0.5, [1.0] * 30 + [7.0] * 50 + [9.0] * 20)
    assert (order_interval(still), point(still).error) == ((7.0, 7.0, 7.0), 0)


def test_a_merged_histogram_is_the_histogram_of_all() -> None:
    rng = np.random.default_rng(12)
    values = rng.integers(0, 50, 900)
    merged = Percentile.of(0.5, values[:300]) + Percentile.of(0.5, values[300:])
    whole = Percentile.of(0.5, values)
    assert (merged.values == whole.values).all()
    assert (merged.counts == whole.counts).all()


def test_sums_merge_to_the_sums_of_all() -> None:
    rng = np.random.default_rng(13)
    y, x = rng.normal(3, 1, 100), rng.normal(2, 1, 100)
    halves = Mean.of(y[:40], x[:40]) + Mean.of(y[40:], x[40:])
    assert halves.squares == pytest.approx(Mean.of(y, x).squares)
    assert halves.cuped is not None
    assert halves.cuped.cross == pytest.approx(float(x @ y))
    assert (halves + Mean.of(y)).cuped is None, "history counts only where all have it"
    assert Proportion(10, 3) + Proportion(5, 1) == Proportion(15, 4)
    ratio = Ratio.of(y[:40], x[:40]) + Ratio.of(y[40:], x[40:])
    assert ratio.numden == pytest.approx(float(x @ y))


def test_fiellers_interval_covers_where_delta_does_not() -> None:
    """Control 4 standard errors from 0: Fieller's 95 % interval of the ratio holds the truth as promised."""
    rng = np.random.default_rng(14)
    held = 0
    for a, b in zip(rng.normal(8, 1, 4000), rng.normal(12, 1, 4000), strict=True):
        control, variant = Point(100, a, 100.0, a), Point(100, b, 100.0, b)
        made = Effect(b - a, 0, 0, 1, None, None, None, "", "", 1.0, 0.05)
        lift = relatively(made, control, variant, 1.959964, Lift.FIELLER)
        assert lift.relative_low is not None
        assert lift.relative_high is not None
        held += lift.relative_low <= 0.5 <= lift.relative_high
    assert held / 4000 == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("lift", list(Lift))
def test_the_three_lifts_agree_where_control_is_far_from_zero(lift: Lift) -> None:
    control, variant = Point(10_000, 50.0, 400.0, 50.0), Point(10_000, 52.0, 400.0, 52.0)
    effect = welch(control, variant, lift=lift)
    assert effect.relative == pytest.approx(0.04)
    assert effect.relative_low == pytest.approx(0.0287, abs=3e-4)
    assert effect.relative_high == pytest.approx(0.0513, abs=3e-4)
