"""Joining by invitation: as the account that is signed in, as one that proves its password, or as a new one."""

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import system_session
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.audit import service as audit

from ..errors import (
    AccountExists,
    InvitationExpired,
    InvitationForeign,
    InvitationRevoked,
    InvitationUnknown,
    InvitationUsed,
)
from ..models import Account, Invitation
from ..rules.names import clean_name
from ..rules.passwords import check_password
from ..schemas import InvitationPreview, SignedIn
from ..vocabulary import InvitationStatus
from .accounts import add_account, find_account
from .hosts import is_platform_host, tenant_host
from .invitations import status_of, target_of
from .members import add_member
from .memberships import find_membership
from .passwords import hash_password
from .secrets import hash_secret
from .sessions import open_session
from .signin import acting, authenticate, hand_over
from .tenants import get_entitlements, get_tenant
from .verification import ask_for_proof

_REFUSALS = {
    InvitationStatus.ACCEPTED: InvitationUsed,
    InvitationStatus.REVOKED: InvitationRevoked,
    InvitationStatus.EXPIRED: InvitationExpired,
}


async def preview_invitation(ctx: Context, token: str) -> InvitationPreview:
    """What the page says before joining. Raises InvitationUnknown, -Expired, -Used, -Revoked."""
    async with system_session("preview invitation") as session:
        row = await _open(session, token)
        tenant = await get_tenant(session, row.tenant_id)
        known = await find_account(session, row.email)
    return InvitationPreview(
        tenant_name=tenant.name,
        email=row.email,
        role=Role(row.role),
        invited_by=row.invited_by_name,
        expires_at=row.expires_at,
        has_account=known is not None,
    )


async def accept_invitation(
    ctx: Context, token: str, *, host: str, name: str = "", password: SecretStr | None = None, locale: str = ""
) -> SignedIn:
    """Join and be signed in on `host`. `ctx` is the signed-in account's, or a visitor's with (name and) password.

    `locale`: the language that a new person chose on the page, "" for none.
    Raises what preview_invitation raises, InvitationForeign, AlreadyMember, QuotaExceeded, Invalid, SignInFailed.
    """
    async with system_session("read invitation") as session:
        row = await _open(session, token)
        known = await find_account(session, row.email)
    account, hashed = await _who(ctx, row, known, name, password)
    async with system_session("accept invitation") as session:
        here = await _in_tenant(session, ctx, row.tenant_id)
        if hashed is not None:
            account = await add_account(
                session, email=row.email, name=clean_name(name), password_hash=hashed, locale=locale
            )
        if account is None:
            raise AccountExists(email=row.email)
        return await _join(session, here, account, token, host)


async def _who(
    ctx: Context, row: Invitation, known: Account | None, name: str, password: SecretStr | None
) -> tuple[Account | None, str | None]:
    """The account that joins, or the hashed password of the one to make."""
    if ctx.actor.account_id is not None:
        if known is None or known.id != ctx.actor.account_id:
            raise InvitationForeign(email=row.email)
        return known, None
    secret = password or SecretStr("")
    if known is not None:
        return await authenticate(replace(ctx, tenant_id=row.tenant_id), row.email, secret), None
    clean_name(name)
    return None, await hash_password(check_password(secret.get_secret_value(), email=row.email))


async def _join(session: AsyncSession, ctx: Context, account: Account, token: str, host: str) -> SignedIn:
    actor = acting(ctx, account)
    # Quota before rows: add_member takes the seat, a second use of the link is refused by the lock below.
    row = await _open(session, token, lock=True)
    member = await add_member(session, actor, account, Role(row.role))
    row.accepted_at = now()
    if row.mail_hash == hash_secret(token):
        proven = sa.update(Account).where(col(Account.id) == account.id, col(Account.email_verified_at).is_(None))
        await session.execute(proven.values(email_verified_at=now()))
    else:  # whoever invited has seen that link, too: it proves nothing
        await ask_for_proof(session, actor, account)
    await session.flush()
    membership = await find_membership(session, account.id, ctx.tenant_id)
    assert membership is not None, "just added"
    joined = acting(ctx, account, membership)
    await audit.record(session, joined, AuditVerb.INVITATION_ACCEPTED, target_of(row), after={"member": str(member.id)})
    location = "/"
    if is_platform_host(host) or host.partition(":")[0] != tenant_host(membership.slug):
        location = await hand_over(session, account.id, membership)
    return await open_session(session, joined, account.id, host, location=location)


async def _open(session: AsyncSession, token: str, *, lock: bool = False) -> Invitation:
    digest = hash_secret(token)
    query = sa.select(Invitation).where(
        sa.or_(col(Invitation.link_hash) == digest, col(Invitation.mail_hash) == digest)
    )
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise InvitationUnknown
    refusal = _REFUSALS.get(status_of(row))
    if refusal is not None:
        raise refusal
    return row


async def _in_tenant(session: AsyncSession, ctx: Context, tenant_id: UUID) -> Context:
    """The visitor in the inviting tenant, under its plan: the host need not be the tenant's."""
    entitlements = await get_entitlements(session, tenant_id)
    return replace(ctx, tenant_id=tenant_id, entitlements=entitlements)
