"""Looking at raw events: filters of every kind, one event whole, files without formulas, the live tail, the pulse."""

import csv
import io
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.errors import EventsSlow
from enterprise_app.domains.analytics.rules.csvtext import csv_cell
from enterprise_app.domains.analytics.service import exporting, listing, tail
from enterprise_app.domains.analytics.vocabulary import ExportFormat
from tests.domains.analytics.http import client_of
from tests.domains.analytics.test_tracking import key, post

__all__ = ["key"]
URL = "/api/v1/analytics/events"
BOUND = f"occurred_at:gte:{(datetime.now(UTC) - timedelta(days=2)).strftime('%Y-%m-%dT%H:%M:%SZ')}"
EVENTS = [
    {"event": "Bought", "userId": "u-1", "properties": {"plan": "Pro", "sum": 30, "a.b": True, "big": 10**17}},
    {"event": "Bought", "userId": "u-2", "properties": {"plan": "Free", "sum": "30", "note": "100%_sure"}},
    {"event": "=HYPERLINK(1)", "anonymousId": "a-1", "properties": {"sum": 7.5}},
    {"event": "Seen", "anonymousId": "a-1", "userId": "u-1"},
]


@pytest.fixture
async def events(tenant: Context, key: str) -> str:
    async with client_of(tenant) as client:
        for number, event in enumerate(EVENTS):
            assert (await post(client, "/v1/track", event | {"messageId": f"e-{number}"}, key)).status_code == 200
    return key


async def names(client: httpx.AsyncClient, *filters: str) -> Any:
    answer = await client.get(URL, params=[("filter", text) for text in filters])
    if answer.status_code != 200:
        return answer.status_code
    return sorted(item["name"] for item in answer.json()["items"])


CASES = [
    (["properties.plan:eq:Pro"], ["Bought"]),
    (["properties.plan:ne:Pro"], ["=HYPERLINK(1)", "Bought", "Seen"]),
    (["properties.plan:in:Pro,Free"], ["Bought", "Bought"]),
    (["properties.plan:contains:re"], ["Bought"]),
    (["properties.note:contains:%_s"], ["Bought"]),
    (["properties.note:contains:%%"], []),
    (["properties.sum:eq:30"], ["Bought", "Bought"]),
    (["properties.sum:eq:30.0"], ["Bought"]),
    (["properties.sum:gt:7.5"], ["Bought"]),
    (["properties.sum:gte:7.5"], ["=HYPERLINK(1)", "Bought"]),
    (["properties.sum:lt:1e3"], ["=HYPERLINK(1)", "Bought"]),
    (["properties.a.b:eq:true"], ["Bought"]),
    (["properties.big:gt:1e16"], ["Bought"]),
    (["properties.sum:gt:many"], 422),
    (["properties.sum:gt:NaN"], 422),
    (["properties.sum:between:1"], 422),
    (["properties.:eq:1"], 422),
    (["properties.plan:eq:'; DROP TABLE analytics_events; --"], []),
    (["person:eq:u-1"], ["Bought", "Seen"]),
    (["person:eq:a-1"], ["=HYPERLINK(1)", "Seen"]),
    (["name:contains:ought", "is_bot:eq:false"], ["Bought", "Bought"]),
]


@pytest.mark.parametrize(("filters", "expected"), CASES, ids=lambda value: str(value)[:60])
async def test_filters(tenant, events, filters, expected):
    async with client_of(tenant) as client:
        assert await names(client, BOUND, *filters) == expected


async def test_what_reads_every_event_needs_a_period(tenant, events):
    long_ago = "occurred_at:gte:2020-01-01"
    async with client_of(tenant) as client:
        for filters in (["properties.plan:eq:Pro"], ["name:contains:x"], [long_ago, "properties.plan:eq:Pro"]):
            answer = await client.get(URL, params=[("filter", text) for text in filters])
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "events_period"), answer.text
        assert await names(client, long_ago, "occurred_at:lt:2020-01-20", "properties.plan:eq:Pro") == []
        assert await names(client, "type:eq:track") == ["=HYPERLINK(1)", "Bought", "Bought", "Seen"]


async def test_pages_by_keyset_with_property_filters(tenant, events):
    async with client_of(tenant) as client:
        asked: Any = [("filter", BOUND), ("filter", "properties.sum:lt:1e9"), ("limit", "1")]
        first = (await client.get(URL, params=httpx.QueryParams(asked))).json()
        onwards = [*asked, ("cursor", first["next_cursor"])]
        second = (await client.get(URL, params=httpx.QueryParams(onwards))).json()
    assert [page["items"][0]["name"] for page in (first, second)] == ["=HYPERLINK(1)", "Bought"]
    assert first["total"] is None
    assert second["next_cursor"] is None


async def test_an_answer_that_takes_too_long_is_refused(lasting_tenant, monkeypatch):
    monkeypatch.setattr(listing, "PATIENCE", timedelta(milliseconds=50))
    with pytest.raises(EventsSlow):
        async with tenant_session(lasting_tenant) as session, listing.patiently(session):
            await session.execute(sa.text("SELECT pg_sleep(2)"))


