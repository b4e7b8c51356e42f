"""From past tests to the rows of a model: differences of standardised features between variants and their control."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .features import CURVED, LEVELS_MAX, Aspect, Feature, Kind, Parameters, kinds, measure
from .model import Sample
from .past import PastTest

FEATURES_MAX = 40
"""Those in which most variants differ from their control."""

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Basis:
    """How a variant becomes a row: every feature about its centre, in its scale; then the squares of the curved ones.

    `seen`: smallest and largest value of a feature over all past variants.
    """

    kinds: Mapping[str, Kind]
    features: Sequence[Feature]
    centre: Array
    scale: Array
    seen: Mapping[Feature, tuple[float, float]]

    @property
    def curved(self) -> Array:
        """Which columns are squares."""
        return np.array([False] * len(self.features) + [True] * len(self._bent), dtype=bool)

    @property
    def _bent(self) -> list[int]:
        return [i for i, f in enumerate(self.features) if f.aspect in CURVED]

    def columns(self, feature: Feature) -> list[int]:
        """Where a feature stands in a row: itself, and its square."""
        own = self.features.index(feature)
        bent = self._bent
        return [own, len(self.features) + bent.index(own)] if own in bent else [own]

    def row(self, parameters: Parameters) -> Array:
        """A variant in features; what it does not set is at the centre."""
        measured = measure(parameters, self.kinds)
        absent = {f.parameter for f in measured if f.aspect is Aspect.ABSENT}
        values = np.array(
            [
                self.centre[i] if f.parameter in absent and f.aspect is not Aspect.ABSENT else measured.get(f, 0.0)
                for i, f in enumerate(self.features)
            ]
        )
        flat = (values - self.centre) / self.scale
        bent = [0.0 if self.features[i].parameter in absent else flat[i] ** 2 - 1 for i in self._bent]
        return np.concatenate([flat, bent])

    def difference(self, variant: Parameters, control: Parameters) -> Array:
        """The row of a test."""
        return self.row(variant) - self.row(control)

    def unseen(self, parameters: Parameters) -> list[str]:
        """Parameters with a value outside of all that was tested: what is said of them rests on extrapolation."""
        measured = measure(parameters, self.kinds)
        strange = {f.parameter for f, v in measured.items() if f.aspect is not Aspect.ABSENT and not self._inside(f, v)}
        return sorted(strange | {name for name in parameters if name not in self.kinds})

    def _inside(self, feature: Feature, value: float) -> bool:
        low, high = self.seen.get(feature, (np.inf, -np.inf))
        return low - 1e-9 <= value <= high + 1e-9


def basis_of(tests: Sequence[PastTest], others: Iterable[Parameters] = ()) -> Basis:
    """From all variants of the tests, and of a question: a value that no test had gets a feature, if nothing is known
    of it yet."""
    tested = [p for test in tests for p in (test.control, *(arm.parameters for arm in test.arms))]
    asked = list(others)
    known = kinds([*tested, *asked])
    rows = [measure(parameters, known) for parameters in tested]
    extra = [measure(parameters, known) for parameters in asked]
    features = _varying(tests, rows, extra, known)
    seen = {f: (min(v), max(v)) for f in {f for row in rows for f in row} if (v := [r[f] for r in rows if f in r])}
    scaled = [_scale(f, [*rows, *extra]) for f in features]
    return Basis(known, features, np.array([c for c, _ in scaled]), np.array([s for _, s in scaled]), seen)


def sample_of(tests: Sequence[PastTest], basis: Basis) -> Sample:
    """All rows of all tests."""
    rows, slices, start = [], [], 0
    for test in tests:
        rows += [basis.difference(arm.parameters, test.control) for arm in test.arms]
        slices.append((slice(start, start + len(test.arms)), test.shared))
        start += len(test.arms)
    arms = [arm for test in tests for arm in test.arms]
    x = np.array(rows).reshape(len(rows), len(basis.curved))
    return Sample(x, np.array([a.gain for a in arms]), np.array([a.error for a in arms]), slices, basis.curved)


def _varying(
    tests: Sequence[PastTest], rows: Sequence[Mapping[Feature, float]], extra: Sequence[Mapping[Feature, float]],
    known: Mapping[str, Kind],
) -> list[Feature]:  # fmt: skip
    """Features in which variants differ, by how many tested arms do; rare levels of a choice are left out."""
    differing: dict[Feature, int] = {}
    place = 0
    for test in tests:
        control = rows[place]
        for row in rows[place + 1 : place + 1 + len(test.arms)]:
            for feature in {*control, *row}:
                differing[feature] = differing.get(feature, 0) + (control.get(feature) != row.get(feature))
        place += 1 + len(test.arms)
    for row in extra:
        for feature in row:
            differing.setdefault(feature, 0)
    varied = [f for f in differing if _varies(f, [*rows, *extra])]
    return sorted(_without_rare(varied, differing, known), key=lambda f: (-differing[f], f))[:FEATURES_MAX]


def _varies(feature: Feature, rows: Sequence[Mapping[Feature, float]]) -> bool:
    if feature.aspect in CURVED:
        return len({row[feature] for row in rows if feature in row}) > 1
    return len({row.get(feature, 0.0) for row in rows}) > 1


def _without_rare(
    features: list[Feature], differing: Mapping[Feature, int], known: Mapping[str, Kind]
) -> list[Feature]:
    kept = [f for f in features if f.aspect is not Aspect.LEVEL]
    for name in known:
        levels = [f for f in features if f.parameter == name and f.aspect is Aspect.LEVEL]
        kept += sorted(levels, key=lambda f: (-differing[f], f))[:LEVELS_MAX]
    return kept


def _scale(feature: Feature, rows: Sequence[Mapping[Feature, float]]) -> tuple[float, float]:
    """Centre and scale: mean and deviation of a measure over the variants that have it; the share of a mark, and 1."""
    if feature.aspect is Aspect.ABSENT:
        return 0.0, 1.0
    here = [row for row in rows if Feature(feature.parameter, Aspect.ABSENT) not in row]
    values = np.array([row.get(feature, 0.0) for row in here])
    if feature.aspect not in CURVED:
        return float(values.mean()), 1.0
    values = np.array([row[feature] for row in here if feature in row])
    return float(values.mean()), float(values.std()) or 1.0
