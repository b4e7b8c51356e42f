"""What strangers send over HTTP: each bad message gets its own verdict with field, problem and fix."""

import asyncio
import base64
import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.api.pixel import GIF
from enterprise_app.domains.analytics.schemas import SourcePrivacy
from enterprise_app.domains.analytics.vocabulary import DoNotTrack
from tests.domains.analytics.http import client_of
from tests.domains.analytics.test_tracking import new_source

GOOD = {"type": "track", "event": "Good", "userId": "u"}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"leaf": 1}
    for _ in range(levels):
        value = {"a": value}
    return value


BAD = {
    "no object": ("text", "event_not_object", ""),
    "a list": ([GOOD], "event_not_object", ""),
    "no type": ({"event": "E", "userId": "u"}, "event_type_unknown", "type"),
    "a type that is a surrogate": (GOOD | {"type": "\ud800"}, "event_type_unknown", "type"),
    "no event": (GOOD | {"event": None}, "event_name_missing", "event"),
    "nobody": (GOOD | {"userId": None}, "event_identity_missing", "userId"),
    "an id that is an object": (GOOD | {"userId": {"id": 1}}, "event_field_not_text", "userId"),
    "properties that are text": (GOOD | {"properties": "x=1"}, "event_field_not_object", "properties"),
    "a context that is a list": (GOOD | {"context": [1]}, "event_field_not_object", "context"),
    "a page that is a number": (GOOD | {"context": {"page": 5}}, "event_field_not_object", "context.page"),
    "an endless message id": (GOOD | {"messageId": "m" * 300}, "event_field_too_long", "messageId"),
    "64 levels": (GOOD | {"properties": nested(64)}, "event_too_deep", "properties"),
    "64 levels of context": (GOOD | {"context": nested(64)}, "event_too_deep", "context"),
    "5,000 names": (GOOD | {"properties": {f"name{n}": n for n in range(5_000)}}, "event_too_large", "properties"),
    "NaN": (GOOD | {"properties": {"ratio": float("nan")}}, "event_number_invalid", "properties"),
    "infinity": (GOOD | {"context": {"ratio": [float("-inf")]}}, "event_number_invalid", "context"),
    "1970": (GOOD | {"timestamp": "1970-01-01T00:00:00Z"}, "event_time_out_of_range", "timestamp"),
    "2100": (GOOD | {"timestamp": "2100-01-01T00:00:00Z"}, "event_time_out_of_range", "timestamp"),
    "a time that is none": (GOOD | {"timestamp": "gestern \ud83d"}, "event_time_invalid", "timestamp"),
    "a time that is no number": (GOOD | {"timestamp": float("nan")}, "event_time_invalid", "timestamp"),
}


@pytest.fixture
async def key(tenant) -> str:
    return (await new_source(tenant)).write_key


async def stored(ctx) -> list[Any]:
    async with tenant_session(ctx) as session:
        return list((await service.list_events(session, ctx, service.EVENT_LIST.parse(limit=200))).items)


@pytest.mark.parametrize("language", ["en", "de", "ar"])
async def test_each_bad_message_gets_its_own_verdict(tenant, key, language):
    batch = [GOOD, *[message for message, _, _ in BAD.values()], GOOD]
    async with client_of(tenant) as client:
        answer = await client.post(
            "/v1/batch", content=json.dumps({"batch": batch}), auth=(key, ""), headers={"accept-language": language}
        )
        alone = {}
        for name, (message, _, _) in BAD.items():
            if isinstance(message, dict) and name != "no type":
                sent = await client.post("/v1/track", content=json.dumps(message | {"type": "track"}), auth=(key, ""))
                alone[name] = sent.status_code
    result = answer.json()
    assert (answer.status_code, result["accepted"], result["rejected"]) == (200, 2, len(BAD))
    assert [r["status"] for r in result["results"]] == ["accepted", *["rejected"] * len(BAD), "accepted"]
    for verdict, (name, (_, code, field)) in zip(result["results"][1:-1], BAD.items(), strict=True):
        assert (verdict["code"], verdict["field"]) == (code, field), name
        assert verdict["problem"], name
        assert verdict["fix"], name
        assert "errors." not in verdict["problem"] + verdict["fix"]
        assert "{{" not in verdict["problem"] + verdict["fix"]
    assert {status for name, status in alone.items() if name != "a type that is a surrogate"} == {400}
    assert len(await stored(tenant)) == 2 + sum(status == 200 for status in alone.values())


async def test_a_batch_of_nothing_but_bad_ones_tells_of_each(tenant, key):
    async with client_of(tenant) as client:
        answer = await client.post("/v1/batch", content=json.dumps({"batch": [{}, 5]}), auth=(key, ""))
    assert (answer.status_code, answer.json()["code"]) == (400, "batch_rejected")
    assert [verdict["code"] for verdict in answer.json()["results"]] == ["event_type_unknown", "event_not_object"]


