"""Every problem of an experiment or a flag is named with its field."""

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from enterprise_app.core.errors import FieldProblem
from enterprise_app.domains.experiments.flag_schemas import Prerequisite, Serve, Variation
from enterprise_app.domains.experiments.rules import checking
from enterprise_app.domains.experiments.rules.evaluating import MAX_DEPTH
from enterprise_app.domains.experiments.schemas import MetricUse, Variant
from enterprise_app.domains.experiments.vocabulary import FlagKind, MetricRole
from tests.domains.experiments import made


def variants(*weights: float, control: int | None = 0) -> list[Variant]:
    return [Variant(key=f"v{n}", weight=w, is_control=n == control) for n, w in enumerate(weights)]


def codes(problems: Sequence[FieldProblem]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in problems]


def test_the_default_is_five_alike_and_good() -> None:
    five = checking.default_variants()
    assert [v.key for v in five] == ["control", "a", "b", "c", "d"]
    assert {v.weight for v in five} == {0.2}
    assert checking.control_of(five).key == "control"
    assert checking.variant_problems(five) == []


@pytest.mark.parametrize(
    ("given", "code", "params"),
    [
        (variants(), "variants_count", {"count": 0, "min": 2, "max": 5}),
        (variants(1.0), "variants_count", {"count": 1, "min": 2, "max": 5}),
        (variants(*[1 / 6] * 6), "variants_count", {"count": 6, "min": 2, "max": 5}),
        (variants(0.5, 0.6), "variants_weights", {"sum": "1.1"}),
        (variants(0.5, 0.4), "variants_weights", {"sum": "0.9"}),
        (variants(0.0, 0.0), "variants_weights", {"sum": "0"}),
        (variants(0.5, 0.5, control=None), "variants_control", {"count": 0}),
        ([*variants(0.5), *variants(0.5)], "named_twice", {"name": "v0"}),
        ([*variants(0.5), *variants(0.5)], "variants_control", {"count": 2}),
    ],
)
def test_bad_variants(given: list[Variant], code: str, params: dict[str, Any]) -> None:
    assert FieldProblem("variants", code, params) in checking.variant_problems(given)


def test_weights_of_thirds_and_sevenths_are_good() -> None:
    assert checking.variant_problems(variants(1 / 3, 1 / 3, 1 / 3)) == []
    assert checking.variant_problems(variants(0.142857, 0.857143)) == []


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else "deep"


def test_values_are_of_one_kind() -> None:
    def with_values(*values: Any) -> list[Variant]:
        return [Variant(key=f"v{n}", weight=1 / len(values), is_control=not n, value=v) for n, v in enumerate(values)]

    assert checking.variant_problems(with_values(True, False)) == []
    assert checking.variant_problems(with_values({"a": 1}, [])) == []
    for mixed in ((1, "a"), (True, 1), (None, "a")):
        assert codes(checking.variant_problems(with_values(*mixed))) == [("variants", "variants_values")], mixed


@pytest.mark.parametrize(
    "value", [math.inf, math.nan, 2**63, -(2**63) - 1, "\ud800", {"\udfff": 1}, {"a": [1, math.inf]}, nested(21)]
)
def test_values_that_no_reader_of_json_takes(value: Any) -> None:
    odd = Variant.model_construct(key="v1", name="", weight=0.5, is_control=False, value=value)
    assert codes(checking.value_problems([*variants(0.5), odd])) == [("variants.1.value", "variant_value")]


@pytest.mark.parametrize("value", [None, 2**63 - 1, 0.1, "😀", {"a": [None, True]}, nested(20)])
def test_values_that_every_reader_of_json_takes(value: Any) -> None:
    good = Variant(key="v1", weight=0.5, value=value)
    assert checking.value_problems([good]) == []


def test_a_running_experiment_keeps_its_variants() -> None:
    was = variants(0.5, 0.5)
    ramped = [v.model_copy(update={"weight": w, "name": "New"}) for v, w in zip(was, (0.9, 0.1), strict=True)]
    assert checking.replan_problems(was, ramped) == []
    other_control = [v.model_copy(update={"is_control": not v.is_control}) for v in was]
    other_value = [v.model_copy(update={"value": 1}) for v in was]
    for wanted in (was[:1], [*was, *variants(0.0)], was[::-1], other_control, other_value):
        assert codes(checking.replan_problems(was, wanted)) == [("variants", "variants_frozen")]


def test_metrics_are_known_named_once_with_one_primary() -> None:
    one, two = uuid4(), uuid4()
    known = {one, two}
    assert checking.metric_problems([use(one, MetricRole.PRIMARY), use(two)], known) == []
    found = checking.metric_problems([use(one), use(uuid4()), use(one)], known)
    assert codes(found) == [("metrics", "named_twice"), ("metrics.1.metric_id", "metric_unknown")]
    found = checking.metric_problems([use(one, MetricRole.PRIMARY), use(two, MetricRole.PRIMARY)], known)
    assert codes(found) == [("metrics", "metrics_primary")]


def use(metric: UUID, role: MetricRole = MetricRole.SECONDARY) -> MetricUse:
    return MetricUse(metric_id=metric, role=role)


