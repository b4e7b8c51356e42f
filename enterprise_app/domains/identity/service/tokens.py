"""Access tokens: an hour of API for e-mail and password, bound to one tenant."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col

from enterprise_app.core import live
from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Context
from enterprise_app.core.db import system_session
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit

from ..errors import NotAMember, NoTenant, TenantRequired
from ..models import AccessToken, Account
from ..schemas import AccessTokenIssued, TokenRequest
from .memberships import Membership, list_memberships
from .secrets import ACCESS_TOKEN_PREFIX, hash_secret, new_secret
from .sessions import CREDENTIALS
from .signin import account_target, acting, authenticate

LIFETIME = timedelta(hours=1)


async def issue_access_token(ctx: Context, wanted: TokenRequest) -> AccessTokenIssued:
    """A token for the tenant named, else the host's, else the only one.

    Raises SignInFailed, SignInLocked, NotAMember, NoTenant, TenantRequired (`tenants`: the slugs to choose from).
    """
    account = await authenticate(ctx, wanted.email, wanted.password)
    async with system_session("issue access token") as session:
        member = _chosen(await list_memberships(session, account.id), wanted.tenant, ctx)
        token = new_secret(ACCESS_TOKEN_PREFIX)
        at = now()
        row = AccessToken(
            account_id=account.id,
            for_tenant_id=member.tenant_id,
            token_hash=hash_secret(token),
            created_at=at,
            expires_at=at + LIFETIME,
        )
        session.add(row)
        await session.flush()
        here = _in_tenant(ctx, account, member)
        await audit.record(session, here, AuditVerb.TOKEN_ISSUED, account_target(account))
    return AccessTokenIssued(access_token=token, expires_in=int(LIFETIME.total_seconds()), tenant=member.slug)


async def revoke_access_token(ctx: Context, token: str) -> None:
    """End one of the caller's own tokens; anything else does nothing (RFC 7009, section 2.2)."""
    ctx.require(Permission.SELF_MANAGE)
    mine = sa.update(AccessToken).where(
        col(AccessToken.token_hash) == hash_secret(token),
        col(AccessToken.account_id) == ctx.actor.account_id,
        col(AccessToken.revoked_at).is_(None),
    )
    async with system_session("revoke own access token") as session:
        await session.execute(mine.values(revoked_at=now()))
        await live.changed(session, CREDENTIALS)


def _chosen(memberships: list[Membership], named: str | None, ctx: Context) -> Membership:
    if named:
        found = [m for m in memberships if named.lower() in (m.slug, str(m.tenant_id))]
    elif ctx.tenant_id != PLATFORM_TENANT_ID:
        found = [m for m in memberships if m.tenant_id == ctx.tenant_id]
    else:
        found = memberships
    if not found:
        raise NotAMember if named or memberships else NoTenant
    if len(found) > 1:
        raise TenantRequired(tenants=", ".join(m.slug for m in found))
    return found[0]


def _in_tenant(ctx: Context, account: Account, member: Membership) -> Context:
    return replace(acting(ctx, account, member), tenant_id=member.tenant_id)
