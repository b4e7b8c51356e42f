"""EXP-11: the model against peers, and on pasts whose truth is known."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct
from sklearn.linear_model import LinearRegression, Ridge

from enterprise_app.domains.experiments.recommendation_schemas import (
    Aspect,
    Basis,
    RecommendationQuestion,
    Recommendations,
    Status,
    TooLittle,
)
from enterprise_app.domains.experiments.rules.recommending import model
from enterprise_app.domains.experiments.rules.recommending.advising import _Work
from enterprise_app.domains.experiments.rules.recommending.design import basis_of, sample_of
from enterprise_app.domains.experiments.rules.recommending.evidence import leave_one_out
from enterprise_app.domains.experiments.rules.recommending.model import Learner, Sample
from enterprise_app.domains.experiments.rules.recommending.past import PastArm, PastTest
from tests.domains.experiments.recommending.simulated import NOW, Worth, known, nothing, past

AT = datetime(2026, 3, 1, tzinfo=UTC)


def answer(tests: list[PastTest], **question: object) -> Recommendations:
    """What the past says of what is in use now."""
    asked = RecommendationQuestion.model_validate(question)
    return _Work(tests, asked, asked.current or NOW).answer(AT, None, [], {})


def sample(x: list[list[float]], y: list[float], error: list[float]) -> Sample:
    """One arm a test, nothing shared, no squares."""
    rows = [(slice(i, i + 1), 0.0) for i in range(len(y))]
    return Sample(np.array(x), np.array(y), np.array(error), rows, np.zeros(len(x[0]), dtype=bool))


def test_two_tests_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """No feature differs, τ = 0: the mean by inverse variance. 0.10 ± 0.01 and 0.04 ± 0.02: weights 4 to 1, 0.088."""
    monkeypatch.setattr(model, "TAUS", (0.0,))
    found = Learner(sample([[0.0], [0.0]], [0.10, 0.04], [0.01, 0.02])).fit_mean()
    assert found.mean[0] == pytest.approx(0.088, abs=1e-4)
    assert found.covariance[0, 0] ** 0.5 == pytest.approx((1 / 12_500) ** 0.5, abs=1e-6)


def test_arms_of_a_test_share_their_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two arms that are all control's error are one arm: the mean's variance is the shared one."""
    monkeypatch.setattr(model, "TAUS", (0.0,))
    both = Sample(
        np.zeros((2, 1)), np.array([0.1, 0.1]), np.array([0.02, 0.02]), [(slice(0, 2), 0.000_36)], np.array([False])
    )
    assert Learner(both).fit_mean().covariance[0, 0] == pytest.approx((0.0004 + 0.000_36) / 2, rel=1e-3)


def test_the_same_as_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """scikit-learn's Gaussian process with a linear kernel (the same prior and noise by row), and its weighted ridge;
    with a wide prior its weighted least squares."""
    chance = np.random.default_rng(3)
    x, error = chance.normal(size=(30, 3)), chance.uniform(0.01, 0.05, 30)
    y = 0.02 + x @ np.array([0.05, -0.03, 0.0]) + chance.normal(0, error)
    new = chance.normal(size=(5, 3))
    monkeypatch.setattr(model, "TAUS", (0.0,))
    monkeypatch.setattr(model, "SIGMAS", (0.4,))
    monkeypatch.setattr(model, "WIDE", 0.4)
    mine = Learner(sample(x.tolist(), y.tolist(), error.tolist())).fit()
    kernel = 0.16 * DotProduct(1.0, sigma_0_bounds="fixed")
    peer: Any = GaussianProcessRegressor(kernel).set_params(alpha=error**2, optimizer=None).fit(x, y)
    means, spreads = mine.predict(new)
    theirs = peer.predict(new, return_std=True)
    assert means == pytest.approx(theirs[0], rel=1e-8)
    assert spreads == pytest.approx(theirs[1], rel=1e-6)
    rows = np.column_stack([np.ones(30), x])
    ridge = Ridge(alpha=1 / 0.16, fit_intercept=False).fit(rows, y, sample_weight=1 / error**2)
    assert mine.mean == pytest.approx(ridge.coef_, rel=1e-8)
    monkeypatch.setattr(model, "SIGMAS", (1e4,))
    monkeypatch.setattr(model, "WIDE", 1e4)
    wide = Learner(sample(x.tolist(), y.tolist(), error.tolist())).fit()
    line = LinearRegression().fit(x, y, sample_weight=1 / error**2)
    assert wide.mean == pytest.approx([line.intercept_, *line.coef_], rel=1e-5)


