"""The chain is written with the act, gap-free, and nobody but the owner of the database can touch it."""

import asyncio

import psycopg
import pytest

from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.domains.audit.rules.chain import GENESIS
from enterprise_app.domains.audit.rules.masking import MASK
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.audit.service import LISTING, list_entries, record, record_refusal, verify
from tests.factories import make_context

CAMPAIGN = Target(kind="campaign", id="c1", name="Summer")


async def test_an_entry_carries_who_what_and_why(db):
    ctx = make_context(name="Ada")
    async with tenant_session(ctx) as session:
        entry = await record(
            session, ctx, AuditVerb.CAMPAIGN_UPDATED, CAMPAIGN, before={"budget": 1}, after={"budget": 2, "x": [1.5]}
        )
        page = await list_entries(session, ctx)
    assert page.items == [entry]
    assert (entry.seq, entry.prev_hash, entry.actor_name, entry.outcome) == (1, GENESIS, "Ada", "success")
    assert entry.request_id == ctx.request_id
    assert entry.before == {"budget": 1}


async def test_secrets_are_masked_and_nul_is_dropped(db):
    ctx = make_context(name="A\0da")
    async with tenant_session(ctx) as session:
        entry = await record(
            session,
            ctx,
            AuditVerb.API_KEY_CREATED,
            Target(kind="api_key", name="k\0"),
            after={"key_hash": b"x", "token": "atr_1", "nested": {"password": "p"}, "list": [{"secret": 1}], "ok": "v"},
        )
        assert (await verify(session, ctx.tenant_id)).ok
    masked = {"key_hash": MASK, "token": MASK, "nested": {"password": MASK}, "list": [{"secret": MASK}], "ok": "v"}
    assert (entry.after, entry.actor_name, entry.target_name) == (masked, "Ada", "k")


async def test_a_rolled_back_act_leaves_no_entry_but_a_refusal_stays(db):
    ctx = make_context()
    with pytest.raises(RuntimeError):  # noqa: PT012 - the crash belongs to the block
        async with tenant_session(ctx) as session:
            await record(session, ctx, AuditVerb.CAMPAIGN_CREATED, CAMPAIGN)
            raise RuntimeError("the act failed")
    await record_refusal(ctx, AuditVerb.ACCESS_REFUSED, CAMPAIGN, reason="forbidden")
    async with tenant_session(ctx) as session:
        entries = (await list_entries(session, ctx)).items
    assert [(e.seq, e.verb, e.outcome, e.reason) for e in entries] == [(1, "access.refused", "refused", "forbidden")]


async def test_filters_and_pages(db):
    ctx = make_context()
    async with tenant_session(ctx) as session:
        for number in range(5):
            verb = AuditVerb.CAMPAIGN_CREATED if number % 2 else AuditVerb.CAMPAIGN_UPDATED
            await record(session, ctx, verb, CAMPAIGN, outcome="failure" if number == 3 else "success")
        first = await list_entries(session, ctx, LISTING.parse(limit=2))
        second = await list_entries(session, ctx, LISTING.parse(limit=2, cursor=first.next_cursor))
        created = await list_entries(session, ctx, LISTING.parse(filters=["verb:in:campaign.created"]))
        both = LISTING.parse(filters=["outcome:eq:failure", "actor_name:contains:AD"])
        failed = await list_entries(session, ctx, both)
        later = await list_entries(session, ctx, LISTING.parse(filters=["occurred_at:gt:2999-01-01T00:00:00Z"]))
    assert [[e.seq for e in page.items] for page in (first, second)] == [[5, 4], [3, 2]]
    assert [[e.seq for e in page.items] for page in (created, failed, later)] == [[4, 2], [4], []]


async def test_parallel_writers_leave_no_gap(committed_db):
    ctx = make_context()

    async def act() -> None:
        async with tenant_session(ctx) as session:
            await record(session, ctx, AuditVerb.SIGN_IN, Target(kind="account"))

    await asyncio.gather(*(act() for _ in range(30)))
    async with tenant_session(ctx) as session:
        report = await verify(session, ctx.tenant_id)
    assert (report.ok, report.entries, report.head_seq) == (True, 30, 30)


async def test_neither_role_of_the_app_can_change_or_delete_an_entry(committed_db):
    ctx = make_context()
    async with tenant_session(ctx) as session:
        await record(session, ctx, AuditVerb.SIGN_IN, Target(kind="account"))
    for url in (committed_db.direct_app, committed_db.direct_system):
        for statement in ("UPDATE audit_log SET verb = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
            with psycopg.connect(url) as connection:
                connection.execute("SELECT set_config('app.tenant_id', %s, false)", [str(ctx.tenant_id)])
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())


async def test_another_tenant_sees_nothing(db):
    ctx, other = make_context(), make_context()
    await record_refusal(ctx, AuditVerb.ACCESS_REFUSED, CAMPAIGN, reason="forbidden")
    async with tenant_session(other) as session:
        assert (await list_entries(session, other)).items == []
        assert (await list_entries(session, ctx)).items == []
