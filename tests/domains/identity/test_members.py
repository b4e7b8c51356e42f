"""Members, invitations and keys; the races run on real parallel connections."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from enterprise_app.core import mail
from enterprise_app.core.clock import now
from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import (
    AtriumError,
    Forbidden,
    Invalid,
    NotFound,
    QuotaExceeded,
    RateLimited,
    VersionConflict,
)
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.errors import (
    AlreadyInvited,
    AlreadyMember,
    InvitationExpired,
    InvitationForeign,
    InvitationRevoked,
    InvitationUnknown,
    InvitationUsed,
    LastOwner,
    RoleNotGrantable,
)
from enterprise_app.domains.identity.schemas import ApiKeyRequest
from enterprise_app.domains.metering import service as metering
from tests.domains.identity.world import PASSWORD, invited, joined, registered, signed_in, visitor, visitor_of
from tests.joined import JoinedSource

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADA = "ada@acme.example"
GRACE = "grace@acme.example"


async def owner_of(slug: str = "acme") -> Context:
    await registered(slug)
    return await signed_in(f"ada@{slug}.example", slug)


async def accept(token: str, *, name: str = "Grace", slug: str = "acme"):
    host = service.tenant_host(slug)
    return await service.accept_invitation(await visitor_of(slug), token, host=host, name=name, password=PASSWORD)


async def test_a_colleague_joins_once(db: JoinedSource) -> None:
    owner = await owner_of()
    token = await invited(owner, GRACE)
    seen = await service.preview_invitation(visitor(), token)
    assert (seen.tenant_name, seen.role, seen.has_account) == ("Acme", Role.MEMBER, False)
    await accept(token)
    with pytest.raises(InvitationUsed):
        await accept(token)
    grace = await signed_in(GRACE, "acme")
    assert Permission.MEMBERS_INVITE not in grace.permissions


async def test_bad_invitations_are_told_apart(db: JoinedSource) -> None:
    owner = await owner_of()
    with pytest.raises(InvitationUnknown):
        await accept("no such token")
    revoked = await invited(owner, "one@acme.example")
    async with tenant_session(owner) as session:
        page = await service.list_invitations(session, owner)
        await service.revoke_invitation(session, owner, page.items[0].id)
    with pytest.raises(InvitationRevoked):
        await accept(revoked)
    expired = await invited(owner, "two@acme.example")
    await db.connection.execute(sa.text("UPDATE invitations SET expires_at = now() - interval '1 second'"))
    with pytest.raises(InvitationExpired):
        await accept(expired)
    assert await invited(owner, "two@acme.example") != expired


async def test_an_invitation_is_for_its_e_mail(db: JoinedSource) -> None:
    owner = await owner_of()
    await registered("umbrella")
    stranger = await signed_in("ada@umbrella.example", "umbrella")
    token = await invited(owner, GRACE)
    with pytest.raises(InvitationForeign):
        await service.accept_invitation(stranger, token, host="umbrella.atrium.localhost")
    theirs = await invited(owner, "ada@umbrella.example")
    done = await service.accept_invitation(stranger, theirs, host="umbrella.atrium.localhost")
    assert done.location.startswith("http://acme.atrium.localhost:8000/auth/handoff")


async def test_who_may_invite_whom(db: JoinedSource) -> None:
    owner = await owner_of()
    admin = await joined(owner, "acme", "admin@acme.example", "admin")
    manager = await joined(owner, "acme", "manager@acme.example", "manager")
    member = await joined(owner, "acme", GRACE)
    for actor, role in ((admin, "owner"), (manager, "admin"), (manager, "owner")):
        with pytest.raises(RoleNotGrantable):
            await invited(actor, "x@acme.example", role)
    with pytest.raises(Forbidden):
        await invited(member, "x@acme.example")
    with pytest.raises(Invalid) as refused:
        await invited(owner, "x@acme.example", "emperor")
    assert refused.value.problems[0].code == "role_unknown"
    await invited(manager, "x@acme.example", "manager")
    with pytest.raises(AlreadyInvited):
        await invited(owner, "X@acme.example")
    with pytest.raises(AlreadyMember):
        await invited(owner, GRACE)


async def test_the_mail_has_a_link_of_its_own_and_no_event_has_one(db: JoinedSource) -> None:
    owner = await owner_of()
    await invited(owner, GRACE)
    async with tenant_session(owner) as session:
        row = (await service.list_invitations(session, owner)).items[0]
        made = await service.make_invitation_mail(session, owner, row.id, "en")
    assert made is not None
    to, subject, text = made
    mail.Mail(to=to, subject=subject, text=text)
    await accept(text.partition("token=")[2].split()[0])
    payload = await db.connection.execute(
        sa.text("SELECT payload::text FROM event_outbox WHERE kind = 'member.invited'")
    )
    assert "token" not in payload.scalar_one()
    verified = await db.connection.execute(
        sa.text("SELECT email_verified_at FROM accounts WHERE email = :e"), {"e": GRACE}
    )
    assert verified.scalar_one() is not None


async def test_an_invited_account_keeps_its_password(db: JoinedSource) -> None:
    """Whoever holds the link but not the password takes no account over."""
    owner = await owner_of()
    await registered("umbrella")
    token = await invited(owner, "ada@umbrella.example")
    with pytest.raises(AtriumError) as refused:
        await service.accept_invitation(
            visitor(), token, host="acme.atrium.localhost", name="Eve", password=SecretStr("eve's own password")
        )
    assert refused.value.code == "sign_in_failed"


async def test_the_members_of_the_plan_are_exact_in_a_race(committed_db: DatabaseUrls) -> None:
    owner = await owner_of()
    async with tenant_session(owner) as session:
        await session.execute(sa.text("UPDATE usage_counters SET used = 48 WHERE resource = 'members'"))
    tokens = [await invited(owner, f"m{i}@acme.example") for i in range(6)]
    results = await asyncio.gather(*(accept(t) for t in tokens), return_exceptions=True)
    refused = [r for r in results if isinstance(r, QuotaExceeded)]
    assert len(refused) == 4, results
    assert refused[0].params["granted"] == 50
    async with tenant_session(owner) as session:
        assert len((await service.list_members(session, owner)).items) == 3


async def test_one_link_lets_one_in_under_a_race(committed_db: DatabaseUrls) -> None:
    owner = await owner_of()
    token = await invited(owner, GRACE)
    results = await asyncio.gather(*(accept(token) for _ in range(4)), return_exceptions=True)
    assert sum(not isinstance(r, Exception) for r in results) == 1, results
    assert all(isinstance(r, AtriumError) for r in results if isinstance(r, Exception)), results


async def test_two_owners_cannot_demote_each_other_at_once(committed_db: DatabaseUrls) -> None:
    ada = await owner_of()
    grace = await joined(ada, "acme", GRACE, "owner")
    for act in ("demote", "suspend", "remove"):
        results = await asyncio.gather(_strip(act, ada, grace), _strip(act, grace, ada), return_exceptions=True)
        assert sum(r is None for r in results) == 1, (act, results)
        assert sum(isinstance(r, LastOwner | RoleNotGrantable) for r in results) == 1, (act, results)
        async with tenant_session(ada) as session:
            owners = "SELECT count(*) FROM members WHERE role = 'owner' AND status = 'active'"
            assert (await session.execute(sa.text(owners))).scalar_one() == 1
            await session.execute(sa.text("UPDATE members SET role = 'owner', status = 'active'"))


async def _strip(act: str, actor: Context, other: Context) -> None:
    assert other.actor.id is not None
    async with tenant_session(actor) as session:
        version = (await service.get_member(session, actor, other.actor.id)).version
        await asyncio.sleep(0.05)
        match act:
            case "demote":
                await service.change_role(session, actor, other.actor.id, "member", expected=version)
            case "suspend":
                await service.suspend_member(session, actor, other.actor.id, expected=version)
            case _:
                await service.remove_member(session, actor, other.actor.id)


async def test_removing_and_joining_lock_in_one_order(committed_db: DatabaseUrls) -> None:
    """Whoever joins holds the seats and then wants the member's row: a removal must not hold that row meanwhile."""
    owner = await owner_of()
    grace = await joined(owner, "acme", GRACE)

    async def remove() -> None:
        async with tenant_session(owner) as session:
            assert grace.actor.id is not None
            await service.remove_member(session, owner, grace.actor.id)

    async with tenant_session(owner) as session:
        await metering.reserve(session, owner, Limit.MEMBERS)
        removal = asyncio.create_task(remove())
        await asyncio.sleep(0.3)
        await session.execute(sa.text("SELECT 1 FROM members FOR UPDATE NOWAIT"))
    await removal


