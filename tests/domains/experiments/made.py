"""Flags and experiments for tests, as the database would hold them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from enterprise_app.domains.experiments.flag_schemas import Flag, Holdout, Layer, Prerequisite, Rule, Serve, Variation
from enterprise_app.domains.experiments.rules.definitions import Definitions, Place, compile_definitions
from enterprise_app.domains.experiments.rules.evaluating import Evaluation
from enterprise_app.domains.experiments.schemas import Condition, Experiment, ExperimentSettings, Variant
from enterprise_app.domains.experiments.vocabulary import ExperimentState, FlagKind

AT = datetime(2026, 3, 1, tzinfo=UTC)
SPACE = UUID(int=7)
TIMES = {"version": 1, "created_at": AT, "updated_at": AT, "archived_at": None}
ON_OFF = [Variation(key="on", value=True), Variation(key="off", value=False)]
Weights = Sequence[tuple[str, float]]


def flag(key: str, *, serve: Serve | None = None, needs: Iterable[tuple[str, str]] = (), **fields: Any) -> Flag:
    """A boolean flag that is off for everybody unless told otherwise."""
    values: dict[str, Any] = {
        "kind": FlagKind.BOOLEAN, "enabled": True, "variations": ON_OFF, "off_variation": "off", "rules": [],
        "description": "", "experiment_id": None,
    }  # fmt: skip
    needed = [Prerequisite(flag=other, variations=[variation]) for other, variation in needs]
    return Flag(
        id=uuid5(SPACE, key), key=key, name=key, serve=serve or Serve(variation="off"), prerequisites=needed,
        **values | fields, **TIMES,
    )  # fmt: skip


def rule(serve: Serve, *conditions: tuple[str, str, Sequence[Any]]) -> Rule:
    """A rule of (attribute, operator, values)."""
    return Rule(conditions=[condition(*told) for told in conditions], serve=serve)


def condition(attribute: str, operator: str, values: Sequence[Any] = ()) -> Condition:
    """One comparison."""
    return Condition.model_validate({"attribute": attribute, "operator": operator, "values": list(values)})


def experiment(key: str, weights: Weights = (("control", 0.5), ("green", 0.5)), **fields: Any) -> Experiment:
    """A running one for everybody."""
    values: dict[str, Any] = {
        "state": ExperimentState.RUNNING, "targeting": [], "coverage": 1.0, "holdout": True, "layer_id": None,
        "settings": ExperimentSettings(), "paused_at": None, "plan_version": 1, "stopped_at": None,
    }  # fmt: skip
    variants = [
        Variant(key=name, weight=weight, is_control=not number) for number, (name, weight) in enumerate(weights)
    ]
    return Experiment(
        id=uuid5(SPACE, key), key=key, name=key, hypothesis="", campaign_id=None, author_id=None, variants=variants,
        layer_share=None, unit="visitor", primary_metric_id=None, metrics=[], started_at=AT, decision=None,
        **values | fields, **TIMES,
    )  # fmt: skip


def flag_of(tried: Experiment) -> Flag:
    """The flag that serves the experiment."""
    variations = [Variation(key=variant.key, value=variant.key) for variant in tried.variants]
    return flag(
        tried.key, kind=FlagKind.STRING, variations=variations, off_variation=variations[0].key,
        serve=Serve(variation=variations[0].key), rules=[Rule(serve=Serve(experiment_id=tried.id))],
        experiment_id=tried.id,
    )  # fmt: skip


def layer(key: str) -> Layer:
    """A layer."""
    return Layer(id=uuid5(SPACE, key), key=key, name=key, description="", **TIMES)


def holdout(key: str, share: float) -> Holdout:
    """A hold-out."""
    return Holdout(id=uuid5(SPACE, key), key=key, name=key, description="", share=share, **TIMES)


def definitions(
    flags: Iterable[Flag] = (),
    experiments: Iterable[Experiment] = (),
    layers: Iterable[Layer] = (),
    holdouts: Iterable[Holdout] = (),
    *,
    slots: dict[str, list[list[int]]] | None = None,
    moved: bool = False,
) -> Definitions:
    """Compiled, with the keys as seeds; experiments bring their flags."""
    running = list(experiments)
    return compile_definitions(
        [(f, f"seed-{f.key}") for f in [*flags, *map(flag_of, running)]],
        [(e, Place(f"seed-{e.key}", (slots or {}).get(e.key), moved)) for e in running],
        [(each, f"seed-{each.key}") for each in layers],
        [(each, f"seed-{each.key}") for each in holdouts],
    )


def ask(known: Definitions, unit: str | None = "u", **attributes: Any) -> Evaluation:
    """One unit's questions."""
    return Evaluation(known, unit, attributes)
