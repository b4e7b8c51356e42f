"""Conditions: every operator, missing traits, types that don't fit, semantic versions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.domains.experiments.rules import semver
from enterprise_app.domains.experiments.rules.targeting import compiled, find_problem
from enterprise_app.domains.experiments.vocabulary import Operator
from tests.domains.experiments.made import condition

PERSON: dict[str, Any] = {
    "country": "DE", "age": 42, "plan": "pro", "tags": ["a", 7], "beta": True, "version": "2.4.1",
    "born": "1984-03-01T10:00:00Z", "device": {"os": "linux"}, "a.b": "dotted", "nothing": None,
    "nan": float("nan"), "email": "ada@acme.example",
}  # fmt: skip
HOLD = [
    ("country", "eq", ["DE"], True), ("country", "eq", ["de"], False), ("country", "eq", ["AT", "DE"], True),
    ("country", "ne", ["AT"], True), ("country", "ne", ["DE"], False), ("country", "in", ["AT", "DE"], True),
    ("country", "not_in", ["AT", "DE"], False), ("country", "not_in", ["FR"], True),
    ("age", "eq", [42.0], True), ("age", "eq", ["42"], False), ("beta", "eq", [True], True), ("beta", "eq", [1], False),
    ("age", "gt", [41], True), ("age", "gt", [42], False), ("age", "ge", [42], True), ("age", "lt", [42], False),
    ("age", "le", [42], True), ("age", "lt", [42.5], True), ("country", "gt", [1], False), ("nan", "gt", [1], False),
    ("nan", "lt", [1], False), ("born", "lt", ["1990-01-01"], True), ("born", "gt", ["1984-03-01T09:00:00Z"], True),
    ("email", "ends", ["@acme.example"], True), ("email", "starts", ["ada"], True), ("email", "contains", ["@"], True),
    ("email", "contains", ["x@"], False), ("age", "starts", ["4"], False), ("tags", "contains", ["a"], True),
    ("tags", "contains", [7], True), ("tags", "contains", ["b"], False), ("tags", "eq", ["a"], False),
    ("version", "semver", [">=2.4.0"], True), ("version", "semver", ["^3.0.0", "~2.4.0"], True),
    ("version", "semver", ["<2.4.1"], False), ("country", "semver", [">=1.0.0"], False),
    ("device.os", "eq", ["linux"], True), ("a.b", "eq", ["dotted"], True), ("device.os.x", "eq", ["linux"], False),
    ("country", "exists", [], True), ("country", "exists", [False], False), ("nothing", "exists", [True], False),
    ("missing", "exists", [False], True), ("missing", "exists", [True], False),
]  # fmt: skip


@pytest.mark.parametrize(("attribute", "operator", "values", "expected"), HOLD)
def test_a_condition_holds(attribute: str, operator: str, values: list[Any], expected: bool) -> None:
    (test,) = compiled([condition(attribute, operator, values)])
    assert test(PERSON) is expected


@pytest.mark.parametrize("operator", [o for o in Operator if o is not Operator.EXISTS])
@pytest.mark.parametrize("attribute", ["missing", "nothing", "device.missing", "country.x"])
def test_a_missing_trait_matches_nothing(operator: Operator, attribute: str) -> None:
    """Not even `ne` and `not_in`: who says nothing of his country is not known to live elsewhere."""
    (test,) = compiled([condition(attribute, operator, ["DE"])])
    assert test(PERSON) is False


_ANY = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())


@given(st.sampled_from(Operator), _ANY | st.dictionaries(st.text(max_size=3), _ANY), st.lists(_ANY.filter(
    lambda v: isinstance(v, str | bool | int | float)), max_size=3))  # fmt: skip
def test_whatever_is_compared_there_is_an_answer(operator: Operator, value: Any, wanted: list[Any]) -> None:
    (test,) = compiled([condition("a", operator, wanted)])
    assert test({"a": value}) in (True, False)


@pytest.mark.parametrize(
    ("operator", "values", "code"),
    [
        ("eq", [], "condition_values"), ("exists", ["yes"], "condition_exists"), ("exists", [True], None),
        ("semver", ["new"], "condition_semver"), ("semver", ["^1.2"], None), ("gt", ["many"], "condition_order"),
        ("gt", [1], None), ("lt", ["2026-01-01"], None), ("starts", [1], "condition_text"), ("contains", [1], None),
    ],
)  # fmt: skip
def test_values_that_can_never_match_are_told(operator: str, values: list[Any], code: str | None) -> None:
    assert find_problem(condition("a", operator, values)) == code


PRECEDENCE = [
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
]  # fmt: skip


def test_versions_stand_in_the_order_of_semver_11() -> None:
    parsed = [semver.parse(text) for text in PRECEDENCE]
    assert None not in parsed
    assert sorted(parsed) == parsed  # pyright: ignore
    assert semver.parse("1.0.0+build") == semver.parse("v1.0.0") == semver.parse("1")
    assert [semver.parse(bad) for bad in ("", "1.2.3.4", "01.2.3", "x", "1.2.3-")] == [None] * 5


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("1.9.9", "^1.2.0", True), ("2.0.0", "^1.2.0", False), ("2.0.0-rc.1", "^1.2.0", False),
        ("0.2.9", "^0.2.3", True), ("0.3.0", "^0.2.3", False), ("0.0.3", "^0.0.3", True), ("0.0.4", "^0.0.3", False),
        ("1.2.9", "~1.2.3", True), ("1.3.0", "~1.2.3", False), ("1.2.3", "!=1.2.3", False), ("1.2.3", "1.2.3", True),
        ("1.2.3", "what", False), ("1.2.3", "", False),
    ],
)  # fmt: skip
def test_ranges(version: str, wanted: str, expected: bool) -> None:
    assert semver.matches(version, wanted) is expected
