"""`Idempotency-Key`: one effect, the same answer again, on real commits."""

import asyncio

import httpx
import pytest

from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.entitlements import Entitlements, Limit
from enterprise_app.domains.campaigns import service
from tests.factories import make_context
from tests.http.conftest import HeaderEdge

pytestmark = pytest.mark.usefixtures("committed_db")
URL = "/api/v1/campaigns"


def headers(key: str, who: str = "ada") -> dict[str, str]:
    return {"authorization": who, "idempotency-key": key}


async def count(client: httpx.AsyncClient, who: str = "ada") -> int:
    return (await client.get(f"{URL}?total=true", headers={"authorization": who})).json()["total"]


async def test_twenty_parallel_posts_have_one_effect(client: httpx.AsyncClient, edge: HeaderEdge) -> None:
    edge.introduce("ada", make_context())
    posts = [client.post(URL, json={"name": "Once"}, headers=headers("k")) for _ in range(20)]
    answers = await asyncio.gather(*posts)
    assert {a.status_code for a in answers} <= {201, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"idempotency_in_progress"}
    assert await count(client) == 1
    again = await client.post(URL, json={"name": "Once"}, headers=headers("k"))
    first = next(a for a in answers if a.status_code == 201)
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    assert again.headers["idempotent-replayed"] == "true"


async def test_another_body_is_refused(client: httpx.AsyncClient, edge: HeaderEdge) -> None:
    edge.introduce("ada", make_context())
    await client.post(URL, json={"name": "One"}, headers=headers("k"))
    answer = await client.post(URL, json={"name": "Two"}, headers=headers("k"))
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert await count(client) == 1


async def test_a_key_belongs_to_its_caller_and_tenant(client: httpx.AsyncClient, edge: HeaderEdge) -> None:
    ada = make_context()
    for who, ctx in (("ada", ada), ("bob", make_context(ada.tenant_id)), ("eve", make_context())):
        edge.introduce(who, ctx)
        answer = await client.post(URL, json={"name": who}, headers=headers("k", who))
        assert (answer.status_code, answer.json()["name"]) == (201, who)


async def test_a_refused_request_leaves_the_key_free(client: httpx.AsyncClient, edge: HeaderEdge) -> None:
    full = make_context(entitlements=Entitlements("T", limits={Limit.CAMPAIGNS: 0}))
    edge.introduce("ada", full)
    assert (await client.post(URL, json={"name": "A"}, headers=headers("k"))).status_code == 402
    assert (await client.post(URL, json={}, headers=headers("k"))).status_code == 422
    edge.introduce("ada", full.with_entitlements(Entitlements("T", limits={Limit.CAMPAIGNS: 1})))
    assert (await client.post(URL, json={"name": "A"}, headers=headers("k"))).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
async def test_bad_keys(client: httpx.AsyncClient, edge: HeaderEdge, key: str) -> None:
    edge.introduce("ada", make_context())
    answer = await client.post(URL, json={"name": "A"}, headers=headers(key))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


async def test_the_answer_is_sealed_at_rest(client: httpx.AsyncClient, edge: HeaderEdge) -> None:
    import sqlalchemy as sa

    ctx = make_context()
    edge.introduce("ada", ctx)
    await client.post(URL, json={"name": "Visible"}, headers=headers("k"))
    async with tenant_session(ctx) as session:
        body = await session.scalar(sa.text("SELECT body FROM idempotency_keys"))
        page = await service.list_campaigns(session, ctx, service.LISTING.parse())
    assert page.items[0].name == "Visible"
    assert b"Visible" not in bytes(body)
