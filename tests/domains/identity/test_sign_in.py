"""Signing in, going between hosts, signing out, forgotten passwords."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import Invalid, RateLimited
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.errors import (
    CredentialDisabled,
    CredentialExpired,
    CredentialUnknown,
    LinkExpired,
    LinkUnknown,
    LinkUsed,
    NotAMember,
    SignInFailed,
    SignInLocked,
)
from enterprise_app.edge import Edge
from tests.domains.identity.world import (
    PASSWORD,
    PLATFORM,
    cookie,
    draft,
    location_of,
    registered,
    sign_in_form,
    signed_in,
    take_over,
    visitor,
    visitor_of,
)
from tests.joined import JoinedSource

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADA = "ada@acme.example"
WRONG = SecretStr("not the password")


async def value(db: JoinedSource, query: str, **values: object) -> object:
    return (await db.connection.execute(sa.text(query), values)).scalar_one()


async def test_sign_in_leads_from_the_platform_to_the_tenant(db: JoinedSource) -> None:
    await registered("acme")
    done = await service.sign_in(visitor(), sign_in_form(ADA, onward="/campaigns"), host=PLATFORM)
    assert done.location.startswith("http://acme.atrium.localhost:8000/auth/handoff?code=")
    assert "next=%2Fcampaigns" in done.location
    assert (await signed_in(ADA, "acme")).actor.name == "Ada"


async def test_the_secret_is_stored_hashed_only(db: JoinedSource) -> None:
    await registered("acme")
    secret = await cookie(ADA, "acme")
    rows = (await db.connection.execute(sa.text("SELECT sessions::text FROM sessions"))).scalars().all()
    assert rows
    assert all(secret not in row for row in rows)


async def test_wrong_password_and_unknown_email_answer_alike_and_are_audited(db: JoinedSource) -> None:
    await registered("acme")
    for email in (ADA, "nobody@acme.example"):
        with pytest.raises(SignInFailed):
            await service.sign_in(visitor(), sign_in_form(email, WRONG), host=PLATFORM)
    query = "SELECT count(*) FROM audit_log WHERE verb = 'sign_in' AND outcome = 'failure'"
    assert await value(db, query) == 2


async def test_sign_in_locks_and_says_how_long(db: JoinedSource) -> None:
    await registered("acme")
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await service.sign_in(visitor(ip="192.0.2.1"), sign_in_form(ADA, WRONG), host=PLATFORM)
    with pytest.raises(SignInLocked) as refused:
        await service.sign_in(visitor(ip="192.0.2.1"), sign_in_form(ADA), host=PLATFORM)
    assert 1 <= refused.value.params["retry_after"] <= 5
    await service.sign_in(visitor(ip="192.0.2.2"), sign_in_form(ADA), host=PLATFORM)


async def test_parallel_guesses_are_counted(committed_db: DatabaseUrls) -> None:
    await registered("acme")
    guesses = (service.sign_in(visitor(ip="192.0.2.1"), sign_in_form(ADA, WRONG), host=PLATFORM) for _ in range(20))
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(r, SignInFailed) for r in results) == 5
    assert sum(isinstance(r, SignInLocked) for r in results) == 15


async def test_a_cookie_is_worth_nothing_on_another_host(db: JoinedSource) -> None:
    await registered("acme")
    await registered("umbrella", email=ADA)
    secret = await cookie(ADA, "acme")
    edge = Edge(cache_seconds=0)
    for host in ("umbrella.atrium.localhost:8000", PLATFORM, "localhost", "evil.example"):
        with pytest.raises(CredentialUnknown):
            await edge.from_session(host=host, cookie=secret)
        assert await edge.find_reference(secret, host) is None


async def test_the_reference_is_no_cookie(db: JoinedSource) -> None:
    await registered("acme")
    secret, edge = await cookie(ADA, "acme"), Edge(cache_seconds=0)
    host = "acme.atrium.localhost:8000"
    reference = await edge.find_reference(secret, host)
    assert reference
    assert reference != secret
    assert (await edge.from_session(host=host, reference=reference)).actor.name == "Ada"
    with pytest.raises(CredentialUnknown):
        await edge.from_session(host=host, cookie=reference)


async def test_a_hand_over_works_once_on_its_host(db: JoinedSource) -> None:
    await registered("acme")
    await registered("umbrella", email=ADA)
    ctx = await signed_in(ADA, "acme")
    _, code = location_of(await service.switch_tenant(ctx, "umbrella"))
    with pytest.raises(LinkUnknown):
        await take_over("acme", code)
    await take_over("umbrella", code)
    with pytest.raises(LinkUsed):
        await take_over("umbrella", code)
    with pytest.raises(NotAMember):
        await service.switch_tenant(ctx, "initech")


async def test_a_hand_over_expires(db: JoinedSource) -> None:
    await registered("acme")
    done = await service.sign_in(visitor(), sign_in_form(ADA), host=PLATFORM)
    await db.connection.execute(sa.text("UPDATE one_time_links SET expires_at = now() - interval '1 second'"))
    with pytest.raises(LinkExpired):
        await take_over("acme", location_of(done.location)[1])


async def test_only_one_of_two_parallel_hand_overs(committed_db: DatabaseUrls) -> None:
    await registered("acme")
    done = await service.sign_in(visitor(), sign_in_form(ADA), host=PLATFORM)
    code = location_of(done.location)[1]
    results = await asyncio.gather(*(take_over("acme", code) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(r, str) for r in results) == 1
    assert sum(isinstance(r, LinkUsed) for r in results) == 4


async def test_strangers_are_not_let_into_a_tenant(db: JoinedSource) -> None:
    await registered("acme")
    await registered("umbrella")
    with pytest.raises(NotAMember):
        await service.sign_in(await visitor_of("umbrella"), sign_in_form(ADA), host="umbrella.atrium.localhost")


async def test_devices_are_listed_and_revoked(db: JoinedSource) -> None:
    await registered("acme")
    first, second = await cookie(ADA, "acme"), await cookie(ADA, "acme")
    edge, host = Edge(cache_seconds=0), "acme.atrium.localhost"
    ctx = await edge.from_session(host=host, cookie=first)
    current = await service.find_session_id(first, host=host)
    listed = await service.list_sessions(ctx, current=current)
    assert [s.device for s in listed if s.current] == ["Firefox, Linux"]
    other = await service.find_session_id(second, host=host)
    assert other is not None
    await service.revoke_session(ctx, other)
    with pytest.raises(CredentialDisabled):
        await edge.from_session(host=host, cookie=second)
    assert await service.sign_out_everywhere(ctx, keep=current) >= 1
    await edge.from_session(host=host, cookie=first)
    await service.sign_out(ctx, first, host=host)
    with pytest.raises(CredentialDisabled):
        await edge.from_session(host=host, cookie=first)


async def test_sessions_end_after_14_idle_and_90_days(db: JoinedSource) -> None:
    await registered("acme")
    secret, edge, host = await cookie(ADA, "acme"), Edge(cache_seconds=0), "acme.atrium.localhost"
    aged = "UPDATE sessions SET created_at = now() - :age, last_seen_at = now() - interval '1 hour'"
    await db.connection.execute(sa.text(aged), {"age": timedelta(days=89)})
    await edge.from_session(host=host, cookie=secret)
    left = await value(db, "SELECT max(expires_at - now()) FROM sessions WHERE host LIKE 'acme%'")
    assert timedelta(hours=23) < left < timedelta(days=1, minutes=1)  # pyright: ignore
    await db.connection.execute(sa.text("UPDATE sessions SET expires_at = now() - interval '1 second'"))
    with pytest.raises(CredentialExpired):
        await edge.from_session(host=host, cookie=secret)


async def reset_token(db: JoinedSource) -> str:
    await service.request_password_reset(visitor(), ADA)
    account = await value(db, "SELECT id FROM accounts WHERE email = :e", e=ADA)
    mail = await service.make_reset_mail(account, "en")  # pyright: ignore
    assert mail is not None
    assert mail[0] == ADA
    return mail[2].partition("token=")[2].split()[0]


async def test_a_reset_works_once_and_ends_all_sessions(db: JoinedSource) -> None:
    await registered("acme")
    secret, token = await cookie(ADA, "acme"), await reset_token(db)
    with pytest.raises(Invalid):
        await service.reset_password(visitor(), token, SecretStr("short"))
    await service.reset_password(visitor(), token, SecretStr("a brand new phrase"))
    with pytest.raises(LinkUsed):
        await service.reset_password(visitor(), token, SecretStr("a third new phrase"))
    with pytest.raises(CredentialDisabled):
        await Edge(cache_seconds=0).from_session(host="acme.atrium.localhost", cookie=secret)
    with pytest.raises(SignInFailed):
        await service.sign_in(visitor(), sign_in_form(ADA), host=PLATFORM)
    await service.sign_in(visitor(), sign_in_form(ADA, SecretStr("a brand new phrase")), host=PLATFORM)


async def test_a_newer_reset_link_ends_the_older(db: JoinedSource) -> None:
    await registered("acme")
    older = await reset_token(db)
    await reset_token(db)
    with pytest.raises(LinkUsed):
        await service.reset_password(visitor(), older, SecretStr("a brand new phrase"))


async def test_no_secret_in_the_reset_event_and_nothing_for_strangers(db: JoinedSource) -> None:
    await registered("acme")
    await service.request_password_reset(visitor(), "nobody@acme.example")
    query = "SELECT count(*) FROM event_outbox WHERE kind = 'password.reset_requested'"
    assert await value(db, query) == 0
    await reset_token(db)
    payload = await value(db, "SELECT payload::text FROM event_outbox WHERE kind = 'password.reset_requested'")
    assert payload == '{"locale": "en"}'


async def test_changing_the_password_needs_the_current_one(db: JoinedSource) -> None:
    await registered("acme")
    secret, edge, host = await cookie(ADA, "acme"), Edge(cache_seconds=0), "acme.atrium.localhost"
    other = await cookie(ADA, "acme")
    ctx = await edge.from_session(host=host, cookie=secret)
    with pytest.raises(Invalid):
        await service.change_password(ctx, current=WRONG, new=SecretStr("a brand new phrase"))
    keep = await service.find_session_id(secret, host=host)
    await service.change_password(ctx, current=PASSWORD, new=SecretStr("a brand new phrase"), keep=keep)
    await edge.from_session(host=host, cookie=secret)
    with pytest.raises(CredentialDisabled):
        await edge.from_session(host=host, cookie=other)


async def test_a_borrowed_session_is_no_way_to_guess_the_password(db: JoinedSource) -> None:
    await registered("acme")
    ctx = await signed_in(ADA, "acme")
    for _ in range(5):
        with pytest.raises(Invalid):
            await service.change_password(ctx, current=WRONG, new=SecretStr("a brand new phrase"))
    with pytest.raises(SignInLocked):
        await service.change_password(ctx, current=PASSWORD, new=SecretStr("a brand new phrase"))


async def test_registrations_of_one_address_are_limited(db: JoinedSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enterprise_app.domains.identity.service.registration.PER_HOUR", 1)
    stranger = visitor(ip="203.0.113.77")
    await service.register_tenant(stranger, draft("first"))
    with pytest.raises(RateLimited):
        await service.register_tenant(stranger, draft("second"))
    await service.register_tenant(visitor(ip="127.0.0.1"), draft("third"))


async def test_the_operator_link_works_once(db: JoinedSource) -> None:
    link = await service.issue_operator_link("http://atrium.localhost:8000", only_first=True)
    assert link is not None
    token = link.partition("token=")[2]
    done = await service.create_operator(
        visitor(), token, name="Op", email="op@example.com", password=PASSWORD, host=PLATFORM
    )
    ctx = await Edge(cache_seconds=0).from_session(host=PLATFORM, cookie=done.secret.get_secret_value())
    assert ctx.actor.kind == "operator"
    assert await service.issue_operator_link("http://atrium.localhost:8000", only_first=True) is None
    with pytest.raises(LinkUsed):
        await service.create_operator(
            visitor(), token, name="Op", email="op2@example.com", password=PASSWORD, host=PLATFORM
        )