async def test_one_event_whole(tenant, events):
    async with client_of(tenant) as client:
        item = (await client.get(URL, params={"filter": "name:eq:Seen"})).json()["items"][0]
        found = await client.get(f"{URL}/{item['id']}", params={"occurred_at": item["occurred_at"]})
        other = await client.get(f"{URL}/{item['id']}", params={"occurred_at": "2026-01-01T00:00:00Z"})
    assert (found.json()["message_id"], found.json()["source_name"]) == ("e-3", "Site")
    assert other.status_code == 404


async def test_files_hold_what_is_filtered_and_no_formulas(tenant, events, monkeypatch):
    async with client_of(tenant) as client:
        table = await client.get(f"{URL}/export", params={"format": "csv"})
        lines = await client.get(f"{URL}/export", params={"format": "jsonl", "filter": "name:eq:Bought"})
        monkeypatch.setattr(exporting, "MAX_ROWS", 2)
        cut = await client.get(f"{URL}/export", params={"format": "jsonl"})
        bad = await client.get(f"{URL}/export", params={"filter": "properties.plan:eq:x"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["name"] for row in rows] == ["Seen", "'=HYPERLINK(1)", "Bought", "Bought"]
    assert json.loads(rows[3]["properties"])["plan"] == "Pro"
    assert "tenant_id" not in rows[0]
    assert table.headers["x-row-limit"] == "100000"
    assert [json.loads(line)["user_id"] for line in lines.text.splitlines()] == ["u-2", "u-1"]
    assert len(cut.text.splitlines()) == 2
    assert bad.status_code == 422


async def exports(ctx: Context) -> list[tuple[str, Any]]:
    query = "SELECT actor_name, after FROM audit_log WHERE verb = 'events.exported' ORDER BY seq"
    async with tenant_session(ctx) as session:
        return [tuple(row) for row in await session.execute(sa.text(query))]


async def test_who_exported_what_is_audited(tenant, events, monkeypatch):
    async with client_of(tenant) as client:
        await client.get(f"{URL}/export", params={"filter": "name:eq:Bought"})
        await client.get(f"{URL}/export", params={"format": "jsonl", "filter": "name:eq:Nothing"})
        await client.get(f"{URL}/export", params={"filter": "properties.plan:eq:x"})
    csv_of_two = {"format": "csv", "filter": ["name:eq:Bought"], "rows": 2, "complete": True}
    nothing = {"format": "jsonl", "filter": ["name:eq:Nothing"], "rows": 0, "complete": True}
    assert await exports(tenant) == [(tenant.actor.name, csv_of_two), (tenant.actor.name, nothing)]


async def test_an_export_that_breaks_off_is_audited_too(tenant, events, monkeypatch):
    monkeypatch.setattr(exporting, "_AT_ONCE", 1)
    async with aclosing(service.export_events(tenant, service.EVENT_LIST.parse(), ExportFormat.JSONL)) as pieces:
        assert [bool(await anext(pieces)) for _ in range(3)] == [False, True, True]
    assert [after["rows"] for _, after in await exports(tenant)] == [2]
    assert [after["complete"] for _, after in await exports(tenant)] == [False]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1"])
def test_formulas_become_text(text):
    assert csv_cell(text) == f"'{text}"
    assert csv_cell(-1) == "-1"


async def test_the_tail_and_the_pulse(tenant, events):
    tail._known.clear()
    async with client_of(tenant) as client:
        everything = (await client.get("/api/v1/analytics/live")).json()
        some = (await client.get("/api/v1/analytics/live", params={"name": "ough"})).json()
        none = (await client.get("/api/v1/analytics/live", params={"source_id": str(tenant.tenant_id)})).json()
    assert [event["name"] for event in everything["events"]] == ["Seen", "=HYPERLINK(1)", "Bought", "Bought"]
    assert [event["name"] for event in some["events"]] == ["Bought", "Bought"]
    assert none["events"] == []
    pulse = everything["pulse"]
    assert (pulse["visitors_5"], pulse["visitors_30"], sum(pulse["per_minute"])) == (3, 3, 4)


async def test_the_pulse_follows_what_comes_late_and_forgets_what_is_over(tenant, events, monkeypatch):
    tail._known.clear()
    monkeypatch.setattr(tail, "_FRESH", timedelta(0))
    async with tenant_session(tenant) as session:
        assert (await service.get_pulse(session, tenant)).visitors_5 == 3
    late = {"event": "Late", "userId": "u-9", "timestamp": (datetime.now(UTC) - timedelta(minutes=20)).isoformat()}
    async with client_of(tenant) as client:
        await post(client, "/v1/track", late, events)
    async with tenant_session(tenant) as session:
        monkeypatch.setattr(tail, "_AGAIN", timedelta(0))
        pulse = await service.get_pulse(session, tenant)
        assert (pulse.visitors_5, pulse.visitors_30, sum(pulse.per_minute)) == (3, 4, 5)
        later = datetime.now(UTC) + timedelta(minutes=31)
        monkeypatch.setattr(tail, "now", lambda: later)
        assert (await service.get_pulse(session, tenant)).visitors_30 == 0