async def test_what_is_odd_is_stored_as_it_is(tenant, key):
    properties = {
        "a.b": 1,
        "": 2,
        "nul\x00": "\x00",
        "bell\x07": "\x1b[1m",
        "lone": "\udc00",
        "null": None,
        "big": 2**70,
    }
    async with client_of(tenant) as client:
        answer = await client.post(
            "/v1/track",
            content=json.dumps(GOOD | {"properties": properties, "integrations": {"All": [1]}}),
            auth=(key, ""),
        )
    assert answer.status_code == 200, answer.text
    kept = (await stored(tenant))[0].properties
    assert (kept["a.b"], kept[""], kept["bell\x07"], kept["null"]) == (1, 2, "\x1b[1m", None)
    assert kept["nul\ufffd"] == "\ufffd"


@pytest.mark.parametrize(
    ("content", "encoding", "status", "code"),
    [
        (b'{"event": "' + b"x" * 10_000_000 + b'"}', None, 413, "too_large"),
        (gzip.compress(b'{"event": "' + b"x" * 10_000_000 + b'"}'), "gzip", 413, "too_large"),
        (gzip.compress(gzip.compress(b"0" * 500_000_000)), "gzip", 400, "body_unreadable"),
        (zlib.compress(b" " * 50_000_000), "deflate", 413, "too_large"),
        (b'{"event": "E"', None, 400, "body_unreadable"),
        (b'{"a":' * 100_000, None, 400, "body_unreadable"),
        (b"[" * 100_000, None, 400, "body_unreadable"),
        (b'{"n": ' + b"9" * 5_000 + b"}", None, 400, "body_unreadable"),
        (b"\xff\xfe{\x00}\x00", None, 400, "body_unreadable"),
        (b"null", None, 400, "body_unreadable"),
        (json.dumps({"batch": [GOOD] * 10_000}).encode(), None, 422, "invalid"),
    ],
    ids=[
        "10 MB",
        "10 MB packed",
        "packed twice",
        "50 MB packed",
        "cut off",
        "deep objects",
        "deep lists",
        "long number",
        "UTF-16",
        "null",
        "10,000 messages",
    ],
)
async def test_bodies_that_cannot_be_taken(tenant, key, count, content, encoding, status, code):
    headers = {"content-encoding": encoding} if encoding else {}
    async with client_of(tenant) as client:
        answer = await client.post("/v1/batch", content=content, headers=headers, auth=(key, ""))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await count(tenant, "analytics_events") == 0


async def test_packed_bodies_of_every_kind(tenant, key, count):
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    text = json.dumps(GOOD).encode()
    packed = {
        "gzip": gzip.compress(text),
        "deflate": zlib.compress(text),
        "Deflate": bare.compress(text) + bare.flush(),
    }
    async with client_of(tenant) as client:
        for encoding, content in packed.items():
            answer = await client.post("/v1/t", content=content, headers={"content-encoding": encoding}, auth=(key, ""))
            assert answer.status_code == 200, answer.text
    assert await count(tenant, "analytics_events") == 3


async def test_every_place_for_the_key(tenant, key):
    async with client_of(tenant) as client:
        for content, headers in (
            (GOOD, {"x-write-key": key}),
            (GOOD | {"writeKey": key}, {"authorization": "Bearer a-token-for-something-else"}),
            (GOOD | {"writeKey": key}, {"content-type": "text/plain"}),
        ):
            assert (await client.post("/v1/track", content=json.dumps(content), headers=headers)).status_code == 200
        batch = {"batch": [GOOD | {"writeKey": key}], "context": {"ip": "198.51.100.9", "locale": "fr"}}
        for path in ("/v1/b", "/v1/import", "/v1/batch"):
            assert (await client.post(path, json=batch)).json()["accepted"] == 1
    async with tenant_session(tenant) as session:
        rows = await session.execute(sa.text("SELECT ip, context FROM analytics_events WHERE context IS NOT NULL"))
        assert [tuple(row) for row in rows] == [("198.51.100.9", {"locale": "fr"})] * 3


async def test_a_hundred_retries_with_wrong_clocks_in_parallel_batches_are_one_event(lasting_tenant, count):
    source = await new_source(lasting_tenant)
    begin = datetime.now(UTC)

    async def send(client: Any, shift: int) -> int:
        at = (begin - timedelta(minutes=shift)).isoformat()
        event = GOOD | {"messageId": "once", "timestamp": at}
        body = {"batch": [event, event], "sentAt": at, "writeKey": source.write_key}
        return (await client.post("/v1/batch", json=body)).json()["accepted"]

    async with client_of(lasting_tenant) as client:
        accepted = sum(
            [sum(await asyncio.gather(*[send(client, n + m) for m in range(20)])) for n in range(0, 100, 20)]
        )
    assert (accepted, await count(lasting_tenant, "analytics_events")) == (1, 1)


