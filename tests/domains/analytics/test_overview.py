"""The overview: hand-counted numbers, laws of its buckets, refusals; sources and imports over HTTP."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden, Invalid
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.vocabulary import Bucket, FileFormat
from tests.domains.analytics.conftest import FIXTURES
from tests.domains.analytics.http import client_of
from tests.domains.analytics.logs import random_log
from tests.factories import make_context


@pytest.fixture
async def counted(tenant) -> Context:
    """The hand-counted log: pauses of 30 minutes and one second more, a visit over midnight, a bot, an asset."""
    await service.import_file(tenant, FIXTURES / "small.log", FileFormat.ACCESS_LOG)
    return tenant


async def overview(ctx: Context, **words: object):
    async with tenant_session(ctx) as session:
        return await service.get_overview(session, ctx, **words)  # pyright: ignore


async def test_hand_counted(counted):
    found = await overview(counted, start="2024-03-30", end="2024-03-31")
    t = found.current.totals
    assert (t.visitors, t.page_views, t.sessions, t.views_per_session) == (3, 7, 5, 1.4)
    assert (found.traffic.humans, found.traffic.bots, found.traffic.requests) == (7, 1, 3)
    assert {c.value: c.sessions for c in found.channels} == {"direct": 3, "organic_search": 1, "email": 1}
    assert [(r.value, r.sessions) for r in found.referrers] == [(None, 4), ("google.com", 1)]
    assert [(u.utm_source, u.utm_medium, u.sessions) for u in found.utm] == [("news", "email", 1)]
    pages = {p.path: (p.page_views, p.visitors, p.entries) for p in found.pages}
    assert pages == {"/": (4, 3, 4), "/pricing": (3, 2, 1)}
    assert found.previous
    assert found.previous.totals.page_views == 1


async def test_local_days(counted):
    berlin = make_context(counted.tenant_id, zone="Europe/Berlin")
    found = await overview(berlin, start="2024-03-31", end="2024-03-31", bucket="hour")
    assert len(found.series) == 23
    day = await overview(berlin, start="2024-03-30", end="2024-03-31", bucket="day")
    assert [p.current.page_views for p in day.series] == [5, 2]
    assert day.series[1].start.isoformat() == "2024-03-30T23:00:00+00:00"


async def test_filters(counted):
    phone = await overview(counted, start="2024-03-30", end="2024-03-31", filters=["device:eq:mobile"])
    assert (phone.current.totals.visitors, phone.current.totals.page_views) == (1, 1)
    pricing = await overview(counted, start="2024-03-30", end="2024-03-31", filters=["path:eq:/pricing"])
    assert (pricing.current.totals.page_views, pricing.current.totals.sessions) == (3, 1)


async def test_range_opens_where_the_data_is(counted):
    async with tenant_session(counted) as session:
        span = await service.data_range(session, counted)
    assert span.start == datetime(2024, 3, 29, tzinfo=UTC)
    assert span.end == datetime(2024, 4, 1, tzinfo=UTC)
    assert span.bucket is Bucket.HOUR
    stranger = make_context()
    async with tenant_session(stranger) as session:
        assert (await service.data_range(session, stranger)).first_at is None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
async def test_laws_of_buckets(tenant, tmp_path, zone):
    path = tmp_path / "x.log"
    path.write_text("\n".join(random_log(11, 1_500, days=12)))
    await service.import_file(tenant, path, FileFormat.ACCESS_LOG)
    ctx = make_context(tenant.tenant_id, zone=zone)
    span = {"start": "2024-03-01", "end": "2024-03-31"}
    totals = set()
    for bucket in Bucket:
        found = await overview(ctx, **span, bucket=bucket)
        t = found.current.totals
        totals.add((t.visitors, t.page_views, t.sessions))
        assert sum(p.current.page_views for p in found.series) == t.page_views
        assert sum(p.current.sessions for p in found.series) == t.sessions
        assert max(p.current.visitors for p in found.series) <= t.visitors
        assert all(a.end == b.start for a, b in pairwise(found.series))
        assert sum(c.sessions for c in found.channels) == t.sessions
    assert len(totals) == 1
    middle = await overview(ctx, start="2024-03-01", end="2024-03-13")
    rest = await overview(ctx, start="2024-03-14", end="2024-03-31", compare=False)
    assert middle.current.totals.sessions + rest.current.totals.sessions == next(iter(totals))[2]
    assert rest.previous is None


@pytest.mark.parametrize(
    ("words", "field", "code"),
    [
        ({"start": "x", "end": "2024-01-01"}, "start", "range_time_invalid"),
        ({"start": "2024-01-02", "end": "2024-01-01"}, "end", "range_backwards"),
        ({"start": "1970-01-01", "end": "2024-01-01"}, "start", "range_out_of_bounds"),
        ({"start": "2024-01-01", "end": "2100-01-01"}, "end", "range_out_of_bounds"),
        ({"start": "2001-01-01", "end": "2024-01-01"}, "end", "range_too_long"),
        ({"start": "2023-01-01", "end": "2024-01-01", "bucket": "hour"}, "bucket", "range_too_many_buckets"),
        ({"start": "2024-01-01", "end": "2024-01-02", "bucket": "year"}, "bucket", "bucket_unknown"),
        ({"start": "2024-01-01", "end": "2024-01-02", "filters": ["ip:eq:1"]}, "filter", "list_filter_field"),
        ({"start": "2024-01-01T00:00:00+99:00", "end": "2024-01-02"}, "start", "range_time_invalid"),
    ],
)
async def test_bad_words_are_named(tenant, words, field, code):
    with pytest.raises(Invalid) as caught:
        await overview(tenant, **words)
    assert [(p.field, p.code) for p in caught.value.problems] == [(field, code)]


async def test_guests_see_no_numbers(tenant):
    with pytest.raises(Forbidden):
        await overview(make_context(tenant.tenant_id, Role.GUEST), start="2024-01-01", end="2024-01-02")


async def test_over_http(counted):
    async with client_of(counted) as client:
        span = (await client.get("/api/v1/analytics/range")).json()
        words = {"start": span["start"], "end": span["end"]}
        answer = await client.get("/api/v1/analytics/overview", params=words)
        assert answer.status_code == 200, answer.text
        assert answer.json()["current"]["totals"]["page_views"] == 8
        assert datetime.fromisoformat(answer.json()["series"][0]["start"]) == datetime.fromisoformat(span["start"])
        for bad in (
            {"start": "2024-01-01"},
            words | {"bucket": "year"},
            words | {"colour": "red"},
            words | {"start": ""},
        ):
            assert (await client.get("/api/v1/analytics/overview", params=bad)).status_code == 422
        assert len((await client.get("/api/v1/analytics/events?limit=2")).json()["items"]) == 2
        assert (await client.get("/api/v1/analytics/imports")).json()["items"][0]["accepted"] == 12


@pytest.mark.parametrize(("week_start", "first_full_week"), [(None, 8), (1, 8), (7, 7), (6, 6)])
async def test_weeks_start_as_the_tenant_has_it(tenant, week_start, first_full_week):
    ctx = replace(tenant, week_start=week_start)
    found = await overview(ctx, start="2024-01-03", end="2024-01-31", bucket=Bucket.WEEK)
    assert found.series[1].start.astimezone(ZoneInfo(ctx.zone)).day == first_full_week


async def _verbs(tenant):
    async with tenant_session(tenant) as session:
        rows = await session.execute(sa.text("SELECT verb FROM audit_log WHERE target_kind = 'source' ORDER BY seq"))
        return list(rows.scalars())


async def test_an_import_without_a_file_is_refused(tenant):
    async with client_of(tenant) as client:
        answer = await client.post("/api/v1/analytics/imports?format=access-log", content=b"")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body")


async def test_sources_over_http(tenant):
    async with client_of(tenant) as client:
        made = (await client.post("/api/v1/sources", json={"name": "Shop"})).json()
        assert made["write_key"].startswith("atw_")
        assert made["kind"] == "web"
        again = await client.post("/api/v1/sources", json={"name": "Shop"})
        assert (again.status_code, again.json()["code"]) == (409, "source_name_taken")
        for bad in ({}, {"name": " "}, {"name": "x", "kind": "fax"}, {"name": "x", "allowed_origins": ["acme"]}):
            assert (await client.post("/api/v1/sources", json=bad)).status_code == 422
        url = f"/api/v1/sources/{made['id']}"
        assert made["write_key"] in (await client.get(f"{url}/snippet")).json()["html"]
        assert (await client.post(f"{url}/rotate")).status_code == 428
        rotated = (await client.post(f"{url}/rotate", headers={"if-match": '"1"'})).json()
        assert rotated["write_key"] != made["write_key"]
        assert rotated["version"] == 2
        assert (await client.post(f"{url}/rotate", headers={"if-match": '"1"'})).status_code == 409
        assert await _verbs(tenant) == ["source.created", "source.rotated"]
        assert (await client.post(f"{url}/revoke")).json()["revoked_at"]
        assert (await client.get(f"{url}/snippet")).status_code == 409
        assert (await client.post("/api/v1/sources", json={"name": "Shop"})).status_code == 201
        assert (await client.get(f"/api/v1/sources/{uuid4()}")).status_code == 404
        assert (await client.get("/api/v1/sources?total=true")).json()["total"] == 2
    async with client_of(make_context(tenant.tenant_id, Role.MEMBER)) as client:
        assert (await client.post("/api/v1/sources", json={"name": "Mine"})).status_code == 403
        assert (await client.get("/api/v1/sources")).status_code == 200
    async with client_of(make_context()) as client:
        assert (await client.get(url)).status_code == 404


async def test_a_new_event_shows_at_once(tenant):
    async with client_of(tenant) as client:
        source = (await client.post("/api/v1/sources", json={"name": "Shop"})).json()
        sent = {"anonymousId": "a", "properties": {"url": "https://acme.example/x"}, "writeKey": source["write_key"]}
        assert (await client.post("/v1/page", json=sent)).status_code == 200
    now = datetime.now(UTC)
    found = await overview(tenant, start=now - timedelta(hours=1), end=now + timedelta(minutes=1))
    assert (found.current.totals.page_views, found.pages[0].path) == (1, "/x")
