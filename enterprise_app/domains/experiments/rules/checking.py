"""What is wrong with an experiment or a flag: every problem with its field, so that it can be named and fixed."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from enterprise_app.core.errors import FieldProblem

from ..flag_schemas import Prerequisite, Rule, Serve, Variation
from ..schemas import VARIANTS_MAX, Condition, Experiment, MetricUse, Variant
from ..vocabulary import FlagKind, MetricRole
from .evaluating import MAX_DEPTH, depth_of, find_circle
from .targeting import find_problem

SUM_TOLERANCE = 1e-6
DEPTH_MAX = 20
"""Objects in objects of a flag's value."""
DEFAULT_KEYS = ("control", "a", "b", "c", "d")
Problems = list[FieldProblem]


def default_variants() -> list[Variant]:
    """Five alike: a control and four others."""
    weight = 1 / len(DEFAULT_KEYS)
    return [Variant(key=key, name=key.title(), weight=weight, is_control=not n) for n, key in enumerate(DEFAULT_KEYS)]


def control_of(variants: Iterable[Variant]) -> Variant:
    """The control of variants that were checked."""
    return next(variant for variant in variants if variant.is_control)


def variant_problems(variants: Sequence[Variant]) -> Problems:
    """Two to five, each key once, exactly one control, weights that add up to 1, values of one kind."""
    found: Problems = []
    count, controls = len(variants), sum(variant.is_control for variant in variants)
    total = math.fsum(variant.weight for variant in variants)
    if not 2 <= count <= VARIANTS_MAX:
        found.append(FieldProblem("variants", "variants_count", {"count": count, "min": 2, "max": VARIANTS_MAX}))
    found += _repeated("variants", (variant.key for variant in variants))
    if controls != 1:
        found.append(FieldProblem("variants", "variants_control", {"count": controls}))
    if count and abs(total - 1) > SUM_TOLERANCE:
        found.append(FieldProblem("variants", "variants_weights", {"sum": f"{total:.6g}"}))
    kinds = {kind_of(variant.value) for variant in variants if variant.value is not None}
    if len(kinds) > 1 or (kinds and any(variant.value is None for variant in variants)):
        found.append(FieldProblem("variants", "variants_values", {}))
    return found


def value_problems(variants: Sequence[Variant]) -> Problems:
    """Values that some readers of JSON can't take, also deep inside."""
    return [
        FieldProblem(f"variants.{number}.value", "variant_value", {"variant": variant.key})
        for number, variant in enumerate(variants)
        if not _can_be_told(variant.value)
    ]


def replan_problems(was: Sequence[Variant], wanted: Sequence[Variant]) -> Problems:
    """A running experiment keeps its variants: keys, control and values; names and weights may change."""
    if [(v.key, v.is_control, v.value) for v in was] == [(v.key, v.is_control, v.value) for v in wanted]:
        return []
    return [FieldProblem("variants", "variants_frozen", {"keys": ", ".join(v.key for v in was)})]


def metric_problems(metrics: Sequence[MetricUse], known: Collection[UUID]) -> Problems:
    """Each metric once, all of them known, at most one primary."""
    found = _repeated("metrics", (str(use.metric_id) for use in metrics))
    for number, use in enumerate(metrics):
        if use.metric_id not in known:
            found.append(FieldProblem(f"metrics.{number}.metric_id", "metric_unknown", {"id": str(use.metric_id)}))
    primaries = sum(use.role is MetricRole.PRIMARY for use in metrics)
    if primaries > 1:
        found.append(FieldProblem("metrics", "metrics_primary", {"count": primaries}))
    return found


def start_problems(experiment: Experiment, *, ramp: bool = False) -> Problems:
    """What keeps an otherwise good draft from starting. `ramp`: it runs, and may be ramped down to nobody."""
    found: Problems = []
    if not experiment.hypothesis.strip():
        found.append(FieldProblem("hypothesis", "hypothesis_missing", {}))
    if experiment.primary_metric_id is None:
        found.append(FieldProblem("metrics", "primary_metric_missing", {}))
    if experiment.layer_id is not None and experiment.layer_share is None:
        found.append(FieldProblem("layer_share", "layer_share_missing", {}))
    if experiment.coverage == 0 and not ramp:
        found.append(FieldProblem("coverage", "coverage_nobody", {}))
    return found


def condition_problems(field: str, conditions: Sequence[Condition]) -> Problems:
    """Conditions that could never hold, or that can't be read."""
    codes = [(number, find_problem(condition)) for number, condition in enumerate(conditions)]
    return [
        FieldProblem(f"{field}.{number}.values", code, {"operator": conditions[number].operator.value})
        for number, code in codes
        if code is not None
    ]


