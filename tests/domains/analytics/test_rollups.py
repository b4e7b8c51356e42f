"""Rollups: the overview read from them equals a plain recount, whatever happened in which order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.models import DIRTY, EVENTS
from enterprise_app.domains.analytics.rules.sessions import SessionRules
from enterprise_app.domains.analytics.rules.tiles import slot_of
from enterprise_app.domains.analytics.schemas import Metrics, Overview, SessionCuts
from enterprise_app.domains.analytics.service import rollups
from enterprise_app.domains.analytics.vocabulary import Bucket
from tests.domains.analytics import counted
from tests.domains.analytics.conftest import _TENANT
from tests.domains.analytics.counted import Cuts, Event
from tests.factories import make_context
from tests.joined import JoinedSource

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham",
    "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Apia",
)  # fmt: skip
CHANGES = [datetime(2024, 3, 31, tzinfo=UTC), datetime(2024, 4, 7, tzinfo=UTC), datetime(2024, 11, 3, tzinfo=UTC)]
"""Days around which clocks change: Berlin and Beirut, Lord Howe and Chatham, New York and St John's."""
VISITORS = [UUID(int=0x8000_0000_0000_0000_8000_0000_0000_0000 | 7919 * n) for n in range(1, 5)]
Q = timedelta(minutes=15)


async def store(ctx: Context, events: list[Event]) -> None:
    """Into the table of events, with the marks of their slots, as whoever stores events does."""
    rows = [
        {
            "tenant_id": ctx.tenant_id, "id": e.id, "occurred_at": e.at, "received_at": e.at, "source_id": ctx.tenant_id,  # noqa: E501
            "visitor_id": e.visitor, "type": e.type, "is_bot": e.is_bot, "path": e.path, "host": e.host,
            "channel": e.channel, "referrer_host": e.referrer, "utm_source": e.utm[0], "utm_medium": e.utm[1],
            "utm_campaign": e.utm[2],
        }
        for e in events
    ]  # fmt: skip
    async with tenant_session(ctx) as session:
        await session.execute(sa.insert(EVENTS), rows)
        slots = {slot_of(e.at) for e in events}
        await session.execute(sa.insert(DIRTY), [{"tenant_id": ctx.tenant_id, "slot_at": slot} for slot in slots])


async def make_tenant(db: JoinedSource, zone: str) -> Context:
    ctx = make_context(zone=zone)
    async with db.system() as session:
        await session.execute(sa.text(_TENANT.format(id=ctx.tenant_id)))
        await session.execute(sa.text("UPDATE tenants SET zone = :z WHERE id = :id"), {"z": zone, "id": ctx.tenant_id})
    return ctx


async def read(ctx: Context, *, snapshot: bool = True, **words: Any) -> Overview:
    async with tenant_session(ctx, snapshot=snapshot) as session:
        return await service.get_overview(session, ctx, **words)  # pyright: ignore


def of(metrics: Metrics) -> tuple[int, int, int, int]:
    return metrics.visitors, metrics.page_views, metrics.sessions, metrics.events


def check(found: Overview, events: list[Event], cuts: Cuts) -> None:
    """Every number of an overview."""
    starts = counted.session_starts(events, cuts)
    now, before = found.current, found.previous
    assert of(now.totals) == counted.numbers(events, starts, now.start, now.end)
    for point in found.series:
        assert of(point.current) == counted.numbers(events, starts, point.start, point.end)
    if before is not None:
        assert of(before.totals) == counted.numbers(events, starts, before.start, before.end)
    hits = found.traffic
    assert (hits.humans, hits.bots, hits.requests) == counted.traffic(events, now.start, now.end)
    span = (events, starts, now.start, now.end)
    for rows, value in ((found.channels, lambda e: (e.channel,)), (found.referrers, lambda e: (e.referrer,))):
        assert [((r.value,), r.sessions, r.visitors) for r in rows] == counted.entries(*span, value)
    utm = [((r.utm_source, r.utm_medium, r.utm_campaign), r.sessions, r.visitors) for r in found.utm]
    assert utm == counted.entries(*span, lambda e: e.utm if any(e.utm) else None)
    assert [((r.path, r.host), r.page_views, r.visitors, r.entries) for r in found.pages] == counted.pages(*span)


@st.composite
def an_event(draw: st.DrawFn, base: datetime) -> Event:
    """Crowded around two midnights, so that visits touch, cross slots and days, and come late; a few far away."""
    days, quarters = draw(st.sampled_from([(0, 4), (0, 4), (-3, 4), (-3, 4), (-40, 40), (1, 40), (-1, 40)]))
    kind = draw(st.sampled_from(["page", "page", "page", "screen", "track", "request", "identify"]))
    return Event(
        at=base + timedelta(
            days=days, minutes=15 * draw(st.integers(-quarters, quarters)),
            seconds=draw(st.sampled_from([0, 450, 899.999999])),
        ),
        visitor=draw(st.sampled_from(VISITORS)),
        type=kind,
        path=draw(st.sampled_from(["/", "/a", "/b", "/c", None])) if kind == "page" else None,
        host=draw(st.sampled_from([None, "acme.example"])),
        channel=draw(st.sampled_from(["direct", "email", None])),
        referrer=draw(st.sampled_from([None, "a.example", "b.example"])),
        utm=draw(st.sampled_from([(None, None, None)] * 3 + [("x", None, "one"), ("x", None, "two")])),
        is_bot=draw(st.integers(0, 7)) == 0,
        id=UUID(int=draw(st.integers(1, 2**128 - 1))),
    )  # fmt: skip


