"""Sign-up: tenant, owner, trial and defaults in one transaction (TEN-01). It all stands or nothing does."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import switches
from enterprise_app.core.clock import now
from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.db import system_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.core.settings import get_settings
from enterprise_app.core.switches import Switch
from enterprise_app.core.texts import LOCALES
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Permission, Role
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.schemas import TenantDraft

from ..errors import AccountExists, RegistrationClosed, SignInFailed
from ..models import Account
from ..rules.emails import clean_email
from ..rules.names import clean_name
from ..rules.passwords import check_password
from ..schemas import Registered, Registration, SignedIn
from .accounts import add_account, find_account
from .attempts import limit_by_address
from .hosts import tenant_url
from .members import add_member
from .memberships import find_membership
from .passwords import hash_password
from .sessions import open_session
from .signin import acting, authenticate, hand_over
from .verification import ask_for_proof

Keep = Callable[[AsyncSession, Registered], Awaitable[None]]
"""Called in the transaction of the registration with its result: both stay or neither."""

PER_HOUR = 30
"""Registrations from one address: each hashes a password and makes a tenant."""


async def register_tenant(ctx: Context, wanted: Registration, *, keep: Keep | None = None) -> Registered:
    """Create a tenant and its owner. An e-mail that has an account must come with that account's password.

    Raises RegistrationClosed, Invalid (fields), Conflict (slug), AccountExists, SignInLocked.
    """
    registered, _ = await _register(ctx, wanted, keep)
    return registered


async def sign_up(ctx: Context, wanted: Registration, *, host: str) -> SignedIn:
    """Register and be signed in: `location` leads to the new tenant's home."""
    registered, account = await _register(ctx, wanted)
    here = replace(acting(ctx, account), tenant_id=registered.tenant_id)
    async with system_session("sign in after sign-up") as session:
        membership = await find_membership(session, account.id, registered.tenant_id)
        assert membership is not None, "just registered"
        location = await hand_over(session, account.id, membership)
        return await open_session(session, here, account.id, host, location=location)


async def is_registration_open() -> bool:
    """Whether anybody may sign up: neither the settings nor the operator's switch say no."""
    return get_settings().self_registration and await switches.is_on(Switch.SELF_REGISTRATION)


async def _register(ctx: Context, wanted: Registration, keep: Keep | None = None) -> tuple[Registered, Account]:
    if not ctx.can(Permission.OPERATOR_TENANTS) and not await is_registration_open():
        raise RegistrationClosed
    await limit_by_address("register", ctx.ip, PER_HOUR)
    email, owner_name = clean_email(wanted.email), clean_name(wanted.owner_name, "owner_name")
    if wanted.locale and wanted.locale not in LOCALES:
        raise Invalid.of("locale", "not_one_of", expected=", ".join(LOCALES))
    account, hashed = await _owner(ctx, email, wanted.password)
    async with system_session("register tenant") as session:
        if account is None:
            assert hashed is not None
            account = await add_account(
                session, email=email, name=owner_name, password_hash=hashed, locale=wanted.locale
            )
            if account is None:  # somebody was faster with the same e-mail
                raise AccountExists(email=email)
        registered = await _create(session, ctx, wanted, account)
        if hashed is not None:
            await ask_for_proof(session, ctx, account)
        if keep is not None:
            await keep(session, registered)
        return registered, account


async def _create(session: AsyncSession, ctx: Context, wanted: Registration, account: Account) -> Registered:
    member_id = new_id()
    owner = replace(
        ctx,
        tenant_id=new_id(),
        actor=Actor(ActorKind.MEMBER, member_id, account.name, account.id),
        permissions=ROLE_PERMISSIONS[Role.OWNER],
    )
    draft = TenantDraft(name=wanted.name, slug=wanted.slug, zone=wanted.zone, locale=wanted.locale or ctx.locale)
    tenant = await tenancy.create_tenant(session, owner, draft)
    entitlements = tenancy.entitlements_of(tenant, now())
    owner = replace(owner, tenant_id=tenant.id, entitlements=entitlements)
    await add_member(session, owner, account, Role.OWNER, member_id=member_id)
    return Registered(
        tenant_id=tenant.id,
        slug=tenant.slug,
        account_id=account.id,
        member_id=member_id,
        url=tenant_url(tenant.slug),
    )


async def _owner(ctx: Context, email: str, password: SecretStr) -> tuple[Account | None, str | None]:
    """The existing account whose password this is, or the hash for a new one.

    Whoever signs up with the e-mail of an account learns that it exists only as `account_exists` - which the form
    can't hide, since the sign-up would otherwise go through - and is slowed down like any wrong password.
    """
    async with system_session("look for account") as session:
        known = await find_account(session, email)
    if known is None:
        return None, await hash_password(check_password(password.get_secret_value(), email=email))
    try:
        return await authenticate(ctx, email, password), None
    except SignInFailed:
        raise AccountExists(email=email) from None
