"""What earlier looks and earlier plans of a running experiment mean for the present one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..schemas import PlanVersion


def basis(plans: Sequence[PlanVersion], redefined: Sequence[datetime]) -> int:
    """The first plan version whose looks may be taken together with the newest one's: since then the same metrics,
    defined the same (`redefined`: when one of them was not any more), and judged by the same settings.

    `plans` newest first. Weights, targeting and coverage may have changed. No plan: 0.
    """
    if not plans:
        return 0
    newest, first = plans[0], plans[0]
    for plan in plans[1:]:
        changed = any(plan.frozen_at < at <= first.frozen_at for at in redefined)
        if changed or (plan.settings, plan.metrics) != (newest.settings, newest.metrics):
            break
        first = plan
    return first.version


def weights_moved(plans: Sequence[PlanVersion]) -> bool:
    """Whether units were not split by the same weights all the time."""
    return len({tuple((v.key, v.weight) for v in plan.variants) for plan in plans}) > 1


def expected_units(plans: Sequence[PlanVersion], units: Mapping[int, int]) -> dict[str, float]:
    """How many units each variant should have, from the units that were exposed under each version of the plan.

    A version that is not known counts as the newest. `plans` newest first, at least one.
    """
    found: dict[str, float] = {}
    by_version = {plan.version: plan for plan in plans}
    for version, count in units.items():
        variants = by_version.get(version, plans[0]).variants
        total = sum(v.weight for v in variants) or 1.0
        for v in variants:
            found[v.key] = found.get(v.key, 0.0) + count * v.weight / total
    return found
