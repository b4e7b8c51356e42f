"""From past tests and a question to recommendations: learn, check against the mean, and only then predict."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from scipy.special import ndtri

from ...recommendation_schemas import (
    Basis,
    Evidence,
    HeldOutArm,
    LeftOut,
    LeftOutTests,
    MetricChoice,
    NextTest,
    Optimum,
    Prediction,
    RecommendationQuestion,
    Recommendations,
    Status,
    TestedVariant,
    TooLittle,
)
from . import design
from .evidence import TESTS_MIN, HeldOut, leave_one_out
from .explaining import used_features
from .features import Parameters, Scalar
from .model import Learner
from .past import Finished, PastTest, in_use, metrics_of, read_tests
from .searching import Search, chance_better, space_of

METHOD = "Bayesian linear regression on differences of features, averaged over prior scales; leave one test out"
SOURCE = "Rasmussen, Williams 2006, 2.1; Hoeting et al. 1999; DerSimonian, Laird 1986"
SHOWN = 8
"""Predictions where none were asked for: the most promising."""
NOISE = 0.05
"""The standard error that a test's gain will have, before any was seen."""
_TWO_SIDED = float(ndtri(0.975))


def advise(finished: Sequence[Finished], question: RecommendationQuestion, at: datetime) -> Recommendations:
    """Everything that the past says; `finished` oldest first."""
    choices = metrics_of(finished)
    metric_id = question.metric_id or (choices[0].metric_id if choices else None)
    tests, left_out = read_tests(finished, metric_id)
    current = dict(question.current) if question.current is not None else in_use(finished)
    return _Work(tests, question, current).answer(at, metric_id, choices, left_out)


