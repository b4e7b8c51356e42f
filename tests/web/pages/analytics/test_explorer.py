"""The explorer, the live tail and the health of data, as browsers call them: with whatever arguments and addresses."""

import re
from datetime import timedelta
from typing import Any

import pytest
import reflex as rx
import sqlalchemy as sa
from reflex.istate.data import ReflexURL, URLData

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.queries import backlog
from enterprise_app.domains.analytics.queries.backlog import Body
from enterprise_app.domains.analytics.schemas import SourceDraft
from enterprise_app.domains.analytics.service import tail, write_keys
from enterprise_app.web.pages.analytics.events import EventsState
from enterprise_app.web.pages.analytics.health import HealthState
from enterprise_app.web.pages.analytics.live import LiveState
from tests.domains.analytics.http import client_of
from tests.domains.analytics.test_tracking import post
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner

__all__ = ["act_as", "owner"]
pytestmark = pytest.mark.asyncio(loop_scope="session")
EVIL = "<img src=x onerror=alert(1)>"
BATCH = [
    {"type": "track", "event": EVIL, "userId": "u-1", "messageId": "1", "properties": {"plan": "Pro", "sum": 3}},
    {"type": "page", "anonymousId": "a", "messageId": "2", "properties": {"url": "https://acme.example/pricing"}},
    {"type": "track", "userId": "u-1", "password": "hunter2"},
]


@pytest.fixture
async def key(db: JoinedSource, owner: Context) -> str:
    write_keys.forget_keys()
    tail._known.clear()
    async with tenant_session(owner) as session:
        source = await service.create_source(session, owner, SourceDraft(name="Site"))
    await send(owner, source.write_key, BATCH)
    return source.write_key


async def send(ctx: Context, key: str, batch: list[Any]) -> None:
    async with client_of(ctx) as client:
        assert (await post(client, "/v1/batch", {"batch": batch}, key)).status_code == 200


def on(root: rx.State, address: str) -> rx.State:
    root.rx_router_url = URLData.from_url(ReflexURL(f"http://acme.test{address}"))  # pyright: ignore
    return root


async def test_the_explorer_opens_with_the_last_day_and_follows_its_address(owner: Context, act_as: Any, key: str):
    root = on(act_as(owner), "/analytics/events")
    state = await _call(root, EventsState, "load")
    assert [row.event for row in state.rows] == ["Page view", EVIL] or [row.event for row in state.rows] == [
        EVIL,
        "Page view",
    ]
    assert state.picked["start"] == state.picked["end"] != ""
    assert not state.narrowed
    assert state.keys == ["plan", "sum", "url"]
    on(root, "/analytics/events?filter=properties.sum:gte:3&cols=type,os,nonsense&bot=false")
    state = await _call(root, EventsState, "load")
    assert [row.event for row in state.rows] == [EVIL]
    assert state.columns == ["type", "os"]
    assert (state.rows[0].type, state.rows[0].person) == ("Event", "")
    assert "filter=properties.sum%3Agte%3A3" in state.export
    await _call(root, EventsState, "open", key=state.rows[0].id)
    assert [(fact.id, fact.href) for fact in state.shown.properties] == [
        ("plan", "properties.plan:eq:Pro"), ("sum", "properties.sum:eq:3"),
    ]  # fmt: skip
    assert '"plan": "Pro"' in state.shown.whole
    assert state.shown.person == "u-1"


@pytest.mark.parametrize(
    "address", ["start=2020-01-01&end=2026-01-01&filter=properties.plan:eq:x", "start=2020-01-01&event=x"]
)
async def test_a_period_that_is_too_long_is_told(owner: Context, act_as: Any, key: str, address: str):
    state = await _call(on(act_as(owner), f"/analytics/events?{address}"), EventsState, "load")
    assert state.rows == []
    assert "31 days" in state.problem
    assert not state.failed


async def test_hostile_calls_do_nothing(owner: Context, act_as: Any, key: str):
    root = on(act_as(owner), "/analytics/events?source=nonsense&start=nonsense&cols=%00&person=%27%3B--")
    state = await _call(root, EventsState, "load")
    assert (state.failed, state.rows) == (False, [])
    assert state.picked["source"] == ""
    for name in ("x", "~", "2026-01-01~", "2026-01-01T00:00:00~" + "0" * 32, "\x00"):
        await _call(root, EventsState, "open", key=name)
    assert state.shown.id == ""
    assert set(await _messages(root)) == {"error"}
    await _call(root, EventsState, "add_condition", form={"key": "", "operator": "eq", "value": ["x"]})
    assert list(state.errors) == ["key"]
    await _call(root, EventsState, "add_condition", form={"key": "sum", "operator": "gt", "value": "many"})
    assert list(state.errors) == ["value"]
    await _call(root, EventsState, "narrow", condition="is_bot:eq:true")
    await _call(root, EventsState, "toggle_column", name="password")


async def test_the_tail_grows_and_stands_still_while_paused(owner: Context, act_as: Any, key: str):
    root = on(act_as(owner), "/analytics/live")
    state = await _call(root, LiveState, "load")
    assert {row.event for row in state.rows} == {EVIL, "Page view"}
    assert state.visitors_5 == "2"
    await _call(root, LiveState, "toggle")
    await send(owner, key, [{"type": "track", "event": "New", "userId": "u-2"}])
    await _call(root, LiveState, "refresh")
    assert len(state.rows) == 2
    await _call(root, LiveState, "toggle")
    assert state.rows[0].event == "New"
    assert len(state.rows) == 3
    on(root, "/analytics/live?name=new")
    assert [row.event for row in (await _call(root, LiveState, "load")).rows] == ["New"]


async def test_health_tells_what_is_kept_and_not_stored_yet(owner: Context, act_as: Any, key: str):
    root = on(act_as(owner), "/analytics/health")
    assert (await _call(root, HealthState, "load")).waiting == ""
    since = now() - timedelta(seconds=4)
    async with tenant_session(owner) as session:
        source = (await service.list_sources(session, owner, service.SOURCES.parse())).items[0]
    await backlog.add(owner, [Body(source.id, since, 12_300, b"-", None, None)])
    state = await _call(root, HealthState, "refresh")  # too soon for the whole page
    assert re.fullmatch(r"12,300 events are kept and being stored; the oldest came [45] seconds ago\.", state.waiting)
    async with tenant_session(owner) as session:
        await session.execute(sa.text("DELETE FROM analytics_backlog"))
    assert (await _call(root, HealthState, "refresh")).waiting == ""


async def test_health_shows_what_was_refused_without_secrets(owner: Context, act_as: Any, key: str):
    root = on(act_as(owner), "/analytics/health")
    state = await _call(root, HealthState, "load")
    assert (state.numbers["accepted"], state.numbers["rejected"], state.share) == ("2", "1", "33.3%")
    assert [line.name for line in state.lines] == ["Site"]
    assert len(state.samples) == 1
    await _call(root, HealthState, "open", key=state.samples[0].id)
    assert "***" in state.shown.message
    assert "hunter2" not in state.shown.message
    assert state.shown.fix
    await _call(root, HealthState, "open", key="nonsense")
    assert state.shown.id == ""
