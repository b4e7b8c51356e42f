"""Experiments over HTTP, with real commits: the whole life of one, planning, layers, and what is refused."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.experiments.manifest import DOMAIN
from enterprise_app.http.app import create_api
from tests.domains.experiments.lives import TWO, metric
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, edge  # noqa: F401

pytestmark = pytest.mark.usefixtures("committed_db")
URL = "/api/v1/experiments"
ADA, EVE = {"authorization": "ada"}, {"authorization": "eve"}


@pytest_asyncio.fixture(loop_scope="session")
async def client(edge: HeaderEdge) -> AsyncIterator[httpx.AsyncClient]:  # noqa: F811
    api = create_api([DOMAIN], edge)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://atrium.localhost") as client:
        yield client


async def draft(edge: HeaderEdge, client: httpx.AsyncClient) -> dict[str, Any]:  # noqa: F811
    """Ada signs in and writes what could be started."""
    ada = make_context()
    edge.introduce("ada", ada)
    client.headers.update(ADA)
    uses = [{"metric_id": str(await metric(ada)), "role": "primary"}]
    return {"name": "Green button", "variants": TWO, "hypothesis": "More will buy.", "metrics": uses}


async def test_the_life_of_an_experiment(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    body = await draft(edge, client)
    made = await client.post(URL, json=body)
    assert (made.status_code, made.headers["etag"], made.json()["key"]) == (201, '"1"', "green-button")
    one = f"{URL}/{made.json()['id']}"
    assert (await client.patch(one, json={"name": "X"})).status_code == 428
    changed = await client.patch(one, json={"coverage": 0.5}, headers={"if-match": '"1"'})
    assert (changed.json()["coverage"], changed.headers["etag"]) == (0.5, '"2"')
    stale = await client.patch(one, json={"name": "X"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]) == (409, "version_conflict", 2)
    stale = await client.post(f"{one}/start", headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    begun = await client.post(f"{one}/start", headers={"if-match": '"2"'})
    assert (begun.json()["state"], begun.json()["plan_version"], begun.headers["etag"]) == ("running", 1, '"3"')
    for action in ("pause", "resume"):
        assert (await client.post(f"{one}/{action}")).json()["state"] == "running", "an act may name no version"
    advised = (await client.get(f"{one}/winner")).json()
    assert (advised["decided"], advised["variant"]) == (False, None)
    wanted = {"outcome": "ship", "variant": "green"}
    refused = await client.post(f"{one}/decision", json=wanted)
    assert (refused.status_code, refused.json()["code"], refused.json()["least"]) == (409, "winner_needs_units", 1000)
    decided = await client.post(f"{one}/decision", json={"outcome": "rollback", "note": "No effect."})
    assert (decided.json()["state"], decided.json()["decision"]["served"]) == ("stopped", "control")
    assert "results" not in decided.json()["decision"]
    found = (await client.get(f"{one}/winner")).json()
    assert (found["decided"], found["decision"]["outcome"]) == (True, "rollback")
    assert (await client.get(f"{one}/results")).json()["frozen"] is True
    refused = await client.post(f"{one}/start")
    assert (refused.status_code, refused.json()["allowed"]) == (409, "draft")
    copy = await client.post(f"{one}/duplicate")
    assert (copy.status_code, copy.json()["name"], copy.json()["key"]) == (201, "Green button (2)", "green-button-2")
    for action, state in (("archive", "archived"), ("restore", "stopped"), ("archive", "archived")):
        assert (await client.post(f"{one}/{action}")).json()["state"] == state
    assert [e["name"] for e in (await client.get(URL)).json()["items"]] == ["Green button (2)"]
    assert [v["version"] for v in (await client.get(f"{one}/versions")).json()["items"]] == [1]


async def test_a_repeated_creation_is_one(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    body, key = await draft(edge, client), {"idempotency-key": "once"}
    first, again = [await client.post(URL, json=body, headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert (await client.get(f"{URL}?total=true")).json()["total"] == 1
    other = await client.post(URL, json={**body, "name": "Other"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


async def test_bad_input(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    body = await draft(edge, client)
    for fields, field, code in (
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"name": " "}, "name", "required"),
        ({"name": "x" * 201}, "name", "experiment_name_long"),
        ({"key": "a b"}, "key", "bad_pattern"),
        ({"coverage": 1.1}, "coverage", "too_large_value"),
        ({"variants": [{**TWO[0], "weight": 1}]}, "variants", "variants_count"),
        ({"variants": [TWO[0], {**TWO[1], "weight": 0.6}]}, "variants", "variants_weights"),
        ({"variants": [{**TWO[0], "value": 1}, {**TWO[1], "value": "a"}]}, "variants", "variants_values"),
        ({"campaign_id": str(uuid4())}, "campaign_id", "experiment_campaign_unknown"),
        ({"settings": {"alpha": 0}}, "settings.alpha", "too_small"),
        ({"targeting": [{"attribute": "v", "operator": "semver", "values": ["x"]}]}, "targeting.0.values",
         "condition_semver"),
    ):  # fmt: skip
        answer = await client.post(URL, json={**body, **fields})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), fields
        [problem] = answer.json()["errors"]
        assert (problem["field"], problem["code"]) == (field, code)
        assert problem["problem"] != f"errors.{code}", "it has a text"
    for number in ("NaN", "Infinity", "1e999", "9223372036854775808", '"\\ud800"', '"\\u0000"', "[" * 30 + "]" * 30):
        value = f'{{"x": [{number}]}}'
        arms = f'{{"key": "a", "weight": 0.5, "is_control": true, "value": {value}}}'
        values = f'[{arms}, {{"key": "b", "weight": 0.5, "value": {{}}}}]'
        answer = await client.post(
            URL, content=f'{{"name": "A", "variants": {values}}}', headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422, answer.text
    for words in ("limit=0", "sort=colour", "filter=state:eq:odd", "cursor=x", "colour=red"):
        assert (await client.get(f"{URL}?{words}")).status_code == 422, words


async def test_planning(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    edge.introduce("ada", make_context())
    answer = await client.post(f"{URL}/plan", json={"base": 0.1, "effect": 0.2, "daily_units": 1000}, headers=ADA)
    assert (answer.status_code, answer.json()["units"], answer.json()["days"]) == (200, 4324, 9)
    refused = await client.post(f"{URL}/plan", json={"base": 0.1, "effect": 0}, headers=ADA)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "plan_no_difference")
    refused = await client.post(f"{URL}/plan", json={"base": 0.1, "effect": 0.2, "sigma": 1}, headers=ADA)
    assert refused.json()["errors"][0]["code"] == "unknown_field"


async def test_layers_and_holdouts(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    body = await draft(edge, client)
    layer = await client.post("/api/v1/layers", json={"name": "Checkout", "key": "checkout"})
    assert (layer.status_code, layer.headers["etag"]) == (201, '"1"')
    wanted = {**body, "layer_id": layer.json()["id"], "layer_share": 0.6}
    ids = [(await client.post(URL, json=wanted)).json()["id"] for _ in range(2)]
    assert (await client.post(f"{URL}/{ids[0]}/start")).status_code == 200
    full = (await client.post(f"{URL}/{ids[1]}/start")).json()
    assert (full["status"], full["code"], full["field"], full["free"]) == (409, "layer_full", "layer_share", 40.0)
    at = f"/api/v1/layers/{layer.json()['id']}"
    assert (await client.post(f"{at}/archive")).json()["code"] == "layer_in_use"
    assert (await client.patch(at, json={"name": "Pay"}, headers={"if-match": '"1"'})).json()["name"] == "Pay"
    assert [one["name"] for one in (await client.get("/api/v1/layers?sort=name")).json()["items"]] == ["Pay"]
    held = await client.post("/api/v1/holdouts", json={"name": "All", "key": "all", "share": 0.05})
    at = f"/api/v1/holdouts/{held.json()['id']}"
    assert (await client.patch(at, json={"share": 0.1}, headers={"if-match": '"1"'})).status_code == 422
    assert (await client.post("/api/v1/holdouts", json={"name": "A", "key": "b", "share": 0.6})).status_code == 422
    for action in ("archive", "restore"):
        assert ((await client.post(f"{at}/{action}")).json()["archived_at"] is None) is (action == "restore")


async def test_another_tenants_ids_are_not_there(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    made = (await client.post(URL, json=await draft(edge, client))).json()
    edge.introduce("eve", make_context())
    bodies = {"decision": {"outcome": "rollback"}}
    for path in ("", "/versions", "/winner", "/results"):
        assert (await client.get(f"{URL}/{made['id']}{path}", headers=EVE)).status_code == 404
    for act in ("start", "pause", "resume", "stop", "archive", "restore", "duplicate", "decision"):
        answer = await client.post(f"{URL}/{made['id']}/{act}", json=bodies.get(act), headers=EVE)
        assert answer.status_code == 404, (act, answer.text)
    assert (await client.get(f"{URL}/{made['id']}")).json() == made


async def test_who_may_not(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    body = await draft(edge, client)
    made = (await client.post(URL, json=body)).json()
    ada = edge.known["ada"]
    edge.introduce("eve", make_context(ada.tenant_id, Role.GUEST))
    assert (await client.get(URL, headers=EVE)).status_code == 403
    edge.introduce("eve", make_context(ada.tenant_id, Role.MEMBER))
    assert (await client.get(URL, headers=EVE)).status_code == 200
    refused = await client.post(f"{URL}/{made['id']}/start", headers=EVE)
    assert (refused.status_code, refused.json()["permission"]) == (403, "experiments:run")
