"""What to ship and what to test: the best combination of parameters, the best value of each, the next test.

Only combinations that a page can have: a layout's own rules hold, and colours stay readable on their background. The
next test is the one whose winner is worth most (expected improvement, Mockus 1978; of several variants at once by
common draws, Ginsbourger et al. 2010) or, without a model to trust, the one that teaches most (least variance left over
all that could be built: Cohn 1996).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from enterprise_app.core.errors import Invalid

from ..generating.colours import colour_ideas
from ..generating.layouts import CHOICES, RANGES, Parameter, read_layout
from ..generating.perceiving import contrast
from ..generating.spaces import Colour
from .design import Basis
from .features import Kind, Parameters, Scalar, background_of, read_colour
from .model import Array, Posterior

POOL_MAX = 300
VALUES_MAX = 12
DRAWS = 2000
ADDS_MIN = 1.02
"""What one more variant must make of a test's worth: each takes visitors from the others."""
STARTS = 4
ROUNDS = 4
READABLE = 3.0
"""WCAG 2.2, 1.4.11: parts of the interface, large text."""

Space = Mapping[str, Sequence[Scalar]]


@dataclass(frozen=True, slots=True)
class NextTest:
    """Variants to test against what is in use. `improvement`: what shipping the best of them is worth on average if it
    is better; `knowledge`: how much of the uncertainty about all that could be built the test takes away."""

    variants: tuple[dict[str, Scalar], ...]
    improvement: float
    knowledge: float


