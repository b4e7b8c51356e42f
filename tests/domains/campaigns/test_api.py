"""Campaigns over HTTP, with real commits: the whole life of one, exact quotas, the tenant's wall."""

import asyncio
from collections import Counter
from uuid import uuid4

import httpx
import pytest

from enterprise_app.core.vocabulary.entitlements import Entitlements, Limit
from enterprise_app.core.vocabulary.permissions import Role
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, client, edge  # noqa: F401

pytestmark = pytest.mark.usefixtures("committed_db")
URL = "/api/v1/campaigns"
ADA, EVE = {"authorization": "ada"}, {"authorization": "eve"}


async def test_the_life_of_a_campaign(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    edge.introduce("ada", make_context())
    client.headers.update(ADA)
    body = {"name": "Spring", "budget": {"amount_minor": 5000, "currency": "EUR"}, "tags": ["a"], "channels": ["email"]}
    made = await client.post(URL, json=body)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    one = f"{URL}/{made.json()['id']}"
    assert (await client.patch(one, json={"name": "X"})).status_code == 428
    changed = await client.patch(one, json={"name": "Summer"}, headers={"if-match": made.headers["etag"]})
    assert (changed.json()["name"], changed.headers["etag"]) == ("Summer", '"2"')
    stale = await client.patch(one, json={"name": "X"}, headers={"if-match": made.headers["etag"]})
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]) == (409, "version_conflict", 2)
    stale = await client.post(f"{one}/activate", headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    active = await client.post(f"{one}/activate", headers={"if-match": '"2"'})
    assert (active.json()["status"], active.headers["etag"]) == ("active", '"3"')
    assert (await client.post(f"{one}/pause")).json()["status"] == "paused", "an act may name no version"
    for action, status in (("activate", "active"), ("pause", "paused"), ("archive", "archived"), ("restore", "paused")):
        assert (await client.post(f"{one}/{action}")).json()["status"] == status
    refused = await client.post(f"{one}/pause")
    assert (refused.status_code, refused.json()["code"]) == (409, "campaign_wrong_status")
    copy = await client.post(f"{one}/duplicate")
    assert (copy.status_code, copy.json()["name"]) == (201, "Summer (2)")
    bulk = await client.post(f"{URL}/bulk", json={"action": "archive", "ids": [made.json()["id"], str(uuid4())]})
    assert [r["done"] for r in bulk.json()["results"]] == [True, False]
    assert [c["name"] for c in (await client.get(URL)).json()["items"]] == ["Summer (2)"]
    assert (await client.get(f"{URL}/board")).json()["columns"][0]["total"] == 1
    assert (await client.get(one)).json()["status"] == "archived"


async def test_pages_follow_each_other(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    edge.introduce("ada", make_context())
    client.headers.update(ADA)
    for number in range(7):
        await client.post(URL, json={"name": f"Campaign {number}"})
    seen, cursor = [], ""
    while cursor is not None:
        page = (
            await client.get(URL, params={"limit": 3, "sort": "name", **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += [c["name"] for c in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"Campaign {number}" for number in range(7)]
    for words in ("limit=0", "sort=colour", "filter=status:eq:odd", "cursor=x", "colour=red", "q=" + "x" * 201):
        assert (await client.get(f"{URL}?{words}")).status_code == 422, words


async def test_exactly_ten_of_fifty(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    edge.introduce("ada", make_context(entitlements=Entitlements("FREE", limits={Limit.CAMPAIGNS: 10})))
    client.headers.update(ADA)
    answers = await asyncio.gather(*(client.post(URL, json={"name": f"C{n}"}) for n in range(50)))
    assert Counter(a.status_code for a in answers) == {201: 10, 402: 40}
    problem = next(a.json() for a in answers if a.status_code == 402)
    assert (problem["code"], problem["limit"], problem["granted"], problem["used"]) == (
        "usage_exceeded", "campaigns", 10, 10,
    )  # fmt: skip
    assert "upgrade" in problem
    assert (await client.get(f"{URL}?total=true")).json()["total"] == 10


async def test_another_tenants_ids_are_not_there(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    edge.introduce("ada", make_context())
    edge.introduce("eve", make_context())
    made = (await client.post(URL, json={"name": "Ours"}, headers=ADA)).json()
    document = (await client.get("/api/openapi.json")).json()
    tried = 0
    for path, operations in document["paths"].items():
        if "{campaign_id}" not in path:
            continue
        for method in operations:
            url = path.replace("{campaign_id}", made["id"]).replace("{file_id}", made["id"])
            answer = await client.request(method, url, json={"name": "Stolen"}, headers={**EVE, "if-match": '"1"'})
            assert answer.status_code == 404, (method, path, answer.text)
            tried += 1
    assert tried >= 8
    assert (await client.get(f"{URL}/{made['id']}", headers=ADA)).json() == made


async def test_guests_are_refused(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    edge.introduce("eve", make_context(role=Role.GUEST))
    assert (await client.get(URL, headers=EVE)).status_code == 403
    assert (await client.post(URL, json={"name": "A"}, headers=EVE)).status_code == 403


async def test_parallel_bulk_actions_and_edits_do_not_deadlock(client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    edge.introduce("ada", make_context())
    client.headers.update(ADA)
    ids = [(await client.post(URL, json={"name": f"C{n}"})).json()["id"] for n in range(6)]
    work = [
        client.post(f"{URL}/bulk", json={"action": a, "ids": o})
        for a in ("archive", "restore")
        for o in (ids, ids[::-1])
    ]
    work += [client.post(f"{URL}/{one}/archive") for one in ids] + [client.post(URL, json={"name": "New"}) for _ in ids]
    answers = await asyncio.gather(*work)
    assert {a.status_code for a in answers} <= {200, 201, 409}