class _Work:
    """One answer being made."""

    def __init__(self, tests: Sequence[PastTest], question: RecommendationQuestion, current: Parameters) -> None:
        self.tests, self.question, self.current = tests, question, dict(current)
        spaced = [{name: value} for name, values in question.space.items() for value in values]
        self.basis = design.basis_of(tests, [self.current, *question.variants, *spaced])
        self.learner = Learner(design.sample_of(tests, self.basis))
        self.checked = leave_one_out(self.learner) if len(tests) >= 2 else None
        self.posterior = self.learner.fit()
        tested = [p for test in tests for p in (test.control, *(arm.parameters for arm in test.arms))]
        space = space_of(self.basis, tested, self.current, question.space, question.seed)
        self.search = Search(self.basis, self.posterior, self.current, space, question.seed)

    def answer(
        self, at: datetime, metric_id: UUID | None, choices: list[MetricChoice], left_out: Mapping[LeftOut, int]
    ) -> Recommendations:
        """With predictions only if the model beats the mean."""
        reason = self.too_little(LeftOut.NO_PARAMETERS in left_out)
        trusted = reason is None
        told = [LeftOutTests(reason=r, tests=n) for r, n in sorted(left_out.items())]
        return Recommendations(
            status=Status.LEARNED if trusted else Status.NOT_ENOUGH_DATA, reason=reason, as_of=at,
            campaign_id=self.question.campaign_id, metric_id=metric_id, metrics=choices, tests=len(self.tests),
            tests_needed=TESTS_MIN, left_out=told, current=self.current, evidence=self.evidence(),
            features=used_features(self.basis, self.posterior, self.learner.sample) if trusted else [],
            predictions=self.predictions() if trusted else [], best=self.best() if trusted else None,
            optima=self.optima() if trusted else [], next_test=self.next_test(trusted), method=METHOD, source=SOURCE,
        )  # fmt: skip

    def too_little(self, without_parameters: bool) -> TooLittle | None:
        """Why nothing is predicted; None: it can be. `without_parameters`: there are tests that say of no variant what
        it is like."""
        if not self.tests and without_parameters:
            return TooLittle.NOTHING_VARIED
        if len(self.tests) < TESTS_MIN or self.checked is None:
            return TooLittle.TOO_FEW_TESTS
        return None if self.checked.beats_mean else TooLittle.NOT_BETTER_THAN_MEAN

    def evidence(self) -> Evidence | None:
        """How well every test is predicted from the others."""
        e = self.checked
        if e is None:
            return None
        return Evidence(
            tests=e.tests, variants=e.arms, error_model=e.error_model, error_mean=e.error_mean, better=e.better,
            better_low=e.low, better_high=e.high, p=e.p, covered=e.covered, points=[self._point(h) for h in e.held_out],
        )  # fmt: skip

    def predictions(self) -> list[Prediction]:
        """Of the variants asked for, else of the most promising."""
        if self.question.variants:
            return self.predict([{**self.current, **v} for v in self.question.variants])
        return sorted(self.predict(self.search.pool()), key=lambda p: (-p.gain, repr(p.changes)))[:SHOWN]

    def predict(self, variants: Sequence[Parameters]) -> list[Prediction]:
        """Of each against what is in use; what is in use gains nothing over itself."""
        if not variants:
            return []
        means, spreads = self.posterior.predict(self.search.rows(variants))
        chances = chance_better(means, spreads)
        return [
            self._prediction(v, *((0.0, 0.0, 0.5) if dict(v) == self.current else (float(m), float(s), float(c))))
            for v, m, s, c in zip(variants, means, spreads, chances, strict=True)
        ]

    def best(self) -> Prediction | None:
        """The best combination, if it is another than what is in use."""
        found = self.search.best()
        return None if found == self.current else self.predict([found])[0]

    def optima(self) -> list[Optimum]:
        """The best value of every parameter by itself, where it is not in use already."""
        found: dict[str, tuple[Prediction, Scalar]] = {}
        for prediction in self.predict(list(self.search.singles())):
            ((name, value),) = prediction.changes.items()
            if prediction.gain > 0 and (name not in found or prediction.gain > found[name][0].gain):
                found[name] = (prediction, value)
        ordered = sorted(found.items(), key=lambda item: (-item[1][0].gain, item[0]))
        return [
            Optimum(
                parameter=name, value=value, now=self.current.get(name), gain=p.gain, low=p.low, high=p.high,
                chance=p.chance,
            )
            for name, (p, value) in ordered
        ]  # fmt: skip

    def next_test(self, trusted: bool) -> NextTest | None:
        """By what it may win, or without a model to trust by what it teaches."""
        errors = [arm.error for test in self.tests for arm in test.arms]
        noise = float(np.median(errors)) if errors else NOISE
        found = self.search.next_test(self.question.count, noise, trusted=trusted)
        if found is None:
            return None
        told = self.predict(found.variants) if trusted else [None] * len(found.variants)
        variants = [
            TestedVariant(parameters=v, changes=self._changes(v), prediction=p)
            for v, p in zip(found.variants, told, strict=True)
        ]
        improvement = found.improvement if trusted else None
        basis = Basis.IMPROVEMENT if trusted else Basis.KNOWLEDGE
        return NextTest(basis=basis, variants=variants, improvement=improvement, knowledge=found.knowledge)

    def _changes(self, variant: Parameters) -> dict[str, Scalar]:
        return {n: v for n, v in variant.items() if n not in self.current or self.current[n] != v}

    def _prediction(self, variant: Parameters, mean: float, spread: float, chance: float) -> Prediction:
        reach = _TWO_SIDED * spread
        return Prediction(
            parameters=dict(variant), changes=self._changes(variant), gain=mean, low=mean - reach, high=mean + reach,
            chance=chance, unseen=self.basis.unseen(variant),
        )  # fmt: skip

    def _point(self, held: HeldOut) -> HeldOutArm:
        test = self.tests[held.test]
        reach = _TWO_SIDED * held.error
        return HeldOutArm(
            experiment_id=test.id, experiment=test.name, variant=test.arms[held.arm].variant, observed=held.observed,
            observed_low=held.observed - reach, observed_high=held.observed + reach, predicted=held.predicted,
            low=held.low, high=held.high, by_mean=held.by_mean,
        )  # fmt: skip
