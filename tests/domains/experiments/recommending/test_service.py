"""EXP-11 on a real database: learned from what was decided here and submitted from elsewhere, by tenant, over HTTP."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import FeatureMissing
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.schemas import CampaignDraft
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.manifest import DOMAIN as EXPERIMENTS
from enterprise_app.domains.experiments.metric_schemas import MetricDraft
from enterprise_app.domains.experiments.models import ExperimentRow
from enterprise_app.domains.experiments.recommendation_schemas import (
    LeftOut,
    RecommendationQuestion,
    Recommendations,
    Status,
    TooLittle,
)
from enterprise_app.domains.experiments.result_schemas import ExternalDraft
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.http.app import create_api
from tests.domains.experiments import lives
from tests.factories import make_context
from tests.http.conftest import HeaderEdge

pytestmark = pytest.mark.usefixtures("db")
SIZES = (24, 28, 32, 36, 44, 48, 52, 56, 60, 72)
UNITS = 20_000
BAD: list[dict[str, Any]] = [
    {"count": 9}, {"count": 0}, {"variants": [{"a": [1]}]}, {"space": {"a": []}}, {"current": {"a": "\x00"}},
    {"else": 1}, {"current": {"": 1}}, {"seed": -1}, {"current": {str(n): n for n in range(41)}}, {"campaign_id": "x"},
]  # fmt: skip
URL = "/api/v1/experiments/recommendations"


def rate(size: int) -> float:
    """The truth: larger headlines convert better, one tenth over 30 pixels."""
    return 0.1 * (1 + (size - 40) / 300)


async def ran(
    ctx: Context, metric: UUID, size: int, *, units: int = UNITS, parameters: bool = True, **fields: Any
) -> Experiment:
    """A test elsewhere: headlines of 40 pixels against those of `size`."""
    values = [{"headline_size": s} if parameters else None for s in (40, size)]
    variants = [variant | {"value": value} for variant, value in zip(lives.TWO, values, strict=True)]
    uses = [{"metric_id": str(metric), "role": "primary"}]
    made = await lives.create(ctx, f"Headline {size} {new_id()}", variants=variants, metrics=uses, **fields)
    arms = [
        {"variant": "control", "units": UNITS, "converted": round(UNITS * rate(40))},
        {"variant": "green", "units": units, "converted": round(units * rate(size))},
    ]
    draft = ExternalDraft.model_validate({"source": "Mail", "metrics": [{"metric_id": str(metric), "arms": arms}]})
    async with tenant_session(ctx) as session:
        await service.submit_results(session, ctx, made.id, draft)
    return made


async def ask(ctx: Context, **question: Any) -> Recommendations:
    async with tenant_session(ctx) as session:
        return await service.recommend(session, ctx, RecommendationQuestion.model_validate(question))


async def decide(ctx: Context, experiment: Experiment, served: str) -> None:
    """Decided with the results that were submitted, as a decision freezes them."""
    async with tenant_session(ctx) as session:
        submitted = (await service.list_external_results(session, ctx, experiment.id)).items[0]
        row = await session.get_one(ExperimentRow, (ctx.tenant_id, experiment.id))
        row.decision = {"outcome": "ship", "served": served, "results": submitted.results.model_dump(mode="json")}


async def test_nothing_was_tested_yet() -> None:
    found = await ask(make_context())
    assert (found.status, found.reason, found.tests) == (Status.NOT_ENOUGH_DATA, TooLittle.TOO_FEW_TESTS, 0)
    assert (found.metric_id, found.metrics, found.evidence, found.next_test) == (None, [], None, None)


async def test_what_ten_tests_teach() -> None:
    ctx = make_context()
    metric = await lives.metric(ctx)
    tests = [await ran(ctx, metric, size) for size in SIZES]
    await decide(ctx, tests[5], "green")
    found = await ask(ctx, variants=[{"headline_size": 64}])
    assert (found.status, found.tests, found.metric_id) == (Status.LEARNED, 10, metric)
    assert [(m.metric_id, m.name, m.tests) for m in found.metrics] == [(metric, "Orders", 10)]
    assert found.current == {"headline_size": 48}, "what the decision left in use"
    told = found.predictions[0]
    truth = rate(64) / rate(48) - 1
    assert told.low < truth < told.high
    assert found.best is not None
    assert found.best.parameters == {"headline_size": 72}
    assert {p.experiment_id for p in found.evidence.points} == {t.id for t in tests} if found.evidence else False
    first = next(p for p in found.evidence.points if p.experiment_id == tests[-1].id) if found.evidence else None
    assert first is not None
    assert first.observed == pytest.approx(rate(72) / rate(40) - 1, abs=1e-3)


async def test_a_decision_counts_before_what_was_submitted() -> None:
    """Results submitted later do not change what was frozen."""
    ctx = make_context()
    metric = await lives.metric(ctx)
    made = await ran(ctx, metric, 60)
    await decide(ctx, made, "control")
    draft = {"source": "Mail", "metrics": [{"metric_id": str(metric), "arms": [
        {"variant": "control", "units": 1000, "converted": 100}, {"variant": "green", "units": 1000, "converted": 900},
    ]}]}  # fmt: skip
    async with tenant_session(ctx) as session:
        await service.submit_results(session, ctx, made.id, ExternalDraft.model_validate(draft))
    await ran(ctx, metric, 24)
    found = await ask(ctx)
    assert found.evidence is not None
    assert sorted(p.observed for p in found.evidence.points) == pytest.approx([-0.0533, 0.0667], abs=5e-4)
    assert found.current == {"headline_size": 40}


async def test_what_is_not_learned_from_is_told() -> None:
    ctx = make_context()
    metric, other = await lives.metric(ctx), await lives.metric(ctx, "visits")
    await ran(ctx, metric, 60)
    await ran(ctx, metric, 72)
    await ran(ctx, metric, 60, units=UNITS // 2)
    await ran(ctx, metric, 24, parameters=False)
    await ran(ctx, other, 24)
    found = await ask(ctx)
    assert found.tests == 2
    assert {(one.reason, one.tests) for one in found.left_out} == {
        (LeftOut.NO_METRIC, 1), (LeftOut.NO_PARAMETERS, 1), (LeftOut.UNTRUSTED, 1),
    }  # fmt: skip
    assert (await ask(ctx, metric_id=other)).tests == 1


async def test_only_tests_without_parameters() -> None:
    ctx = make_context()
    await ran(ctx, await lives.metric(ctx), 60, parameters=False)
    assert (await ask(ctx)).reason is TooLittle.NOTHING_VARIED


async def test_less_is_better_where_the_metric_says_so() -> None:
    ctx = make_context()
    definition = {"kind": "proportion", "direction": "down", "event": {"type": "track", "name": "Left"}}
    async with tenant_session(ctx) as session:
        draft = MetricDraft.model_validate({"key": "left", "name": "Left", "definition": definition})
        metric = (await service.create_metric(session, ctx, draft)).id
    for size in SIZES:
        await ran(ctx, metric, size)
    found = await ask(ctx, variants=[{"headline_size": 60}])
    assert found.predictions[0].gain == pytest.approx(1 - rate(60) / rate(40), abs=0.03)
    assert found.best is not None
    assert found.best.parameters == {"headline_size": 24}


async def test_tests_of_one_campaign() -> None:
    ctx = make_context()
    metric = await lives.metric(ctx)
    async with tenant_session(ctx) as session:
        campaign = await campaigns.create_campaign(session, ctx, CampaignDraft(name="Summer"))
    await ran(ctx, metric, 60, campaign_id=str(campaign.id))
    await ran(ctx, metric, 24)
    assert (await ask(ctx, campaign_id=campaign.id)).tests == 1
    assert (await ask(ctx)).tests == 2


async def test_nobody_learns_from_another_tenant() -> None:
    ctx = make_context()
    metric = await lives.metric(ctx)
    await ran(ctx, metric, 60)
    assert (await ask(make_context())).tests == 0


async def test_an_answer_is_kept_until_there_is_another_past() -> None:
    ctx = make_context()
    metric = await lives.metric(ctx)
    await ran(ctx, metric, 60)
    first = await ask(ctx)
    assert await ask(ctx) == first, "as_of included"
    await ran(ctx, metric, 24)
    assert (await ask(ctx)).tests == 2


async def test_the_plan_must_grant_experiments() -> None:
    ctx = make_context()
    less = replace(ctx.entitlements, features=ctx.entitlements.features - {Feature.EXPERIMENTS})
    with pytest.raises(FeatureMissing):
        await ask(replace(ctx, entitlements=less))


async def test_over_http() -> None:
    ctx, edge = make_context(), HeaderEdge()
    edge.introduce("ada", ctx)
    api = create_api([EXPERIMENTS], edge)
    metric = await lives.metric(ctx)
    for size in SIZES:
        await ran(ctx, metric, size)
    ada = {"authorization": "ada"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://atrium.localhost") as client:
        found = (await client.get(URL, headers=ada)).raise_for_status().json()
        assert (found["status"], found["current"]) == ("learned", {"headline_size": 40})
        assert found["next_test"]["basis"] == "improvement"
        question = {"current": {"headline_size": 72}, "variants": [{"headline_size": 24}]}
        asked = await client.post(URL, json=question, headers=ada)
        assert asked.raise_for_status().json()["predictions"][0]["gain"] < -0.1
        for bad in BAD:
            assert (await client.post(URL, json=bad, headers=ada)).status_code == 422, bad
        assert (await client.get(URL)).status_code == 401
