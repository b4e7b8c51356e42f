"""The tracking API as clients use it: keys, verdicts, repeats, bad bodies."""

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.rules.writekeys import new_write_key
from enterprise_app.domains.analytics.schemas import SourceDraft
from enterprise_app.domains.analytics.service import write_keys
from tests.domains.analytics.http import client_of

TRACK = {"event": "Bought", "userId": "u-1", "messageId": "m-1", "properties": {"sum": 3}}


async def new_source(ctx: Context, name: str = "Site", **more: object):
    async with tenant_session(ctx) as session:
        return await service.create_source(session, ctx, SourceDraft(name=name, **more))  # pyright: ignore


@pytest.fixture
async def key(tenant) -> str:
    return (await new_source(tenant)).write_key


def post(client: httpx.AsyncClient, path: str, body: object, key: str | None, **headers: str):
    auth = httpx.BasicAuth(key, "") if key else None
    return client.post(path, content=json.dumps(body), headers=headers, auth=auth)  # pyright: ignore[reportArgumentType]


async def test_every_way_to_give_the_key(tenant, key, count):
    async with client_of(tenant) as client:
        basic = await post(client, "/v1/track", TRACK, key)
        bearer = await client.post(
            "/v1/track", json=TRACK | {"messageId": "m-2"}, headers={"authorization": f"Bearer {key}"}
        )
        body = await client.post("/v1/track", content=json.dumps(TRACK | {"messageId": "m-3", "writeKey": key}))
    assert [basic.status_code, bearer.status_code, body.status_code] == [200, 200, 200]
    assert basic.json()["accepted"] == 1
    assert basic.json()["results"][0]["status"] == "accepted"
    assert await count(tenant, "analytics_events") == 3


async def test_every_message_type(tenant, key, count):
    bodies = {
        "page": {"anonymousId": "a", "properties": {"url": "https://acme.example/"}},
        "screen": {"userId": "u", "name": "Home"},
        "identify": {"userId": "u", "traits": {"plan": "x"}},
        "group": {"userId": "u", "groupId": "g"},
        "alias": {"userId": "u", "previousId": "a"},
    }
    async with client_of(tenant) as client:
        for kind, body in bodies.items():
            assert (await post(client, f"/v1/{kind}", body, key)).status_code == 200
    async with tenant_session(tenant) as session:
        page = await service.list_events(session, tenant, service.EVENT_LIST.parse(filters=["type:eq:group"]))
    assert page.items[0].properties == {"groupId": "g"}
    assert await count(tenant, "analytics_events") == 5


async def test_bad_keys(tenant, key):
    revoked = await new_source(tenant, "Old")
    async with client_of(tenant) as client:
        assert (await post(client, "/v1/track", TRACK, revoked.write_key)).status_code == 200
        assert (await client.post(f"/api/v1/sources/{revoked.id}/revoke")).json()["revoked_at"]
        write_keys.forget_keys()
        for bad, code in (
            (None, "write_key_missing"),
            ("atw_nonsense", "write_key_unknown"),
            (new_write_key(tenant.tenant_id), "write_key_unknown"),
            (revoked.write_key, "write_key_unknown"),
        ):
            answer = await post(client, "/v1/track", TRACK, bad)
            assert (answer.status_code, answer.json()["code"]) == (401, code)
        answer = await client.post("/v1/track", json=TRACK, headers={"authorization": "Basic %%%"})
        assert answer.json()["code"] == "write_key_missing"


async def test_a_revoked_key_stops_within_five_seconds(tenant, monkeypatch):
    assert write_keys.KEPT_SECONDS < 5
    source = await new_source(tenant)
    assert await write_keys.find_key_owner(source.write_key)
    async with tenant_session(tenant) as session:
        await service.revoke_source(session, tenant, source.id)
    moment = write_keys.time.monotonic() + write_keys.KEPT_SECONDS
    monkeypatch.setattr(write_keys.time, "monotonic", lambda: moment)
    assert await write_keys.find_key_owner(source.write_key) is None


async def test_origins(tenant):
    source = await new_source(tenant, allowed_origins=["https://acme.example"])
    async with client_of(tenant) as client:
        bad = await post(client, "/v1/track", TRACK, source.write_key, origin="https://evil.example")
        good = await post(client, "/v1/track", TRACK, source.write_key, origin="https://acme.example")
    assert (bad.status_code, bad.json()["code"], good.status_code) == (403, "source_origin_refused", 200)


async def test_a_suspended_tenant_takes_nothing(tenant, key, db):
    async with db.system() as session:
        await session.execute(sa.text(f"UPDATE tenants SET status = 'suspended' WHERE id = '{tenant.tenant_id}'"))
    async with client_of(tenant) as client:
        assert (await post(client, "/v1/track", TRACK, key)).status_code == 403


