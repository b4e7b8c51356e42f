"""Before the start and around it: power, split of the sample, corrections, capping (EXP-04 to EXP-06)."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats as ss

from enterprise_app.domains.experiments.rules.stats import power
from enterprise_app.domains.experiments.rules.stats.aggregates import Ratio
from enterprise_app.domains.experiments.rules.stats.corrections import Correction, adjust, simultaneous
from enterprise_app.domains.experiments.rules.stats.failures import Reason, Unanswerable
from enterprise_app.domains.experiments.rules.stats.mismatch import mismatch, mismatch_any_time
from enterprise_app.domains.experiments.rules.stats.winsorising import cap, threshold

from .vectors import VECTORS


def test_the_published_sample_size() -> None:
    assert power.units_for_proportions(0.10, 0.12) == 3841
    assert power.units_for_proportions(0.10, 0.12, pooled=False) == 3839
    assert power.units_for_proportions(0.12, 0.10) == 3841


@pytest.mark.parametrize("case", VECTORS["power"]["proportions"])
def test_units_for_rates_agree_with_statsmodels(case: dict[str, Any]) -> None:
    """statsmodels' power of the pooled test counts both tails and so may need one unit less."""
    assert power.units_for_proportions(case["base"], case["target"]) == pytest.approx(case["units"], abs=1)


@pytest.mark.parametrize("case", VECTORS["power"]["means"])
def test_units_for_means_agree_with_statsmodels(case: dict[str, Any]) -> None:
    found = power.units_for_means(case["effect"] * 7, 7, power=case["power"], ratio=case["ratio"])
    assert found == math.ceil(case["units"])


def test_units_for_a_ratio_hold_in_simulation() -> None:
    """Trials of the planned size with the planned lift: four of five are significant."""
    rng = np.random.default_rng(21)
    den = rng.poisson(3, 20_000) + 1.0
    past = Ratio.of(den * rng.gamma(4, 5, 20_000), den)
    units = power.units_for_ratio(past, 0.05)
    wins, runs = 0, 800
    for _ in range(runs):
        values = []
        for lift in (1.0, 1.05):
            b = rng.poisson(3, units) + 1.0
            a = b * rng.gamma(4, 5 * lift, units)
            left = (a - a.sum() / b.sum() * b) / b.mean()
            values.append((a.sum() / b.sum(), left.var() / units))
        wins += abs(values[1][0] - values[0][0]) / math.sqrt(values[0][1] + values[1][1]) > 1.96
    assert wins / runs == pytest.approx(0.8, abs=0.05)
    assert power.detectable_ratio(past, units) == pytest.approx(0.05, rel=0.01)


def test_the_detectable_effect_is_the_inverse_of_the_size() -> None:
    assert 0.1 + power.detectable_proportion(0.1, 3841) == pytest.approx(0.12, abs=1e-5)
    assert power.detectable_mean(12.0, power.units_for_means(0.7, 12.0)) == pytest.approx(0.7, rel=1e-3)
    units = power.units_for_means(0.7, 12.0)
    assert power.power_of_means(0.7, 12.0, units) == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((3841, [1, 1], 1000.0), 8),
        ((3841, [1, 1], 1000.0, 0.5), 16),
        ((1000, [0.9, 0.1], 1000.0), 10),
        ((500, [1, 1], 1000.0), 1),
    ],
)
def test_days_count_the_smallest_arm(args: tuple[Any, ...], expected: int) -> None:
    assert power.days(*args) == expected


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: power.units_for_proportions(0.1, 0.1), Reason.NO_DIFFERENCE),
        (lambda: power.units_for_proportions(0.0, 0.1), Reason.OUT_OF_RANGE),
        (lambda: power.units_for_proportions(0.1, math.nan), Reason.OUT_OF_RANGE),
        (lambda: power.units_for_proportions(0.1, 0.2, power=1.0), Reason.OUT_OF_RANGE),
        (lambda: power.units_for_means(0, 1), Reason.NO_DIFFERENCE),
        (lambda: power.units_for_means(1, 0), Reason.OUT_OF_RANGE),
        (lambda: power.units_for_means(math.inf, 1), Reason.NOT_FINITE),
        (lambda: power.units_for_ratio(Ratio.of([0, 0], [1, 2]), 0.1), Reason.NO_BASELINE),
        (lambda: power.units_for_ratio(Ratio.of([1, 2], [1, 2]), 0.1), Reason.NO_VARIANCE),
        (lambda: power.detectable_proportion(0.5, 3), Reason.UNREACHABLE),
        (lambda: power.days(10, [1, 1], 0), Reason.OUT_OF_RANGE),
        (lambda: power.days(10, [1, 1], 5, 1.2), Reason.OUT_OF_RANGE),
        (lambda: power.days(10, [], 5), Reason.OUT_OF_RANGE),
        (lambda: power.days(5000, [1, 1], 1000, 5e-324), Reason.UNREACHABLE),
        (lambda: power.days(10**15, [1, 1], 1e-12), Reason.UNREACHABLE),
    ],
)
def test_plans_that_cannot_be_made_are_named(call: Any, reason: Reason) -> None:
    with pytest.raises(Unanswerable) as no:
        call()
    assert no.value.reason is reason