async def test_one_invitation_does_not_flood_a_mailbox(db: JoinedSource) -> None:
    owner = await owner_of()
    await invited(owner, GRACE)
    async with tenant_session(owner) as session:
        row = (await service.list_invitations(session, owner)).items[0]
        for _ in range(5):
            await service.resend_invitation(session, owner, row.id)
        with pytest.raises(RateLimited):
            await service.resend_invitation(session, owner, row.id)


async def test_a_key_has_no_sessions_to_end(db: JoinedSource) -> None:
    key = replace(await owner_of(), actor=Actor(ActorKind.API_KEY, new_id(), "Import"))
    with pytest.raises(NotFound):
        await service.sign_out_everywhere(key)


async def test_the_last_owner_stays(db: JoinedSource) -> None:
    owner = await owner_of()
    assert owner.actor.id is not None
    async with tenant_session(owner) as session:
        with pytest.raises(LastOwner):
            await service.change_role(session, owner, owner.actor.id, "admin", expected=1)
    async with tenant_session(owner) as session:
        with pytest.raises(LastOwner):
            await service.remove_member(session, owner, owner.actor.id)


async def test_changes_take_the_version_and_other_tenants_see_nothing(db: JoinedSource) -> None:
    owner = await owner_of()
    grace = await joined(owner, "acme", GRACE)
    assert grace.actor.id is not None
    await registered("umbrella")
    stranger = await signed_in("ada@umbrella.example", "umbrella")
    async with tenant_session(stranger) as session:
        with pytest.raises(NotFound):
            await service.change_role(session, stranger, grace.actor.id, "admin", expected=1)
    async with tenant_session(owner) as session:
        with pytest.raises(VersionConflict):
            await service.change_role(session, owner, grace.actor.id, "manager", expected=7)
    async with tenant_session(owner) as session:
        assert (await service.change_role(session, owner, grace.actor.id, "manager", expected=1)).version == 2


