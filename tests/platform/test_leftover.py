"""The tests' own house: what one leaves running does not reach the next one's transaction."""

import asyncio
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics.service import own, telling
from tests.factories import make_context
from tests.joined import JoinedSource
from tests.leftover import nothing_left_over

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_tasks_that_were_begun_are_ended(db: JoinedSource) -> None:
    tenants = [uuid4() for _ in range(5)]
    async with nothing_left_over():
        for tenant_id in tenants:
            telling._pending[tenant_id] = asyncio.create_task(telling._tell_later(tenant_id))
        await asyncio.sleep(0)
    assert not telling._pending.keys() & set(tenants)
    await asyncio.sleep(telling.PAUSE + 0.1)
    assert not telling._last.keys() & set(tenants), "they did not go on"


async def test_one_that_was_in_a_session_leaves_the_connection_as_it_was(db: JoinedSource) -> None:
    async def busy() -> None:
        async with tenant_session(make_context()):
            await asyncio.sleep(10)

    async with nothing_left_over():
        asyncio.create_task(busy())  # noqa: RUF006
        await asyncio.sleep(0.05)
    role = await db.connection.execute(sa.text("SELECT current_user = session_user, count(*) FROM accounts"))
    assert tuple(role.one()) == (True, 0)


async def test_what_waits_for_a_timer_is_forgotten(db: JoinedSource) -> None:
    async with nothing_left_over():
        own.note_call(UUID(int=1), "GET", "/api/v1/flags", 200, 0.1)
    assert not own._calls


async def test_what_ran_before_goes_on() -> None:
    going = asyncio.create_task(asyncio.sleep(0.2))
    async with nothing_left_over():
        pass
    await going
    assert not going.cancelled()
