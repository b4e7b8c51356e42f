"""ANA-14: what the platform does is among the tenant's events, and in none of its numbers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, Invalid
from enterprise_app.core.events import Delivery
from enterprise_app.core.ids import new_id
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.manifest import DOMAIN
from enterprise_app.domains.analytics.schemas import Source, SourceDraft
from enterprise_app.domains.analytics.service import own
from enterprise_app.domains.analytics.service.write_keys import find_key_owner
from enterprise_app.domains.analytics.subscribers import record_asset, record_campaign
from enterprise_app.domains.analytics.vocabulary import SourceKind
from enterprise_app.domains.campaigns.events import AssetCreated, CampaignCreated
from enterprise_app.domains.campaigns.vocabulary import AssetKind, CampaignObjective
from enterprise_app.domains.metering import service as metering
from enterprise_app.http.app import create_api
from enterprise_app.http.gate import CallGate
from tests.domains.analytics.http import OneCaller


@pytest.fixture(autouse=True)
def no_calls_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    own._calls.clear()
    own._waiting.clear()
    monkeypatch.setattr(own, "_look_later", lambda: None)


async def events_of(ctx: Context) -> list[Any]:
    async with tenant_session(ctx) as session:
        return list((await session.execute(sa.text("SELECT * FROM analytics_events ORDER BY path, status"))).all())


async def sources_of(ctx: Context) -> Sequence[Source]:
    async with tenant_session(ctx) as session:
        return (await service.list_sources(session, ctx, service.SOURCES.parse())).items


def delivery(ctx: Context) -> Delivery:
    return Delivery(
        new_id(), new_id(), "analytics.record_campaign", 1, ctx.actor, "", datetime(2026, 11, 1, tzinfo=UTC)
    )


async def test_a_created_campaign_is_an_event_however_often_it_is_delivered(tenant: Context) -> None:
    told, campaign = delivery(tenant), new_id()
    fact = CampaignCreated(
        tenant_id=tenant.tenant_id, entity_id=campaign, name="Spring", objective=CampaignObjective.SALES
    )
    for _ in range(2):
        async with tenant_session(tenant) as session:
            await record_campaign(session, job_context(tenant.tenant_id, "analytics.record_campaign"), fact, told)
    (event,) = await events_of(tenant)
    assert (event.type, event.name, event.campaign_id) == ("platform", "Campaign created", campaign)
    assert event.properties == {"campaign": "Spring", "objective": "sales", "duplicated": False, "by": "member"}
    assert [(s.name, s.kind, s.id) for s in await sources_of(tenant)] == [("Atrium", "platform", event.source_id)]


async def test_an_asset_is_an_event_with_how_long_it_took(tenant: Context) -> None:
    told, campaign, asset = delivery(tenant), new_id(), new_id()
    fact = AssetCreated(
        tenant_id=tenant.tenant_id, entity_id=asset, campaign_id=campaign, name="hero.png", number=1,
        asset_kind=AssetKind.IMAGE, content_type="image/png", size=9, parent_id=campaign, generated=True, seconds=0.5,
    )  # fmt: skip
    for _ in range(2):
        async with tenant_session(tenant) as session:
            await record_asset(session, job_context(tenant.tenant_id, "analytics.record_asset"), fact, told)
    (event,) = await events_of(tenant)
    assert (event.name, event.campaign_id) == ("Asset generated", campaign)
    assert event.properties == {
        "asset": str(asset), "kind": "image", "size": 9, "generated": True, "parent": str(campaign), "seconds": 0.5,
        "by": "member",
    }  # fmt: skip


async def test_a_look_at_an_asset_is_an_event_of_its_network(tenant: Context) -> None:
    asset, campaign = new_id(), new_id()
    service.note_asset_view(tenant.tenant_id, asset, campaign, 2, "Firefox", "192.0.2.77")
    await service.write_calls(all_of_them=True)
    (event,) = await events_of(tenant)
    assert (event.type, event.name, event.campaign_id) == ("platform", "Asset viewed", campaign)
    assert event.properties == {"asset": str(asset), "version": 2, "agent": "Firefox"}
    assert (str(event.ip).removesuffix("/32")) == "192.0.2.0"


async def test_calls_are_told_by_route_and_status_without_waiting(tenant: Context) -> None:
    gate = CallGate(metering.api_calls, service.note_call)
    transport = httpx.ASGITransport(create_api([DOMAIN], OneCaller(tenant), gate=gate))
    async with httpx.AsyncClient(transport=transport, base_url="http://acme.atrium.localhost") as client:
        key = {"authorization": "Bearer atr_x"}
        for _ in range(3):
            assert (await client.get("/api/v1/sources", headers=key)).status_code == 200
        assert (await client.get(f"/api/v1/sources/{new_id()}", headers=key)).status_code == 404
        assert (await client.get("/api/v1/sources")).status_code == 200  # a page's: no key, no API call
    assert await events_of(tenant) == []
    await service.write_calls(all_of_them=True)
    many, missing = await events_of(tenant)
    assert (many.name, many.path, many.status) == ("API call", "/api/v1/sources", 200)
    assert {n: many.properties[n] for n in ("method", "outcome", "count")} == {
        "method": "GET", "outcome": "success", "count": 3,
    }  # fmt: skip
    assert 0 < many.properties["duration_ms_mean"] <= many.properties["duration_ms_max"]
    assert (missing.path, missing.status, missing.properties["outcome"]) == (
        "/api/v1/sources/{source_id}", 404, "refused",
    )  # fmt: skip


async def test_only_minutes_that_are_over_are_written_and_failures_wait(
    tenant: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.note_call(tenant.tenant_id, "GET", "/now", 200, 0.01)
    before = now().replace(second=0, microsecond=0) - timedelta(minutes=1)
    own._calls[own._Kind(tenant.tenant_id, before, "GET", "/earlier", 500)] = own._Calls(2, 0.2, 0.15)

    async def away(*_: object) -> None:
        raise OSError("away")

    with monkeypatch.context() as patched:
        patched.setattr(own, "_store", away)
        await service.write_calls()
    assert await events_of(tenant) == []
    await service.write_calls()
    (event,) = await events_of(tenant)
    assert (event.path, event.occurred_at, event.properties["outcome"]) == ("/earlier", before, "failed")
    await service.write_calls()
    assert len(await events_of(tenant)) == 1


async def test_no_number_counts_them(tenant: Context) -> None:
    service.note_call(tenant.tenant_id, "GET", "/x", 200, 0.01)
    await service.write_calls(all_of_them=True)
    async with tenant_session(tenant) as session:
        day = now().date()
        overview = await service.get_overview(session, tenant, start=day, end=day + timedelta(days=1))
        marks = await session.scalar(sa.text("SELECT count(*) FROM analytics_dirty"))
    assert marks == 0
    totals, traffic = overview.current.totals, overview.traffic
    assert (totals.visitors, totals.page_views, totals.sessions, totals.events) == (0, 0, 0, 0)
    assert (traffic.humans, traffic.bots, traffic.requests) == (0, 0, 0)


async def test_the_platforms_source_has_no_usable_key_and_stands_beside_one_of_the_same_name(tenant: Context) -> None:
    async with tenant_session(tenant) as session:
        await service.create_source(session, tenant, SourceDraft(name="Atrium"))
    service.note_call(tenant.tenant_id, "GET", "/x", 200, 0.01)
    await service.write_calls(all_of_them=True)
    (made,) = [s for s in await sources_of(tenant) if s.kind is SourceKind.PLATFORM]
    assert made.name == "Atrium 2"
    assert made.last_event_at is not None
    async with tenant_session(tenant) as session:
        key = await session.scalar(sa.text("SELECT write_key FROM analytics_sources WHERE kind = 'platform'"))
        assert await find_key_owner(str(key)) is None
        with pytest.raises(Conflict):
            await service.revoke_source(session, tenant, made.id)
        with pytest.raises(Conflict):
            await service.rotate_source(session, tenant, made.id, made.version)
        with pytest.raises(Invalid):
            await service.create_source(session, tenant, SourceDraft(name="Mine", kind=SourceKind.PLATFORM))
