"""Proof of an e-mail: mailed at sign-up, good once and for a day, and no invitations before it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from enterprise_app.core.clock import now
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import RateLimited
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.errors import EmailUnverified, LinkExpired, LinkUnknown, LinkUsed
from enterprise_app.domains.identity.schemas import ApiKeyRequest
from enterprise_app.domains.identity.service import verification
from enterprise_app.domains.identity.service.verification import PER_HOUR
from enterprise_app.edge import Edge, SessionReader
from tests.domains.identity.world import (
    PASSWORD,
    PLATFORM,
    invited,
    joined,
    registered,
    sign_in_form,
    signed_in,
    visitor,
)
from tests.joined import JoinedSource

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADA, GRACE, EVE = "ada@acme.example", "grace@acme.example", "eve@acme.example"


@pytest.fixture(autouse=True)
def letters_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a mail server."""
    monkeypatch.setattr(verification, "is_verification_asked", lambda: True)
    monkeypatch.setattr(service, "is_verification_asked", lambda: True)


async def _asked(db: JoinedSource) -> int:
    """How many letters of the kind are to be mailed."""
    query = "SELECT count(*) FROM event_outbox WHERE kind = 'email.verification_requested'"
    return (await db.connection.execute(sa.text(query))).scalar_one()


async def _token(ctx: Context, locale: str = "en") -> str:
    assert ctx.actor.account_id is not None
    made = await service.make_verification_mail(ctx.actor.account_id, locale)
    assert made is not None
    return made[2].partition("/verify?token=")[2].split()[0]


async def _shown_unverified(ctx: Context) -> bool:
    return (await SessionReader(Edge(cache_seconds=0)).get_identity("", ctx)).unverified


async def test_an_unverified_owner_invites_nobody_until_the_link_was_opened(db: JoinedSource) -> None:
    await registered("acme")
    assert await _asked(db) == 1
    owner = await signed_in(ADA, "acme")
    assert await _shown_unverified(owner)
    with pytest.raises(EmailUnverified) as refused:
        await invited(owner, GRACE)
    assert (refused.value.status, refused.value.code) == (403, "email_unverified")
    assert await service.verify_email(visitor(), await _token(owner)) == ADA
    assert not await _shown_unverified(owner)
    await invited(owner, GRACE)
    audited = await db.connection.execute(sa.text("SELECT count(*) FROM audit_log WHERE verb = 'email.verified'"))
    assert audited.scalar_one() == 1


async def test_the_link_is_hashed_works_once_and_for_a_day(db: JoinedSource) -> None:
    await registered("acme")
    owner = await signed_in(ADA, "acme")
    first = await _token(owner)
    stored = await db.connection.execute(sa.text("SELECT one_time_links::text FROM one_time_links"))
    assert not any(first in row for row in stored.scalars())
    second = await _token(owner)
    with pytest.raises(LinkUsed):  # a later letter ends the earlier link
        await service.verify_email(visitor(), first)
    with pytest.raises(LinkUnknown):
        await service.reset_password(visitor(), second, PASSWORD)
    await db.connection.execute(
        sa.text("UPDATE one_time_links SET expires_at = :at WHERE used_at IS NULL AND purpose = 'verify_email'"),
        {"at": now() - timedelta(seconds=1)},
    )
    with pytest.raises(LinkExpired):
        await service.verify_email(visitor(), second)
    life = await db.connection.execute(
        sa.text("SELECT max(expires_at - created_at) FROM one_time_links WHERE purpose = 'verify_email'")
    )
    assert life.scalar_one() <= timedelta(hours=24)
    third = await _token(owner)
    await service.verify_email(visitor(), third)
    with pytest.raises(LinkUsed):
        await service.verify_email(visitor(), third)


async def test_a_letter_can_be_had_again_but_not_without_end(db: JoinedSource) -> None:
    await registered("acme")
    owner = await signed_in(ADA, "acme")
    for _ in range(PER_HOUR):
        assert await service.resend_verification(owner)
    with pytest.raises(RateLimited):
        await service.resend_verification(owner)
    assert await _asked(db) == 1 + PER_HOUR
    await service.verify_email(visitor(), await _token(owner))
    assert not await service.resend_verification(owner)
    assert owner.actor.account_id is not None
    assert await service.make_verification_mail(owner.actor.account_id, "en") is None


async def test_a_key_of_an_unverified_person_invites_nobody_either(db: JoinedSource) -> None:
    await registered("acme")
    owner = await signed_in(ADA, "acme")
    async with tenant_session(owner) as session:
        draft = ApiKeyRequest(name="Script", permissions=[Permission.MEMBERS_INVITE])
        key = (await service.create_api_key(session, owner, draft)).key
    caller = await Edge(cache_seconds=0).from_request({"x-api-key": key}, "acme.atrium.localhost")
    assert caller.actor.kind is ActorKind.API_KEY
    with pytest.raises(EmailUnverified):
        await invited(caller, GRACE)


async def test_a_mailed_invitation_is_proof_and_a_copied_link_is_not(db: JoinedSource) -> None:
    await registered("acme")
    owner = await signed_in(ADA, "acme")
    await service.verify_email(visitor(), await _token(owner))
    copied = await joined(owner, "acme", GRACE, "admin")
    assert await _shown_unverified(copied)
    assert await _asked(db) == 2
    await invited(owner, EVE, "admin")
    async with tenant_session(owner) as session:
        row = next(i for i in (await service.list_invitations(session, owner)).items if i.email == EVE)
        made = await service.make_invitation_mail(session, owner, row.id, "en")
    assert made is not None
    token, host = made[2].partition("token=")[2].split()[0], service.tenant_host("acme")
    await service.accept_invitation(visitor(), token, host=host, name="Eve", password=PASSWORD)
    assert not await _shown_unverified(await signed_in(EVE, "acme"))
    assert await _asked(db) == 2


async def test_whoever_claims_the_platform_needs_no_letter(db: JoinedSource) -> None:
    await registered("acme")
    link = await service.issue_operator_link("http://atrium.localhost:8000")
    assert link is not None
    token = link.partition("token=")[2]
    await service.create_operator(visitor(), token, name="Ada", email=ADA, password=PASSWORD, host=PLATFORM)
    assert not await _shown_unverified(await signed_in_operator())


async def signed_in_operator() -> Context:
    """Ada on the platform's host."""
    done = await service.sign_in(visitor(), sign_in_form(ADA), host=PLATFORM)
    return await Edge(cache_seconds=0).from_session(host=PLATFORM, cookie=done.secret.get_secret_value())


async def test_where_no_letter_can_arrive_nobody_is_asked(db: JoinedSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "is_verification_asked", lambda: False)
    monkeypatch.setattr(service, "is_verification_asked", lambda: False)
    await registered("acme")
    owner = await signed_in(ADA, "acme")
    assert (await _asked(db), await _shown_unverified(owner)) == (0, False)
    await invited(owner, GRACE)
