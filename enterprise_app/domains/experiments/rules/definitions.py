"""What a tenant serves, compiled: flags with their rules as functions and the running experiments behind them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from ..flag_schemas import Flag, Holdout, Layer, Rule, Serve
from ..schemas import Condition, Experiment
from ..vocabulary import ExperimentState, Reason
from .targeting import Test, compiled

Portions = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A running experiment as it is served. `slots`: its ranges of the layer drawn by `layer_seed`, None for no layer.

    `moved`: its plan has changed, so units that were exposed before keep what they saw.
    """

    id: UUID
    key: str
    seed: str
    version: int
    portions: Portions
    tests: tuple[Test, ...]
    coverage: float
    holdout: bool
    layer_seed: str
    slots: tuple[tuple[int, int], ...] | None
    moved: bool
    recorded: bool


@dataclass(frozen=True, slots=True)
class Serving:
    """One way to answer: a variation, a split of the covered units, or an experiment (None while it doesn't run)."""

    variation: str | None
    portions: Portions | None = None
    seed: str = ""
    coverage: float = 1.0
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """Who passes all tests is served so."""

    tests: tuple[Test, ...]
    serving: Serving


@dataclass(frozen=True, slots=True)
class CompiledFlag:
    """A flag; `answers` are its finished answers by variation and reason, as bytes of JSON."""

    key: str
    enabled: bool
    values: Mapping[str, Any]
    off: str
    rules: tuple[CompiledRule, ...]
    serving: Serving
    prerequisites: tuple[tuple[str, frozenset[str]], ...]
    answers: dict[tuple[str, Reason, UUID | None], bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything a tenant serves at one moment. `attributes`: what any condition asks for."""

    flags: Mapping[str, CompiledFlag]
    trials: Mapping[str, Trial]
    holdouts: tuple[tuple[str, float], ...]
    attributes: frozenset[str]
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an experiment draws from: its own seed, its slots of a layer, and whether its plan has moved."""

    seed: str
    slots: Sequence[Sequence[int]] | None
    moved: bool


def compile_definitions(
    flags: Iterable[tuple[Flag, str]],
    experiments: Iterable[tuple[Experiment, Place]],
    layers: Iterable[tuple[Layer, str]],
    holdouts: Iterable[tuple[Holdout, str]],
    etag: str = "",
) -> Definitions:
    """Each with its seed. Only experiments that run and aren't paused are served; archived flags are not there."""
    seeds = {layer.id: seed for layer, seed in layers}
    known = [(experiment, place) for experiment, place in experiments if experiment.state is ExperimentState.RUNNING]
    trials = {e.id: _trial(e, place, seeds) for e, place in known if e.paused_at is None}
    served = [(flag, seed) for flag, seed in flags if flag.archived_at is None]
    asked = [c for e, _ in known for c in e.targeting] + [c for f, _ in served for r in f.rules for c in r.conditions]
    return Definitions(
        flags={flag.key: _flag(flag, seed, trials) for flag, seed in served},
        trials={trial.key: trial for trial in trials.values()},
        holdouts=tuple((seed, holdout.share) for holdout, seed in holdouts if holdout.archived_at is None),
        attributes=frozenset(name for condition in asked for name in _names(condition)),
        etag=etag,
    )


def _names(condition: Condition) -> tuple[str, str]:
    return condition.attribute, condition.attribute.partition(".")[0]


def _trial(experiment: Experiment, place: Place, layer_seeds: Mapping[UUID, str]) -> Trial:
    slots = tuple((begin, end) for begin, end in place.slots) if place.slots is not None else None
    return Trial(
        id=experiment.id,
        key=experiment.key,
        seed=place.seed,
        version=experiment.plan_version,
        portions=tuple((variant.key, variant.weight) for variant in experiment.variants),
        tests=compiled(experiment.targeting),
        coverage=experiment.coverage,
        holdout=experiment.holdout,
        layer_seed=layer_seeds.get(experiment.layer_id, "") if experiment.layer_id else "",
        slots=slots,
        moved=place.moved,
        recorded=experiment.settings.exposed_when_served,
    )


def _flag(flag: Flag, seed: str, trials: Mapping[UUID, Trial]) -> CompiledFlag:
    return CompiledFlag(
        key=flag.key,
        enabled=flag.enabled,
        values={variation.key: variation.value for variation in flag.variations},
        off=flag.off_variation,
        rules=tuple(_rule(rule, f"{seed}:{number}", trials) for number, rule in enumerate(flag.rules)),
        serving=_serving(flag.serve, seed, trials),
        prerequisites=tuple((needed.flag, frozenset(needed.variations)) for needed in flag.prerequisites),
    )


def _rule(rule: Rule, seed: str, trials: Mapping[UUID, Trial]) -> CompiledRule:
    return CompiledRule(compiled(rule.conditions), _serving(rule.serve, seed, trials))


def _serving(serve: Serve, seed: str, trials: Mapping[UUID, Trial]) -> Serving:
    if serve.experiment_id is not None:
        return Serving(None, trial=trials.get(serve.experiment_id))
    if serve.split is not None:
        portions = tuple((portion.variation, portion.weight) for portion in serve.split)
        return Serving(None, portions, seed, serve.coverage)
    return Serving(serve.variation)


def answer_bytes(flag: CompiledFlag, variation: str, reason: Reason, trial: Trial | None) -> bytes:
    """An answer as OFREP's JSON; made once for each flag, variation, reason and experiment."""
    wanted = (variation, reason, trial.id if trial else None)
    made = flag.answers.get(wanted)
    if made is None:
        told: dict[str, Any] = {
            "key": flag.key,
            "value": flag.values[variation],
            "variant": variation,
            "reason": reason,
        }
        if trial is not None:
            told["metadata"] = {"experiment": trial.key, "planVersion": trial.version}
        made = flag.answers[wanted] = orjson.dumps(told)
    return made
