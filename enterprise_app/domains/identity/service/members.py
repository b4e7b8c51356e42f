"""Members of a tenant: who they are, what they may, and that one owner always remains."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core import events, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid, NotFound
from enterprise_app.core.events import Event
from enterprise_app.core.ids import new_id
from enterprise_app.core.paging import ListField, Listing, ListQuery, Page
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Permission, Role
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.metering import service as metering

from ..errors import AlreadyMember, LastOwner, RoleNotGrantable
from ..events import MemberAdded, MemberReinstated, MemberRemoved, MemberRoleChanged, MemberSuspended
from ..models import Account, ApiKey, Member
from ..rules.roles import clean_role, may_grant
from ..schemas import MemberView
from ..vocabulary import MemberStatus
from .sessions import CREDENTIALS

MEMBERS = Listing(
    fields={
        "name": ListField(Member.name_key, sortable=True),
        "email": ListField(Member.email, sortable=True),
        "role": ListField(Member.role, Role, sortable=True),
        "status": ListField(Member.status, MemberStatus, sortable=True),
        "created_at": ListField(Member.created_at, type(now()), sortable=True),
        "last_seen_at": ListField(Member.last_seen_at, type(now()), sortable=True, nullable=True),
    },
    key=Member.id,
    default_sort="name",
    searchable=True,
)
_PRESENT = col(Member.status) != MemberStatus.REMOVED.value


async def list_members(
    session: AsyncSession, ctx: Context, query: ListQuery | None = None, *, count: bool = False
) -> Page[MemberView]:
    """A page of members; `q` finds those with words of name or e-mail that begin so. Needs members:read."""
    ctx.require(Permission.MEMBERS_READ)
    query = query or MEMBERS.parse()
    select = sa.select(Member).where(col(Member.tenant_id) == ctx.tenant_id, _PRESENT, *_words(query.q))
    page = await MEMBERS.page(session, select, query, count=count)
    return Page([MemberView.model_validate(row) for row in page.items], page.next_cursor, page.total)


async def get_member(session: AsyncSession, ctx: Context, member_id: UUID) -> MemberView:
    """One member. Needs members:read; raises NotFound."""
    ctx.require(Permission.MEMBERS_READ)
    return MemberView.model_validate(await _get(session, ctx, member_id))


async def add_member(
    session: AsyncSession, ctx: Context, account: Account, role: Role, *, member_id: UUID | None = None
) -> Member:
    """Let an account in, or back in, within the plan's members. Raises AlreadyMember, QuotaExceeded. For use cases."""
    await metering.reserve(session, ctx, Limit.MEMBERS)
    known = sa.select(Member).where(col(Member.tenant_id) == ctx.tenant_id, col(Member.account_id) == account.id)
    member = (await session.scalars(known.with_for_update())).one_or_none()
    if member is None:
        member = Member(
            tenant_id=ctx.tenant_id,
            account_id=account.id,
            email=account.email,
            name=account.name,
            name_key=account.name.casefold(),
            role=role.value,
            id=member_id or new_id(),
        )
        session.add(member)
    elif member.status != MemberStatus.REMOVED:
        raise AlreadyMember(email=account.email)
    else:
        member.role, member.status, member.version = role.value, MemberStatus.ACTIVE.value, member.version + 1
        member.name, member.name_key, member.email = account.name, account.name.casefold(), account.email
    await session.flush()
    fact = MemberAdded(
        tenant_id=ctx.tenant_id, entity_id=member.id, name=member.name, email=member.email, role=role.value
    )
    await _announce(session, ctx, fact)
    after = {"role": role.value, "email": member.email}
    await audit.record(session, ctx, AuditVerb.MEMBER_ADDED, _target(member), after=after)
    return member


async def change_role(session: AsyncSession, ctx: Context, member_id: UUID, role: str, *, expected: int) -> MemberView:
    """Give another role. Raises Invalid, RoleNotGrantable, LastOwner, VersionConflict. Needs members:manage."""
    ctx.require(Permission.MEMBERS_MANAGE)
    wanted = clean_role(role)
    member, owners = await _to_change(session, ctx, member_id, expected)
    actor_role = await role_of_actor(session, ctx)
    if not may_grant(actor_role, ctx.permissions, wanted):
        raise RoleNotGrantable(role=wanted.value)
    if wanted is not Role.OWNER:
        _keep_an_owner(member, owners)
    before, member.role = member.role, wanted.value
    fact = MemberRoleChanged(tenant_id=ctx.tenant_id, entity_id=member.id, before=before, after=wanted.value)
    verb = AuditVerb.MEMBER_ROLE_CHANGED
    return await _changed(session, ctx, member, verb, fact, before={"role": before}, after={"role": wanted.value})


async def suspend_member(session: AsyncSession, ctx: Context, member_id: UUID, *, expected: int) -> MemberView:
    """Take all rights for now, within seconds everywhere. Raises LastOwner, RoleNotGrantable. Needs members:manage."""
    member, owners = await _to_change(session, ctx, member_id, expected)
    _keep_an_owner(member, owners)
    return await _set_status(session, ctx, member, MemberStatus.SUSPENDED)


async def reinstate_member(session: AsyncSession, ctx: Context, member_id: UUID, *, expected: int) -> MemberView:
    """Give a suspended member the rights of the role back. Needs members:manage."""
    member, _ = await _to_change(session, ctx, member_id, expected)
    return await _set_status(session, ctx, member, MemberStatus.ACTIVE)


