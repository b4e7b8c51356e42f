"""Which of the sessions behind open pages still may be: the question asked for all of them at once."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from enterprise_app.core.clock import now
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.identity import service
from enterprise_app.edge import Edge, SessionReader
from tests.domains.identity.world import PLATFORM, cookie, joined, registered, sign_in_form, signed_in, visitor
from tests.joined import JoinedSource

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADA, GRACE = "ada@acme.example", "grace@acme.example"
HOST = "acme.atrium.localhost:8000"


async def _reference(email: str) -> str:
    found = await Edge(cache_seconds=0).find_reference(await cookie(email, "acme"), HOST)
    assert found is not None
    return found


async def _ended(**hosts: str) -> set[str]:
    return await SessionReader(Edge()).list_ended(hosts)


async def test_a_live_session_is_good_on_its_own_host_only(db: JoinedSource) -> None:
    await registered("acme")
    await registered("globex")
    ada = await _reference(ADA)
    seen = sa.text("SELECT last_seen_at FROM sessions WHERE id = :id")
    before = (await db.connection.execute(seen, {"id": ada})).one()
    assert await _ended(**{ada: HOST}) == set()
    assert await _ended(**{ada: "globex.atrium.localhost"}) == {ada}
    assert await _ended(**{ada: PLATFORM}) == {ada}
    assert await _ended(**{str(UUID(int=5)): HOST}) == {str(UUID(int=5))}
    after = (await db.connection.execute(seen, {"id": ada})).one()
    assert before == after, "looking keeps no session alive"


async def test_revoked_and_expired_ones_have_ended(db: JoinedSource) -> None:
    await registered("acme")
    first, second, third = [await _reference(ADA) for _ in range(3)]
    await service.revoke_session(await signed_in(ADA, "acme"), UUID(first))
    expire = sa.text("UPDATE sessions SET expires_at = :at WHERE id = :id")
    await db.connection.execute(expire, {"at": now() - timedelta(seconds=1), "id": second})
    assert await _ended(**dict.fromkeys([first, second, third], HOST)) == {first, second}


@pytest.mark.parametrize("act", [service.remove_member, service.suspend_member])
async def test_who_is_removed_or_suspended_has_no_session_there(db: JoinedSource, act: object) -> None:
    await registered("acme")
    owner = await signed_in(ADA, "acme")
    await joined(owner, "acme", GRACE)
    ada, grace = await _reference(ADA), await _reference(GRACE)
    async with tenant_session(owner) as session:
        found = (await service.list_members(session, owner)).items
        member = next(one for one in found if one.email == GRACE)
        await act(session, owner, member.id, expected=member.version)  # pyright: ignore[reportCallIssue]
    assert await _ended(**dict.fromkeys([ada, grace], HOST)) == {grace}


async def test_on_the_platforms_host_no_membership_is_needed(db: JoinedSource) -> None:
    await registered("acme")
    done = await service.sign_in(visitor(), sign_in_form(ADA), host=PLATFORM)
    assert await _ended(**{str(done.session_id): PLATFORM}) == set()
