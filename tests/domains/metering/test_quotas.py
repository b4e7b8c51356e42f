"""Quotas are exact, whoever comes at the same time."""

import asyncio
from collections import defaultdict
from types import MappingProxyType

import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import QuotaExceeded, RateLimited, ReadOnly
from enterprise_app.core.vocabulary.entitlements import Entitlements, Limit
from enterprise_app.domains.metering import service
from enterprise_app.domains.metering.schemas import CallsLeft
from enterprise_app.domains.metering.service import ApiCalls, quotas
from enterprise_app.domains.metering.vocabulary import SPANS, Span
from tests.factories import make_context

STANDING = [limit for limit, span in SPANS.items() if span is Span.STANDING]


def limited(n: int) -> Context:
    """A context whose plan grants `n` of everything."""
    return make_context(entitlements=Entitlements("FREE", limits=MappingProxyType(dict.fromkeys(Limit, n))))


@pytest.fixture
def upgrades(monkeypatch):
    monkeypatch.setattr(quotas, "_upgrade_path", lambda plan, limit, wanted: f"{plan}+{wanted}")


async def used(ctx: Context, limit: Limit) -> int:
    async with tenant_session(ctx) as session:
        return {item.resource: item.used for item in (await service.usage(session, ctx)).items}[limit]


@pytest.mark.parametrize("limit", STANDING)
async def test_fifty_parallel_creates_with_limit_ten(committed_db, upgrades, limit):
    ctx = limited(10)

    async def create() -> None:
        async with tenant_session(ctx) as session:
            await service.reserve(session, ctx, limit)
            await asyncio.sleep(0)

    results = await asyncio.gather(*(create() for _ in range(50)), return_exceptions=True)
    refused = [r for r in results if isinstance(r, QuotaExceeded)]
    assert (results.count(None), len(refused)) == (10, 40)
    assert refused[0].params == {"limit": limit, "granted": 10, "used": 10, "upgrade": "FREE+11"}
    assert await used(ctx, limit) == 10


@pytest.mark.parametrize("limit", [Limit.AI_PREDICTIONS_DAY, Limit.API_CALLS_MONTH])
async def test_fifty_parallel_spends_with_limit_ten(committed_db, limit):
    ctx = limited(10)

    async def spend(number: int) -> bool:
        async with tenant_session(ctx) as session:
            return await service.spend(session, ctx, limit, 1, f"call-{number}")

    results = await asyncio.gather(*(spend(n) for n in range(50)), return_exceptions=True)
    assert results.count(True) == 10
    assert sum(isinstance(r, QuotaExceeded) for r in results) == 40
    async with tenant_session(ctx) as session:
        drift = {d.resource: d for d in await service.recount(session, ctx)}[limit]
    assert drift.counted == drift.recounted == 10