@pytest.mark.parametrize("setting", list(DoNotTrack))
@pytest.mark.parametrize("header", ["dnt", "sec-gpc"])
async def test_do_not_track(tenant, setting, header):
    source = await new_source(tenant, do_not_track=setting)
    batch = [GOOD | {"context": {"ip": "198.51.100.9", "device": {"id": "d"}, "locale": "fr"}},
             {"type": "identify", "userId": "u", "traits": {"email": "a@b.example"}}]  # fmt: skip
    async with client_of(tenant) as client:
        body = {"batch": batch, "writeKey": source.write_key}
        result = (await client.post("/v1/batch", json=body, headers={header: "1"})).json()
        ignored = (await client.post("/v1/batch", json=body, headers={header: "0"})).json()
    kept = {DoNotTrack.IGNORE: (2, 0), DoNotTrack.ANONYMISE: (1, 1), DoNotTrack.DROP: (0, 2)}[setting]
    assert (result["accepted"], result["dropped"], ignored["accepted"]) == (*kept, 2)
    if setting is DoNotTrack.ANONYMISE:
        assert sorted(event.user_id or "" for event in await stored(tenant)) == ["", "u", "u"]


async def test_the_setting_can_be_changed(tenant):
    source = await new_source(tenant)
    async with client_of(tenant) as client:
        url = f"/api/v1/sources/{source.id}/privacy"
        assert (await client.put(url, json={"do_not_track": "drop"})).status_code == 428
        body, match = {"do_not_track": "drop", "consent_required": True}, {"if-match": '"1"'}
        changed = (await client.put(url, json=body, headers=match)).json()
        assert (changed["do_not_track"], changed["consent_required"], changed["version"]) == ("drop", True, 2)
        assert (await client.put(url, json=body, headers=match)).status_code == 409
        assert (await client.put(url, json={"do_not_track": "maybe"}, headers=match)).status_code == 422
        snippet = (await client.get(f"/api/v1/sources/{source.id}/snippet")).json()
    assert 'data-consent="required" data-dnt="drop"' in snippet["html"]
    assert all(source.write_key in snippet[name] for name in ("pixel", "python", "node", "browser", "curl"))
    assert SourcePrivacy().do_not_track is DoNotTrack.ANONYMISE


async def test_the_pixel_is_always_an_image(tenant, key, count):
    packed = base64.b64encode(json.dumps(GOOD | {"writeKey": key, "event": "Þð?>"}).encode()).decode()
    async with client_of(tenant) as client:
        for query, stored_so_far in (
            ({"data": packed}, 1),
            ({"data": packed.rstrip("=").replace("+", "-").replace("/", "_")}, 2),
            ({"writeKey": key, "event": "Opened", "mail": "m-1"}, 3),
            ({"writeKey": key, "url": "https://acme.example/x"}, 4),
            ({"writeKey": key, "data": "%%%"}, 4),
            ({"writeKey": key, "type": "fax"}, 4),
            ({"data": packed[:-9]}, 4),
            ({"writeKey": "atw_nonsense"}, 4),
            ({}, 4),
        ):
            answer = await client.get("/v1/pixel.gif", params=query, headers={"user-agent": "Mozilla/5.0 Firefox/1"})
            assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, GIF, "image/gif")
            assert "no-store" in answer.headers["cache-control"]
            assert await count(tenant, "analytics_events") == stored_so_far, query
        head = await client.head("/v1/pixel.gif", params={"data": packed})
        assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(GIF)), b"")
        assert (await client.get("/v1/pixel/track", params={"data": packed})).status_code == 200
    assert await count(tenant, "analytics_events") == 5
    rejected = "SELECT coalesce(sum(messages), 0) FROM analytics_health WHERE kind = 'rejected'"
    async with tenant_session(tenant) as session:
        assert (await session.execute(sa.text(rejected))).scalar_one() == 2


async def test_what_browsers_fetch(tenant, key):
    async with client_of(tenant) as client:
        script = await client.get("/v1/atrium.js")
        assert len(script.content) <= 3_000
        again = await client.get("/v1/atrium.js", headers={"if-none-match": script.headers["etag"]})
        assert (script.headers["content-type"].split(";")[0], again.status_code) == ("text/javascript", 304)
        settings = (await client.get(f"/v1/projects/{key}/settings")).json()
        assert settings["integrations"]["Segment.io"]["apiHost"] == "acme.atrium.localhost/v1"
        assert settings["integrations"]["Segment.io"]["apiKey"] == key
        assert (await client.get("/v1/projects/atw_x/settings")).status_code == 404
        assert (await client.post("/v1/m", content="{}")).json() == {"success": True}


async def test_addresses_lose_their_last_part_wherever_they_come_from(tenant, key, db):
    async with db.system() as session:
        await session.execute(sa.text(f"UPDATE tenants SET ip_truncation = true WHERE id = '{tenant.tenant_id}'"))
    sent = {
        "198.51.100.77": "198.51.100.0",
        "2001:db8:1:2:3::4": "2001:db8:1::",
        "::ffff:198.51.100.77": "198.51.100.0",
    }
    async with client_of(tenant) as client:
        for address in sent:
            await client.post("/v1/track", json=GOOD | {"context": {"ip": address}, "writeKey": key})
    async with tenant_session(tenant) as session:
        rows = await session.execute(sa.text("SELECT ip, context::text FROM analytics_events ORDER BY received_at"))
        assert [tuple(row) for row in rows] == [(kept, None) for kept in sent.values()]
