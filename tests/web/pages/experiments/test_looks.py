"""EXP-12: the looks of the watch over time: what was seen, when the boundary was crossed, where the plan ended."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from enterprise_app.core import cache
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments.models import LOOKS
from enterprise_app.web.pages.experiments.results_metric import MetricDetailState
from tests.domains.experiments import lives
from tests.domains.experiments.events import START
from tests.domains.experiments.measured import MEDIAN, ORDERED, Trial, trial
from tests.joined import JoinedSource
from tests.web.pages.experiments.test_results import NAMED, opened
from tests.web.pages.test_admin import act_as, owner

__all__ = ["act_as", "owner"]
pytestmark = pytest.mark.asyncio(loop_scope="session")

COURSE = (
    (0, 100, 0.02, -0.05, 0.09, 0.7, 0.1),
    (1, 500, 0.03, -0.01, 0.07, 0.2, 0.5),
    (2, 900, 0.035, 0.005, 0.06, 0.03, 0.9),
    (3, 1000, 0.034, 0.01, 0.055, 0.0000001, 1.0),
)
"""Green by day: units, estimate, low, high, p, share of the plan. Significant on the third day, planned on the 4th."""


async def looked_at(ctx: Context, made: Trial, number: int = 0, **told: Any) -> None:
    """Store the looks of COURSE at one metric, or `told` in place of some of its figures."""
    rows = [row for day in COURSE for row in _rows(ctx, made, number, day, told)]
    async with tenant_session(ctx) as session:
        await session.execute(sa.insert(LOOKS), rows)
    await cache.forget_all(ctx.tenant_id)


def _rows(ctx: Context, made: Trial, number: int, day: Any, told: dict[str, Any]) -> list[dict[str, Any]]:
    passed, units, estimate, low, high, p, share = day
    at = START + timedelta(days=passed, hours=20)
    same = {
        "tenant_id": ctx.tenant_id, "experiment_id": made.experiment.id, "metric_id": made.metrics[number].id,
        "plan_version": 1, "day": at.date(), "units": units, "looked_at": at,
    }  # fmt: skip
    nothing = dict.fromkeys(("estimate", "low", "high", "p", "fraction"))
    green = {"estimate": estimate, "low": low, "high": high, "p": p, "fraction": share} | told
    return [
        same | nothing | {"variant": "control", "value": 0.1},
        same | green | {"variant": "green", "value": 0.1 + estimate},
    ]


async def test_looks_over_time_with_the_boundary_and_when_it_was_crossed(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    made = await trial(owner, [ORDERED], {"monitoring": "always_valid", "min_units": 1000}, variants=NAMED)
    await looked_at(owner, made)
    detail = await opened(act_as(owner), made.experiment.id, "?view=looks", MetricDetailState)
    shown = detail.looks
    (green,) = shown.effect
    assert (green["name"], green["values"]) == ("Green", [0.02, 0.03, 0.035, 0.034])
    assert (green["low"], green["high"]) == ([-0.05, -0.01, 0.005, 0.01], [0.09, 0.07, 0.06, 0.055])
    told, boundary = shown.p
    assert told["values"] == [0.7, 0.2, 0.03, 1e-6], "what is next to nothing is drawn as one millionth"
    assert (boundary["name"], boundary["dash"], boundary["values"]) == ("Boundary (α = 0.05)", True, [0.05] * 4)
    assert shown.marks == [{"at": 3, "text": "Planned sample"}]
    (sentence,) = shown.told
    assert sentence.startswith("Green: significant since the look of "), sentence
    assert str((START + timedelta(days=2)).day) in sentence
    assert "90% of the planned sample" in sentence
    await lives.decide(owner, made.experiment, "inconclusive")
    decided = (await opened(act_as(owner), made.experiment.id, "?view=looks", MetricDetailState)).looks
    assert [(m["at"], m["text"]) for m in decided.marks] == [(3, "Planned sample"), (4, "Decided")]
    assert decided.effect[0]["values"][-1] is None, "the day of the decision had no look"
    assert {len(line["values"]) for line in (*decided.effect, *decided.p, *decided.value)} == {5}


async def test_without_a_crossing_it_says_so(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await trial(owner, [ORDERED], {"monitoring": "always_valid", "min_units": 5000}, variants=NAMED)
    await looked_at(owner, made, low=-0.1, p=0.4)
    shown = (await opened(act_as(owner), made.experiment.id, "?view=looks", MetricDetailState)).looks
    assert shown.told[0].startswith("Green: at no look so far different from the control")
    assert shown.marks == []


async def test_a_fixed_plan_has_no_p_before_its_end(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await trial(owner, [ORDERED], variants=NAMED)
    await looked_at(owner, made, low=None, high=None, p=None, fraction=None)
    shown = (await opened(act_as(owner), made.experiment.id, "?view=looks", MetricDetailState)).looks
    assert (shown.p, "low" in shown.effect[0], len(shown.value)) == ([], False, 2)
    assert shown.told[0].startswith("This test counts once")


async def test_what_has_no_daily_line_opens_with_its_looks(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await trial(owner, [ORDERED, MEDIAN], {"monitoring": "always_valid"}, variants=NAMED)
    await looked_at(owner, made, 1)
    root = act_as(owner)
    detail = await opened(root, made.experiment.id, "?metric=m1", MetricDetailState)
    assert (detail.view, detail.daily, detail.spreads, len(detail.looks.labels)) == ("looks", False, True, 4)
    detail = await opened(root, made.experiment.id, "?metric=m0&view=looks", MetricDetailState)
    assert (detail.view, detail.daily, detail.looks.labels) == ("looks", True, []), "no look at this one yet"


async def test_segments_say_whether_they_were_frozen(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await trial(owner, [ORDERED], variants=NAMED)
    made.expose("control", 20)
    made.expose("green", 20)
    await made.store()
    root, query = act_as(owner), "?view=segments"
    assert (await opened(root, made.experiment.id, query, MetricDetailState)).origin == ""
    await lives.decide(owner, made.experiment, "inconclusive")
    detail = await opened(root, made.experiment.id, query, MetricDetailState)
    assert (detail.origin.split(",")[0], detail.origin_tone) == ("Frozen at the decision", "neutral")
    await db.connection.execute(sa.text("DELETE FROM experiment_evidence"))  # as one decided by an older release
    detail = await opened(root, made.experiment.id, query, MetricDetailState)
    assert (detail.origin.split(",")[0], detail.origin_tone) == ("Measured now", "warning")