def test_a_test_left_out_is_as_if_it_had_never_been() -> None:
    tests = past(5, 9, known)
    basis = basis_of(tests)
    less = Learner(sample_of([*tests[:4], *tests[5:]], basis)).fit()
    found = Learner(sample_of(tests, basis)).fit(without=4)
    assert found.mean == pytest.approx(less.mean, abs=1e-9)
    assert found.covariance == pytest.approx(less.covariance, abs=1e-9)


@pytest.mark.parametrize("own", [0.0, 0.03])
def test_a_known_truth_is_learned_and_beats_the_mean(own: float) -> None:
    found = [leave_one_out(_learner(seed, 20, known, own)) for seed in range(20)]
    assert sum(e.beats_mean for e in found) >= 18
    assert np.mean([e.better for e in found]) > 0.6
    assert 0.9 <= np.mean([e.covered for e in found]) <= 0.99, "95 % intervals hold on tests not seen"


@pytest.mark.parametrize(("count", "own"), [(8, 0.0), (12, 0.03), (20, 0.0)])
def test_noise_teaches_nothing(count: int, own: float) -> None:
    """In at least 95 % of pasts."""
    passed = [leave_one_out(_learner(1000 + seed, count, nothing, own)).beats_mean for seed in range(100)]
    assert sum(passed) <= 5


def _learner(seed: int, count: int, worth: Worth, own: float) -> Learner:
    tests = past(seed, count, worth, own=own, arms=1 + seed % 3)
    return Learner(sample_of(tests, basis_of(tests)))


def test_the_effects_of_features_are_those_of_the_truth() -> None:
    found = answer(past(1, 40, known))
    assert (found.status, found.reason) == (Status.LEARNED, None)
    size = found.features[0]
    assert (size.parameter, size.aspect, size.worst, size.best) == ("headline_size", Aspect.SIZE, 24, 72)
    assert size.low < 0.15 < size.high, "0.1 for 32 pixels, over 48"
    assert size.gain == pytest.approx(0.15, abs=0.02)
    centre = next(f for f in found.features if f.level == "center")
    assert centre.low < 0.06 < centre.high
    assert sum(f.share for f in found.features) == pytest.approx(1)


def test_predictions_hold_the_truth() -> None:
    asked = [{"headline_size": 64}, {"cta_align": "center", "headline": "Buy now!"}, {}, {"headline_size": 90}]
    found = answer(past(2, 40, known), variants=asked).predictions
    for told in found[:2]:
        truth = known(told.parameters) - known(NOW)
        assert told.low < truth < told.high
        assert told.gain == pytest.approx(truth, abs=0.02)
        assert told.chance > 0.99
    assert (found[2].changes, found[2].gain, found[2].low, found[2].high) == ({}, 0, 0, 0)
    assert [told.unseen for told in found] == [[], [], [], ["headline_size"]]


def test_noise_gives_no_prediction_but_a_test_to_learn_from() -> None:
    found = answer(past(1, 20, nothing))
    assert (found.status, found.reason) == (Status.NOT_ENOUGH_DATA, TooLittle.NOT_BETTER_THAN_MEAN)
    assert (found.predictions, found.best, found.optima, found.features) == ([], None, [], [])
    assert found.evidence is not None
    assert len(found.evidence.points) == 40
    assert found.next_test is not None
    assert (found.next_test.basis, found.next_test.improvement) == (Basis.KNOWLEDGE, None)
    assert all(len(v.changes) == 1 and v.prediction is None for v in found.next_test.variants)
    assert 0 < found.next_test.knowledge < 1


@pytest.mark.parametrize("count", [0, 1, 7])
def test_few_tests_are_not_enough(count: int) -> None:
    found = answer(past(1, count, known))
    assert (found.status, found.reason, found.tests, found.tests_needed) == (
        Status.NOT_ENOUGH_DATA, TooLittle.TOO_FEW_TESTS, count, 8,
    )  # fmt: skip
    assert found.predictions == []
    assert (found.evidence is None) is (count < 2)


def test_the_same_seed_gives_the_same_answer() -> None:
    tests = past(1, 12, known)
    assert answer(tests, seed=4) == answer(tests, seed=4)


def test_gains_all_alike_teach_nothing() -> None:
    """Not even a division by zero."""
    arms = [PastArm("v", {"headline_size": 40 + 2 * i}, 0.01, 0.02) for i in range(10)]
    tests = [PastTest(UUID(int=i + 1), "Alike", {"headline_size": 40}, [arm]) for i, arm in enumerate(arms)]
    found = answer(tests, current={"headline_size": 40})
    assert found.status is Status.NOT_ENOUGH_DATA
