"""Which features a model used, and what each does: from the value that is expected to do least to the best one."""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from ...recommendation_schemas import Aspect, UsedFeature
from .design import Basis
from .features import CURVED, Feature
from .model import Array, Posterior, Sample

STEPS = 9
_READ_AS = {Aspect.CONTRAST: np.exp, Aspect.LENGTH: np.exp}
"""Measured as logarithms; told as contrast ratio and as columns."""
_TWO_SIDED = float(ndtri(0.975))


def used_features(basis: Basis, posterior: Posterior, sample: Sample) -> list[UsedFeature]:
    """All that past tests varied, the strongest first."""
    varied = [f for f in basis.features if np.any(sample.x[:, basis.columns(f)])]
    parts = {f: _explained(basis.columns(f), posterior, sample) for f in varied}
    total = sum(parts.values()) or 1.0
    found = [_used(basis, posterior, f, parts[f] / total) for f in varied]
    return sorted(found, key=lambda u: (-u.share, u.parameter, u.aspect, u.level or ""))


def _explained(columns: list[int], posterior: Posterior, sample: Sample) -> float:
    return float(np.square(sample.x[:, columns] @ posterior.mean[_after(columns)]).sum())


def _used(basis: Basis, posterior: Posterior, feature: Feature, share: float) -> UsedFeature:
    columns = basis.columns(feature)
    values = _values(basis, feature)
    rows = _rows(basis, feature, values)
    effects = rows @ posterior.mean[_after(columns)]
    worst, best = int(effects.argmin()), int(effects.argmax())
    step = rows[best] - rows[worst]
    gain = float(effects[best] - effects[worst])
    spread = float(np.sqrt(max(step @ posterior.covariance[np.ix_(_after(columns), _after(columns))] @ step, 0.0)))
    told = _READ_AS.get(feature.aspect, float)
    return UsedFeature(
        parameter=feature.parameter, aspect=feature.aspect, level=feature.level or None,
        worst=float(told(values[worst])), best=float(told(values[best])), gain=gain, low=gain - _TWO_SIDED * spread,
        high=gain + _TWO_SIDED * spread, chance=float(ndtr(gain / spread)) if spread > 0 else 0.5, share=share,
    )  # fmt: skip


def _values(basis: Basis, feature: Feature) -> Array:
    if feature.aspect not in CURVED:
        return np.array([0.0, 1.0])
    low, high = basis.seen.get(feature, (0.0, 0.0))
    return np.linspace(low, high, STEPS)


def _rows(basis: Basis, feature: Feature, values: Array) -> Array:
    place = basis.columns(feature)[0]
    flat = (values - basis.centre[place]) / basis.scale[place]
    return np.column_stack([flat, flat**2 - 1]) if feature.aspect in CURVED else flat[:, None]


def _after(columns: Sequence[int]) -> list[int]:
    """In the posterior, where the mean gain stands first."""
    return [c + 1 for c in columns]