async def test_parallel_api_calls_stop_at_the_plan_in_two_processes(committed_db):
    ctx = limited(10)
    one, two = ApiCalls(), ApiCalls()
    calls = [counter.admit(ctx) for _ in range(25) for counter in (one, two)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(r.remaining for r in results if isinstance(r, CallsLeft)) == list(range(10))
    assert sum(isinstance(r, QuotaExceeded) for r in results) == 40
    assert await used(ctx, Limit.API_CALLS_MONTH) == await used(ctx, Limit.API_CALLS_HOUR) == 10
    async with tenant_session(ctx) as session:
        assert all(d.counted == d.recounted for d in await service.recount(session, ctx))


async def test_the_hour_is_a_rate_and_says_when_to_come_back(db):
    limits = {Limit.API_CALLS_HOUR: 2, Limit.API_CALLS_MONTH: 100}
    ctx, calls = make_context(entitlements=Entitlements("FREE", limits=limits)), ApiCalls()
    await calls.admit(ctx)
    await calls.admit(ctx)
    with pytest.raises(RateLimited) as refused:
        await calls.admit(ctx)
    assert 1 <= refused.value.params["retry_after"] <= 3601


async def test_callers_of_a_failing_write_all_hear_of_it_and_the_next_call_works(db, monkeypatch):
    ctx, calls = limited(10), ApiCalls()

    async def broken(*_):
        raise OSError("gone")

    with monkeypatch.context() as patched:
        patched.setattr("enterprise_app.domains.metering.queries.lock_all_used", broken)
        results = await asyncio.gather(calls.admit(ctx), calls.admit(ctx), return_exceptions=True)
    assert [type(r) for r in results] == [OSError, OSError]
    await calls.admit(ctx)
    assert await used(ctx, Limit.API_CALLS_MONTH) == 1


async def test_a_rollback_gives_back_and_release_never_goes_below_zero(db):
    ctx = limited(2)
    with pytest.raises(RuntimeError):  # noqa: PT012 - the crash belongs to the block
        async with tenant_session(ctx) as session:
            await service.reserve(session, ctx, Limit.CAMPAIGNS, 2)
            raise RuntimeError("the act failed")
    async with tenant_session(ctx) as session:
        assert await service.reserve(session, ctx, Limit.CAMPAIGNS, 2) == 2
        await service.release(session, ctx, Limit.CAMPAIGNS, 5)
        assert await service.reserve(session, ctx, Limit.CAMPAIGNS) == 1


async def test_the_first_reservation_is_checked_too(db):
    ctx = limited(2)
    async with tenant_session(ctx) as session:
        with pytest.raises(QuotaExceeded):
            await service.reserve(session, ctx, Limit.STORAGE_BYTES, 3)
        with pytest.raises(ValueError):
            await service.reserve(session, ctx, Limit.STORAGE_BYTES, 0)


async def test_unlimited_is_counted_all_the_same(db):
    ctx = limited(-1)
    async with tenant_session(ctx) as session:
        await service.reserve(session, ctx, Limit.CAMPAIGNS, 10**12)
        campaigns = next(i for i in (await service.usage(session, ctx)).items if i.resource is Limit.CAMPAIGNS)
    assert (campaigns.used, campaigns.granted, campaigns.remaining, campaigns.over) == (10**12, -1, None, False)


async def test_a_read_only_tenant_takes_nothing_and_may_give_back(db):
    from dataclasses import replace

    ctx = replace(limited(5), read_only=True)
    async with tenant_session(ctx) as session:
        with pytest.raises(ReadOnly):
            await service.reserve(session, ctx, Limit.CAMPAIGNS)
        await service.release(session, ctx, Limit.CAMPAIGNS)


def test_what_lies_beyond_a_smaller_plan_is_read_only(upgrades):
    ctx = limited(10)
    service.check_within(ctx, Limit.CAMPAIGNS, 10)
    with pytest.raises(ReadOnly) as refused:
        service.check_within(ctx, Limit.CAMPAIGNS, 11)
    assert (refused.value.code, refused.value.params["upgrade"]) == ("over_limit", "FREE+11")
    service.check_within(limited(-1), Limit.CAMPAIGNS, 10**6)


async def test_the_ledger_takes_a_client_id_once(db):
    ctx = limited(3)
    async with tenant_session(ctx) as session:
        answers = [await service.spend(session, ctx, Limit.AI_PREDICTIONS_DAY, 2, "same") for _ in range(3)]
        counted = [await service.count(session, ctx, Limit.AI_PREDICTIONS_DAY, 5, "late") for _ in range(2)]
    assert (answers, counted) == ([True, False, False], [True, False])
    assert await used(ctx, Limit.AI_PREDICTIONS_DAY) == 7  # `count` notes what happened, beyond the grant too


async def test_a_drifted_counter_is_found_and_put_right(db, monkeypatch):
    from enterprise_app.domains.metering.service import reports

    async def seven(session, tenant_id) -> int:
        return 7

    monkeypatch.setattr(reports, "_recounts", defaultdict(list))
    service.register_recount(Limit.CAMPAIGNS, seven)
    ctx = limited(10)
    async with tenant_session(ctx) as session:
        await service.reserve(session, ctx, Limit.CAMPAIGNS, 3)
        drift = next(d for d in await service.recount(session, ctx) if d.resource is Limit.CAMPAIGNS)
        assert (drift.counted, drift.recounted) == (3, 7)
        assert [d.resource for d in await service.reconcile(session, ctx)] == [Limit.CAMPAIGNS]
        assert await service.reconcile(session, ctx) == []
    assert await used(ctx, Limit.CAMPAIGNS) == 7
