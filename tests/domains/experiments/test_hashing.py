"""EXP-02: who gets what is even, independent, sticky; changed weights move the fewest, a ramp only adds."""

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from enterprise_app.domains.experiments.rules.hashing import (
    SLOTS,
    choose,
    draw,
    free_slots,
    is_covered,
    slot_of,
    take_slots,
)

DRAWN = 0.3647684217024759
CHOSEN = ["a", "a", "c", "a", "a", "b", "a", "b"]
UNITS = [f"unit-{number}" for number in range(100_000)]
EXPERIMENTS = 20
SEED = "0197a3c2-7c5e-7d10-9a56-%012d"
WEIGHTS = [
    [("a", 0.5), ("b", 0.5)],
    [("a", 0.9), ("b", 0.1)],
    [("control", 0.2), ("a", 0.2), ("b", 0.2), ("c", 0.2), ("d", 0.2)],
    [("a", 0.01), ("b", 0.69), ("c", 0.3)],
]


def p_of(table: Any) -> float:
    """That two choices are independent: chi²."""
    tested: Any = stats.chi2_contingency(table)
    return tested.pvalue


@pytest.mark.parametrize("portions", WEIGHTS, ids=str)
def test_weights_hold_within_half_a_point_at_100_000_units(portions: list[tuple[str, float]]) -> None:
    counts = Counter(choose("seed", portions, unit) for unit in UNITS)
    for name, weight in portions:
        assert abs(counts[name] / len(UNITS) - weight) < 0.005, counts


def test_two_experiments_know_nothing_of_each_other() -> None:
    """Pairwise chi² over 20 experiments with fixed seeds: of 190 pairs none stands out, and together they are even."""
    units = UNITS[:20_000]
    portions = [("a", 0.3), ("b", 0.7)]
    drawn = np.array([[choose(SEED % e, portions, u) == "a" for u in units] for e in range(EXPERIMENTS)])
    found = [
        p_of([[np.sum((one == i) & (other == j)) for j in (0, 1)] for i in (0, 1)])
        for one, other in itertools.combinations(drawn, 2)
    ]
    assert min(found) > 0.001
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_what_a_unit_draws_for_one_use_says_nothing_of_another() -> None:
    units = UNITS[:20_000]
    portions = [("a", 0.5), ("b", 0.5)]
    uses = {
        "holdout": [is_covered("s", 0.3, u, "holdout") for u in units],
        "coverage": [is_covered("s", 0.3, u) for u in units],
        "variant": [choose("s", portions, u) == "a" for u in units],
        "layer": [slot_of("s", u) < SLOTS // 2 for u in units],
    }
    for one, other in itertools.combinations(uses.values(), 2):
        pairs = Counter(zip(one, other, strict=True))
        assert p_of([[pairs[i, j] for j in (False, True)] for i in (False, True)]) > 0.001


def test_changed_weights_move_only_those_who_must() -> None:
    before, after = [("a", 0.5), ("b", 0.5)], [("a", 0.4), ("b", 0.6)]
    pairs = Counter((choose("s", before, u), choose("s", after, u)) for u in UNITS)
    assert pairs["b", "a"] == 0, "nobody goes against the change"
    assert abs(pairs["a", "b"] / len(UNITS) - 0.1) < 0.005, "and no more than the difference"


def test_a_new_variant_takes_from_all_alike_and_moves_nobody_between_the_others() -> None:
    before, after = [("a", 1.0), ("b", 1.0)], [("a", 1.0), ("b", 1.0), ("c", 1.0)]
    pairs = Counter((choose("s", before, u), choose("s", after, u)) for u in UNITS)
    assert pairs["a", "b"] == pairs["b", "a"] == 0
    assert abs(pairs["a", "c"] / len(UNITS) - 1 / 6) < 0.005
    assert abs(pairs["b", "c"] / len(UNITS) - 1 / 6) < 0.005


@given(st.text(max_size=40), st.text(max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_a_ramp_only_adds(seed: str, unit: str, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert not is_covered(seed, less, unit) or is_covered(seed, more, unit)
    assert is_covered(seed, 1, unit)
    assert not is_covered(seed, 0, unit)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_a_draw_is_a_number_below_one_and_the_same_again(seed: str, salt: str, unit: str) -> None:
    drawn = draw(seed, salt, unit)
    assert 0 <= drawn < 1
    assert draw(seed, salt, unit) == drawn


def test_draws_are_what_they_were() -> None:
    """Another hash would reshuffle every running experiment: these numbers never change."""
    assert draw("seed", "coverage", "unit") == DRAWN
    assert [choose("seed", [("a", 0.5), ("b", 0.3), ("c", 0.2)], f"u{n}") for n in range(8)] == CHOSEN


def test_no_weight_is_nobody() -> None:
    assert choose("s", [("a", 0.0), ("b", 0.0)], "u") is None
    assert choose("s", [], "u") is None
    assert {choose("s", [("a", 0.0), ("b", 1e-9)], u) for u in UNITS[:100]} == {"b"}


@settings(max_examples=200)
@given(st.lists(st.integers(1, 4000), max_size=8), st.data())
def test_slots_are_given_once(wants: list[int], data: st.DataObject) -> None:
    """Whatever comes and goes: ranges never overlap, and there is room as long as there are free slots."""
    held: list[list[tuple[int, int]]] = []
    for want in wants:
        taken = [r for ranges in held for r in ranges]
        ranges = take_slots(taken, want)
        assert (ranges is None) == (want > free_slots(taken))
        if ranges is not None:
            assert sum(end - begin for begin, end in ranges) == want
            held.append(ranges)
        slots = [slot for ranges in held for begin, end in ranges for slot in range(begin, end)]
        assert len(slots) == len(set(slots))
        assert all(0 <= slot < SLOTS for slot in slots)
        if held and data.draw(st.booleans()):
            held.pop(data.draw(st.integers(0, len(held) - 1)))


def test_a_score_is_never_infinite() -> None:
    assert math.isfinite(-math.log(2.0**-53 / 2))