class Search:
    """Looks through a space for a posterior; `current` is what is in use."""

    def __init__(self, basis: Basis, posterior: Posterior, current: Parameters, space: Space, seed: int = 0) -> None:
        self.basis, self.posterior, self.current, self.space = basis, posterior, dict(current), space
        self._chance = np.random.default_rng(seed)
        self._now = basis.row(current)
        self._rows: dict[tuple[tuple[str, Scalar], ...], Array] = {}
        self._learned = Posterior(posterior.mean, posterior.covariance, 0.0)

    def rows(self, variants: Sequence[Parameters]) -> Array:
        """How each differs from what is in use."""
        return np.array([self._row(v) for v in variants]).reshape(len(variants), len(self._now))

    def best(self) -> dict[str, Scalar]:
        """The combination with the highest expected gain; what is in use, if nothing is expected to beat it."""
        starts = [self.current, *(self._random() for _ in range(STARTS))]
        found = [self._climb(start) for start in starts]
        return max([self.current, *found], key=self._gain)

    def singles(self) -> Iterator[dict[str, Scalar]]:
        """What is in use with one value changed."""
        for name, values in self.space.items():
            for value in values:
                changed = {**self.current, name: value}
                if self.current.get(name) != value and is_possible(changed, self.current, self.basis):
                    yield changed

    def pool(self, *, trusted: bool = True) -> list[dict[str, Scalar]]:
        """What a test may be made of: single changes; of a model to trust also the best combination and some others."""
        found = list(self.singles())
        if trusted:
            found += [self.best(), *(self._random() for _ in range(POOL_MAX // 3))]
        unique = {_key(v): v for v in found if _key(v) != _key(self.current)}
        return list(unique.values())[:POOL_MAX]

    def next_test(self, count: int, noise: float, *, trusted: bool) -> NextTest | None:
        """Up to `count` variants; `noise`: the standard error that a gain will have. None: there is nothing to vary."""
        pool = self.pool(trusted=trusted)
        if not pool:
            return None
        rows = np.column_stack([np.ones(len(pool)), self.rows(pool)])
        gains = rows @ self._draws().T
        chosen = _by_improvement(gains, count) if trusted else _by_knowledge(rows, self.posterior, noise, count)
        left = _left(rows, self.posterior, noise, chosen)
        known = 1 - left / max(_spread(rows, self.posterior.covariance), 1e-300)
        improvement = float(np.maximum(gains[chosen].max(axis=0), 0.0).mean())
        return NextTest(tuple(pool[i] for i in chosen), improvement, float(min(max(known, 0.0), 1.0)))

    def _row(self, variant: Parameters) -> Array:
        key = _key(variant)
        if key not in self._rows:
            self._rows[key] = self.basis.row(variant) - self._now
        return self._rows[key]

    def _gain(self, variant: Parameters) -> float:
        if _key(variant) == _key(self.current):
            return 0.0
        return float(self._learned.predict(self.rows([variant]))[0][0])

    def _climb(self, start: Parameters) -> dict[str, Scalar]:
        """One parameter at a time to its best value, until none gets better."""
        here = dict(start)
        for _ in range(ROUNDS):
            before = dict(here)
            for name, values in self.space.items():
                options = [{**here, name: v} for v in values]
                here = max([here, *(o for o in options if is_possible(o, self.current, self.basis))], key=self._gain)
            if here == before:
                break
        return here

    def _random(self) -> dict[str, Scalar]:
        for _ in range(20):
            drawn = {n: v[int(self._chance.integers(len(v)))] for n, v in self.space.items() if v}
            if is_possible(made := {**self.current, **drawn}, self.current, self.basis):
                return made
        return dict(self.current)

    def _draws(self) -> Array:
        values, vectors = np.linalg.eigh(self.posterior.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        return self.posterior.mean + self._chance.standard_normal((DRAWS, len(root))) @ root.T


def chance_better(mean: Array, spread: Array) -> Array:
    """That a new test finds a gain above 0."""
    return ndtr(mean / np.maximum(spread, 1e-12))


def space_of(
    basis: Basis, variants: Sequence[Parameters], current: Parameters, given: Space, seed: int = 0
) -> dict[str, list[Scalar]]:
    """The values of every parameter: as given, else what was tested and, between that, what a page can have."""
    found: dict[str, list[Scalar]] = {}
    for name in basis.kinds:
        seen = list(dict.fromkeys(v[name] for v in [current, *variants] if name in v))
        found[name] = list(given[name]) if name in given else _values(basis, name, seen, current, seed)
    return {name: values for name, values in found.items() if values}


def is_possible(parameters: Parameters, current: Parameters, basis: Basis) -> bool:
    """Whether a page can have them all at once; colours are no harder to read than the harder of READABLE and now."""
    if _breaks_layout(parameters) and not _breaks_layout(current):
        return False
    wanted = min(READABLE, _least_contrast(current, basis))
    return _least_contrast(parameters, basis) >= wanted - 1e-9


def _breaks_layout(parameters: Parameters) -> bool:
    """A layout of the generator's that breaks its rules; parameters of the same names that are none of it do not."""
    layout = {p.value: parameters[p.value] for p in Parameter if p.value in parameters}
    try:
        read_layout(layout)
    except Invalid as no:
        return all(problem.code.startswith("layout_") for problem in no.problems)
    return False


def _least_contrast(parameters: Parameters, basis: Basis) -> float:
    ground = background_of(parameters, basis.kinds)
    below = (read_colour(parameters[ground]) if ground else None) or Colour(255, 255, 255)
    names = [n for n, kind in basis.kinds.items() if kind is Kind.COLOUR and n != ground and n in parameters]
    return min((contrast(c, below) for n in names if (c := read_colour(parameters[n])) is not None), default=21.0)


def _values(basis: Basis, name: str, seen: list[Scalar], current: Parameters, seed: int) -> list[Scalar]:
    kind = basis.kinds[name]
    if not seen:  # only a variant that is asked about has it: nothing says what else it could be
        return []
    if name in list(Parameter) and Parameter(name) in CHOICES and set(seen) <= set(CHOICES[Parameter(name)]):
        return list(CHOICES[Parameter(name)])
    if kind is Kind.NUMBER and (numbers := [v for v in seen if isinstance(v, int | float)]):
        return _numbers(name, numbers)
    if kind is Kind.COLOUR:
        return [c for c in _colours(seen, current.get(name), seed) if not seen[1:] or not basis.unseen({name: c})]
    return [True, False] if kind is Kind.SWITCH else seen[:VALUES_MAX]


def _numbers(name: str, seen: list[int | float]) -> list[Scalar]:
    """From the smallest to the largest that was tested; around the only one as far as a layout goes, or a quarter."""
    low, high = min(seen), max(seen)
    if name in list(Parameter) and Parameter(name) in RANGES:
        first, last, step = RANGES[Parameter(name)]
        low, high = (first, last) if low == high else (low, high)
        return [v for v in range(first, last + 1, step) if low <= v <= high] or sorted(set(seen))
    if low == high:
        low, high = sorted((0.75 * low, 1.25 * high))
    if all(isinstance(v, int) for v in seen):
        return sorted({round(v) for v in np.linspace(low, high, VALUES_MAX)})
    return sorted({float(f"{v:.4g}") for v in np.linspace(low, high, VALUES_MAX)})


def _colours(seen: list[Scalar], current: Scalar | None, seed: int) -> list[Scalar]:
    """Those that were tested, and ideas from the one in use."""
    tested = [c.hex for v in seen if (c := read_colour(v)) is not None][:VALUES_MAX]
    base = read_colour(current) if current is not None else None
    if base is None:
        return list(dict.fromkeys(tested))
    ideas = colour_ideas(base.hex, count=VALUES_MAX, palette=tested[:8], seed=seed)
    return list(dict.fromkeys([*tested, *(v.colour for v in ideas.variants)]))


def _by_improvement(gains: Array, count: int) -> list[int]:
    """Greedily, each adding most to the mean of the best of all and what is in use; none that adds next to nothing."""
    best, chosen = np.zeros(gains.shape[1]), []
    for _ in range(min(count, len(gains))):
        worth = np.maximum(gains, best).mean(axis=1)
        found = int(worth.argmax())
        if chosen and worth[found] <= ADDS_MIN * float(best.mean()):
            break
        chosen.append(found)
        best = np.maximum(best, gains[found])
    return chosen


def _by_knowledge(rows: Array, posterior: Posterior, noise: float, count: int) -> list[int]:
    """Greedily, each taking away most of the variance of all."""
    covariance, chosen = posterior.covariance, []
    for _ in range(min(count, len(rows))):
        pulled = rows @ covariance
        gained = ((pulled @ rows.T) ** 2).sum(axis=0) / (np.einsum("ij,ij->i", pulled, rows) + _noise(posterior, noise))
        gained[chosen] = -np.inf
        chosen.append(int(gained.argmax()))
        covariance = _updated(covariance, rows[chosen[-1]], _noise(posterior, noise))
    return chosen


def _left(rows: Array, posterior: Posterior, noise: float, chosen: Sequence[int]) -> float:
    covariance = posterior.covariance
    for i in chosen:
        covariance = _updated(covariance, rows[i], _noise(posterior, noise))
    return _spread(rows, covariance)


def _updated(covariance: Array, row: Array, noise: float) -> Array:
    """After one more variant was measured."""
    pulled = covariance @ row
    return covariance - np.outer(pulled, pulled) / (row @ pulled + noise)


def _noise(posterior: Posterior, noise: float) -> float:
    return noise**2 + posterior.tau2


def _spread(rows: Array, covariance: Array) -> float:
    return float(np.einsum("ij,jk,ik->", rows, covariance, rows))


def _key(variant: Parameters) -> tuple[tuple[str, Scalar], ...]:
    return tuple(sorted(variant.items()))
