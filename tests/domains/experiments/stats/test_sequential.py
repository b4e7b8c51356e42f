"""Monitoring at any time (EXP-07): wrong wins and power by simulation, boundaries against published ones, gbstats."""

import math
from typing import Any

import numpy as np
import pytest

from enterprise_app.domains.experiments.rules.stats.failures import Reason, Unanswerable
from enterprise_app.domains.experiments.rules.stats.groups import Spending, boundaries
from enterprise_app.domains.experiments.rules.stats.power import units_for_proportions
from enterprise_app.domains.experiments.rules.stats.sequential import (
    Sequence,
    SequenceMethod,
    confidence_sequence,
    critical,
    even,
    p_value,
    planned_units,
    power_at_plan,
)

from .simulated import LOOKS, PLANNED, RUNS, crossed, looks_at_means, looks_at_rates
from .vectors import VECTORS

MIXTURE = SequenceMethod.MIXTURE
_WITHIN_CHANCE = 0.05 + 2 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize("method", list(SequenceMethod))
@pytest.mark.parametrize("horizon", [1.0, 3.0])
def test_of_4000_trials_without_effect_at_most_5_percent_win_wrongly(method: SequenceMethod, horizon: float) -> None:
    """20 looks up to the planned sample, or up to three times that."""
    z, fractions = looks_at_rates(0.1, 0.1, horizon)
    assert crossed(z, critical(fractions, 0.05, method)) <= 0.05


def test_heavy_tails_do_not_win_wrongly_either() -> None:
    """Revenue: 95 % buy nothing, the rest log-normal."""
    z, fractions = looks_at_means()
    assert crossed(z, critical(fractions, 0.05)) <= 0.05


def test_looking_at_a_fixed_test_wins_wrongly() -> None:
    """The simulation can fail: 20 looks at |z| > 1.96 win wrongly in about a quarter of the trials."""
    z, _ = looks_at_rates(0.1, 0.1, 1.0)
    assert crossed(z, np.full(LOOKS, 1.959964)) > 0.2
    assert crossed(z[:, -1:], np.array([1.959964])) <= _WITHIN_CHANCE


def test_power_at_the_plan_is_within_20_percent_of_the_fixed_test() -> None:
    z, fractions = looks_at_rates(0.1, 0.12, 1.0)
    fixed = crossed(z[:, -1:], np.array([1.959964]))
    monitored = crossed(z, critical(fractions, 0.05))
    assert fixed == pytest.approx(0.8, abs=0.02)
    assert monitored >= 0.8 * fixed
    assert monitored == pytest.approx(power_at_plan(2.8016), abs=0.04)


def test_the_monitored_plan_has_the_wanted_power() -> None:
    units = planned_units(units_for_proportions(0.1, 0.12))
    assert units == 4324
    z, fractions = looks_at_rates(0.1, 0.12, 1.0, planned=units)
    assert 0.76 <= crossed(z, critical(fractions, 0.05)) <= 0.82


def test_the_sequence_holds_the_truth_at_all_looks() -> None:
    """Coverage of a true difference, not only of 0."""
    z, fractions = looks_at_rates(0.1, 0.12, 3.0, truth=0.02)
    assert crossed(z, critical(fractions, 0.05)) <= 0.05


@pytest.mark.parametrize("case", VECTORS["means"])
def test_the_mixture_agrees_with_gbstats(case: dict[str, Any]) -> None:
    theirs = case["gbstats"]["absolute"]
    n, m = case["control"]["n"], case["variant"]["n"]
    fraction = (n + m) / theirs["tuning"]
    arms = (case["control"], case["variant"])
    spread = [(arm["squares"] - arm["total"] ** 2 / arm["n"]) / (arm["n"] - 1) / arm["n"] for arm in arms]
    error = math.sqrt(sum(spread))
    reach = float(critical(fraction, 0.05, MIXTURE)) * error
    low, high = theirs["estimate"] - reach, theirs["estimate"] + reach
    assert (low, high) == pytest.approx(theirs["watched_ci"], rel=1e-6)
    assert float(p_value(theirs["estimate"] / error, fraction, 0.05, MIXTURE)) == pytest.approx(
        theirs["watched_p"], abs=1e-6
    )


def test_even_arms_of_the_tuned_sample_are_fraction_1() -> None:
    found = confidence_sequence(0.1, 0.1, 1000, 1000, 1000, method=MIXTURE)
    assert found.fraction == 1.0
    assert even(1000, 3000) == 1500
    assert (found.high - found.low) / 2 == pytest.approx(0.1 * 3.0352, abs=1e-4)


@pytest.mark.parametrize("method", list(SequenceMethod))
@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.7, 1.0, 1.5, 20.0])
def test_p_and_interval_say_the_same(method: SequenceMethod, fraction: float) -> None:
    bound = float(critical(fraction, 0.05, method))
    assert (
        float(p_value(bound * 1.0001, fraction, 0.05, method))
        < 0.05
        < float(p_value(bound * 0.9999, fraction, 0.05, method))
    )
    assert float(p_value(0.0, fraction, 0.05, method)) == 1.0


def test_earlier_looks_stay() -> None:
    def look(low: float, high: float, p: float) -> Sequence:
        return Sequence(low, high, p, 1.0, "", "")

    met = look(-2, 5, 0.3).meet(look(-1, 8, 0.04))
    assert (met.low, met.high, met.p) == (-1, 5, 0.04)
    apart = look(3, 4, 0.01).meet(look(0, 1, 0.02))
    assert (apart.low, apart.high, apart.p) == (2, 2, 0.01)


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        (Spending.OBRIEN_FLEMING, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),
        (Spending.POCOCK, [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]),
    ],
)
def test_group_boundaries_are_the_published_ones(spending: Spending, published: list[float]) -> None:
    """Five even looks at 5 %, two-sided: the tables of Lan-DeMets programs (ld98, gsDesign)."""
    assert boundaries([0.2, 0.4, 0.6, 0.8, 1.0], 0.05, spending) == pytest.approx(published, abs=2e-4)


def test_group_boundaries_keep_their_level() -> None:
    z, fractions = looks_at_rates(0.1, 0.1, 1.0)
    assert crossed(z, np.array(boundaries(list(fractions)))) <= _WITHIN_CHANCE


def test_one_look_is_the_fixed_test() -> None:
    assert boundaries([1.0]) == pytest.approx([1.959964], abs=1e-6)


@pytest.mark.parametrize("fractions", [[], [0.5, 0.5], [0.8, 0.4], [0.5, 1.2], [-0.1, 1]])
def test_looks_must_rise_to_1(fractions: list[float]) -> None:
    with pytest.raises(Unanswerable):
        boundaries(fractions)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"standard_error": 0.0}, Reason.NO_VARIANCE),
        ({"standard_error": math.nan}, Reason.NOT_FINITE),
        ({"n_control": 0}, Reason.TOO_FEW_UNITS),
        ({"planned": 0}, Reason.OUT_OF_RANGE),
        ({"alpha": 1.0}, Reason.OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_monitored_is_named(changed: dict[str, Any], reason: Reason) -> None:
    good = {"estimate": 1.0, "standard_error": 0.5, "n_control": 10, "n_variant": 10, "planned": 100}
    with pytest.raises(Unanswerable) as no:
        confidence_sequence(**(good | changed))
    assert no.value.reason is reason


def test_the_plan_is_nearly_as_sharp_as_a_fixed_test_there() -> None:
    assert float(critical(1.0, 0.05)) == pytest.approx(2.3263, abs=1e-4)
    assert units_for_proportions(0.1, 0.12) == PLANNED
