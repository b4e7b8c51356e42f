"""EXP-10: layouts to test keep the rules between their parameters, and say what they change; a test holds five."""

from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enterprise_app.core.errors import Invalid
from enterprise_app.domains.experiments.rules.generating.layouts import (
    CHOICES,
    RANGES,
    Layout,
    broken_rules,
    css_variables,
    layout_ideas,
    read_layout,
)
from enterprise_app.domains.experiments.rules.generating.plans import Idea, LeftOut, plan_variants

layouts = st.builds(
    Layout,
    **{p.value: st.sampled_from(choices) for p, choices in CHOICES.items()},
    **{p.value: st.integers(low, high) for p, (low, high, _) in RANGES.items()},
)


@given(layouts, st.integers(0, 50))
def test_ideas_keep_the_rules_and_differ(current: Layout, seed: int) -> None:
    assume(not broken_rules(current))
    ideas = layout_ideas(current, count=6, seed=seed)
    assert len(ideas) == 6, ideas
    for idea in ideas:
        assert broken_rules(idea.layout) == []
        changed = {k: v for k, v in idea.layout.values().items() if v != current.values()[k]}
        assert changed == idea.changes
        assert 1 <= len(changed) <= 2
        assert read_layout(idea.layout.values()) == idea.layout
    assert all(one.layout != other.layout for one, other in combinations(ideas, 2))


def test_two_by_default_and_the_same_every_time() -> None:
    ideas = layout_ideas(Layout())
    assert [idea.changes for idea in ideas] == KNOWN
    assert layout_ideas(Layout()) == ideas
    assert len({str(layout_ideas(Layout(), seed=seed)) for seed in range(10)}) >= 7


KNOWN = [{"cta_align": "stretch", "image_side": "behind"}, {"density": "compact"}]


def test_a_layout_is_custom_properties() -> None:
    assert css_variables(Layout()) == {
        "--cta-align": "start",
        "--cta-height": "48px",
        "--cta-position": "below_text",
        "--headline-size": "40px",
        "--hero-height": "70vh",
        "--image-side": "end",
        "--spacing": "1.25rem",
    }


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"hero_height": 95, "cta_position": "page_end"}, ("cta_position", "layout_cta_out_of_sight")),
        ({"density": "compact", "cta_height": 60}, ("cta_height", "layout_cta_crowded")),
        ({"hero_height": 50, "headline_size": 60}, ("headline_size", "layout_headline_overflows")),
        ({"cta_align": "stretch"}, ("cta_align", "layout_cta_across_image")),
        ({"image_side": "behind", "cta_position": "above_headline"}, ("cta_position", "layout_cta_on_image")),
        ({"cta_height": 43}, ("cta_height", "out_of_range")),
        ({"cta_height": "48"}, ("cta_height", "number_malformed")),
        ({"hero_height": True}, ("hero_height", "number_malformed")),
        ({"density": "dense"}, ("density", "not_one_of")),
        ({"font": "x"}, ("font", "not_one_of")),
    ],
)
def test_what_does_not_go_together_is_refused_by_field(values: dict, problem: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        read_layout(values)
    assert [(p.field, p.code) for p in caught.value.problems] == [problem]


IDEAS = [
    *[Idea("colour", {"cta_colour": c}) for c in ("#a00", "#0a0", "#00a")],
    *[Idea("headline", {"headline": t}) for t in ("A", "B", "C")],
    *[Idea("layout", {"hero_height": h}) for h in (50, 90)],
]
CONTROL = {"cta_colour": "#000", "headline": "O", "hero_height": 70}


def test_a_test_has_five_variants_of_all_kinds_and_says_why_not_more() -> None:
    plan = plan_variants(CONTROL, IDEAS)
    assert [v.key for v in plan.variants] == ["control", "colour_1", "headline_1", "layout_1", "colour_2"]
    assert [v.changes for v in plan.variants[1:3]] == [{"cta_colour": "#a00"}, {"headline": "A"}]
    assert plan.variants[1].parameters == {**CONTROL, "cta_colour": "#a00"}
    assert [r.reason for r in plan.left_out] == [LeftOut.LIMIT] * 4
    assert len(plan.variants) + len(plan.left_out) == len(IDEAS) + 1


@pytest.mark.parametrize(
    ("expected", "variants", "reason"),
    [(100_000, 5, LeftOut.LIMIT), (3_500, 3, LeftOut.TOO_FEW_VISITORS), (10, 2, LeftOut.TOO_FEW_VISITORS)],
)
def test_few_visitors_make_few_variants(expected: int, variants: int, reason: LeftOut) -> None:
    plan = plan_variants(CONTROL, IDEAS, expected_units=expected, min_units=1000)
    assert (len(plan.variants), plan.limit, plan.limited_by) == (variants, variants, reason)
    assert {r.reason for r in plan.left_out} == {reason}


def test_what_changes_nothing_or_the_same_is_left_out_by_name() -> None:
    ideas = [
        Idea("colour", {"cta_colour": "#000"}),
        Idea("headline", {"headline": "A"}),
        Idea("text", {"headline": "A"}),
    ]
    plan = plan_variants(CONTROL, ideas)
    assert [v.key for v in plan.variants] == ["control", "headline_1"]
    assert [r.reason for r in plan.left_out] == [LeftOut.SAME_AS_CONTROL, LeftOut.SAME_AS_ANOTHER]


@pytest.mark.parametrize("bad", [{"limit": 6}, {"limit": 1}, {"min_units": 0}, {"expected_units": -1}])
def test_bad_limits_are_refused_by_field(bad: dict) -> None:
    with pytest.raises(Invalid) as caught:
        plan_variants(CONTROL, IDEAS, **bad)
    assert caught.value.problems[0].field == next(iter(bad))
