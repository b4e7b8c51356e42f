"""From ideas to the variants of one test: at most five with the control, each changing one thing, and why not more.

More variants need more visitors: each gets a share of them only, and each is one more comparison to correct for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from enterprise_app.core.errors import Invalid

VARIANTS_MAX = 5
"""The control among them (EXP-01)."""

Value = str | int | float | bool


class LeftOut(StrEnum):
    """Why an idea is not in the test."""

    LIMIT = "limit"
    NO_EFFECT = "no_effect"
    SAME_AS_CONTROL = "same_as_control"
    SAME_AS_ANOTHER = "same_as_another"
    TOO_FEW_VISITORS = "too_few_visitors"


@dataclass(frozen=True, slots=True)
class Idea:
    """One change: of which kind (`colour`, `headline`, `layout` …), and the parameters it sets."""

    kind: str
    parameters: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """A variant: all of its parameters, and what of them is not as in the control."""

    key: str
    parameters: dict[str, Value]
    changes: dict[str, Value]
    is_control: bool


@dataclass(frozen=True, slots=True)
class RefusedIdea:
    """An idea that is not in the test, and why."""

    idea: Idea
    reason: LeftOut


@dataclass(frozen=True, slots=True)
class Plan:
    """The variants of a test, the control first; `limit` is how many there could be, `limited_by` what says so."""

    variants: tuple[PlannedVariant, ...]
    left_out: tuple[RefusedIdea, ...]
    limit: int
    limited_by: LeftOut


def plan_variants(
    control: Mapping[str, Value],
    ideas: Sequence[Idea],
    *,
    limit: int = VARIANTS_MAX,
    expected_units: int | None = None,
    min_units: int = 1000,
) -> Plan:
    """The control and as many ideas as fit, one of each kind before the second of any.

    `expected_units` is who will come while the test runs: with it, there are only as many variants as get `min_units`
    each (never fewer than two). Raises Invalid for a limit outside of 2 to 5.
    """
    if not 2 <= limit <= VARIANTS_MAX:
        raise Invalid.of("limit", "out_of_range", low=2, high=VARIANTS_MAX)
    if min_units < 1 or (expected_units is not None and expected_units < 0):
        raise Invalid.of("expected_units" if min_units >= 1 else "min_units", "out_of_range", low=1, high=10**12)
    room, reason = _room(limit, expected_units, min_units)
    variants = [PlannedVariant("control", dict(control), {}, True)]
    left_out: list[RefusedIdea] = []
    for idea in _by_turns(ideas):
        refused = _refusal(idea, control, variants, room, reason)
        if refused is None:
            key = f"{idea.kind}_{sum(v.key.startswith(idea.kind + '_') for v in variants) + 1}"
            parameters = {**control, **idea.parameters}
            variants.append(PlannedVariant(key, parameters, _changes(control, parameters), False))
        else:
            left_out.append(RefusedIdea(idea, refused))
    return Plan(tuple(variants), tuple(left_out), room, reason)


def _room(limit: int, expected: int | None, minimum: int) -> tuple[int, LeftOut]:
    if expected is None or expected // minimum >= limit:
        return limit, LeftOut.LIMIT
    return max(2, expected // minimum), LeftOut.TOO_FEW_VISITORS


def _refusal(
    idea: Idea, control: Mapping[str, Value], variants: Sequence[PlannedVariant], room: int, reason: LeftOut
) -> LeftOut | None:
    parameters = {**control, **idea.parameters}
    if parameters == dict(control):
        return LeftOut.SAME_AS_CONTROL
    if any(parameters == variant.parameters for variant in variants):
        return LeftOut.SAME_AS_ANOTHER
    return reason if len(variants) >= room else None


def _changes(control: Mapping[str, Value], parameters: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in parameters.items() if name not in control or control[name] != value}


def _by_turns(ideas: Sequence[Idea]) -> list[Idea]:
    """In the order given, but one of each kind a round."""
    rounds: dict[str, int] = {}
    placed: list[tuple[int, int, Idea]] = []
    for i, idea in enumerate(ideas):
        rounds[idea.kind] = rounds.get(idea.kind, -1) + 1
        placed.append((rounds[idea.kind], i, idea))
    return [idea for _, _, idea in sorted(placed, key=lambda p: p[:2])]
