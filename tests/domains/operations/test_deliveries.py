"""Deliveries that gave up: seen by the operator only, and sent again with an entry in the audit trail."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, Forbidden, NotFound
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import OPERATOR_PERMISSIONS
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.operations import service
from tests.domains.identity.world import invited, registered, signed_in
from tests.factories import make_context
from tests.joined import JoinedSource

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _operator() -> Context:
    actor = Actor(ActorKind.OPERATOR, id=new_id(), name="Olga")
    return replace(make_context(PLATFORM_TENANT_ID), actor=actor, permissions=OPERATOR_PERMISSIONS)


async def _replays(operator: Context) -> int:
    async with tenant_session(operator) as session:
        entries = (await audit.list_entries(session, operator)).items
    return sum(entry.verb == AuditVerb.DELIVERY_REPLAYED for entry in entries)


@pytest.fixture
async def dead(db: JoinedSource) -> None:
    """A mail that could not be delivered."""
    await registered("acme")
    await invited(await signed_in("ada@acme.example", "acme"), "grace@acme.example")
    async with db.system() as session:
        await session.execute(sa.text("UPDATE event_deliveries SET state = 'dead', error = 'boom', attempts = 9"))


async def test_what_gave_up_is_seen_and_sent_again(dead: None):
    operator = _operator()
    failed = await service.list_failed_deliveries(operator)
    assert {row.error for row in failed} == {"boom"}
    assert (await service.get_backlog(operator)).dead == len(failed)
    await service.replay_delivery(operator, failed[0].id)
    assert len(await service.list_failed_deliveries(operator)) == len(failed) - 1
    assert (await service.get_backlog(operator)).pending == 1
    assert await _replays(operator) == 1


async def test_a_refused_replay_leaves_no_entry(dead: None):
    operator = _operator()
    failed = await service.list_failed_deliveries(operator)
    await service.replay_delivery(operator, failed[0].id)
    with pytest.raises(Conflict):
        await service.replay_delivery(operator, failed[0].id)
    with pytest.raises(NotFound):
        await service.replay_delivery(operator, new_id())
    assert await _replays(operator) == 1


async def test_owners_have_no_business_here(db: JoinedSource):
    owner = make_context()
    for attempt in (
        service.list_failed_deliveries(owner),
        service.get_backlog(owner),
        service.get_waiting_events(owner),
        service.replay_delivery(owner, new_id()),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_what_waits_to_be_stored_is_one_number_over_all_tenants(db: JoinedSource):
    operator = _operator()
    assert (await service.get_waiting_events(operator)).messages == 0
    add = sa.text(
        "INSERT INTO analytics_backlog (tenant_id, id, source_id, received_at, messages, bytes, body) "
        "VALUES (:tenant, gen_random_uuid(), gen_random_uuid(), :at, :messages, 1, 'x')"
    )
    since = now() - timedelta(minutes=1)
    async with db.system() as session:
        for slug, messages, at in (("acme", 300, since), ("globex", 12_000, now())):
            tenant = await session.execute(sa.text("SELECT id FROM tenants WHERE slug = :slug"), {"slug": slug})
            if (found := tenant.scalar()) is None:
                await registered(slug)
                found = (await session.execute(sa.text("SELECT id FROM tenants WHERE slug = :s"), {"s": slug})).scalar()
            await session.execute(add, {"tenant": found, "at": at, "messages": messages})
    waiting = await service.get_waiting_events(operator)
    assert (waiting.messages, waiting.since) == (12_300, since)