@pytest.mark.parametrize("case", VECTORS["mismatch"])
def test_the_split_agrees_with_gbstats_and_scipy(case: dict[str, Any]) -> None:
    found = mismatch(case["counts"], case["weights"])
    assert found.p == pytest.approx(case["p"], rel=1e-9)
    assert found.p == pytest.approx(ss.chisquare(case["counts"], found.expected).pvalue, rel=1e-9)


def test_the_published_mismatch_blocks() -> None:
    found = mismatch([5200, 4800], [1, 1])
    assert found.p == pytest.approx(6.3e-5, abs=5e-7)
    assert found.suspicious
    assert not mismatch([5030, 4970], [1, 1]).suspicious
    assert mismatch([0, 0], [1, 1]).p == 1.0


def test_the_any_time_split_raises_no_false_alarms_and_sees_a_broken_one() -> None:
    rng = np.random.default_rng(22)
    sound = rng.binomial(200, 0.5, (2000, 30)).cumsum(1)
    broken = rng.binomial(200, 0.54, (200, 30)).cumsum(1)
    n = 200 * np.arange(1, 31)

    def alarms(firsts: np.ndarray, limit: float) -> float:
        def alarmed(row: np.ndarray) -> bool:
            looks = zip(row, n, strict=True)
            return any(mismatch_any_time([k, total - k], [1, 1], limit).suspicious for k, total in looks)

        return float(np.mean([alarmed(row) for row in firsts[:400]]))

    assert alarms(sound, 0.05) <= 0.05
    assert alarms(broken, 0.05) > 0.9


@pytest.mark.parametrize("check", [mismatch, mismatch_any_time])
@pytest.mark.parametrize(
    ("counts", "weights", "reason"),
    [
        ([1, 2], [1], Reason.OUT_OF_RANGE),
        ([1], [1], Reason.OUT_OF_RANGE),
        ([1, 2], [1, 0], Reason.OUT_OF_RANGE),
        ([1, -2], [1, 1], Reason.IMPOSSIBLE),
        ([1, 2], [1, math.nan], Reason.NOT_FINITE),
    ],
)
def test_splits_without_sense_are_named(check: Any, counts: Any, weights: Any, reason: Reason) -> None:
    with pytest.raises(Unanswerable) as no:
        check(counts, weights)
    assert no.value.reason is reason


@pytest.mark.parametrize("case", VECTORS["corrections"])
def test_corrections_agree_with_statsmodels(case: dict[str, Any]) -> None:
    assert adjust(case["ps"], Correction.HOLM) == pytest.approx(case["holm"], abs=1e-12)
    assert adjust(case["ps"], Correction.BH) == pytest.approx(case["bh"], abs=1e-12)
    assert adjust(case["ps"], Correction.NONE) == case["ps"]


def test_corrections_keep_the_order_and_refuse_nonsense() -> None:
    assert adjust([0.04, 0.01], Correction.HOLM) == pytest.approx([0.04, 0.02])
    assert adjust([], Correction.BH) == []
    assert simultaneous(0.05, 5) == pytest.approx(0.01)
    for bad in (math.nan, -0.1, 1.1):
        with pytest.raises(Unanswerable):
            adjust([0.5, bad], Correction.NONE)


def test_capping_takes_the_pooled_quantile() -> None:
    values = np.array([0.0] * 50 + list(range(1, 51)))
    assert threshold(values, 0.98) == pytest.approx(np.percentile(values, 98))
    assert threshold(values, 0.5, ignore_zeros=True) == pytest.approx(25.5)
    assert cap([1, 99, -5], 10, floor=0).tolist() == [1, 10, 0]


@pytest.mark.parametrize(
    ("values", "quantile", "reason"),
    [
        ([], 0.9, Reason.TOO_FEW_UNITS),
        ([0, 0], 0.9, Reason.TOO_FEW_UNITS),
        ([1, math.nan], 0.9, Reason.NOT_FINITE),
        ([1, 2], 1.0, Reason.OUT_OF_RANGE),
    ],
)
def test_no_cap_without_values(values: list[float], quantile: float, reason: Reason) -> None:
    with pytest.raises(Unanswerable) as no:
        threshold(values, quantile, ignore_zeros=True)
    assert no.value.reason is reason
