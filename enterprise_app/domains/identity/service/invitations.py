"""Invitations: seven days, one use, no role above the inviter's. Link shown once; the mail has its own."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core import events, limits, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.errors import Conflict, NotFound
from enterprise_app.core.paging import ListField, Listing, ListQuery, Page
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..errors import AlreadyInvited, AlreadyMember, RoleNotGrantable
from ..events import MemberInvited
from ..models import Invitation, Member
from ..rules.emails import clean_email
from ..rules.roles import clean_role, may_grant
from ..schemas import InvitationCreated, InvitationRequest, InvitationView
from ..vocabulary import InvitationStatus, MemberStatus
from .hosts import tenant_url
from .members import role_of_actor
from .secrets import hash_secret, new_secret
from .tenants import get_tenant
from .verification import require_verified

LIFETIME = timedelta(days=7)
PER_HOUR, AGAIN_PER_HOUR = 200, 5
"""Invitations of a tenant, and repetitions of one: mails to strangers are not for flooding them."""
INVITATIONS = Listing(
    fields={
        "email": ListField(Invitation.email, sortable=True),
        "role": ListField(Invitation.role, Role, sortable=True),
        "created_at": ListField(Invitation.created_at, type(now()), sortable=True),
        "expires_at": ListField(Invitation.expires_at, type(now()), sortable=True),
    },
    key=Invitation.id,
)
_OPEN = (col(Invitation.accepted_at).is_(None), col(Invitation.revoked_at).is_(None))


async def invite_member(session: AsyncSession, ctx: Context, wanted: InvitationRequest) -> InvitationCreated:
    """Offer a role to an e-mail; mailed by a delivery, the link also returned this once. Needs members:invite.

    Raises EmailUnverified, Invalid (e-mail, role), RoleNotGrantable, AlreadyMember, AlreadyInvited.
    """
    ctx.require(Permission.MEMBERS_INVITE)
    await require_verified(ctx)
    await limits.require(f"invite:{ctx.tenant_id}", PER_HOUR, 3600)
    email, role = clean_email(wanted.email), clean_role(wanted.role)
    if not may_grant(await role_of_actor(session, ctx), ctx.permissions, role):
        raise RoleNotGrantable(role=role.value)
    if await _is_member(session, ctx, email):
        raise AlreadyMember(email=email)
    await _close_expired(session, ctx, email)
    secret = new_secret()
    row = _new(ctx, email, role, secret)
    adding = insert(Invitation).values(row.model_dump()).on_conflict_do_nothing().returning(col(Invitation.id))
    if (await session.execute(adding)).scalar_one_or_none() is None:
        raise AlreadyInvited(email=email)
    await _to_be_mailed(session, ctx, row)
    after = {"email": email, "role": role.value}
    await audit.record(session, ctx, AuditVerb.INVITATION_CREATED, target_of(row), after=after)
    return await _created(session, ctx, row, secret)


async def resend_invitation(session: AsyncSession, ctx: Context, invitation_id: UUID) -> InvitationCreated:
    """Mail it again, good for seven more days; earlier links end. Needs members:invite."""
    ctx.require(Permission.MEMBERS_INVITE)
    await require_verified(ctx)
    await limits.require(f"invite again:{invitation_id}", AGAIN_PER_HOUR, 3600)
    row = await _get_open(session, ctx, invitation_id)
    if not may_grant(await role_of_actor(session, ctx), ctx.permissions, Role(row.role)):
        raise RoleNotGrantable(role=row.role)
    secret = new_secret()
    row.link_hash, row.mail_hash, row.expires_at = hash_secret(secret), None, now() + LIFETIME
    await session.flush()
    await _to_be_mailed(session, ctx, row)
    after = {"email": row.email, "role": row.role, "again": True}
    await audit.record(session, ctx, AuditVerb.INVITATION_CREATED, target_of(row), after=after)
    return await _created(session, ctx, row, secret)


async def revoke_invitation(session: AsyncSession, ctx: Context, invitation_id: UUID) -> None:
    """Take it back. Raises NotFound, Conflict when it was used. Needs members:invite."""
    ctx.require(Permission.MEMBERS_INVITE)
    row = await _get_open(session, ctx, invitation_id)
    row.revoked_at = now()
    await session.flush()
    await live.changed(session, live.topic(ctx.tenant_id, "members"))
    await audit.record(session, ctx, AuditVerb.INVITATION_REVOKED, target_of(row))


async def list_invitations(
    session: AsyncSession, ctx: Context, query: ListQuery | None = None, *, pending: bool = False
) -> Page[InvitationView]:
    """A page of invitations, newest first; `pending` leaves out the used and revoked. Needs members:read."""
    ctx.require(Permission.MEMBERS_READ)
    select = sa.select(Invitation).where(col(Invitation.tenant_id) == ctx.tenant_id, *(_OPEN if pending else ()))
    page = await INVITATIONS.page(session, select, query or INVITATIONS.parse())
    return Page([view_of(row) for row in page.items], page.next_cursor, page.total)


async def make_invitation_mail(
    session: AsyncSession, ctx: Context, invitation_id: UUID, locale: str
) -> tuple[str, str, str] | None:
    """(to, subject, text) with a fresh link of its own; None when it was used or revoked meanwhile."""
    row = await session.get(Invitation, (ctx.tenant_id, invitation_id))
    if row is None or status_of(row) is not InvitationStatus.PENDING:
        return None
    secret = new_secret()
    row.mail_hash = hash_secret(secret)
    tenant = await get_tenant(session, ctx.tenant_id)
    params = {"tenant": tenant.name, "inviter": row.invited_by_name, "link": _link(tenant.slug, secret)}
    subject = translate(locale, "identity.invitation_mail.subject", **params)
    return row.email, subject, translate(locale, "identity.invitation_mail.text", **params)


def status_of(row: Invitation) -> InvitationStatus:
    """Where it stands now."""
    if row.accepted_at is not None:
        return InvitationStatus.ACCEPTED
    if row.revoked_at is not None:
        return InvitationStatus.REVOKED
    return InvitationStatus.EXPIRED if row.expires_at <= now() else InvitationStatus.PENDING


def view_of(row: Invitation) -> InvitationView:
    """As it is shown."""
    return InvitationView(
        id=row.id,
        email=row.email,
        role=Role(row.role),
        status=status_of(row),
        invited_by=row.invited_by_name,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def target_of(row: Invitation) -> Target:
    """For audit rows."""
    return Target(kind="invitation", id=row.id, name=row.email)


def _new(ctx: Context, email: str, role: Role, secret: str) -> Invitation:
    return Invitation(
        tenant_id=ctx.tenant_id,
        email=email,
        role=role.value,
        invited_by=ctx.actor.id if ctx.actor.kind is ActorKind.MEMBER else None,
        invited_by_name=ctx.actor.name,
        link_hash=hash_secret(secret),
        expires_at=now() + LIFETIME,
    )


async def _is_member(session: AsyncSession, ctx: Context, email: str) -> bool:
    present = col(Member.status) != MemberStatus.REMOVED.value
    query = sa.select(col(Member.id)).where(col(Member.tenant_id) == ctx.tenant_id, col(Member.email) == email, present)
    return (await session.execute(query.limit(1))).scalar_one_or_none() is not None


async def _close_expired(session: AsyncSession, ctx: Context, email: str) -> None:
    expired = sa.update(Invitation).where(
        col(Invitation.tenant_id) == ctx.tenant_id,
        col(Invitation.email) == email,
        col(Invitation.expires_at) <= now(),
        *_OPEN,
    )
    await session.execute(expired.values(revoked_at=now()))


async def _get_open(session: AsyncSession, ctx: Context, invitation_id: UUID) -> Invitation:
    query = sa.select(Invitation).where(col(Invitation.tenant_id) == ctx.tenant_id, col(Invitation.id) == invitation_id)
    row = (await session.scalars(query.with_for_update())).one_or_none()
    if row is None:
        raise NotFound
    if status_of(row) not in (InvitationStatus.PENDING, InvitationStatus.EXPIRED):
        raise Conflict("invitation_closed", status=status_of(row).value)
    return row


async def _to_be_mailed(session: AsyncSession, ctx: Context, row: Invitation) -> None:
    fact = MemberInvited(tenant_id=ctx.tenant_id, entity_id=row.id, email=row.email, role=row.role, locale=ctx.locale)
    await events.publish(session, ctx, fact)
    await live.changed(session, live.topic(ctx.tenant_id, "members"))


async def _created(session: AsyncSession, ctx: Context, row: Invitation, secret: str) -> InvitationCreated:
    tenant = await get_tenant(session, ctx.tenant_id)
    return InvitationCreated(**view_of(row).model_dump(), link=_link(tenant.slug, secret))


def _link(slug: str, secret: str) -> str:
    return tenant_url(slug, f"/invitation?token={secret}")