def events(base: datetime, most: int) -> st.SearchStrategy[list[Event]]:
    return st.lists(an_event(base), min_size=most // 2, max_size=most, unique_by=lambda e: e.id)


@st.composite
def a_question(draw: st.DrawFn, base: datetime) -> dict[str, Any]:
    """A period of days or of instants, in some zone, in some buckets."""
    bucket = draw(st.sampled_from([Bucket.DAY, *Bucket]))
    first = base.date() + timedelta(days=draw(st.sampled_from([-45, -4, -3, -2, -1, 0])))
    last = base.date() + timedelta(days=draw(st.integers(0, 2)))
    if bucket is Bucket.HOUR:
        first = max(first, base.date() - timedelta(days=4))
    start: object = first.isoformat()
    end: object = last.isoformat()
    if draw(st.integers(0, 2)) == 0:  # instants, in the middle of where the events are
        start = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(minutes=draw(st.integers(-60, 20)))
        end = base + timedelta(days=draw(st.sampled_from([0, 0, 1])), minutes=draw(st.integers(21, 70)))
    return {"zone": draw(st.sampled_from([None, None, *ZONES])), "start": start, "end": end, "bucket": bucket}


@st.composite
def a_story(draw: st.DrawFn) -> tuple[datetime, str, list[tuple[str, Any]]]:
    """What happens to a tenant: events come, the worker works, time passes, settings change; somebody looks at all of
    it again and again."""
    base, zone = draw(st.sampled_from(CHANGES)), draw(st.sampled_from(ZONES))
    rules = st.builds(SessionRules, st.sampled_from([1, 10, 30, 100]), st.booleans(), st.booleans())
    turn = st.one_of(
        st.tuples(st.just("store"), events(base, 4)),
        st.tuples(st.just("store"), events(base, 4)),
        st.tuples(st.just("days"), st.sampled_from([1, 64])),
        st.tuples(st.just("pass"), st.integers(1, 60)),
        st.tuples(st.just("zone"), st.sampled_from(ZONES)),
        st.tuples(st.just("rules"), rules),
    )
    steps: list[tuple[str, Any]] = [("rules", draw(rules))] if draw(st.booleans()) else []
    steps += [("store", draw(events(base, 16))), ("keep", 8)]
    for _ in range(draw(st.integers(2, 5))):
        steps += [draw(turn), ("look", draw(a_question(base))), ("keep", draw(st.sampled_from([0, 1, 8])))]
        steps += [("look", draw(a_question(base)))]
    return base, zone, steps


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)  # fmt: skip
@given(story=a_story())
async def test_the_overview_equals_a_recount_at_any_moment(story, db, monkeypatch):
    base, zone, steps = story
    ctx = await make_tenant(db, zone)
    clock = base + timedelta(hours=5)
    known: dict[UUID, Event] = {}
    cuts = Cuts(zone=zone)
    monkeypatch.setattr(rollups, "now", lambda: clock)
    for act, what in steps:
        if act == "store":
            fresh = [e for e in what if e.id not in known]
            known |= {e.id: e for e in fresh}
            if fresh:
                await store(ctx, fresh)
        elif act == "keep":
            for _ in range(what):
                await rollups.keep_rollups(ctx)
        elif act == "days":
            rollups._pace[ctx.tenant_id] = what
        elif act == "pass":
            clock += timedelta(hours=what)
        elif act == "zone":
            await move(ctx, what)
            cuts = await in_force(ctx, cuts)
        elif act == "rules":
            await set_rules(ctx, what)
            cuts = await in_force(ctx, cuts)
        else:
            looking = replace(ctx, zone=what["zone"] or ctx.zone)
            words = {name: value for name, value in what.items() if name != "zone"}
            check(await read(looking, **words), list(known.values()), cuts)


async def in_force(ctx: Context, cuts: Cuts) -> Cuts:
    """The cuts as stored; the usual ones before anything is."""
    async with tenant_session(ctx) as session:
        row = (await session.execute(sa.text("SELECT * FROM analytics_counting"))).first()
    if row is None:
        return cuts
    return Cuts(row.session_gap_minutes, row.cut_at_midnight, row.cut_at_campaign, row.zone)


async def set_rules(ctx: Context, rules: SessionRules) -> None:
    async with tenant_session(ctx) as session:
        known = await service.get_counting(session, ctx)
        cuts = SessionCuts(
            session_gap_minutes=rules.gap_minutes,
            cut_at_midnight=rules.cut_at_midnight,
            cut_at_campaign=rules.cut_at_campaign,
        )
        await service.change_counting(session, ctx, known.version, cuts)


async def move(ctx: Context, zone: str) -> None:
    """What the tenant's settings and the subscriber that hears of them do."""
    async with tenant_session(ctx) as session:
        await session.execute(sa.text("UPDATE tenants SET zone = :zone"), {"zone": zone})
        await rollups.follow_zone(session, ctx, zone)
