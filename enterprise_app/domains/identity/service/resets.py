"""Forgotten passwords. The request is an event without a secret; whoever delivers it makes the link and mails it."""

from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events
from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Context
from enterprise_app.core.db import system_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.domains.audit import service as audit

from ..events import PasswordResetRequested
from ..models import Account
from ..rules.emails import clean_email
from ..rules.passwords import check_password
from .accounts import find_account
from .attempts import begin_attempt, forget_attempts
from .hosts import platform_url
from .links import LIFETIME, Purpose, check_link, drop_links, make_link, use_link
from .passwords import hash_password
from .sessions import revoke_all
from .signin import account_target, acting, on_platform


async def request_password_reset(ctx: Context, email: str) -> None:
    """Have a link mailed when the e-mail has an account; nobody learns whether it has.

    Raises SignInLocked after too many requests for one e-mail or from one address.
    """
    address = clean_email(email)
    async with system_session("request password reset") as session:
        await begin_attempt(session, f"reset:{address}", ctx.ip)
        account = await find_account(session, address)
        if account is None:
            return
        here = on_platform(ctx)
        fact = PasswordResetRequested(tenant_id=PLATFORM_TENANT_ID, entity_id=account.id, locale=ctx.locale)
        await events.publish(session, here, fact)
        await audit.record(session, here, AuditVerb.PASSWORD_RESET_REQUESTED, account_target(account))


async def make_reset_mail(account_id: UUID, locale: str) -> tuple[str, str, str] | None:
    """(to, subject, text) with a fresh link; earlier ones end. None when the account is gone."""
    async with system_session("make reset link") as session:
        account = await session.get(Account, account_id)
        if account is None:
            return None
        await drop_links(session, Purpose.RESET, account.id)
        secret = await make_link(session, Purpose.RESET, account_id=account.id)
    link = platform_url(f"/reset?token={secret}")
    minutes = int(LIFETIME[Purpose.RESET].total_seconds() // 60)
    text = translate(locale, "identity.reset_mail.text", name=account.name, link=link, minutes=minutes)
    return account.email, translate(locale, "identity.reset_mail.subject"), text


async def check_reset(token: str) -> None:
    """For the page: raises LinkUnknown, LinkUsed, LinkExpired before anything is typed."""
    async with system_session("check reset link") as session:
        await check_link(session, Purpose.RESET, token)


async def reset_password(ctx: Context, token: str, password: SecretStr) -> None:
    """Replace the password; ends all sessions and tokens. Raises Invalid, LinkUnknown, LinkUsed, LinkExpired."""
    async with system_session("read reset link") as session:
        account = await _account_of(session, token)
    hashed = await hash_password(check_password(password.get_secret_value(), email=account.email))
    async with system_session("reset password") as session:
        link = await use_link(session, Purpose.RESET, token)
        account = await session.get_one(Account, link.account_id)
        account.password_hash = hashed
        account.email_verified_at = account.email_verified_at or now()
        await revoke_all(session, account.id)
        await forget_attempts(session, account.email)
        await audit.record(
            session, on_platform(acting(ctx, account)), AuditVerb.PASSWORD_RESET, account_target(account)
        )


async def _account_of(session: AsyncSession, token: str) -> Account:
    link = await check_link(session, Purpose.RESET, token)
    return await session.get_one(Account, link.account_id)
