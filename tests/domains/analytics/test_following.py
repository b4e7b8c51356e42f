"""Who keeps sums of the events is told of every slot that changed, before and after the rollups are done with it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.ids import new_id
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.rules.tiles import slot_of
from enterprise_app.domains.analytics.service.deleting import delete_due
from tests.domains.analytics.counted import Event
from tests.domains.analytics.test_retention import due_now, year  # noqa: F401 - a fixture
from tests.domains.analytics.test_rollups import store
from tests.domains.analytics.test_rollups_kept import keep_all, marks_left, some_events

Slots = set[tuple[datetime, bool]]


async def told(ctx: Context, follower: UUID) -> Slots:
    async with tenant_session(ctx) as session:
        rows = await session.execute(service.changed_slots(ctx.tenant_id, follower))
        return {(row.slot_at, row.removed) for row in rows}


async def followed(ctx: Context) -> UUID:
    follower = new_id()
    async with tenant_session(ctx) as session:
        assert await service.follow(session, ctx.tenant_id, follower)
        assert not await service.follow(session, ctx.tenant_id, follower)
    return follower


async def forget(ctx: Context, follower: UUID) -> None:
    async with tenant_session(ctx) as session:
        await service.forget_changes(session, ctx.tenant_id, follower)


def slots_of(events: Iterable[Event]) -> Slots:
    return {(slot_of(e.at), False) for e in events}


async def test_changes_are_told_until_each_follower_forgets_them(tenant: Context) -> None:
    one, other = await followed(tenant), await followed(tenant)
    first = some_events(30)
    await store(tenant, first)
    assert await told(tenant, one) == slots_of(first)
    await keep_all(tenant)
    assert await marks_left(tenant) == 0
    assert await told(tenant, one) == await told(tenant, other) == slots_of(first)
    await forget(tenant, one)
    assert (await told(tenant, one), await told(tenant, other)) == (set(), slots_of(first))
    second = some_events(5, seed=1)
    await store(tenant, second)
    await forget(tenant, one)
    assert await told(tenant, one) == slots_of(second), "the rollups are not done with these"


async def test_nothing_is_kept_for_nobody(tenant: Context) -> None:
    follower = await followed(tenant)
    async with tenant_session(tenant) as session:
        await service.unfollow(session, tenant.tenant_id, follower)
    await store(tenant, some_events(10))
    await keep_all(tenant)
    assert await told(tenant, follower) == set()


async def test_deleted_events_are_told_as_removed(
    lasting_tenant: Context, committed_db: DatabaseUrls, year: object  # noqa: F811
) -> None:  # fmt: skip
    follower = await followed(lasting_tenant)
    await due_now(lasting_tenant, committed_db)
    gone = delete_due(committed_db.direct_owner)
    before = await told(lasting_tenant, follower)
    assert gone["months"] > 0, "whole months"
    assert gone["events"] > 0, "and single events"
    assert len(before) > 1_000
    assert {removed for _, removed in before} == {True}
    await keep_all(lasting_tenant)
    assert await told(lasting_tenant, follower) == before
