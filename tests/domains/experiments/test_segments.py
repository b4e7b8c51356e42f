"""EXP-12: results by segment: each against a recount of its own units, corrected, and the same whole."""

import random
from datetime import timedelta
from typing import Any

import pytest
from scipy import stats

from enterprise_app.core import cache
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.queries.analysis import SEGMENTS_MAX
from enterprise_app.domains.experiments.result_schemas import SegmentResults, SegmentRow
from enterprise_app.domains.experiments.vocabulary import Dimension
from tests.domains.experiments.events import START
from tests.domains.experiments.measured import ORDERED, ROUNDS, Trial, arm, trial
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")


async def segments(made: Trial, dimension: Dimension = Dimension.DEVICE) -> SegmentResults:
    if made.units:
        await made.store()
    await cache.forget_all(made.ctx.tenant_id)
    async with tenant_session(made.ctx) as session:
        return await service.get_segments(session, made.ctx, made.experiment.id, dimension)


def row(found: SegmentResults, name: str | None, number: int = 0) -> SegmentRow:
    return next(r for r in found.metrics[number].rows if r.segment == name)


async def by_device(rates: dict[Any, tuple[float, float]], count: int = 120, **settings: Any) -> tuple[Trial, Any]:
    """Units of devices with such rates of control and green; and how many converted, by device and variant."""
    made, dice = await trial(make_context(), [ORDERED, ROUNDS], settings), random.Random(3)
    converted: dict[Any, dict[str, list[float]]] = {}
    for device, pair in rates.items():
        for variant, rate in zip(("control", "green"), pair, strict=True):
            own = converted.setdefault(device, {}).setdefault(variant, [])
            for unit in made.expose(variant, count):
                own.append(float(dice.random() < rate))
                made.happens(unit, "Seen", hours=-0.1, device=device)
                if own[-1]:
                    made.happens(unit, "Order Completed")
    return made, converted


async def test_each_segment_is_a_comparison_of_its_own_units() -> None:
    made, converted = await by_device({"mobile": (0.2, 0.6), "desktop": (0.4, 0.4), None: (0.3, 0.3)})
    found = await segments(made)
    assert [r.segment for r in found.metrics[0].rows][-1] is None, "those that nothing is known of come last"
    raw = {}
    for device, own in converted.items():
        control, green = row(found, device).arms
        assert (control.units, green.units) == (120, 120)
        assert green.value == pytest.approx(sum(own["green"]) / 120)
        table = [[sum(own[v]), 120 - sum(own[v])] for v in ("control", "green")]
        squared: Any = stats.chi2_contingency(table, correction=False)
        raw[device] = squared.pvalue
        assert green.difference
        assert green.difference.p == pytest.approx(raw[device], rel=1e-6)
    smallest = min(raw, key=raw.__getitem__)
    adjusted = row(found, smallest).arms[1]
    assert (smallest, adjusted.significant) == ("mobile", True)
    assert adjusted.p_adjusted == pytest.approx(3 * raw[smallest]), "Holm over three segments"
    assert (found.metrics[0].heterogeneity_p["green"] or 1) < 0.01


async def test_segments_are_the_whole_again() -> None:
    made, _ = await by_device({"mobile": (0.2, 0.3), "desktop": (0.1, 0.2)}, 40)
    whole, found = await made.results(), await segments(made)
    for variant, place in (("control", 0), ("green", 1)):
        own = [r.arms[place] for r in found.metrics[0].rows]
        assert sum(a.units for a in own) == arm(whole, variant).units
        mean = sum(a.units * (a.value or 0) for a in own) / sum(a.units for a in own)
        assert mean == pytest.approx(arm(whole, variant).value)


async def test_what_a_unit_did_later_elsewhere_does_not_move_it() -> None:
    made = await trial(make_context(), [ORDERED])
    made.expose("control", at=START - timedelta(hours=10))
    unit = made.expose("green")[0]
    made.happens(unit, "Seen", hours=-0.2, device="mobile")
    made.happens(unit, "Seen", hours=-5, device="tablet")
    made.happens(unit, "Seen", hours=3, device="desktop")
    found = await segments(made)
    assert [r.segment for r in found.metrics[0].rows] == ["mobile", None]


async def test_many_small_segments_are_one() -> None:
    made = await trial(make_context(), [ORDERED])
    for number in range(SEGMENTS_MAX + 4):
        for unit in made.expose("green", 3 if number < SEGMENTS_MAX else 1):
            made.happens(unit, "Seen", hours=0, device=f"device-{number:02}")
    found = await segments(made)
    rows = found.metrics[0].rows
    assert len(rows) == SEGMENTS_MAX + 1
    assert (rows[-1].segment, rows[-1].arms[1].units) == (None, 4)


async def test_no_units_no_rows() -> None:
    found = await segments(await trial(make_context(), [ORDERED]))
    assert [m.rows for m in found.metrics] == [[]]


async def test_a_segment_of_one_arm_has_no_comparison() -> None:
    made = await trial(make_context(), [ORDERED])
    for unit in made.expose("green", 5):
        made.happens(unit, "Seen", hours=0, device="tv")
    shown = row(await segments(made), "tv")
    assert [a.units for a in shown.arms] == [0, 5]
    assert shown.arms[1].difference is None
    assert shown.arms[1].significant is False
