"""The demonstration's tenant and its owner: made from the command line, like a sign-up that nobody has to confirm."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.db import system_session
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Permission, Role
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.schemas import DemoTerms, Tenant, TenantDraft

from ..errors import AccountExists
from ..models import Account
from ..rules.emails import clean_email
from .accounts import add_account, find_account
from .hosts import platform_url, tenant_url
from .links import Purpose, drop_links, make_link
from .members import add_member
from .memberships import find_membership
from .passwords import hash_password
from .secrets import new_secret


@dataclass(frozen=True, slots=True)
class DemoOwner:
    """The tenant, who acts for it, and how a person gets in: the password is told once, when it is made."""

    tenant: Tenant
    acting: Context
    email: str
    url: str
    password: str | None = None


async def create_demo(ctx: Context, draft: TenantDraft, terms: DemoTerms, email: str, owner_name: str) -> DemoOwner:
    """Make the tenant with an owner whose password is new and told once. Raises AccountExists, Invalid (slug)."""
    ctx.require(Permission.OPERATOR_TENANTS)
    address, password = clean_email(email), new_secret()[:20]
    hashed = await hash_password(password)
    async with system_session("create the demonstration") as session:
        account = await add_account(session, email=address, name=owner_name, password_hash=hashed, verified=True)
        if account is None:
            raise AccountExists(email=address)
        actor = Actor(ActorKind.MEMBER, new_id(), account.name, account.id)
        owner = replace(ctx, tenant_id=new_id(), actor=actor, permissions=ROLE_PERMISSIONS[Role.OWNER])
        tenant = await tenancy.create_tenant(session, owner, draft, demo=terms)
        owner = _placed(owner, tenant)
        await add_member(session, owner, account, Role.OWNER, member_id=actor.id)
    return DemoOwner(tenant, owner, address, tenant_url(tenant.slug), password)


async def find_demo(ctx: Context, slug: str, email: str) -> DemoOwner | None:
    """The tenant of that slug, as a demonstration; None when there is none. See `tenant.is_demo`: it may be real."""
    ctx.require(Permission.OPERATOR_TENANTS)
    async with system_session("look for the demonstration") as session:
        tenant = await tenancy.find_by_slug(session, slug)
        if tenant is None:
            return None
        account = await find_account(session, clean_email(email))
        member_id = await _member_id(session, account, tenant.id)
    actor = Actor(ActorKind.MEMBER, member_id, account.name, account.id) if account and member_id else ctx.actor
    owner = replace(ctx, tenant_id=tenant.id, actor=actor, permissions=ROLE_PERMISSIONS[Role.OWNER])
    return DemoOwner(tenant, _placed(owner, tenant), clean_email(email), tenant_url(tenant.slug))


async def issue_demo_link(ctx: Context, email: str) -> str | None:
    """An address where the owner chooses a password, good once for an hour; None when there is no such account."""
    ctx.require(Permission.OPERATOR_TENANTS)
    async with system_session("sign-in of the demonstration") as session:
        account = await find_account(session, clean_email(email))
        if account is None:
            return None
        await drop_links(session, Purpose.RESET, account.id)
        secret = await make_link(session, Purpose.RESET, account_id=account.id)
    return platform_url(f"/reset?token={secret}")


async def get_demo_recipe(ctx: Context) -> dict[str, Any]:
    """What `note_demo` noted last; empty for a real tenant."""
    ctx.require(Permission.TENANT_MANAGE)
    async with system_session("the demonstration's recipe") as session:
        return await tenancy.find_recipe(session, ctx.tenant_id) or {}


async def note_demo(ctx: Context, recipe: dict[str, Any]) -> None:
    """Keep from what the demonstration's data are made; a tenant that is none stays one that is none."""
    ctx.require(Permission.TENANT_MANAGE)
    async with system_session("note the demonstration's recipe") as session:
        await tenancy.set_recipe(session, ctx.tenant_id, recipe)


async def _member_id(session: AsyncSession, account: Account | None, tenant_id: UUID) -> UUID | None:
    found = await find_membership(session, account.id, tenant_id) if account else None
    return found.id if found else None


def _placed(owner: Context, tenant: Tenant) -> Context:
    granted = tenancy.entitlements_of(tenant, now())
    return replace(owner, tenant_id=tenant.id, entitlements=granted, zone=tenant.zone)
