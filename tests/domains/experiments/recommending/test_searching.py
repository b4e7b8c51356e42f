"""EXP-11: the best combination and the next test, against trying everything."""

from itertools import product

import pytest

from enterprise_app.domains.experiments.recommendation_schemas import Basis, RecommendationQuestion
from enterprise_app.domains.experiments.rules.generating.layouts import read_layout
from enterprise_app.domains.experiments.rules.generating.perceiving import contrast
from enterprise_app.domains.experiments.rules.generating.spaces import Colour
from enterprise_app.domains.experiments.rules.recommending.advising import _Work
from enterprise_app.domains.experiments.rules.recommending.searching import is_possible
from tests.domains.experiments.recommending.simulated import HEADLINES, NOW, known, past
from tests.domains.experiments.recommending.test_learning import answer

SPACE = {
    "button_color": ["#1d4ed8", "#b6001e", "#047857"], "cta_align": ["start", "center", "end"],
    "headline": list(HEADLINES), "headline_size": [24, 40, 56, 72],
}  # fmt: skip


def test_the_best_combination_is_that_of_all() -> None:
    work = _Work(past(3, 30, known), RecommendationQuestion.model_validate({"space": SPACE}), NOW)
    every = [dict(zip(SPACE, values, strict=True)) for values in product(*SPACE.values())]
    top = max(work.predict(every), key=lambda p: p.gain)
    best = work.best()
    assert best is not None
    assert best.gain == pytest.approx(top.gain)
    assert (best.parameters["headline_size"], best.parameters["cta_align"], best.parameters["headline"]) == (
        72, "center", "Buy now!",
    )  # fmt: skip


def test_what_is_best_already_stays() -> None:
    now = {"headline_size": 72, "cta_align": "center", "headline": "Buy now!", "button_color": "#1d4ed8"}
    found = answer(
        past(3, 30, known),
        current=now,
        space={n: v for n, v in SPACE.items() if n != "button_color"} | {"button_color": ["#1d4ed8"]},
    )
    assert found.best is None
    assert found.optima == []


def test_each_parameter_has_its_best_value() -> None:
    found = {o.parameter: o for o in answer(past(3, 30, known), space=SPACE).optima}
    assert (found["headline_size"].value, found["headline_size"].now) == (72, 40)
    assert (found["cta_align"].value, found["headline"].value) == ("center", "Buy now!")
    assert found["headline_size"].low < 0.1 < found["headline_size"].high


def test_the_next_test_is_the_one_worth_most() -> None:
    found = answer(past(3, 30, known), space=SPACE, count=1).next_test
    assert found is not None
    (variant,) = found.variants
    assert found.basis is Basis.IMPROVEMENT
    assert variant.parameters["headline_size"] == 72
    assert variant.prediction is not None
    assert found.improvement == pytest.approx(variant.prediction.gain, abs=0.01), "surely better: worth its gain"


def test_without_a_model_the_test_that_teaches_most_is_of_the_least_known() -> None:
    """Headline sizes were tested six times, the new switch never."""
    tests = past(1, 6, known, noise=0.002, arms=4)
    found = answer(
        tests, current=NOW | {"badge": False}, space={"headline_size": [40, 44], "badge": [True]}, count=1
    ).next_test
    assert found is not None
    assert found.variants[0].changes == {"badge": True}


def test_only_pages_that_can_be_built() -> None:
    work = _Work(past(3, 12, known), RecommendationQuestion(), NOW | {"image_side": "end", "hero_height": 50})
    pool = work.search.pool()
    assert len(pool) > 50
    for variant in pool:
        read_layout({name: value for name, value in variant.items() if name not in ("button_color", "headline")})
    white = Colour(255, 255, 255)
    assert all(contrast(Colour.of_hex(str(p["button_color"])), white) >= 3 for p in pool)
    assert not is_possible({"button_color": "#ffff00"}, NOW, work.basis)
    assert not is_possible({"image_side": "end", "cta_align": "stretch"}, NOW, work.basis)
    assert is_possible({"image_side": "end", "cta_align": "stretch", "density": 3}, NOW, work.basis), (
        "no layout of ours"
    )


def test_a_page_that_is_hard_to_read_already_may_stay_so() -> None:
    now = {"button_color": "#ffff00"}
    work = _Work(past(3, 12, known), RecommendationQuestion(), now)
    assert is_possible(now | {"headline_size": 40}, now, work.basis)


@pytest.mark.parametrize("value", [2, "#1d4ed8", True, "Buy"])
def test_a_parameter_that_only_a_question_names_is_not_varied(value: str | float) -> None:
    question = RecommendationQuestion.model_validate({"variants": [{"odd": value}]})
    assert "odd" not in _Work(past(3, 30, known), question, NOW).search.space
    assert "odd" not in _Work([], question, {}).search.space