def kind_of(value: Any) -> FlagKind:
    """The kind of a flag that has this value."""
    if isinstance(value, bool):
        return FlagKind.BOOLEAN
    if isinstance(value, int | float):
        return FlagKind.NUMBER
    return FlagKind.STRING if isinstance(value, str) else FlagKind.OBJECT


def flag_problems(
    *,
    kind: FlagKind,
    variations: Sequence[Variation],
    off_variation: str,
    serve: Serve,
    rules: Sequence[Rule],
    experiments: Collection[UUID],
) -> Problems:
    """Values of the flag's kind; nothing served that it doesn't have."""
    keys = {variation.key for variation in variations}
    found = _repeated("variations", (variation.key for variation in variations))
    if not variations:
        found.append(FieldProblem("variations", "variations_none", {}))
    for number, variation in enumerate(variations):
        if kind_of(variation.value) is not kind or not _can_be_told(variation.value):
            params = {"variation": variation.key, "kind": kind.value}
            found.append(FieldProblem(f"variations.{number}.value", "variation_kind", params))
    if off_variation not in keys:
        found.append(_unknown("off_variation", off_variation, keys))
    found += _serve_problems("serve", serve, keys, experiments)
    for number, rule in enumerate(rules):
        found += condition_problems(f"rules.{number}.conditions", rule.conditions)
        found += _serve_problems(f"rules.{number}.serve", rule.serve, keys, experiments)
    return found


def prerequisite_problems(
    key: str, wanted: Sequence[Prerequisite], known: Mapping[str, Collection[str]], needs: Mapping[str, tuple[str, ...]]
) -> Problems:
    """Flags that are there (`known`: their variations by key), and no circle with what other flags need (`needs`)."""
    found: Problems = []
    for number, prerequisite in enumerate(wanted):
        field = f"prerequisites.{number}"
        if prerequisite.flag not in known and prerequisite.flag != key:
            found.append(FieldProblem(f"{field}.flag", "prerequisite_unknown", {"flag": prerequisite.flag}))
            continue
        for name in prerequisite.variations:
            if name not in known.get(prerequisite.flag, (name,)):
                found.append(_unknown(f"{field}.variations", name, known[prerequisite.flag]))
    all_needs = {**needs, key: tuple(prerequisite.flag for prerequisite in wanted)}
    if circle := find_circle(all_needs, key):
        found.append(FieldProblem("prerequisites", "prerequisites_circle", {"circle": " → ".join(circle)}))
    elif any(depth_of(all_needs, start) > MAX_DEPTH for start in all_needs):
        found.append(FieldProblem("prerequisites", "prerequisites_deep", {"max": MAX_DEPTH}))
    return found


def _serve_problems(field: str, serve: Serve, keys: Collection[str], experiments: Collection[UUID]) -> Problems:
    ways = [way for way in (serve.variation, serve.split, serve.experiment_id) if way is not None]
    if len(ways) != 1:
        return [FieldProblem(field, "serve_one_way", {"count": len(ways)})]
    if serve.variation is not None:
        return [] if serve.variation in keys else [_unknown(f"{field}.variation", serve.variation, keys)]
    if serve.experiment_id is not None:
        missing = serve.experiment_id not in experiments
        return [FieldProblem(f"{field}.experiment_id", "serve_experiment", {})] if missing else []
    split = serve.split or []
    found = _repeated(f"{field}.split", (portion.variation for portion in split))
    found += [_unknown(f"{field}.split", p.variation, keys) for p in split if p.variation not in keys]
    total = math.fsum(portion.weight for portion in split)
    if abs(total - 1) > SUM_TOLERANCE:
        found.append(FieldProblem(f"{field}.split", "split_weights", {"sum": f"{total:.6g}"}))
    return found


def _unknown(field: str, variation: str, keys: Iterable[str]) -> FieldProblem:
    return FieldProblem(field, "variation_unknown", {"variation": variation, "known": ", ".join(sorted(keys))})


def _repeated(field: str, keys: Iterable[str]) -> Problems:
    seen: set[str] = set()
    twice = {key for key in keys if key in seen or seen.add(key)}
    return [FieldProblem(field, "named_twice", {"name": key}) for key in sorted(twice)]


def _can_be_told(value: Any, depth: int = 0) -> bool:
    """Whether every reader of JSON can take it: finite numbers of 64 bits, text that is one, not too deep."""
    if isinstance(value, Mapping):
        return depth < DEPTH_MAX and all(_can_be_told(part, depth + 1) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return depth < DEPTH_MAX and all(_can_be_told(part, depth + 1) for part in value)
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return not isinstance(value, float) or math.isfinite(value)
