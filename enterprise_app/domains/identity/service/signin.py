"""Signing in with e-mail and password, and going from one host to another without doing so again."""

from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db import system_session
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.audit.vocabulary import Outcome

from ..errors import NotAMember, SignInFailed
from ..models import Account
from ..rules.emails import clean_email
from ..rules.redirects import safe_next
from ..schemas import SignedIn, SignIn
from .accounts import find_account
from .attempts import begin_attempt, end_attempt
from .hosts import is_platform_host, platform_url, tenant_host, tenant_url
from .links import Purpose, make_link, use_link
from .memberships import Membership, choose_membership, find_membership, list_memberships
from .passwords import hash_password, needs_rehash, verify_password
from .sessions import open_session


async def sign_in(ctx: Context, wanted: SignIn, *, host: str) -> SignedIn:
    """A session on `host`; `location` leads on, from the platform's host to the tenant's by a hand-over.

    Raises SignInFailed, SignInLocked (retry_after), NotAMember on a tenant's host.
    """
    account = await authenticate(ctx, wanted.email, wanted.password)
    async with system_session("sign in") as session:
        member = await _member_here(session, ctx, account, host)
        location = await _location(session, account, host, safe_next(wanted.next))
        signed_in = await open_session(session, ctx, account.id, host, location=location)
        await audit.record(session, acting(ctx, account, member), AuditVerb.SIGN_IN, account_target(account))
    return signed_in


async def authenticate(ctx: Context, email: str, password: SecretStr) -> Account:
    """The account of that e-mail and password. Same work and same answer for unknown e-mails; failures are audited."""
    address = clean_email(email)
    async with system_session("begin sign-in") as session:
        attempt = await begin_attempt(session, address, ctx.ip)
        account = await find_account(session, address)
    right = await verify_password(account.password_hash if account else None, password.get_secret_value())
    rehashed = None
    if right and account and needs_rehash(account.password_hash):
        rehashed = await hash_password(password.get_secret_value())
    async with system_session("end sign-in") as session:
        await end_attempt(session, attempt, right)
        if rehashed and account:
            same = (col(Account.id) == account.id, col(Account.password_hash) == account.password_hash)
            await session.execute(sa.update(Account).where(*same).values(password_hash=rehashed))
        if not right:
            target = Target(kind="account", id=account.id if account else None, name=address)
            await audit.record(session, ctx, AuditVerb.SIGN_IN, target, outcome=Outcome.FAILURE, reason="password")
    if account is None or not right:
        raise SignInFailed
    return account


async def switch_tenant(ctx: Context, slug: str, *, onward: str = "/") -> str:
    """The address that carries the caller's sign-in to another of their tenants. Raises NotAMember."""
    ctx.require(Permission.SELF_MANAGE)
    if ctx.actor.account_id is None:
        raise NotAMember(tenant=slug)
    async with system_session("switch tenant") as session:
        memberships = await list_memberships(session, ctx.actor.account_id)
        chosen = next_to(memberships, slug)
        return await hand_over(session, ctx.actor.account_id, chosen, safe_next(onward))


async def hand_over(session: AsyncSession, account_id: UUID, chosen: Membership, onward: str = "/") -> str:
    """The address on the tenant's host that signs the account in there: once, within 30 seconds."""
    code = await make_link(session, Purpose.HAND_OVER, account_id=account_id, host=tenant_host(chosen.slug))
    last = sa.update(Account).where(col(Account.id) == account_id).values(last_tenant_id=chosen.tenant_id)
    await session.execute(last)
    return tenant_url(chosen.slug, "/auth/handoff?" + _query(code, onward))


async def accept_hand_over(ctx: Context, code: str, *, host: str, onward: str = "/") -> SignedIn:
    """A session on this host for a code made for it. Raises LinkUnknown, LinkUsed, LinkExpired, NotAMember."""
    async with system_session("accept hand-over") as session:
        link = await use_link(session, Purpose.HAND_OVER, code, host=host)
        account = await session.get_one(Account, link.account_id)
        member = await _member_here(session, ctx, account, host)
        signed_in = await open_session(session, ctx, account.id, host, location=safe_next(onward))
        await audit.record(session, acting(ctx, account, member), AuditVerb.SIGN_IN, account_target(account))
    return signed_in


def next_to(memberships: list[Membership], slug: str) -> Membership:
    """The membership in that tenant. Raises NotAMember."""
    for membership in memberships:
        if membership.slug == slug:
            return membership
    raise NotAMember(tenant=slug)


def account_target(account: Account) -> Target:
    """For audit rows."""
    return Target(kind="account", id=account.id, name=account.email)


def acting(ctx: Context, account: Account, member: Membership | None = None) -> Context:
    """The visitor's context, now that we know who it is."""
    kind = ActorKind.OPERATOR if account.is_operator and member is None else ActorKind.MEMBER
    actor = Actor(kind, member.id if member else account.id, account.name, account.id)
    return replace(ctx, actor=actor)


def on_platform(ctx: Context) -> Context:
    """The same actor in the platform's own tenant: its audit chain holds what concerns an account as such."""
    return replace(ctx, tenant_id=PLATFORM_TENANT_ID)


async def _member_here(session: AsyncSession, ctx: Context, account: Account, host: str) -> Membership | None:
    """On a tenant's host one must belong to it; the platform's host is open to every account."""
    if ctx.tenant_id == PLATFORM_TENANT_ID and is_platform_host(host):
        return None
    membership = await find_membership(session, account.id, ctx.tenant_id)
    if membership is None or not membership.active:
        raise NotAMember
    return membership


async def _location(session: AsyncSession, account: Account, host: str, onward: str) -> str:
    if not is_platform_host(host) or account.is_operator:
        return onward
    chosen = choose_membership(await list_memberships(session, account.id), account.last_tenant_id)
    return await hand_over(session, account.id, chosen, onward) if chosen else platform_url("/sign-up?error=no_tenant")


def _query(code: str, onward: str) -> str:
    return urlencode({"code": code} | ({"next": onward} if onward != "/" else {}))
