"""EXP-10: colours to test differ at a glance, can be read by all, and come out the same every time."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enterprise_app.core.errors import Invalid
from enterprise_app.domains.experiments.rules.generating.colours import (
    ColourUse,
    best_label,
    colour_ideas,
)
from enterprise_app.domains.experiments.rules.generating.perceiving import Vision, contrast, difference, simulate
from enterprise_app.domains.experiments.rules.generating.spaces import Colour

colours = st.builds(Colour, *[st.integers(0, 255)] * 3)


@settings(max_examples=60, deadline=None)
@given(colours, colours, st.sampled_from(ColourUse), st.integers(0, 9))
def test_variants_keep_their_promises(base: Colour, background: Colour, use: ColourUse, seed: int) -> None:
    ideas = colour_ideas(base.hex, background=background.hex, use=use, seed=seed)
    found = [Colour.of_hex(v.colour) for v in ideas.variants]
    for colour in found:
        assert contrast(colour, background) >= use.min_contrast
        for vision in Vision:
            assert contrast(simulate(colour, vision), simulate(background, vision)) >= use.min_contrast
    assert all(difference(one, other) >= 10 for one, other in combinations([base, *found], 2))
    assert len(found) == 3 or sum(ideas.refused.values()) > 700, "fewer only after the whole space was tried"


def test_three_by_default_and_the_same_every_time() -> None:
    ideas = colour_ideas("#1d4ed8")
    assert [v.colour for v in ideas.variants] == ["#934900", "#752ec6", "#007518"]
    assert [v.origin for v in ideas.variants] == ["split_left", "analogous_right", "triadic_right"]
    assert colour_ideas("#1d4ed8") == ideas


def test_another_seed_has_other_ideas() -> None:
    sets = {tuple(v.colour for v in colour_ideas("#1d4ed8", seed=seed).variants) for seed in range(8)}
    assert len(sets) >= 6


def test_the_palette_comes_first_if_it_can_be_read() -> None:
    ideas = colour_ideas("#1d4ed8", palette=["#b91c1c", "#fde68a", "#1d4ed9"], use=ColourUse.TEXT)
    assert [(v.colour, v.origin) for v in ideas.variants if v.origin == "palette"] == [("#b91c1c", "palette")]
    assert ideas.refused["contrast"] >= 1, "#fde68a on white"
    assert ideas.refused["too_close"] >= 1, "#1d4ed9 beside #1d4ed8"


def test_an_unreadable_original_is_named_so() -> None:
    ideas = colour_ideas("#777777", use=ColourUse.TEXT)
    assert (ideas.base_contrast, ideas.base_readable) == (4.48, False)


def test_a_background_without_room_gives_fewer_and_says_why() -> None:
    ideas = colour_ideas("#000000", background="#767676", use=ColourUse.TEXT, count=12, min_difference=20)
    assert len(ideas.variants) < 12
    assert ideas.refused["contrast"] > 0 or ideas.refused["too_close"] > 0


@given(colours)
def test_a_label_can_be_read_on_any_colour(colour: Colour) -> None:
    assert contrast(best_label(colour), colour) >= 4.5


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"base": "x"}, "base"),
        ({"background": "url(x)"}, "background"),
        ({"palette": ["#fff", "#zzz"]}, "palette[1]"),
        ({"palette": ["#fff"] * 25}, "palette"),
        ({"count": 0}, "count"),
        ({"count": 13}, "count"),
        ({"min_difference": float("nan")}, "min_difference"),
    ],
)
def test_bad_input_is_refused_by_field(bad: dict, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        colour_ideas(**{"base": "#1d4ed8", **bad})
    assert caught.value.problems[0].field == field