async def test_a_batch_keeps_the_good_and_reports_the_bad(tenant, key, count):
    batch = [
        {"type": "track", **TRACK},
        {"type": "track", "userId": "u"},
        {"type": "track", **TRACK},
        "nonsense",
        {"type": "page", "anonymousId": "a", "messageId": "p-1"},
    ]
    async with client_of(tenant) as client:
        answer = await post(client, "/v1/batch", {"batch": batch}, key, **{"accept-language": "de"})
    result = answer.json()
    assert answer.status_code == 200
    assert (result["accepted"], result["duplicates"], result["rejected"]) == (2, 1, 2)
    assert [r["status"] for r in result["results"]] == ["accepted", "rejected", "duplicate", "rejected", "accepted"]
    assert result["results"][1]["field"] == "event"
    assert "Ereignisses" in result["results"][1]["problem"]
    assert await count(tenant, "analytics_events") == 2


async def test_repeats_with_shifted_clocks_are_one_event(tenant, key, count):
    async with client_of(tenant) as client:
        for shift in range(20):
            at = (datetime.now(UTC) - timedelta(hours=shift)).isoformat()
            answer = await post(client, "/v1/track", TRACK | {"timestamp": at, "sentAt": at}, key)
            assert answer.json()["duplicates"] == (1 if shift else 0)
    assert await count(tenant, "analytics_events") == 1


async def test_the_same_id_of_two_tenants_are_two_events(tenant, key, db, count):
    from tests.domains.analytics.conftest import _TENANT
    from tests.factories import make_context

    other = make_context()
    async with db.system() as session:
        await session.execute(sa.text(_TENANT.format(id=other.tenant_id)))
    source = await new_source(other)
    async with client_of(tenant) as client:
        await post(client, "/v1/track", TRACK, key)
        answer = await post(client, "/v1/track", TRACK, source.write_key)
    assert answer.json()["accepted"] == 1
    assert await count(tenant, "analytics_events") == await count(other, "analytics_events") == 1


async def test_bodies_packed_or_broken(tenant, key, count):
    packed = gzip.compress(json.dumps(TRACK).encode())
    async with client_of(tenant) as client:

        async def send(content: bytes, encoding: str | None = "gzip", path: str = "/v1/track"):
            headers = {"content-encoding": encoding} if encoding else {}
            answer = await client.post(path, content=content, headers=headers, auth=(key, ""))
            return answer.status_code

        assert await send(packed) == 200
        for content, encoding, status in (
            (packed[:-6], "gzip", 400),
            (b"not gzip", "gzip", 400),
            (packed, "br", 400),
            (gzip.compress(b"0" * 50_000_000), "gzip", 413),
            (b" " * 5_000_000, None, 413),
            (b"", None, 400),
            (b"[1]", None, 400),
            (b'{"event": NaN}', None, 400),
            (b'{"a":' * 100_000, None, 400),
            (b"\xff\xfe", None, 400),
            (b'{"batch": {}}', None, 400),
        ):
            assert await send(content, encoding) == status, content[:20]
        assert await send(b'{"batch": 5}', None, "/v1/batch") == 400
        too_many = json.dumps({"batch": [{}] * 2_501}).encode()
        assert await send(too_many, None, "/v1/batch") == 422
        assert await send(b'{"batch": [1, 2]}', None, "/v1/batch") == 400
    assert await count(tenant, "analytics_events") == 1


async def test_odd_but_storable(tenant, key, count):
    body = {"event": "N\x00ul \ud800", "userId": 42, "properties": {"a.b": "\x00", "deep": {"x": [1, {"y": None}]}}}
    async with client_of(tenant) as client:
        answer = await client.post("/v1/track", content=json.dumps(body), auth=(key, ""))
        assert answer.status_code == 200, answer.text
        listed = (await client.get("/api/v1/analytics/events")).json()["items"][0]
    assert listed["user_id"] == "42"
    assert listed["properties"]["a.b"] == "�"


async def test_parallel_repeats_are_one_event(lasting_tenant, count):
    source = await new_source(lasting_tenant)
    messages = [{"type": "track", "event": "E", "userId": "u", "messageId": f"m{n}"} for n in range(20)]
    async with client_of(lasting_tenant) as client:
        answers = await asyncio.gather(
            *(post(client, "/v1/batch", {"batch": messages[:: (-1) ** n]}, source.write_key) for n in range(30))
        )
    assert {a.status_code for a in answers} == {200}
    assert sum(a.json()["accepted"] for a in answers) == 20
    assert await count(lasting_tenant, "analytics_events") == 20
    async with tenant_session(lasting_tenant) as session:
        assert (await service.get_source(session, lasting_tenant, source.id)).last_event_at
