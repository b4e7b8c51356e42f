"""EXP-10: variants are made by the worker: asked for and watched over HTTP, stopped, resumed, led on to a test."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from enterprise_app.core.db import tenant_session
from enterprise_app.core.jobs import JobState
from enterprise_app.core.vocabulary.entitlements import Entitlements
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.service import generations
from tests.domains.experiments.making import AT, made_by, work
from tests.domains.experiments.test_generating_service import PAGE, STYLE, campaign, client, put
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, edge
from tests.joined import JoinedSource

__all__ = ["campaign", "client", "edge"]
pytestmark = pytest.mark.usefixtures("storage_folder", "db")


async def names(client: httpx.AsyncClient, campaign: str) -> list[str]:
    assets = (await client.get(f"/api/v1/campaigns/{campaign}/assets")).json()["items"]
    return sorted(asset["name"] for asset in assets)


async def test_it_is_asked_for_watched_and_made_in_the_askers_name(
    client: httpx.AsyncClient, edge: HeaderEdge, campaign: str
) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    asked = await client.post(f"{AT}/generate", json={"asset_ids": [page], "seed": 3, "only": ["colour_1"]})
    assert asked.status_code == 202
    run = asked.json()
    assert (run["state"], run["done"], run["total"], run["result"]) == ("queued", 0, None, None)
    assert await names(client, campaign) == ["landing.html"], "nothing is made in the request"
    ada = edge.known["ada"]
    assert await work(ada) == [JobState.DONE]
    run = (await client.get(f"{AT}/runs/{run['id']}")).json()
    assert (run["state"], run["done"], run["total"], run["error"]) == ("done", 1, 1, None)
    (variant,) = run["result"]["variants"]
    assert (variant["key"], variant["changes"].keys()) == ("colour_1", {"colour"})
    assert (await client.get(f"/api/v1/assets/{variant['assets'][0]['asset_id']}")).json()["created_by_name"] == (
        ada.actor.name
    )
    edge.introduce("ada", make_context())
    assert (await client.get(f"{AT}/runs/{run['id']}")).status_code == 404, "of another tenant there is none"


async def test_a_worker_that_is_killed_goes_on_with_the_same_bytes(
    client: httpx.AsyncClient, edge: HeaderEdge, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    draft: dict[str, Any] = {"asset_ids": [page], "seed": 5}
    asked = (await client.post(f"{AT}/generate", json=draft)).json()["id"]
    create, made = campaigns.create_variant, []

    async def killed(*told: Any, **more: Any) -> Any:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(await create(*told, **more))
        return made[-1]

    with monkeypatch.context() as patched:
        patched.setattr(campaigns, "create_variant", killed)
        with pytest.raises(KeyboardInterrupt):
            await work(edge.known["ada"])
    run = (await client.get(f"{AT}/runs/{asked}")).json()
    assert (run["state"], len(await names(client, campaign))) == ("running", 3)
    async with tenant_session(edge.known["ada"]) as session:  # as the reaper hands it over to another worker
        await session.execute(sa.text("UPDATE job_runs SET state = 'queued'"))
    assert await work(edge.known["ada"]) == [JobState.DONE]
    done = (await client.get(f"{AT}/runs/{asked}")).json()["result"]
    fresh = [asset["fresh"] for variant in done["variants"] for asset in variant["assets"]]
    assert fresh == [False, False, True, True], "what was there is not made again"
    other = (await client.post("/api/v1/campaigns", json={"name": "Aurora lamp", "objective": "sales"})).json()["id"]
    there = await put(client, other, PAGE, "landing.html")
    again = (await made_by(client, edge.known["ada"], **draft | {"asset_ids": [there]}))["result"]
    assert [[a["sha256"] for a in v["assets"]] for v in again["variants"]] == [
        [a["sha256"] for a in v["assets"]] for v in done["variants"]
    ]


async def test_it_can_be_stopped_and_the_plan_of_the_moment_counts(
    client: httpx.AsyncClient, edge: HeaderEdge, campaign: str, db: JoinedSource
) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    one = (await client.post(f"{AT}/generate", json={"asset_ids": [page]})).json()["id"]
    assert (await client.post(f"{AT}/runs/{one}/cancel")).json()["state"] == "cancelled"
    assert (await client.post(f"{AT}/runs/{one}/cancel")).status_code == 409
    two = (await client.post(f"{AT}/generate", json={"asset_ids": [page]})).json()["id"]
    await db.connection.execute(sa.text("UPDATE tenants SET plan = 'FREE', trial_ends_at = NULL"))
    assert await work(edge.known["ada"]) == [JobState.FAILED]
    run = (await client.get(f"{AT}/runs/{two}")).json()
    assert (run["state"], run["error"], run["result"]) == ("failed", "feature_missing", None)
    assert await names(client, campaign) == ["landing.html"]


async def test_what_is_refused_is_refused_when_it_is_asked_for(
    client: httpx.AsyncClient, edge: HeaderEdge, campaign: str
) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    unknown = await client.post(f"{AT}/generate", json={"asset_ids": [page], "only": ["colour_9"]})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "variant_unknown")
    ada = edge.known["ada"]
    for without in (
        replace(ada, permissions=ada.permissions - {Permission.ASSETS_MANAGE}),
        replace(ada, entitlements=Entitlements("FREE")),
        replace(ada, read_only=True),
    ):
        edge.introduce("ada", without)
        assert (await client.post(f"{AT}/generate", json={"asset_ids": [page]})).status_code in (402, 403)
    assert await work(ada) == []
    edge.introduce("ada", ada)
    assert (await client.get(f"{AT}/runs/{page}")).status_code == 404, "an asset is no run"


async def test_an_experiment_of_what_was_made(client: httpx.AsyncClient, edge: HeaderEdge, campaign: str) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    style = await put(client, campaign, STYLE, "look.css")
    run = await made_by(client, edge.known["ada"], asset_ids=[page, style], seed=1)
    answer = await client.post(f"{AT}/runs/{run['id']}/experiment")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["state"], made["campaign_id"], made["name"]) == ("draft", campaign, "Aurora lamp: generated variants")
    assert [v["key"] for v in made["variants"]] == ["control", *(v["key"] for v in run["result"]["variants"])]
    assert [v["is_control"] for v in made["variants"]] == [True, False, False, False, False]
    assert {v["weight"] for v in made["variants"]} == {0.2}
    control, *others = made["variants"]
    assert control["value"]["assets"] == [page, style]
    assert (control["value"]["colour"], control["value"]["headline"]) == ("#d6336c", "Lamps for everybody")
    colour = next(v for v in others if v["key"] == "colour_1")
    own = run["result"]["variants"][0]["assets"]
    assert colour["value"]["assets"] == [a["asset_id"] for a in own]
    assert colour["value"]["colour"] != "#d6336c"
    headline = next(v for v in others if v["key"] == "headline_1")
    assert headline["value"]["assets"][1] == style, "what it does not change is the original"
    assert headline["name"] == "Headline 1"


async def test_without_variants_there_is_no_experiment(
    client: httpx.AsyncClient, edge: HeaderEdge, campaign: str
) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    run = (await client.post(f"{AT}/generate", json={"asset_ids": [page]})).json()["id"]
    early = await client.post(f"{AT}/runs/{run}/experiment")
    assert (early.status_code, early.json()["code"]) == (409, "generation_without_variants")


async def test_whoever_comes_back_finds_what_runs(
    client: httpx.AsyncClient, edge: HeaderEdge, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, ada = await put(client, campaign, PAGE, "landing.html"), edge.known["ada"]

    async def found() -> Any:
        async with tenant_session(ada) as session:
            return await service.find_generation(session, ada, UUID(campaign))

    seen, tell = [], generations.jobs.progress

    async def told(*progress: Any, **details: Any) -> None:
        await tell(*progress, **details)
        seen.append(await found())

    assert await found() is None
    monkeypatch.setattr(generations.jobs, "progress", told)
    await made_by(client, ada, asset_ids=[page], only=["colour_1"])
    assert (seen[0].state, seen[0].done, seen[0].total) == (JobState.RUNNING, 0, 1)
    assert await found() is None, "it is done"
