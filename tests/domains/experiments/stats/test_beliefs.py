"""The Bayesian view, bandits and segments (EXP-08) against gbstats, adaptive quadrature and simulation."""

from typing import Any

import numpy as np
import pytest

from enterprise_app.domains.experiments.rules.stats.aggregates import Aggregate, Cuped, Mean, Proportion, Ratio
from enterprise_app.domains.experiments.rules.stats.bandits import Rule, allocation
from enterprise_app.domains.experiments.rules.stats.bayes import (
    BetaPrior,
    NormalPrior,
    beta_binomial,
    chances_best,
    expected_losses,
    normal,
)
from enterprise_app.domains.experiments.rules.stats.corrections import Correction
from enterprise_app.domains.experiments.rules.stats.cuped import adjusted
from enterprise_app.domains.experiments.rules.stats.effects import Effect
from enterprise_app.domains.experiments.rules.stats.failures import Reason, Unanswerable
from enterprise_app.domains.experiments.rules.stats.points import Point, point
from enterprise_app.domains.experiments.rules.stats.segments import by_segment, heterogeneity

from .vectors import VECTORS


def _points() -> list[Any]:
    cases = []
    for case in VECTORS["means"]:
        arms = [point(Mean(arm["n"], arm["total"], arm["squares"])) for arm in (case["control"], case["variant"])]
        cases.append((arms, case["gbstats"]))
    for case in VECTORS["ratios"]:
        cases.append(([point(Ratio(*case["control"])), point(Ratio(*case["variant"]))], case["gbstats"]))
    for case in VECTORS["cuped"]:
        sides = (case["control"], case["variant"])
        arms = [Mean(a["n"], a["total"], a["squares"], Cuped(*a["history"])) for a in sides]
        cases.append((adjusted(arms), case["gbstats"]))
    return cases


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("prior", [None, NormalPrior(0.02, 0.3)])
@pytest.mark.parametrize(("arms", "gbstats"), _points())
def test_the_normal_view_agrees_with_gbstats(
    arms: list[Point], gbstats: dict[str, Any], prior: NormalPrior | None, relative: bool
) -> None:
    theirs = gbstats["relative" if relative else "absolute"]["flat" if prior is None else "prior"]
    ours = normal(*arms, prior=prior, relative=relative)
    assert ours.chance_to_win == pytest.approx(theirs["chance"], abs=1e-6)
    assert ours.expected_loss == pytest.approx(theirs["loss"], abs=1e-6)
    assert (ours.low, ours.high) == pytest.approx(theirs["ci"], abs=1e-6)


@pytest.mark.parametrize("case", VECTORS["beta"])
def test_beta_binomial_agrees_with_adaptive_quadrature(case: dict[str, Any]) -> None:
    ours = beta_binomial(Proportion(*case["control"]), Proportion(*case["variant"]))
    assert ours.chance_to_win == pytest.approx(case["chance"], abs=1e-9)
    assert ours.expected_loss == pytest.approx(case["loss"], abs=1e-10)


def test_the_credible_interval_is_that_of_draws() -> None:
    rng = np.random.default_rng(31)
    ours = beta_binomial(Proportion(20, 3), Proportion(18, 9))
    draws = rng.beta(10, 10, 1_000_000) - rng.beta(4, 18, 1_000_000)
    assert (ours.low, ours.high) == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=2e-3)
    assert ours.prior == "Beta(1, 1) on each rate"


def test_less_is_better_turns_the_view() -> None:
    a, b = Proportion(1000, 100), Proportion(1000, 130)
    up, down = beta_binomial(a, b), beta_binomial(a, b, higher_is_better=False)
    assert up.chance_to_win + down.chance_to_win == pytest.approx(1)
    assert down.expected_loss > up.expected_loss
    one, other = Point(100, 5.0, 9.0, 5.0), Point(100, 6.0, 9.0, 6.0)
    better, worse = normal(one, other), normal(one, other, higher_is_better=False)
    assert better.chance_to_win + worse.chance_to_win == pytest.approx(1)


def test_a_prior_is_weighed_and_without_data_speaks_alone() -> None:
    empty = Proportion(0, 0)
    assert beta_binomial(empty, empty).chance_to_win == pytest.approx(0.5)
    strong = beta_binomial(Proportion(100, 10), Proportion(100, 20), prior=BetaPrior(1000, 9000))
    weak = beta_binomial(Proportion(100, 10), Proportion(100, 20))
    assert 0.5 < strong.chance_to_win < weak.chance_to_win


ARMS: list[Aggregate] = [Proportion(400, 40), Proportion(500, 65), Proportion(300, 36)]


def test_several_arms_as_in_draws() -> None:
    rng = np.random.default_rng(32)
    draws = np.stack([rng.beta(1 + a.x, 1 + a.n - a.x, 1_000_000) for a in ARMS if isinstance(a, Proportion)])
    wins = np.bincount(draws.argmax(0), minlength=3) / 1_000_000
    assert chances_best(ARMS) == pytest.approx(wins, abs=2e-3)
    assert sum(chances_best(ARMS)) == pytest.approx(1)
    assert expected_losses(ARMS) == pytest.approx((draws.max(0) - draws).mean(1), abs=1e-4)
    least = np.bincount(draws.argmin(0), minlength=3) / 1_000_000
    assert chances_best(ARMS, higher_is_better=False) == pytest.approx(least, abs=2e-3)


