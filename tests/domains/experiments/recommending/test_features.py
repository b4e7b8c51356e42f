"""EXP-11: variants in numbers."""

import math

import pytest

from enterprise_app.domains.experiments.recommendation_schemas import Aspect
from enterprise_app.domains.experiments.rules.recommending.design import basis_of
from enterprise_app.domains.experiments.rules.recommending.features import (
    Feature,
    Kind,
    kinds,
    measure,
    read_parameters,
)
from tests.domains.experiments.recommending.simulated import past


def test_parameters_are_read_from_what_a_flag_answers() -> None:
    value = {
        "button": {"color": "#0f0", "wide": True}, "asset_id": "a", "hero_url": "x", "list": [1], "size": 40,
        "none": None, "picture": "https://example.com/a.png", "ref": "7e0f2b0e-7a0e-4a0e-8a0e-7e0f2b0e7a0e",
        "huge": 1e300,
    }  # fmt: skip
    assert read_parameters(value) == {"button.color": "#0f0", "button.wide": True, "size": 40}
    assert read_parameters("Buy now") == {"value": "Buy now"}
    assert read_parameters(None) == read_parameters([1, 2]) == read_parameters(float("nan")) == {}


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("button", ["#112233", "#fff"], Kind.COLOUR),
        ("button_color", ["tomato", "rgb(1 2 3)"], Kind.COLOUR),
        ("pet", ["tan", "tomato"], Kind.CHOICE),
        ("button_color", ["tomato", "no colour"], Kind.TEXT),
        ("headline", ["Go", "Stop"], Kind.TEXT),
        ("headline_size", ["large", "small"], Kind.CHOICE),
        ("cta_position", ["below_text", "page_end"], Kind.CHOICE),
        ("motto", ["Yes", "A sentence has words"], Kind.TEXT),
        ("size", [1, 2.5], Kind.NUMBER),
        ("on", [True, False], Kind.SWITCH),
        ("mixed", [True, 1], None),
    ],
)
def test_what_a_parameter_is_shows_in_its_values(name: str, values: list[str | int], kind: Kind | None) -> None:
    assert kinds([{name: value} for value in values]).get(name) == kind


def test_colours_are_measured_as_they_are_seen() -> None:
    """White on black: OKLab's lightness 1 and 0, WCAG's contrast 21."""
    variant = {"background_color": "#000000", "text_color": "#ffffff"}
    found = measure(variant, kinds([variant]))
    assert found[Feature("text_color", Aspect.LIGHTNESS)] == pytest.approx(1, abs=1e-6)
    assert found[Feature("background_color", Aspect.LIGHTNESS)] == pytest.approx(0, abs=1e-6)
    assert math.exp(found[Feature("text_color", Aspect.CONTRAST)]) == pytest.approx(21)
    assert Feature("background_color", Aspect.CONTRAST) not in found
    red = measure({"c": "#ff0000"}, {"c": Kind.COLOUR})
    assert red[Feature("c", Aspect.GREEN_RED)] == pytest.approx(0.2249, abs=1e-3), "CSS Color 4: oklab(.628 .225 .126)"
    assert red[Feature("c", Aspect.BLUE_YELLOW)] == pytest.approx(0.1258, abs=1e-3)


def test_texts_are_measured_by_shape_and_tone() -> None:
    def told(text: str) -> dict[Aspect, float]:
        return {f.aspect: v for f, v in measure({"headline": text}, {"headline": Kind.TEXT}).items()}

    found = told("Start your free trial now: 30 days!")
    assert math.exp(found.pop(Aspect.LENGTH)) == pytest.approx(35)
    marks = {Aspect.ADDRESS, Aspect.EXCLAMATION, Aspect.FIGURE, Aspect.URGENCY}
    assert {aspect for aspect, value in found.items() if value} == marks
    assert math.exp(told("今すぐ買う")[Aspect.LENGTH]) == pytest.approx(10), "wide characters count as two"
    assert told("今すぐ買う")[Aspect.URGENCY] == told("ابدأ الآن")[Aspect.URGENCY] == 1
    assert told("ما هذا؟")[Aspect.QUESTION] == 1


def test_what_a_variant_does_not_set_is_average() -> None:
    basis = basis_of(past(1, 6, lambda _: 0.0))
    row = basis.row({"headline_size": 40})
    others = [i for i, f in enumerate(basis.features) if f.parameter != "headline_size"]
    assert not row[others].any()
    assert row[basis.columns(Feature("headline_size", Aspect.SIZE))].all()


def test_values_outside_of_all_that_was_tested_are_told() -> None:
    basis = basis_of(past(1, 6, lambda _: 0.0), [{"cta_align": "stretch"}])
    seen = {"cta_align": "center", "headline": "Buy now!", "headline_size": 40}
    assert basis.unseen(seen) == []
    assert basis.unseen(seen | {"headline_size": 90, "cta_align": "stretch", "x": 1}) == [
        "cta_align", "headline_size", "x",
    ]  # fmt: skip
