"""EXP-12: how a metric is spread: every bin against numpy, whatever the values are."""

import random
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from enterprise_app.core import cache
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import DistributionUnfit, MetricNotFound
from enterprise_app.domains.experiments.result_schemas import Distribution
from tests.domains.experiments.measured import MEDIAN, ORDERED, ROUNDS, SPENT, Trial, trial
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")

DICE = random.Random(11)
VALUES: dict[str, dict[str, list[float]]] = {
    "heavy tail": {
        "control": [float(round(DICE.lognormvariate(3, 1.6))) for _ in range(400)] + [49_854.0],
        "green": [float(round(DICE.lognormvariate(3.2, 1.6))) for _ in range(300)],
    },
    "around zero": {v: [round(DICE.gauss(0, 3), 2) for _ in range(200)] for v in ("control", "green")},
    "far from zero": {v: [round(DICE.uniform(1000, 1004), 3) for _ in range(200)] for v in ("control", "green")},
    "mostly nothing": {"control": [0.0] * 300 + [19.9], "green": [0.0] * 280 + [5.0, 19.9, 240.0]},
    "one value": {"control": [7.0] * 20, "green": [7.0] * 30},
    "one negative value": {"control": [-0.5] * 3, "green": [0.0]},
    "one unit": {"control": [], "green": [3.0]},
    "only zeros": {"control": [0.0] * 4, "green": [0.0] * 5},
    "tiny": {v: [DICE.random() * 1e-6 for _ in range(50)] for v in ("control", "green")},
    "huge": {v: [DICE.random() * 9e14 for _ in range(50)] for v in ("control", "green")},
}


async def spread(made: Trial, number: int = 0) -> Distribution:
    if made.units:
        await made.store()
    await cache.forget_all(made.ctx.tenant_id)
    async with tenant_session(made.ctx) as session:
        return await service.get_distribution(session, made.ctx, made.experiment.id, made.metrics[number].id)


async def played(values: dict[str, list[float]], *definitions: dict[str, Any]) -> Trial:
    made = await trial(make_context(), definitions or [ROUNDS])
    for variant, own in values.items():
        for unit, value in zip(made.expose(variant, len(own)), own, strict=True):
            made.level(unit, value)
    return made


@pytest.mark.parametrize("name", VALUES)
async def test_every_bin_is_a_recount(name: str) -> None:
    values = VALUES[name]
    found = await spread(await played(values))
    assert len(found.bins) <= 40
    assert [a.variant for a in found.arms] == ["control", "green"]
    for place, (arm, own) in enumerate(zip(found.arms, values.values(), strict=True)):
        assert (arm.units, arm.zeros) == (len(own), own.count(0.0))
        if own:
            assert (arm.mean, arm.least, arm.most) == pytest.approx((np.mean(own), min(own), max(own)))
        told = [v for v in own if v != 0]
        assert sum(b.units[place] for b in found.bins) == len(told)
        if found.bins:
            edges = [found.bins[0].low, *(b.high for b in found.bins)]
            assert [b.units[place] for b in found.bins] == list(np.histogram(told, edges)[0])
    assert [b.high for b in found.bins[:-1]] == [b.low for b in found.bins[1:]], "without gaps"
    widths = [b.high - b.low for b in found.bins if not b.tail]
    assert widths == pytest.approx([widths[0]] * len(widths) if widths else [], rel=1e-6)


async def test_a_tail_does_not_press_all_others_into_one_bin() -> None:
    found = await spread(await played(VALUES["heavy tail"]))
    last = found.bins[-1]
    assert (last.tail, last.high) == (True, 49_854)
    filled = [b for b in found.bins if sum(b.units)]
    assert len(filled) > 15
    assert all(b.low == int(b.low) for b in found.bins), "whole numbers are cut between them"


async def test_money_and_percentiles_are_spread_and_the_cap_is_told() -> None:
    made = await trial(make_context(), [SPENT | {"winsorise": 0.9}, MEDIAN])
    amounts = [Decimal(n) for n in range(1, 21)]
    for unit, amount in zip(made.expose("green", 20), amounts, strict=True):
        made.happens(unit, "Order Completed", revenue=amount, currency="EUR", order=new_id().hex)
        made.level(unit, int(amount) * 2)
    found = await spread(made)
    assert (found.currency, found.cap, found.arms[1].most) == ("EUR", pytest.approx(18.1), 20)
    other = await spread(made, 1)
    assert (other.currency, other.cap, other.arms[1].most) == (None, None, 40)


async def test_what_has_no_values_per_unit_is_refused() -> None:
    made = await trial(make_context(), [ORDERED, ROUNDS])
    with pytest.raises(DistributionUnfit):
        await spread(made)
    nothing = await spread(made, 1)
    assert (nothing.bins, [a.units for a in nothing.arms]) == ([], [0, 0])
    async with tenant_session(made.ctx) as session:
        with pytest.raises(MetricNotFound):
            await service.get_distribution(session, made.ctx, made.experiment.id, new_id())