async def remove_member(session: AsyncSession, ctx: Context, member_id: UUID, *, expected: int | None = None) -> None:
    """End a membership and its keys; what the member made stays. Raises LastOwner, RoleNotGrantable."""
    ctx.require(Permission.MEMBERS_MANAGE)
    # The seat first, as when somebody joins: who locks the member first and the seat then, deadlocks with that.
    await metering.release(session, ctx, Limit.MEMBERS)
    member, owners = await _to_change(session, ctx, member_id, expected)
    _keep_an_owner(member, owners)
    keys = sa.update(ApiKey).where(
        col(ApiKey.tenant_id) == ctx.tenant_id,
        col(ApiKey.member_id) == member.id,
        col(ApiKey.revoked_at).is_(None),
    )
    await session.execute(keys.values(revoked_at=now()))
    member.status = MemberStatus.REMOVED.value
    fact = MemberRemoved(tenant_id=ctx.tenant_id, entity_id=member.id)
    before = {"role": member.role, "email": member.email}
    await _changed(session, ctx, member, AuditVerb.MEMBER_REMOVED, fact, before=before)


async def role_of_actor(session: AsyncSession, ctx: Context) -> Role | None:
    """The actor's role as it is now in the database; None for keys and jobs."""
    query = sa.select(col(Member.role)).where(
        col(Member.tenant_id) == ctx.tenant_id,
        col(Member.id) == ctx.actor.id,
        col(Member.status) == MemberStatus.ACTIVE.value,
    )
    role = (await session.execute(query)).scalar_one_or_none()
    return Role(role) if role else None


async def count_members(session: AsyncSession, tenant_id: UUID) -> int:
    """How many seats are taken: for metering's recount."""
    query = sa.select(sa.func.count()).select_from(Member).where(col(Member.tenant_id) == tenant_id, _PRESENT)
    return (await session.execute(query)).scalar_one()


async def is_permitted_to_others(
    session: AsyncSession, tenant_id: UUID, member_id: UUID | None, permission: Permission
) -> bool:
    """Whether an active member other than this one may do it, by role: for rules that ask for a second person."""
    roles = [role.value for role, granted in ROLE_PERMISSIONS.items() if permission in granted]
    query = sa.select(col(Member.id)).where(col(Member.tenant_id) == tenant_id, col(Member.role).in_(roles))
    query = query.where(col(Member.status) == MemberStatus.ACTIVE.value, col(Member.id).is_distinct_from(member_id))
    return (await session.execute(query.limit(1))).first() is not None


async def _to_change(
    session: AsyncSession, ctx: Context, member_id: UUID, expected: int | None
) -> tuple[Member, list[UUID]]:
    """The member, locked, with the active owners, who are locked first and in one order: no deadlock."""
    ctx.require(Permission.MEMBERS_MANAGE)
    owners = (
        sa.select(col(Member.id))
        .where(col(Member.tenant_id) == ctx.tenant_id, col(Member.role) == Role.OWNER.value)
        .where(col(Member.status) == MemberStatus.ACTIVE.value)
        .order_by(col(Member.id))
        .with_for_update()
    )
    found = list((await session.scalars(owners)).all())
    member = await _get(session, ctx, member_id)
    await take_version(session, member, member.version if expected is None else expected)
    if not may_grant(await role_of_actor(session, ctx), ctx.permissions, Role(member.role)):
        raise RoleNotGrantable(role=member.role)
    return member, found


def _keep_an_owner(member: Member, owners: list[UUID]) -> None:
    if owners == [member.id]:
        raise LastOwner(name=member.name)


async def _set_status(session: AsyncSession, ctx: Context, member: Member, status: MemberStatus) -> MemberView:
    if member.status == status:
        raise Invalid.of("status", "status_same", status=status.value)
    before, member.status = member.status, status.value
    suspended = status is MemberStatus.SUSPENDED
    fact = (MemberSuspended if suspended else MemberReinstated)(tenant_id=ctx.tenant_id, entity_id=member.id)
    verb = AuditVerb.MEMBER_SUSPENDED if suspended else AuditVerb.MEMBER_REINSTATED
    return await _changed(session, ctx, member, verb, fact, before={"status": before}, after={"status": status.value})


async def _changed(
    session: AsyncSession, ctx: Context, member: Member, verb: AuditVerb, fact: Event, **details: Any
) -> MemberView:
    await session.flush()
    await _announce(session, ctx, fact)
    await audit.record(session, ctx, verb, _target(member), **details)
    return MemberView.model_validate(member)


async def _announce(session: AsyncSession, ctx: Context, fact: Event) -> None:
    await events.publish(session, ctx, fact)
    await live.changed(session, live.topic(ctx.tenant_id, "members"))
    await live.changed(session, CREDENTIALS)


async def _get(session: AsyncSession, ctx: Context, member_id: UUID) -> Member:
    query = sa.select(Member).where(col(Member.tenant_id) == ctx.tenant_id, col(Member.id) == member_id, _PRESENT)
    member = (await session.scalars(query)).one_or_none()
    if member is None:
        raise NotFound
    return member


def _target(member: Member) -> Target:
    return Target(kind="member", id=member.id, name=member.name)


def _words(q: str) -> list[Any]:
    """Each word begins a word of the name or the e-mail: a scan of one tenant's members, 10,000 in a few ms."""
    conditions = []
    for word in q.casefold().split()[:8]:
        begins = [
            col(Member.name_key).startswith(word, autoescape=True),
            col(Member.email).startswith(word, autoescape=True),
        ]
        inside = [col(Member.name_key).contains(f" {word}", autoescape=True)]
        inside += [col(Member.email).contains(f"{mark}{word}", autoescape=True) for mark in "@.-_+"]
        conditions.append(sa.or_(*begins, *inside))
    return conditions
