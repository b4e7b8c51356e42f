"""ANA-11: events go when the plan says so, announced a week before, and every number follows."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from enterprise_app.core import mail
from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import VersionConflict
from enterprise_app.core.events import Delivery
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import OPERATOR_PERMISSIONS
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.events import RetentionAnnounced
from enterprise_app.domains.analytics.queries import retention as rows
from enterprise_app.domains.analytics.rules.retention import (
    FOREVER,
    NOTICE,
    Announced,
    Oldest,
    Windows,
    decide,
    still_due,
    windows_of,
)
from enterprise_app.domains.analytics.schemas import Overview, RetentionChoice
from enterprise_app.domains.analytics.service import deleting
from enterprise_app.domains.analytics.service.deleting import delete_due
from enterprise_app.domains.analytics.service.write_keys import find_key_owner
from enterprise_app.domains.analytics.subscribers import mail_retention
from enterprise_app.domains.analytics.vocabulary import FileFormat, ImportedKeep
from tests.domains.analytics.http import client_of
from tests.domains.analytics.test_tracking import new_source
from tests.domains.identity.world import registered

OPERATOR = Context(PLATFORM_TENANT_ID, Actor(ActorKind.OPERATOR, name="Op"), OPERATOR_PERMISSIONS)
AT = datetime(2026, 11, 21, 3, 41, tzinfo=UTC)
PLAN = RetentionChoice(imported=ImportedKeep.PLAN)


def days_ago(days: float) -> datetime:
    return AT - timedelta(days=days)


def test_windows_follow_plan_and_choice() -> None:
    assert windows_of(30, ImportedKeep.FOREVER, None) == Windows(30, FOREVER)
    assert windows_of(30, ImportedKeep.PLAN, None) == Windows(30, 30)
    assert windows_of(30, ImportedKeep.DAYS, 7) == Windows(30, 7)
    assert windows_of(30, ImportedKeep.DAYS, 90) == Windows(30, 30), "never longer than the plan"
    assert windows_of(FOREVER, ImportedKeep.DAYS, 90) == Windows(FOREVER, 90)


def test_nothing_goes_unannounced_and_nothing_is_announced_twice() -> None:
    wanted, old = Windows(30, FOREVER), Oldest(days_ago(100), days_ago(900))
    assert decide(AT, wanted, None, Oldest(days_ago(22), days_ago(900))).announced is None, "not about to go yet"
    told = decide(AT, wanted, None, old)
    assert (told.is_news, told.announced, told.events_before) == (True, Announced(wanted, AT + NOTICE), None)
    for day in (1, 6):
        waiting = decide(AT + timedelta(days=day), wanted, told.announced, old)
        assert (waiting.is_news, waiting.events_before) == (False, None)
    done = decide(AT + NOTICE, wanted, told.announced, old)
    assert (done.is_news, done.imports_before) == (False, None)
    assert done.events_before == (AT + NOTICE - timedelta(days=30)).replace(hour=0, minute=0)


def test_a_smaller_plan_is_announced_anew_and_a_bigger_one_holds_at_once() -> None:
    announced, old = Announced(Windows(90, FOREVER), days_ago(50)), Oldest(days_ago(89), None)
    smaller = decide(AT, Windows(30, FOREVER), announced, old)
    assert (smaller.is_news, smaller.events_before) == (True, None)
    bigger = decide(AT, Windows(365, FOREVER), announced, old)
    assert bigger.announced == Announced(Windows(365, FOREVER), announced.due_at)
    assert decide(AT, Windows(90, FOREVER), bigger.announced, old).is_news, "and back again is news again"
    assert decide(AT, Windows(FOREVER, FOREVER), announced, old).events_before is None


def test_only_what_is_still_due_goes() -> None:
    assert still_due(None, 30, AT) is None
    assert still_due(days_ago(30), FOREVER, AT) is None
    assert still_due(days_ago(30), 90, AT) == days_ago(90).replace(hour=0, minute=0)
    assert still_due(days_ago(90), 30, AT) == days_ago(90), "shorter is announced first"


def write(path: Path, times: Iterable[datetime]) -> Path:
    text = '{{"type":"page","userId":"u{0}","messageId":"m{1}","timestamp":"{2}","properties":{{"url":"https://a/{0}"}}}}\n'
    path.write_text("".join(text.format(n % 5, n, f"{at:%Y-%m-%dT%H:%M:%SZ}") for n, at in enumerate(times)))
    return path


async def numbers(ctx: Context, *, rolled: bool) -> Overview:
    """From rollups where they hold, or all from the events."""
    start, end = now().date() - timedelta(days=420), now().date()
    async with tenant_session(ctx, snapshot=rolled) as session:
        return await service.get_overview(session, ctx, start=start, end=end, compare=False)


async def keep_all(ctx: Context) -> None:
    while (await service.keep_rollups(ctx)).more:
        pass


async def scalar(ctx: Context, query: str) -> int:
    async with tenant_session(ctx) as session:
        return (await session.execute(sa.text(query))).scalar_one()


async def decide_now(ctx: Context) -> datetime | None:
    job = job_context(ctx.tenant_id, "analytics.retention")
    async with tenant_session(job) as session:
        return await service.decide_retention(session, job)


def a_week_later(urls: DatabaseUrls) -> None:
    with psycopg.connect(urls.direct_owner) as connection:
        connection.execute("UPDATE analytics_retention SET due_at = due_at - interval '7 days 1 minute'")


@pytest.fixture
async def year(lasting_tenant: Context, tmp_path: Path) -> Path:
    """An import of 400 days, three events a day, close together and over midnight; the plan keeps 30 days."""
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    times = [midnight - timedelta(days=d, minutes=m) for d in range(400) for m in (-5, 10, 700)]
    path = write(tmp_path / "year.jsonl", (min(at, now()) for at in times))
    await service.import_file(lasting_tenant, path, FileFormat.JSONL)
    await keep_all(lasting_tenant)
    return path


async def test_imports_keep_their_age_until_the_tenant_decides(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path
) -> None:
    assert await decide_now(lasting_tenant) is None
    assert delete_due(committed_db.direct_owner) == {"events": 0, "months": 0}
    assert await scalar(lasting_tenant, "SELECT count(*) FROM analytics_events") == 1_200


async def test_what_was_announced_goes_and_every_number_follows(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path
) -> None:
    ctx = lasting_tenant
    async with tenant_session(ctx) as session:
        await service.change_retention(session, ctx, 1, PLAN)
    assert await decide_now(ctx) is not None
    assert delete_due(committed_db.direct_owner)["events"] == 0, "a week is a week"
    announced = "SELECT count(*) FROM event_outbox WHERE kind = 'retention.announced'"
    assert (await scalar(ctx, announced), await decide_now(ctx) is not None) == (1, True)
    assert await scalar(ctx, announced) == 1, "once"
    a_week_later(committed_db)
    await decide_now(ctx)
    gone = delete_due(committed_db.direct_owner)
    left = await scalar(ctx, "SELECT count(*) FROM analytics_events")
    assert 85 <= left <= 95
    assert await scalar(ctx, "SELECT count(*) FROM analytics_seen") == left
    if not gone["months"]:
        assert gone["events"] == 1_200 - left
    assert await numbers(ctx, rolled=True) == await numbers(ctx, rolled=False)
    await keep_all(ctx)
    assert await scalar(ctx, "SELECT count(*) FROM analytics_dirty") == 0
    assert await numbers(ctx, rolled=True) == await numbers(ctx, rolled=False)
    again = await service.import_file(ctx, year, FileFormat.JSONL)
    assert (again.duplicates, again.accepted) == (left, 1_200 - left), "what is still there is not counted twice"


async def test_a_month_in_which_all_is_due_is_dropped_whole(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path
) -> None:
    ctx = lasting_tenant
    async with tenant_session(ctx) as session:
        await service.change_retention(session, ctx, 1, RetentionChoice(imported=ImportedKeep.DAYS, imported_days=3))
    await decide_now(ctx)
    a_week_later(committed_db)
    await decide_now(ctx)
    months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'analytics_events'::regclass"
    before = await scalar(ctx, months)
    gone = delete_due(committed_db.direct_owner)
    assert gone["months"] >= 2
    assert await scalar(ctx, months) == before - gone["months"]
    left = await scalar(ctx, "SELECT count(*) FROM analytics_events")
    assert left == await scalar(ctx, "SELECT count(*) FROM analytics_seen") <= 12
    assert await numbers(ctx, rolled=True) == await numbers(ctx, rolled=False)
    await keep_all(ctx)
    assert await numbers(ctx, rolled=True) == await numbers(ctx, rolled=False)


async def due_now(ctx: Context, urls: DatabaseUrls) -> None:
    """Announced a week ago, and decided tonight."""
    async with tenant_session(ctx) as session:
        await service.change_retention(session, ctx, 1, PLAN)
    await decide_now(ctx)
    a_week_later(urls)
    await decide_now(ctx)


def set_plan(urls: DatabaseUrls, change: str) -> None:
    with psycopg.connect(urls.direct_owner) as connection:
        connection.execute(f"UPDATE tenants SET {change}")  # pyright: ignore


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ("plan = 'STARTER'", range(265, 276)),
        ("plan = 'ENTERPRISE'", range(1_200, 1_201)),
        ("trial_ends_at = now() + interval '1 day'", range(1_000, 1_200)),  # of PROFESSIONAL
        ("trial_ends_at = now() - interval '1 second'", range(85, 96)),
    ],
)
async def test_what_the_plan_keeps_in_the_moment_of_deletion_stays(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path, change: str, left: range
) -> None:
    ctx = lasting_tenant
    await due_now(ctx, committed_db)
    set_plan(committed_db, change)
    delete_due(committed_db.direct_owner)
    assert await scalar(ctx, "SELECT count(*) FROM analytics_events") in left


async def test_what_the_tenant_keeps_in_the_moment_of_deletion_stays(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path
) -> None:
    await due_now(lasting_tenant, committed_db)
    with psycopg.connect(committed_db.direct_owner) as connection:  # the decision of the night still stands
        connection.execute("UPDATE analytics_retention SET imported = 'forever'")
    assert delete_due(committed_db.direct_owner) == {"events": 0, "months": 0}
    assert await scalar(lasting_tenant, "SELECT count(*) FROM analytics_events") == 1_200


async def test_an_upgrade_stops_a_deletion_that_has_begun(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await due_now(lasting_tenant, committed_db)
    monkeypatch.setattr(deleting, "PIECE", 100)
    monkeypatch.setattr(deleting, "_drop_months", lambda *_: 0)
    piece, pieces = deleting._delete_piece, []

    def upgraded_after_two(*args: Any) -> int:
        if len(pieces) == 2:
            set_plan(committed_db, "plan = 'ENTERPRISE'")
        pieces.append(piece(*args))
        return pieces[-1]

    monkeypatch.setattr(deleting, "_delete_piece", upgraded_after_two)
    assert delete_due(committed_db.direct_owner)["events"] in (100, 200)  # the first look is for live events
    assert pieces[2:] == [0] * len(pieces[2:])


async def test_an_upgrade_waits_for_the_piece_that_is_being_deleted(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path
) -> None:
    """Or the piece for the upgrade: never both at once."""
    await due_now(lasting_tenant, committed_db)
    with psycopg.connect(committed_db.direct_owner) as upgrading:
        upgrading.execute("UPDATE tenants SET plan = 'ENTERPRISE'")  # not committed yet
        deletion = asyncio.create_task(asyncio.to_thread(delete_due, committed_db.direct_owner))
        await asyncio.sleep(0.5)
        assert not deletion.done()
        upgrading.commit()
    assert await deletion == {"events": 0, "months": 0}


async def test_the_oldest_events_are_known_without_reading_any(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path
) -> None:
    ctx = lasting_tenant
    owner = await find_key_owner((await new_source(ctx)).write_key)
    assert owner
    for days in (50, 60, 55):
        at = now() - timedelta(days=days)
        message = {"type": "track", "event": "E", "userId": "u", "timestamp": at.isoformat()}
        await service.take_messages(owner, [message])
    async with tenant_session(ctx) as session:
        plan = "\n".join(await session.scalars(sa.text("EXPLAIN " + rows._EDGES).bindparams(tenant_id=ctx.tenant_id)))
        assert "analytics_events" not in plan
        oldest = await rows.find_oldest(session, ctx.tenant_id)
        real = (await session.execute(sa.text(
            "SELECT min(occurred_at) FILTER (WHERE kind <> 'import'), min(occurred_at) FILTER (WHERE kind = 'import')"
            " FROM analytics_events AS e JOIN analytics_sources AS s ON s.id = e.source_id"
        ))).one()  # fmt: skip
    for told, first in zip((oldest.events, oldest.imports), real, strict=True):
        assert told
        assert first - timedelta(minutes=15) < told <= first
    await due_now(ctx, committed_db)
    delete_due(committed_db.direct_owner)
    async with tenant_session(ctx) as session:
        oldest = await rows.find_oldest(session, ctx.tenant_id)
    assert all(at and now() - timedelta(days=32) < at for at in (oldest.events, oldest.imports))


async def test_the_way_it_stands_over_http(lasting_tenant: Context, year: Path) -> None:
    async with client_of(lasting_tenant) as client:
        now_kept = await client.get("/api/v1/analytics/retention")
        body = now_kept.json()
        assert (body["events_kept_days"], body["imports_kept_days"], body["smaller_plans"]) == (30, -1, [])
        bad = await client.put(
            "/api/v1/analytics/retention", json={"imported": "days"}, headers={"If-Match": now_kept.headers["etag"]}
        )
        assert bad.status_code == 422
        changed = await client.put(
            "/api/v1/analytics/retention", json={"imported": "plan"}, headers={"If-Match": now_kept.headers["etag"]}
        )
        assert (changed.status_code, changed.json()["imports_kept_days"]) == (200, 30)
        assert changed.json()["due_events"] > 1_000
        stale = await client.put(
            "/api/v1/analytics/retention", json={"imported": "plan"}, headers={"If-Match": now_kept.headers["etag"]}
        )
        assert stale.status_code == 409


async def test_a_downgrade_shows_what_would_go(lasting_tenant: Context, committed_db: DatabaseUrls, year: Path) -> None:
    ctx = lasting_tenant
    with psycopg.connect(committed_db.direct_owner) as connection:
        connection.execute("UPDATE tenants SET plan = 'PROFESSIONAL'")
    async with tenant_session(ctx) as session:
        found = await service.change_retention(session, ctx, 1, PLAN)
        assert [(w.plan, w.days) for w in found.smaller_plans] == [("FREE", 30), ("STARTER", 90)]
        free, starter = (w.events for w in found.smaller_plans)
        assert 1_100 < free < 1_120
        assert 920 < starter < 940
        with pytest.raises(VersionConflict):
            await service.change_retention(session, ctx, 1, PLAN)


async def test_the_operator_sees_what_would_go_before_the_plan_changes(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: Path
) -> None:
    ctx = lasting_tenant
    set_plan(committed_db, "plan = 'PROFESSIONAL'")
    async with tenant_session(ctx) as session:
        await service.change_retention(session, ctx, 1, PLAN)
        (free, _) = (await service.get_retention(session, ctx)).smaller_plans
    path = f"/api/v1/tenants/{ctx.tenant_id}/retention-preview"
    async with client_of(OPERATOR) as client:
        shorter = await client.get(path, params={"plan": "FREE"})
        assert shorter.json() == {"would_go": free.model_dump(mode="json")}
        for keeps in ("PROFESSIONAL", "ENTERPRISE", "WHITE_LABEL"):
            assert (await client.get(path, params={"plan": keeps})).json() == {"would_go": None}
        unknown = await client.get(path, params={"plan": "GOLD"})
        assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "plan_unknown")
        nobody = await client.get(path.replace(str(ctx.tenant_id), str(new_id())), params={"plan": "FREE"})
        assert nobody.status_code == 404
    async with client_of(ctx) as client:
        assert (await client.get(path, params={"plan": "FREE"})).status_code == 403, "an owner is no operator"


async def test_every_owner_gets_one_letter(committed_db: DatabaseUrls) -> None:
    tenant_id = (await registered("acme")).tenant_id
    ctx = job_context(tenant_id, "analytics.mail_retention")
    event = RetentionAnnounced(
        tenant_id=tenant_id, entity_id=tenant_id, due_at=AT + NOTICE, events=1_234, days=30, imported_days=FOREVER
    )
    told = Delivery(new_id(), new_id(), "analytics.mail_retention", 1, ctx.actor, "", AT)
    for _ in range(2):  # delivered twice, it is one letter
        async with tenant_session(ctx) as session:
            await mail_retention(session, ctx, event, told)
    (letter,) = [found for found in await mail.list_letters() if "deleted" in found.subject]
    assert letter.recipient == "ada@acme.example"
    assert all(word in letter.text for word in ("2026-11-28", "1,234", "30", "/settings"))