def test_arms_of_very_different_certainty() -> None:
    """Quadrature finds a needle beside a haystack."""
    arms: list[Aggregate] = [Proportion(10_000_000, 1_000_000), Proportion(4, 1)]
    rng = np.random.default_rng(33)
    theirs = float((rng.beta(2, 4, 1_000_000) > 0.1).mean())
    assert chances_best(arms)[1] == pytest.approx(theirs, abs=2e-3)


def test_means_compete_too() -> None:
    rng = np.random.default_rng(34)
    arms: list[Aggregate] = [Mean.of(rng.normal(m, 2, 200)) for m in (5.0, 5.2, 4.0)]
    points = [point(arm) for arm in arms]
    draws = np.stack([rng.normal(p.value, p.error, 500_000) for p in points])
    assert chances_best(arms) == pytest.approx(np.bincount(draws.argmax(0), minlength=3) / 500_000, abs=3e-3)


@pytest.mark.parametrize("rule", list(Rule))
def test_bandit_weights(rule: Rule) -> None:
    weights = allocation(ARMS, rule=rule)
    assert weights == allocation(ARMS, rule=rule)
    assert round(sum(weights), 10) == 1.0
    assert min(weights) >= 0.05
    assert max(weights) == weights[1]
    assert all(round(weight * 10_000, 6) == round(weight * 10_000) for weight in weights)


def test_thompson_weights_are_the_chances() -> None:
    assert allocation(ARMS, rule=Rule.THOMPSON, least_share=0) == pytest.approx(chances_best(ARMS), abs=1e-4)


def test_top_two_keeps_half_for_the_challengers() -> None:
    """As drawn: the best of a draw, or with one half the best of a later draw that differs."""
    rng = np.random.default_rng(35)
    p = np.array(chances_best(ARMS))
    first = rng.choice(3, 400_000, p=p)
    rest = np.where(np.arange(3)[:, None] == np.arange(3), 0, p)
    rest /= rest.sum(1, keepdims=True)
    second = (rng.random(400_000)[:, None] > rest[first].cumsum(1)).sum(1)
    chosen = np.where(rng.random(400_000) < 0.5, first, second)
    assert allocation(ARMS, least_share=0) == pytest.approx(np.bincount(chosen) / 400_000, abs=3e-3)
    sure: list[Aggregate] = [Proportion(100_000, 10_000), Proportion(100_000, 20_000), Proportion(100_000, 10_100)]
    assert allocation(sure, least_share=0)[1] == pytest.approx(0.5, abs=1e-3)


def test_arms_without_an_answer_share_evenly() -> None:
    assert allocation([Proportion(0, 0), Proportion(0, 0)]) == [0.5, 0.5]
    assert allocation([Mean(0, 0, 0), Mean(1, 3, 9), Mean(9, 3, 9)]) == [0.3334, 0.3333, 0.3333]


@pytest.mark.parametrize(("arms", "least"), [(ARMS[:1], 0.05), (ARMS, 0.4), (ARMS, -0.1)])
def test_shares_that_do_not_fit_are_refused(arms: list[Aggregate], least: float) -> None:
    with pytest.raises(Unanswerable) as no:
        allocation(arms, least_share=least)
    assert no.value.reason is Reason.OUT_OF_RANGE


def test_a_bandit_finds_the_better_arm() -> None:
    rng = np.random.default_rng(36)
    arms = [Proportion(0, 0), Proportion(0, 0), Proportion(0, 0)]
    for _ in range(30):
        units = rng.multinomial(200, np.array(allocation(list(arms))))
        new = [Proportion(int(n), int(rng.binomial(n, rate))) for n, rate in zip(units, (0.1, 0.2, 0.1), strict=True)]
        arms = [arm + more for arm, more in zip(arms, new, strict=True)]
    assert arms[1].n > 0.45 * sum(arm.n for arm in arms)
    assert max(chances_best(list(arms))) == chances_best(list(arms))[1]


def test_segments_are_corrected_and_answer_each_for_itself() -> None:
    found = by_segment(
        {
            "de": (Proportion(2000, 200), Proportion(2000, 262)),
            "fr": (Proportion(2000, 200), Proportion(2000, 234)),
            "empty": (Proportion(0, 0), Proportion(5, 1)),
        },
        cuped=False,
    )
    de, fr, empty = found.rows
    assert de.effect is not None
    assert fr.effect is not None
    assert de.p_adjusted == pytest.approx(2 * de.effect.p)
    assert de.significant
    assert not fr.significant
    assert (empty.failure, empty.effect, empty.p_adjusted) == (Reason.TOO_FEW_UNITS, None, None)
    assert found.correction is Correction.HOLM


def test_heterogeneity_agrees_with_statsmodels() -> None:
    case = VECTORS["segments"]
    effects = [
        Effect(estimate, 0, 0, 1, None, None, None, "", "", error, 0.05)
        for estimate, error in zip(case["effects"], case["errors"], strict=True)
    ]
    assert heterogeneity(effects) == pytest.approx(case["p"], abs=1e-9)
    assert heterogeneity(effects[:1]) is None