async def test_removed_members_come_back_as_themselves(db: JoinedSource) -> None:
    owner = await owner_of()
    grace = await joined(owner, "acme", GRACE, "manager")
    assert grace.actor.id is not None
    async with tenant_session(owner) as session:
        await service.remove_member(session, owner, grace.actor.id)
    async with tenant_session(owner) as session:
        with pytest.raises(NotFound):
            await service.get_member(session, owner, grace.actor.id)
    again = await joined(owner, "acme", GRACE, "member")
    assert again.actor.id == grace.actor.id
    used = await db.connection.execute(sa.text("SELECT used FROM usage_counters WHERE resource = 'members'"))
    assert used.scalar_one() == 2


async def test_ten_thousand_members_are_quick(db: JoinedSource) -> None:
    owner = await owner_of()
    fill = """
        WITH made AS (INSERT INTO accounts (id, email, name, password_hash)
          SELECT gen_random_uuid(), 'p' || i || '@x.example', 'Person ' || i, '-' FROM generate_series(1, 10000) i
          RETURNING id, email, name)
        INSERT INTO members (tenant_id, id, account_id, email, name, name_key, role)
        SELECT :tenant, gen_random_uuid(), id, email, name, lower(name), 'member' FROM made
    """
    await db.connection.execute(sa.text(fill), {"tenant": owner.tenant_id})
    for words in ({}, {"q": "person 77"}, {"sort": "-email"}, {"filters": ["role:eq:owner"]}):
        started = time.perf_counter()
        async with tenant_session(owner) as session:
            page = await service.list_members(session, owner, service.MEMBERS.parse(**words), count=True)  # pyright: ignore
        assert time.perf_counter() - started < 0.3, words
        assert page.items
        assert page.total
    async with tenant_session(owner) as session:
        first = await service.list_members(session, owner, service.MEMBERS.parse(q="p77@"))
    assert [m.email for m in first.items] == ["p77@x.example"]


async def test_keys_are_shown_once_and_bounded_by_their_maker(db: JoinedSource) -> None:
    owner = await owner_of()
    async with tenant_session(owner) as session:
        wanted = ApiKeyRequest(name="Import", permissions=["campaigns:read"], expires_at=now() + timedelta(days=1))
        made = await service.create_api_key(session, owner, wanted)
    assert made.key.startswith("atr_")
    assert made.key.endswith(made.last4)
    rows = (await db.connection.execute(sa.text("SELECT api_keys::text FROM api_keys"))).scalars().all()
    assert all(made.key not in row for row in rows)
    for bad in (
        ApiKeyRequest(name="x", permissions=["no:such"]),
        ApiKeyRequest(name="x", expires_at=now() - timedelta(days=1)),
        ApiKeyRequest(name="\r\nx" * 3),
        ApiKeyRequest(name="x" * 300),
    ):
        async with tenant_session(owner) as session:
            with pytest.raises(Invalid):
                await service.create_api_key(session, owner, bad)
    narrow = replace(owner, permissions=frozenset({Permission.API_KEYS_MANAGE}))
    async with tenant_session(narrow) as session:
        with pytest.raises(Forbidden):
            await service.create_api_key(session, narrow, ApiKeyRequest(name="x", permissions=["campaigns:read"]))
    async with tenant_session(owner) as session:
        with pytest.raises(NotFound):
            await service.revoke_api_key(session, owner, new_id())