def test_what_a_start_needs() -> None:
    bare = made.experiment("bare", coverage=0.0, layer_id=uuid4())
    assert codes(checking.start_problems(bare)) == [
        ("hypothesis", "hypothesis_missing"),
        ("metrics", "primary_metric_missing"),
        ("layer_share", "layer_share_missing"),
        ("coverage", "coverage_nobody"),
    ]
    assert ("coverage", "coverage_nobody") not in codes(checking.start_problems(bare, ramp=True))
    good = bare.model_copy(
        update={"hypothesis": "So.", "primary_metric_id": uuid4(), "layer_share": 0.5, "coverage": 0.1}
    )
    assert checking.start_problems(good) == []


@pytest.mark.parametrize(
    ("operator", "values", "code"),
    [
        ("in", [], "condition_values"),
        ("exists", ["yes"], "condition_exists"),
        ("semver", ["one"], "condition_semver"),
        ("gt", ["many"], "condition_order"),
        ("starts", [1], "condition_text"),
    ],
)
def test_conditions_that_never_hold(operator: str, values: list[Any], code: str) -> None:
    good, bad = made.condition("country", "in", ["DE"]), made.condition("x", operator, values)
    found = checking.condition_problems("targeting", [good, bad])
    assert found == [FieldProblem("targeting.1.values", code, {"operator": operator})]


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, FlagKind.BOOLEAN), (1, FlagKind.NUMBER), (0.5, FlagKind.NUMBER), ("a", FlagKind.STRING),
     ({}, FlagKind.OBJECT), ([1], FlagKind.OBJECT), (None, FlagKind.OBJECT)],
)  # fmt: skip
def test_the_kind_of_a_value(value: Any, kind: FlagKind) -> None:
    assert checking.kind_of(value) is kind


def flag_codes(**fields: Any) -> list[tuple[str, str]]:
    given: dict[str, Any] = {
        "kind": FlagKind.BOOLEAN, "variations": made.ON_OFF, "off_variation": "off", "serve": Serve(variation="on"),
        "rules": [], "experiments": set(),
    }  # fmt: skip
    return codes(checking.flag_problems(**given | fields))


def test_flags_serve_what_they_have() -> None:
    def split(*weights: float) -> Serve:
        keys = ("on", "off", "other")
        return Serve.model_validate(
            {"split": [{"variation": k, "weight": w} for k, w in zip(keys, weights, strict=False)]}
        )

    rule = made.rule(Serve(variation="nothing"), ("age", "gt", ["old"]))
    assert flag_codes() == []
    assert flag_codes(serve=split(0.5, 0.5)) == []
    assert flag_codes(serve=split(0.5, 0.6)) == [("serve.split", "split_weights")]
    assert flag_codes(serve=split(0.4, 0.3, 0.3)) == [("serve.split", "variation_unknown")]
    assert flag_codes(serve=Serve()) == [("serve", "serve_one_way")]
    assert flag_codes(serve=Serve(variation="on", experiment_id=uuid4())) == [("serve", "serve_one_way")]
    assert flag_codes(serve=Serve(experiment_id=uuid4())) == [("serve.experiment_id", "serve_experiment")]
    assert flag_codes(off_variation="nothing") == [("off_variation", "variation_unknown")]
    assert flag_codes(kind=FlagKind.STRING)[0] == ("variations.0.value", "variation_kind")
    assert flag_codes(variations=[*made.ON_OFF, made.ON_OFF[0]]) == [("variations", "named_twice")]
    assert ("variations", "variations_none") in flag_codes(variations=[])
    assert flag_codes(rules=[rule]) == [
        ("rules.0.conditions.0.values", "condition_order"),
        ("rules.0.serve.variation", "variation_unknown"),
    ]
    endless = Variation.model_construct(key="big", name="", value=math.inf)
    found = flag_codes(kind=FlagKind.NUMBER, variations=[endless], off_variation="big", serve=Serve(variation="big"))
    assert found == [("variations.0.value", "variation_kind")]


def needs(*flags: str) -> list[Prerequisite]:
    return [Prerequisite(flag=flag, variations=["on"]) for flag in flags]


def test_prerequisites_are_there_and_lead_to_an_end() -> None:
    known = {"a": ["on", "off"], "b": ["on"], "c": ["x"]}
    check = checking.prerequisite_problems
    assert check("new", needs("a", "b"), known, {}) == []
    assert codes(check("new", needs("z"), known, {})) == [("prerequisites.0.flag", "prerequisite_unknown")]
    assert codes(check("new", needs("a", "c"), known, {})) == [("prerequisites.1.variations", "variation_unknown")]
    assert codes(check("new", needs("new"), known, {})) == [("prerequisites", "prerequisites_circle")]
    found = check("a", needs("b"), known, {"b": ("c",), "c": ("a",)})
    assert codes(found) == [("prerequisites", "prerequisites_circle")]
    assert found[0].params == {"circle": "a → b → c → a"}
    chain = {f"f{n}": (f"f{n + 1}",) for n in range(MAX_DEPTH - 1)}
    deep = {"f0": ["on"]}
    assert codes(check("new", needs("f0"), deep, chain)) == [("prerequisites", "prerequisites_deep")]
