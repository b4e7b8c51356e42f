"""An effect by dimension (country, device): each segment by itself, corrected for looking at many, and whether they
differ."""

from collections.abc import Mapping
from dataclasses import dataclass

from scipy.special import chdtrc

from .aggregates import Aggregate
from .comparing import compare
from .corrections import Correction, adjust
from .effects import Effect
from .failures import Reason, Unanswerable


@dataclass(frozen=True, slots=True)
class Segment:
    """One value of the dimension; `failure` where it has no answer, and then no effect and no p."""

    name: str
    effect: Effect | None
    p_adjusted: float | None
    significant: bool
    failure: Reason | None = None


@dataclass(frozen=True, slots=True)
class Segments:
    """All values in the given order. `heterogeneity_p`: whether the effects differ at all; None below two answers. A
    segment that stands out while this is not small is most likely chance."""

    rows: tuple[Segment, ...]
    heterogeneity_p: float | None
    correction: Correction


def by_segment(
    arms: Mapping[str, tuple[Aggregate, Aggregate]],
    *,
    alpha: float = 0.05,
    correction: Correction = Correction.HOLM,
    cuped: bool = True,
) -> Segments:
    """Control and variant of every segment compared; p values adjusted over the segments that have an answer."""
    found = {name: _effect(control, variant, alpha, cuped) for name, (control, variant) in arms.items()}
    effects = {name: effect for name, effect in found.items() if isinstance(effect, Effect)}
    ps = dict(zip(effects, adjust([effect.p for effect in effects.values()], correction), strict=True))
    rows = tuple(
        Segment(name, None, None, False, effect)
        if isinstance(effect, Reason)
        else Segment(name, effect, ps[name], ps[name] <= alpha)
        for name, effect in found.items()
    )
    return Segments(rows, heterogeneity(list(effects.values())), correction)


def _effect(control: Aggregate, variant: Aggregate, alpha: float, cuped: bool) -> Effect | Reason:
    try:
        return compare(control, variant, alpha=alpha, cuped=cuped)
    except Unanswerable as no:
        return no.reason


def heterogeneity(effects: list[Effect]) -> float | None:
    """p of Cochran's Q: do the segments' effects differ by more than chance? Source: Cochran (1954), Biometrics 10."""
    if len(effects) < 2:
        return None
    weights = [effect.standard_error**-2 for effect in effects]
    middle = sum(w * e.estimate for w, e in zip(weights, effects, strict=True)) / sum(weights)
    q = sum(w * (e.estimate - middle) ** 2 for w, e in zip(weights, effects, strict=True))
    return float(chdtrc(len(effects) - 1, q))
